//! Vectors of unit length, and how they are kept: as 32-bit floats, little end first.

const WIDTH: usize = size_of::<f32>();

/// A vector of unit length.
#[derive(Clone, PartialEq, Debug)]
pub struct Vector(Vec<f32>);

impl Vector {
    /// The direction of some components; nothing if they have none, or one of them is no number.
    #[must_use]
    pub fn of(components: &[f64]) -> Option<Self> {
        let length = components.iter().map(|component| component * component).sum::<f64>().sqrt();
        let has_direction = length.is_finite() && length > 0.0;
        has_direction.then(|| Self(components.iter().map(|component| (component / length) as f32).collect()))
    }

    /// As it was kept; nothing if these are not the bytes of a vector with so many dimensions.
    #[must_use]
    pub fn from_bytes(bytes: &[u8], dimensions: usize) -> Option<Self> {
        let fits = dimensions > 0 && bytes.len() == dimensions * WIDTH;
        fits.then(|| Self(components(bytes).collect()))
    }

    /// To be kept.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|component| component.to_le_bytes()).collect()
    }

    /// How many components it has.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.0.len()
    }

    /// The cosine of the angle to a vector as it was kept: -1 to 1. Nothing if that has other dimensions.
    #[must_use]
    pub fn cosine(&self, kept: &[u8]) -> Option<f32> {
        let product = || self.0.iter().zip(components(kept)).map(|(one, other)| one * other).sum::<f32>();
        (kept.len() == self.0.len() * WIDTH).then(product).filter(|cosine| cosine.is_finite())
    }
}

fn components(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.as_chunks::<WIDTH>().0.iter().map(|chunk| f32::from_le_bytes(*chunk))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_comes_back_from_its_bytes_and_points_where_it_pointed() {
        let vector = Vector::of(&[3.0, 0.0, -4.0]).unwrap();
        let bytes = vector.to_bytes();
        assert_eq!(bytes[..4], 0.6_f32.to_le_bytes());
        assert_eq!(Vector::from_bytes(&bytes, 3), Some(vector.clone()));
        assert_eq!(vector.cosine(&bytes), Some(1.0));
        let across = Vector::of(&[0.0, 1.0, 0.0]).unwrap();
        assert_eq!(vector.cosine(&across.to_bytes()), Some(0.0));
    }

    #[test]
    fn what_has_no_direction_or_other_dimensions_is_not_compared() {
        for nothing in [&[0.0, 0.0][..], &[f64::NAN, 1.0], &[f64::INFINITY, 1.0], &[]] {
            assert_eq!(Vector::of(nothing), None);
        }
        let vector = Vector::of(&[1.0, 0.0]).unwrap();
        assert_eq!(vector.cosine(&[0; 12]), None);
        assert_eq!(vector.cosine(&[0xff; 8]), None, "not a number");
        assert_eq!(Vector::from_bytes(&[0; 7], 2), None);
        assert_eq!(Vector::from_bytes(&[], 0), None);
    }
}
