//! An error with its causes, each told once.

use std::error::Error;

/// The error's text and those of its causes, parted by colons. A cause that the text before it has
/// told already, as errors here do, is not told again.
#[must_use]
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    #[derive(Debug)]
    struct Layer(&'static str, Option<Box<Layer>>);

    impl fmt::Display for Layer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Layer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_ref().map(|layer| layer.as_ref() as &(dyn Error + 'static))
        }
    }

    fn layers(texts: &[&'static str]) -> Option<Box<Layer>> {
        let (first, rest) = texts.split_first()?;
        Some(Box::new(Layer(first, layers(rest))))
    }

    #[test]
    fn each_cause_is_told_once() {
        for (texts, told) in [
            (&["a"][..], "a"),
            (&["a", "b", "c"], "a: b: c"),
            (&["page.png: no such file", "no such file"], "page.png: no such file"),
            (&["a: b: c", "b: c", "c", "d"], "a: b: c: d"),
        ] {
            let error = layers(texts).expect("one layer");
            assert_eq!(with_causes(error.as_ref()), told);
        }
    }
}
