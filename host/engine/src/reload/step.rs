//! What may be done with a name, and what a generation becomes by it.

use dossier_store::{Action, Canary, Generation, PackageDigest};

use crate::error::EngineError;

/// One step of a name's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A package serves every request.
    Activate(PackageDigest),
    /// A package serves some requests.
    Canary(PackageDigest, Percent),
    /// A package runs beside.
    Shadow(PackageDigest),
    /// The canary or shadow serves every request.
    Promote,
    /// The canary or shadow ends, or the version before serves again.
    RollBack,
}

/// How many requests of a hundred a canary takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent(u8);

impl Percent {
    /// A percentage of 1 to 100.
    ///
    /// # Errors
    /// [`EngineError::Percent`] for any other number.
    pub fn new(percent: u64) -> Result<Self, EngineError> {
        let percent = u8::try_from(percent).ok().filter(|percent| (1..=100).contains(percent));
        percent.map(Self).ok_or(EngineError::Percent)
    }

    fn get(self) -> u8 {
        self.0
    }
}

/// Takes a step in a generation; what it is called in the history, and the package it is about.
pub(super) fn take(
    next: &mut Generation,
    name: &str,
    step: Step,
) -> Result<(Action, Option<PackageDigest>, Option<String>), EngineError> {
    let owned = || name.to_owned();
    let needs_active = |next: &Generation| {
        let is_active = next.active.contains_key(name);
        if is_active { Ok(()) } else { Err(EngineError::NotActive { name: owned() }) }
    };
    match step {
        Step::Activate(package) => {
            next.activate(name, package);
            Ok((Action::Activate, Some(package), None))
        }
        Step::Canary(package, percent) => {
            needs_active(next)?;
            let percent = percent.get();
            next.start_canary(name, Canary { package, percent });
            Ok((Action::Canary, Some(package), Some(format!("{percent} %"))))
        }
        Step::Shadow(package) => {
            needs_active(next)?;
            next.start_shadow(name, package);
            Ok((Action::Shadow, Some(package), None))
        }
        Step::Promote => {
            let package = next.promote(name);
            let package = package.ok_or_else(|| EngineError::NoCandidate { name: owned() })?;
            Ok((Action::Promote, Some(package), None))
        }
        Step::RollBack => {
            let before = next.settings.get(name).copied();
            let package = next.roll_back(name);
            let package = package.ok_or_else(|| EngineError::NoPrevious { name: owned() })?;
            let settings = next.settings.get(name).copied();
            let detail = (settings != before).then(|| match settings {
                Some(settings) => format!("settings {settings}"),
                None => "settings of the package".to_owned(),
            });
            Ok((Action::Rollback, Some(package), detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_has_its_bounds() {
        for percent in [1, 100] {
            assert_eq!(
                Percent::new(percent).map(|found| u64::from(found.get())).ok(),
                Some(percent)
            );
        }
        for percent in [0, 101, 256, 257, u64::MAX] {
            let refused = Percent::new(percent).expect_err("out of bounds");
            assert!(matches!(refused, EngineError::Percent), "{percent}");
        }
    }
}
