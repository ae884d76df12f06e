//! Signature algorithms (RFC 7518, 3.1).

/// An algorithm that Okta accepts for assertions and proofs (docs).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with this hash.
    Rsa(Hash),
    /// ECDSA on this curve, with the hash that belongs to it.
    Ec(Curve),
}

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
}

/// An elliptic curve (RFC 7518, 6.2.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    /// P-256
    P256,
    /// P-384
    P384,
    /// P-521
    P521,
}

impl Algorithm {
    /// All algorithms, with their names in `alg`.
    const ALL: [(&'static str, Self); 6] = [
        ("RS256", Self::Rsa(Hash::Sha256)),
        ("RS384", Self::Rsa(Hash::Sha384)),
        ("RS512", Self::Rsa(Hash::Sha512)),
        ("ES256", Self::Ec(Curve::P256)),
        ("ES384", Self::Ec(Curve::P384)),
        ("ES512", Self::Ec(Curve::P521)),
    ];

    /// Parses the value of `alg`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, algorithm)| algorithm)
    }

    /// Returns the names of all algorithms.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().map(|(name, _)| name)
    }
}

impl Curve {
    const ALL: [Self; 3] = [Self::P256, Self::P384, Self::P521];

    /// Parses the value of `crv`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|curve| curve.as_str() == name)
    }

    /// Returns the curve whose coordinates have this many bytes.
    pub(super) fn of_size(bytes: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|curve| curve.coordinate_size() == bytes)
    }

    /// Returns the name in `crv`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// Returns the size of a coordinate, in bytes.
    pub(super) const fn coordinate_size(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}
