//! Colour spaces (ISO 32000-2, section 8.6), as far as scans have them.

use super::CORRUPT;
use super::object::{Dictionary, Object};
use super::objects::Objects;
use crate::DecodeError;

/// Names that lead to arrays that lead to names.
const MAX_HOPS: usize = 4;
/// Most colours of a palette.
const MAX_COLOURS: usize = 256;

/// What samples mean. Profiles are ignored, as in every other format.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Space {
    Grey,
    Rgb,
    /// The colours of a palette.
    Palette(Vec<[u8; 3]>),
    /// One that is not read, by name.
    Other(&'static str),
}

impl Space {
    /// Samples a pixel.
    pub(super) fn samples(&self) -> u32 {
        match self {
            Self::Rgb => 3,
            Self::Grey | Self::Palette(_) | Self::Other(_) => 1,
        }
    }

    /// The space of an object; `named` holds those that have names of their own.
    pub(super) fn of(
        object: &Object,
        named: &Dictionary,
        objects: &mut Objects<'_>,
    ) -> Result<Self, DecodeError> {
        Self::within(object, named, objects, MAX_HOPS)
    }

    fn within(
        object: &Object,
        named: &Dictionary,
        objects: &mut Objects<'_>,
        hops: usize,
    ) -> Result<Self, DecodeError> {
        let hops = hops.checked_sub(1).ok_or(CORRUPT)?;
        match objects.resolved(object)? {
            Object::Name(name) => match device(&name) {
                Some(space) => Ok(space),
                None if *named.get_by(&name) == Object::Null => Err(CORRUPT),
                None => Self::within(named.get_by(&name), named, objects, hops),
            },
            Object::Array(parts) => Self::of_parts(&parts, named, objects, hops),
            _ => Err(CORRUPT),
        }
    }

    fn of_parts(
        parts: &[Object],
        named: &Dictionary,
        objects: &mut Objects<'_>,
        hops: usize,
    ) -> Result<Self, DecodeError> {
        let Some(kind) = parts.first() else { return Err(CORRUPT) };
        let Object::Name(kind) = objects.resolved(kind)? else { return Err(CORRUPT) };
        match (kind.as_slice(), parts) {
            (b"ICCBased", [_, profile]) => {
                let profile = objects.dictionary(profile)?;
                let is_lab = match objects.get(&profile, "Alternate")? {
                    Object::Array(parts) => parts.first().is_some_and(|kind| kind.is_name("Lab")),
                    _ => false,
                };
                Ok(match objects.get(&profile, "N")?.whole() {
                    _ if is_lab => Self::Other("the colours CIE L*a*b*"),
                    Some(1) => Self::Grey,
                    Some(3) => Self::Rgb,
                    Some(4) => Self::Other("the colours CMYK"),
                    _ => return Err(CORRUPT),
                })
            }
            (b"Indexed" | b"I", [_, base, highest, table]) => {
                let base = Self::within(base, named, objects, hops)?;
                let highest = objects.resolved(highest)?.size().ok_or(CORRUPT)?;
                if highest >= MAX_COLOURS {
                    return Err(CORRUPT);
                }
                let table = match objects.resolved(table)? {
                    Object::Text(table) => table,
                    Object::Dictionary(_) => {
                        let stream = objects.stream(table)?;
                        objects.unpacked(&stream)?
                    }
                    _ => return Err(CORRUPT),
                };
                palette(base, highest + 1, &table)
            }
            (b"CalGray", [_, _]) => Ok(Self::Grey),
            (b"CalRGB", [_, _]) => Ok(Self::Rgb),
            (b"Lab", _) => Ok(Self::Other("the colours CIE L*a*b*")),
            (b"Separation" | b"DeviceN", _) => Ok(Self::Other("inks by name")),
            (b"Pattern", _) => Ok(Self::Other("a pattern")),
            (name, [_]) => device(name).ok_or(CORRUPT),
            _ => Err(CORRUPT),
        }
    }
}

fn device(name: &[u8]) -> Option<Space> {
    match name {
        b"DeviceGray" | b"G" | b"CalGray" => Some(Space::Grey),
        b"DeviceRGB" | b"RGB" | b"CalRGB" => Some(Space::Rgb),
        b"DeviceCMYK" | b"CMYK" => Some(Space::Other("the colours CMYK")),
        b"Pattern" => Some(Space::Other("a pattern")),
        _ => None,
    }
}

fn palette(base: Space, count: usize, table: &[u8]) -> Result<Space, DecodeError> {
    let colours = match base {
        Space::Grey => table.iter().take(count).map(|grey| [*grey; 3]).collect::<Vec<_>>(),
        Space::Rgb => table.as_chunks().0.iter().take(count).copied().collect(),
        Space::Palette(_) => return Err(CORRUPT),
        Space::Other(name) => return Ok(Space::Other(name)),
    };
    if colours.len() == count { Ok(Space::Palette(colours)) } else { Err(CORRUPT) }
}
