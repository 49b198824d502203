//! PDFs made object by object.

use std::fmt::Write as _;

/// A PDF with a table of cross-references at its end. Object 1 is the catalog, object 2 the tree of pages.
#[derive(Clone, Default)]
pub(crate) struct Objects {
    objects: Vec<Vec<u8>>,
    trailer: String,
}

impl Objects {
    /// Objects 1 and 2, and room for further ones: the pages with these numbers.
    pub(crate) fn of_pages(pages: &[usize]) -> Self {
        let kids = pages.iter().fold(String::new(), |mut kids, page| {
            write!(kids, "{page} 0 R ").expect("memory is never full");
            kids
        });
        let mut objects = Self::default();
        objects.add("<</Type/Catalog/Pages 2 0 R>>");
        let count = pages.len();
        objects.add(&format!("<</Type/Pages/Count {count}/Kids[{kids}]>>"));
        objects
    }

    /// The number of the object.
    pub(crate) fn add(&mut self, value: &str) -> usize {
        self.objects.push(value.as_bytes().to_vec());
        self.objects.len()
    }

    /// A stream; its dictionary without its length.
    pub(crate) fn add_stream(&mut self, dictionary: &str, data: &[u8]) -> usize {
        let mut object = format!("<<{dictionary}/Length {}>>stream\n", data.len()).into_bytes();
        object.extend(data);
        object.extend(b"\nendstream");
        self.objects.push(object);
        self.objects.len()
    }

    /// Replaces an object.
    pub(crate) fn set(&mut self, number: usize, value: &str) {
        self.objects[number - 1] = value.as_bytes().to_vec();
    }

    /// More keys of the trailer.
    pub(crate) fn with_trailer(mut self, keys: &str) -> Self {
        self.trailer.push_str(keys);
        self
    }

    /// The objects as they stand in a file, and where each begins.
    pub(crate) fn body(&self) -> (Vec<u8>, Vec<usize>) {
        let mut file = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
        let mut places = Vec::new();
        for (index, object) in self.objects.iter().enumerate() {
            places.push(file.len());
            file.extend(format!("{} 0 obj\n", index + 1).bytes());
            file.extend(object);
            file.extend(b"\nendobj\n");
        }
        (file, places)
    }

    pub(crate) fn file(&self) -> Vec<u8> {
        let (mut file, places) = self.body();
        let at = file.len();
        let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1);
        for place in &places {
            writeln!(table, "{place:010} 00000 n ").expect("memory is never full");
        }
        let size = places.len() + 1;
        let trailer = &self.trailer;
        write!(table, "trailer <</Size {size}/Root 1 0 R{trailer}>>\nstartxref\n{at}\n%%EOF\n")
            .expect("memory is never full");
        file.extend(table.bytes());
        file
    }
}

/// What a page is made of, beside the picture `/I` that it draws.
#[derive(Clone, Debug)]
pub(crate) struct PageParts<'a> {
    /// Keys of the picture's dictionary, without its size.
    pub(crate) picture: &'a str,
    /// Width and height in pixels.
    pub(crate) size: (u32, u32),
    pub(crate) data: &'a [u8],
    /// Keys of the page, without its contents and resources.
    pub(crate) page: &'a str,
    pub(crate) operators: &'a str,
    /// Resources beside the picture.
    pub(crate) resources: &'a str,
}

impl PageParts<'_> {
    /// The page and its picture as the next objects; the number of the page.
    pub(crate) fn add_to(&self, objects: &mut Objects) -> usize {
        let Self { picture, size: (width, height), data, page, operators, resources } = self;
        let dictionary =
            format!("/Type/XObject/Subtype/Image/Width {width}/Height {height}{picture}");
        let picture = objects.add_stream(&dictionary, data);
        let contents = objects.add_stream("", operators.as_bytes());
        objects.add(&format!(
            "<</Type/Page/Parent 2 0 R{page}/Contents {contents} 0 R\
             /Resources<</XObject<</I {picture} 0 R>>{resources}>>>>"
        ))
    }

    /// A file of this page alone.
    pub(crate) fn file(&self) -> Vec<u8> {
        let mut objects = Objects::of_pages(&[5]);
        self.add_to(&mut objects);
        objects.file()
    }
}
