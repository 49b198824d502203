//! What lies on a page (ISO 32000-2, section 12.5): notes, stamps, fields of forms.

use super::object::Object;
use super::objects::Objects;
use super::pages::rectangle;
use super::unsupported;
use crate::DecodeError;

/// Flags of those that are not shown: hidden, and without a view.
const HIDDEN: u32 = 1 << 1 | 1 << 5;

/// Refuses what would be seen over the picture: it may cover a part of it, or say more than it does.
pub(super) fn refuse_seen(
    annotations: &Object,
    objects: &mut Objects<'_>,
) -> Result<(), DecodeError> {
    for annotation in objects.array(annotations)? {
        let annotation = objects.dictionary(&annotation)?;
        let kind = objects.get(&annotation, "Subtype")?;
        let flags = objects.get(&annotation, "F")?.whole().unwrap_or(0);
        let frame = rectangle(annotation.get("Rect"), objects)?;
        // A signature that is not shown is a field without an area.
        let has_area = frame.is_some_and(|frame| !frame.is_empty());
        let is_seen = !kind.is_name("Link") && !kind.is_name("Popup");
        if is_seen && has_area && flags & HIDDEN == 0 {
            return unsupported(match kind {
                kind if kind.is_name("Widget") => "a form with fields on its pages",
                _ => "annotations on its pages",
            });
        }
    }
    Ok(())
}
