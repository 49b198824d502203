//! The tree of pages (ISO 32000-2, section 7.7.3).

use std::collections::BTreeSet;
use std::rc::Rc;

use super::geometry::Rectangle;
use super::object::{Dictionary, Object};
use super::objects::Objects;
use super::{CORRUPT, unsupported};
use crate::DecodeError;
use crate::container::MOST_PAGES;

/// Nodes of the tree, those without a page counted.
const MAX_NODES: usize = 4 * MOST_PAGES;

/// Where a page stands in the tree.
#[derive(Clone)]
pub(super) struct PageNode {
    id: u32,
    inherited: Inherited,
}

/// What a page has from the nodes above it, where it says nothing itself.
#[derive(Clone, Default)]
struct Inherited {
    resources: Rc<Object>,
    media_box: Rc<Object>,
    crop_box: Rc<Object>,
    rotate: Rc<Object>,
}

/// A page, with what it inherits.
pub(super) struct Page {
    pub(super) dictionary: Dictionary,
    pub(super) resources: Object,
    /// What of the page is shown.
    pub(super) visible: Rectangle,
    /// Quarters that it is turned clockwise.
    pub(super) quarters: u32,
}

/// All pages, in order; those beyond [`MOST_PAGES`] are left out.
pub(super) fn pages(objects: &mut Objects<'_>) -> Result<Vec<PageNode>, DecodeError> {
    let trailer = objects.trailer();
    let catalog = objects.dictionary(trailer.get("Root"))?;
    let form = objects.dictionary(catalog.get("AcroForm"))?;
    if form.contains("XFA") || *catalog.get("NeedsRendering") == Object::Bool(true) {
        return unsupported("a form that makes its pages when it is opened (XFA)");
    }
    let mut pages = Vec::new();
    let mut seen = BTreeSet::new();
    let mut ahead = vec![(catalog.get("Pages").clone(), Inherited::default())];
    while let Some((node, inherited)) = ahead.pop() {
        let Object::Reference(id) = node else { return Err(CORRUPT) };
        // A node that is its own ancestor, or a page that stands in two places.
        if !seen.insert(id) {
            return Err(CORRUPT);
        }
        let dictionary = objects.dictionary(&node)?;
        if !dictionary.contains("Kids") {
            if !dictionary.get("Type").is_name("Page") {
                return Err(CORRUPT);
            }
            pages.push(PageNode { id, inherited });
            if pages.len() == MOST_PAGES {
                break;
            }
            continue;
        }
        let inherited = inherited.below(&dictionary);
        let kids = objects.array(dictionary.get("Kids"))?;
        if ahead.len() + kids.len() > MAX_NODES {
            return unsupported("a tree of more pages than are counted");
        }
        ahead.extend(kids.into_iter().rev().map(|kid| (kid, inherited.clone())));
    }
    match pages.is_empty() {
        true => Err(CORRUPT),
        false => Ok(pages),
    }
}

impl Inherited {
    fn below(&self, node: &Dictionary) -> Self {
        let own = |name: &str, inherited: &Rc<Object>| match node.get(name) {
            Object::Null => Rc::clone(inherited),
            own => Rc::new(own.clone()),
        };
        Self {
            resources: own("Resources", &self.resources),
            media_box: own("MediaBox", &self.media_box),
            crop_box: own("CropBox", &self.crop_box),
            rotate: own("Rotate", &self.rotate),
        }
    }
}

impl PageNode {
    pub(super) fn page(&self, objects: &mut Objects<'_>) -> Result<Page, DecodeError> {
        let dictionary = objects.dictionary(&Object::Reference(self.id))?;
        let Inherited { resources, media_box, crop_box, rotate } =
            self.inherited.below(&dictionary);
        let media = rectangle(&media_box, objects)?.ok_or(CORRUPT)?;
        let visible = match rectangle(&crop_box, objects)? {
            Some(crop) => media.common(crop),
            None => media,
        };
        if visible.is_empty() {
            return Err(CORRUPT);
        }
        let quarters = match objects.resolved(&rotate)? {
            Object::Null => 0,
            Object::Number(degrees) if degrees % 90.0 == 0.0 => {
                (degrees.rem_euclid(360.0) / 90.0) as u32
            }
            _ => return Err(CORRUPT),
        };
        Ok(Page { dictionary, resources: (*resources).clone(), visible, quarters })
    }
}

/// Two corners opposite each other.
pub(super) fn rectangle(
    object: &Object,
    objects: &mut Objects<'_>,
) -> Result<Option<Rectangle>, DecodeError> {
    if objects.resolved(object)? == Object::Null {
        return Ok(None);
    }
    let [left, bottom, right, top] = numbers(object, objects)?;
    Ok(Some(Rectangle::around([(left, bottom), (right, top)])))
}

/// An array of so many numbers.
pub(super) fn numbers<const N: usize>(
    object: &Object,
    objects: &mut Objects<'_>,
) -> Result<[f64; N], DecodeError> {
    let elements = <[Object; N]>::try_from(objects.array(object)?).map_err(|_| CORRUPT)?;
    let mut numbers = [0.0; N];
    for (number, element) in numbers.iter_mut().zip(&elements) {
        *number = objects.resolved(element)?.number().ok_or(CORRUPT)?;
    }
    Ok(numbers)
}
