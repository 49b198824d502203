//! What a page looks like, as a point.

use std::fmt;
use std::sync::Arc;

/// What a page looks like, as a vector of length 1: pages of one document type point in like directions.
///
/// It is made of a page, so it can hold personal data, and its `Debug` shows how long it is and no more.
#[derive(Clone, PartialEq)]
pub struct Embedding(Arc<[f32]>);

impl Embedding {
    /// The direction of `values`; none where they have none: there are no values, all are 0, or some are no
    /// numbers.
    #[must_use]
    pub fn new(mut values: Vec<f32>) -> Option<Self> {
        let length = values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
        if !length.is_normal() {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "a share of the length is 1 at most")]
        values.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
        Some(Self(values.into()))
    }

    /// How many values it has.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.0.len()
    }

    /// How like this page another is, -1 to 1: the cosine of the angle between them; none where they were not
    /// made alike, and have another number of values.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> Option<f64> {
        let is_comparable = self.0.len() == other.0.len();
        let products = self.0.iter().zip(&*other.0).map(|(a, b)| f64::from(*a) * f64::from(*b));
        is_comparable.then(|| products.sum())
    }
}

impl fmt::Debug for Embedding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Embedding({} values)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_direction_counts() {
        let of = |values: &[f32]| Embedding::new(values.to_vec()).expect("a direction");
        let one = of(&[3.0, 4.0]);
        let likeness = |other: &[f32]| one.likeness(&of(other)).expect("of two values, too");
        assert!((likeness(&[6.0, 8.0]) - 1.0).abs() < 1e-6);
        assert!((likeness(&[-3.0, -4.0]) + 1.0).abs() < 1e-6);
        assert!(likeness(&[4.0, -3.0]).abs() < 1e-6);
        assert_eq!(one.likeness(&of(&[1.0, 0.0, 0.0])), None);
    }

    #[test]
    fn what_has_no_direction_is_none() {
        for values in [vec![], vec![0.0; 3], vec![1.0, f32::NAN], vec![f32::INFINITY, 1.0]] {
            assert_eq!(Embedding::new(values), None);
        }
        assert!(Embedding::new(vec![f32::MAX; 8]).is_some());
    }

    #[test]
    fn a_page_does_not_show_in_what_is_printed() {
        let embedding = Embedding::new(vec![0.25, 0.5]).expect("a direction");
        assert_eq!(format!("{embedding:?}"), "Embedding(2 values)");
    }
}
