//! How names stand. What is read is bounded by what is asked for, not by what everybody published.

use std::cmp::Ordering;

use redb::{ReadTransaction, ReadableTable as _};

use super::tables::{ATTEMPTS, NAMES, PUBLISHERS, VERSIONS, from_record};
use super::{Attempt, Catalogue, CatalogueError, Version};
use crate::PackageDigest;

/// What the catalogue has of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameRecords {
    /// The name.
    pub name: String,
    /// The newest of what was published under it, the newest last.
    pub versions: Vec<Version>,
    /// Whether there are older ones.
    pub has_older: bool,
    /// The last attempt to publish.
    pub attempt: Option<Attempt>,
}

impl NameRecords {
    /// Whether nobody ever published under the name, or tried to.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.versions.is_empty() && self.attempt.is_none()
    }
}

impl Catalogue {
    /// How a name stands, with its newest versions, `most_versions` at most.
    ///
    /// # Errors
    /// As [`Catalogue::current`].
    pub fn of_name(&self, name: &str, most_versions: usize) -> Result<NameRecords, CatalogueError> {
        self.read(|transaction| records(transaction, name, most_versions))
    }

    /// The same of the first `limit` names after `after` that `wanted` picks, in the order of their bytes.
    ///
    /// # Errors
    /// As [`Catalogue::current`].
    pub fn of_names(
        &self,
        after: Option<&str>,
        limit: usize,
        most_versions: usize,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<NameRecords>, CatalogueError> {
        self.read(|transaction| {
            let mut found = Vec::new();
            let mut last = after.map(str::to_owned);
            while found.len() < limit
                && let Some(name) = name_after(transaction, last.as_deref())?
            {
                if wanted(&name) {
                    found.push(records(transaction, &name, most_versions)?);
                }
                last = Some(name);
            }
            Ok(found)
        })
    }

    /// Every package of a publisher.
    ///
    /// # Errors
    /// As [`Catalogue::current`].
    pub fn packages_of(&self, publisher: &str) -> Result<Vec<PackageDigest>, CatalogueError> {
        self.read(|transaction| {
            let mut packages = Vec::new();
            for entry in transaction.open_table(PUBLISHERS)?.range((publisher, "")..)? {
                let (key, ()) = entry.map(|(key, value)| (key, value.value()))?;
                let (of, package) = key.value();
                if of != publisher {
                    break;
                }
                packages.extend(package.parse::<PackageDigest>());
            }
            Ok(packages)
        })
    }
}

fn records(
    transaction: &ReadTransaction,
    name: &str,
    most_versions: usize,
) -> Result<NameRecords, CatalogueError> {
    let (names, table) = (transaction.open_table(NAMES)?, transaction.open_table(VERSIONS)?);
    let mut versions = Vec::new();
    let mut has_older = false;
    for entry in names.range((name, 0_u64)..=(name, u64::MAX))?.rev() {
        if versions.len() == most_versions {
            has_older = true;
            break;
        }
        let (_, package) = entry?;
        if let Some(record) = table.get(package.value())? {
            versions.push(from_record::<Version>("versions", record.value())?);
        }
    }
    versions.reverse();
    let attempt = transaction.open_table(ATTEMPTS)?.get(name)?;
    let attempt = attempt.map(|record| from_record("attempts", record.value())).transpose()?;
    Ok(NameRecords { name: name.to_owned(), versions, has_older, attempt })
}

/// The first name behind another under which somebody published or tried to.
fn name_after(
    transaction: &ReadTransaction,
    after: Option<&str>,
) -> Result<Option<String>, CatalogueError> {
    use std::ops::Bound::{Excluded, Unbounded};
    let names = transaction.open_table(NAMES)?;
    let attempts = transaction.open_table(ATTEMPTS)?;
    let (published, tried) = match after {
        None => (names.first()?, attempts.first()?),
        Some(after) => (
            names.range((Excluded((after, u64::MAX)), Unbounded))?.next().transpose()?,
            attempts.range::<&str>((Excluded(after), Unbounded))?.next().transpose()?,
        ),
    };
    let published = published.map(|(key, _)| key.value().0.to_owned());
    let tried = tried.map(|(key, _)| key.value().to_owned());
    Ok(match (published, tried) {
        (Some(published), Some(tried)) => Some(match published.cmp(&tried) {
            Ordering::Less | Ordering::Equal => published,
            Ordering::Greater => tried,
        }),
        (published, tried) => published.or(tried),
    })
}
