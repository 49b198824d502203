//! What a component says of itself without being run.

use dossier_document::Digest;
use sha2::Digest as _;
use wasmparser::{KnownCustom, Parser, Payload};
use wit_component::WitPrinter;
use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{Resolve, WorldId, WorldItem};

use crate::engine::check_header;
use crate::outline::Outline;
use crate::{PluginError, world};

/// What a component says of itself without being run.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The SHA-256 of its bytes.
    pub digest: Digest,
    /// Its size in bytes.
    pub bytes: usize,
    /// What it is made of.
    pub outline: Outline,
    /// The name that `dossier plugin build` or another tool wrote into it.
    pub name: Option<String>,
    /// The version that `dossier plugin build` or another tool wrote into it.
    pub version: Option<String>,
    /// Its world as WIT.
    pub wit: String,
    /// The names of what it imports.
    pub imports: Vec<String>,
    /// The names of what it exports.
    pub exports: Vec<String>,
    /// Its imports that this host doesn't offer.
    pub not_offered: Vec<String>,
    /// The version of `dossier:rules` whose hooks it exports, if it does.
    pub hooks_version: Option<String>,
}

impl Inspection {
    /// Looks into a component.
    ///
    /// # Errors
    /// When the bytes are no component, or one whose outline is out of bounds.
    pub fn of(name: &str, component: &[u8], limit_bytes: usize) -> Result<Self, PluginError> {
        check_header(name, component, limit_bytes)?;
        let outline = crate::engine::check_outline(name, component)?;
        let failed =
            |detail: String| PluginError::CompileFailed { plugin: name.to_owned(), detail };
        let Ok(DecodedWasm::Component(resolve, world)) = decode(component) else {
            return Err(failed("its world can't be decoded".to_owned()));
        };
        let (imports, exports) = (names(&resolve, world, true), names(&resolve, world, false));
        let not_offered =
            imports.iter().filter(|import| !world::is_offered(import)).cloned().collect();
        let hooks_version = exports
            .iter()
            .find_map(|export| export.strip_prefix("dossier:rules/hooks@"))
            .map(str::to_owned);
        let (name, version) = metadata(component);
        Ok(Self {
            digest: Digest::from_sha256(sha2::Sha256::digest(component).into()),
            bytes: component.len(),
            outline: outline.unwrap_or_default(),
            name,
            version,
            wit: print(&resolve, world).map_err(failed)?,
            imports,
            exports,
            not_offered,
            hooks_version,
        })
    }
}

/// The names of a component's world.
pub(crate) struct Names {
    /// Interfaces that it imports functions of.
    pub(crate) needed_imports: Vec<String>,
    /// Interfaces that it exports, and their functions.
    pub(crate) exports: Vec<(String, Vec<String>)>,
}

impl Names {
    /// None if the world can't be decoded.
    pub(crate) fn of(component: &[u8]) -> Option<Self> {
        let DecodedWasm::Component(resolve, world) = decode(component).ok()? else { return None };
        let functions = |item: &WorldItem| match item {
            WorldItem::Interface { id, .. } => {
                resolve.interfaces[*id].functions.keys().cloned().collect::<Vec<_>>()
            }
            WorldItem::Function(function) => vec![function.name.clone()],
            WorldItem::Type { .. } => Vec::new(),
        };
        let world = &resolve.worlds[world];
        let needed = world.imports.iter().filter(|(_, item)| !functions(item).is_empty());
        let exports = world.exports.iter();
        Some(Self {
            needed_imports: needed.map(|(key, _)| resolve.name_world_key(key)).collect(),
            exports: exports
                .map(|(key, item)| (resolve.name_world_key(key), functions(item)))
                .collect(),
        })
    }
}

/// The lines of a component's WIT that speak of an import or export. None if it can't be decoded.
pub(crate) fn wit_line(component: &[u8], name: &str) -> Option<String> {
    let DecodedWasm::Component(resolve, world) = decode(component).ok()? else { return None };
    let wit = print(&resolve, world).ok()?;
    wit.lines().map(str::trim).find(|line| line.contains(name)).map(str::to_owned)
}

/// The names of what a component exports. Empty if it can't be decoded.
pub(crate) fn exports(component: &[u8]) -> Vec<String> {
    match decode(component) {
        Ok(DecodedWasm::Component(resolve, world)) => names(&resolve, world, false),
        _ => Vec::new(),
    }
}

fn names(resolve: &Resolve, world: WorldId, imports: bool) -> Vec<String> {
    let world = &resolve.worlds[world];
    let items = if imports { &world.imports } else { &world.exports };
    items.keys().map(|key| resolve.name_world_key(key)).collect()
}

fn print(resolve: &Resolve, world: WorldId) -> Result<String, String> {
    let package = resolve.worlds[world].package.ok_or("its world has no package")?;
    let others =
        resolve.packages.iter().map(|(id, _)| id).filter(|id| *id != package).collect::<Vec<_>>();
    let mut printer = WitPrinter::default();
    printer.print(resolve, package, &others).map_err(|error| format!("{error:#}"))?;
    Ok(printer.output.to_string())
}

/// The name and the version in the component's own custom sections, as the tools of the component
/// model write them.
fn metadata(component: &[u8]) -> (Option<String>, Option<String>) {
    let (mut name, mut version, mut depth) = (None, None, 0_usize);
    for payload in Parser::new(0).parse_all(component).map_while(Result::ok) {
        match payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section) if depth == 1 => match section.as_known() {
                KnownCustom::ComponentName(names) => {
                    for subsection in names.into_iter().map_while(Result::ok) {
                        if let wasmparser::ComponentName::Component { name: text, .. } = subsection
                        {
                            name = Some(text.to_owned());
                        }
                    }
                }
                _ if section.name() == "version" => {
                    version = std::str::from_utf8(section.data()).ok().map(str::to_owned);
                }
                _ => {}
            },
            _ => {}
        }
    }
    (name, version)
}
