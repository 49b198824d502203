//! What a page's operators call by name (ISO 32000-2, section 7.8.3).

use std::rc::Rc;

use super::object::{Dictionary, Object};
use super::objects::Objects;
use crate::DecodeError;

/// The resources of a page or a form, each kind read once, when it is needed.
#[derive(Clone, Default)]
pub(super) struct Resources {
    all: Rc<Dictionary>,
    pictures: Option<Rc<Dictionary>>,
    states: Option<Rc<Dictionary>>,
    colours: Option<Rc<Dictionary>>,
}

impl Resources {
    pub(super) fn of(object: &Object, objects: &mut Objects<'_>) -> Result<Self, DecodeError> {
        Ok(Self { all: Rc::new(objects.dictionary(object)?), ..Self::default() })
    }

    /// A picture or a form, as a reference.
    pub(super) fn drawn(
        &mut self,
        name: &[u8],
        objects: &mut Objects<'_>,
    ) -> Result<Object, DecodeError> {
        let drawn = kind(&self.all, "XObject", &mut self.pictures, objects)?;
        Ok(drawn.get_by(name).clone())
    }

    /// Parameters of the graphics state.
    pub(super) fn state(
        &mut self,
        name: &[u8],
        objects: &mut Objects<'_>,
    ) -> Result<Dictionary, DecodeError> {
        let states = kind(&self.all, "ExtGState", &mut self.states, objects)?;
        objects.dictionary(states.get_by(name))
    }

    /// Colour spaces by their names.
    pub(super) fn colours(
        &mut self,
        objects: &mut Objects<'_>,
    ) -> Result<Rc<Dictionary>, DecodeError> {
        kind(&self.all, "ColorSpace", &mut self.colours, objects)
    }
}

fn kind(
    all: &Dictionary,
    name: &str,
    kept: &mut Option<Rc<Dictionary>>,
    objects: &mut Objects<'_>,
) -> Result<Rc<Dictionary>, DecodeError> {
    if let Some(kept) = kept {
        return Ok(Rc::clone(kept));
    }
    let read = Rc::new(objects.dictionary(all.get(name))?);
    Ok(Rc::clone(kept.insert(read)))
}
