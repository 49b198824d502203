//! What a component is made of, counted without compiling or running it.
//!
//! The compiler is trusted with nothing that is out of bounds here: a function of a megabyte takes it
//! seconds, and components that instantiate components that do the same double with every level.

use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind,
    ComponentTypeRef, Encoding, Instance, Parser, Payload,
};

/// What a component is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Core modules in it.
    pub modules: u64,
    /// Functions with code in all of them.
    pub functions: u64,
    /// Bytes of their code.
    pub code_bytes: u64,
    /// Bytes of the largest.
    pub largest_function_bytes: u64,
    /// Components within components, at the deepest.
    pub nesting: u64,
    /// Instances that instantiating it makes, of components and of core modules, all levels
    /// multiplied out.
    pub instances: u64,
}

/// A bound that a component is out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutOfBounds {
    pub(crate) what: &'static str,
    pub(crate) count: u64,
    pub(crate) limit: u64,
}

impl Outline {
    /// Core modules: rules in Rust have four, a Python interpreter with its libraries some forty.
    const MOST_MODULES: u64 = 256;
    /// A Python interpreter has some twenty thousand.
    const MOST_FUNCTIONS: u64 = 200_000;
    /// The largest functions of the interpreters in use have about a hundred kilobytes.
    const MOST_FUNCTION_BYTES: u64 = 512 << 10;
    /// Tools make two levels; composed components a few more.
    const DEEPEST_NESTING: u64 = 8;
    const MOST_INSTANCES: u64 = 1024;

    /// Counts. None if the bytes are no well-formed component, which the compiler says better.
    pub(crate) fn of(component: &[u8]) -> Option<Self> {
        Counter::default().count(component).ok()
    }

    /// The first bound that it is out of.
    pub(crate) fn out_of_bounds(&self) -> Option<OutOfBounds> {
        [
            ("core modules", self.modules, Self::MOST_MODULES),
            ("functions", self.functions, Self::MOST_FUNCTIONS),
            ("bytes in one function", self.largest_function_bytes, Self::MOST_FUNCTION_BYTES),
            ("levels of components", self.nesting, Self::DEEPEST_NESTING),
            ("instances", self.instances, Self::MOST_INSTANCES),
        ]
        .into_iter()
        .find(|(_, count, limit)| count > limit)
        .map(|(what, count, limit)| OutOfBounds { what, count, limit })
    }
}

/// The instances that one component makes, itself included.
type Weight = u64;
/// Of a component that isn't known before it is instantiated.
const UNKNOWN: Weight = Weight::MAX;

#[derive(Default)]
struct Counter {
    outline: Outline,
    /// The components that are being read, from the outermost to the innermost.
    open: Vec<Open>,
}

/// A component or module that is being read.
struct Open {
    is_component: bool,
    weight: Weight,
    /// The weights of the components that it can name, by their index.
    components: Vec<Weight>,
}

impl Counter {
    fn count(mut self, bytes: &[u8]) -> Result<Outline, wasmparser::BinaryReaderError> {
        for payload in Parser::new(0).parse_all(bytes) {
            self.take(&payload?)?;
        }
        Ok(self.outline)
    }

    fn take(&mut self, payload: &Payload<'_>) -> Result<(), wasmparser::BinaryReaderError> {
        match payload {
            Payload::Version { encoding, .. } => self.begin(*encoding == Encoding::Component),
            Payload::CodeSectionEntry(body) => {
                let bytes = body.as_bytes().len() as u64;
                self.outline.functions += 1;
                self.outline.code_bytes += bytes;
                let largest = &mut self.outline.largest_function_bytes;
                *largest = (*largest).max(bytes);
            }
            Payload::InstanceSection(section) => {
                for instance in section.clone() {
                    if matches!(instance?, Instance::Instantiate { .. }) {
                        self.add(1);
                    }
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section.clone() {
                    if let ComponentInstance::Instantiate { component_index, .. } = instance? {
                        self.add(self.weight_of(component_index));
                    }
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section.clone() {
                    if matches!(import?.ty, ComponentTypeRef::Component(_)) {
                        self.name(UNKNOWN);
                    }
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section.clone() {
                    self.alias(&alias?);
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section.clone() {
                    let export = export?;
                    // An export is a name of its own in the space of what it exports.
                    if export.kind == ComponentExternalKind::Component {
                        self.name(self.weight_of(export.index));
                    }
                }
            }
            Payload::End(_) => self.end(),
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, is_component: bool) {
        if is_component {
            let nesting = self.open.len() as u64;
            self.outline.nesting = self.outline.nesting.max(nesting);
        } else {
            self.outline.modules += 1;
        }
        self.open.push(Open { is_component, weight: 1, components: Vec::new() });
    }

    fn end(&mut self) {
        let Some(closed) = self.open.pop().filter(|open| open.is_component) else { return };
        if self.open.is_empty() {
            self.outline.instances = closed.weight;
        }
        self.name(closed.weight);
    }

    fn alias(&mut self, alias: &ComponentAlias<'_>) {
        match alias {
            ComponentAlias::InstanceExport { kind: ComponentExternalKind::Component, .. } => {
                self.name(UNKNOWN);
            }
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::Component, count, index } => {
                let open = self.open.iter().rev().nth(*count as usize);
                let weight = open.and_then(|open| open.components.get(*index as usize));
                self.name(weight.copied().unwrap_or(UNKNOWN));
            }
            _ => {}
        }
    }

    /// Adds instances to the innermost component.
    fn add(&mut self, weight: Weight) {
        if let Some(open) = self.open.last_mut() {
            open.weight = open.weight.saturating_add(weight);
        }
    }

    /// Gives a component the next index of the innermost one's space.
    fn name(&mut self, weight: Weight) {
        if let Some(open) = self.open.last_mut() {
            open.components.push(weight);
        }
    }

    fn weight_of(&self, index: u32) -> Weight {
        let open = self.open.last();
        let weight = open.and_then(|open| open.components.get(index as usize));
        weight.copied().unwrap_or(UNKNOWN)
    }
}

#[cfg(test)]
mod tests;
