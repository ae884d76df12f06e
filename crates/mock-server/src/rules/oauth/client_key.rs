//! Keys of a client: the members of its `jwks`.

use crate::rules::behaviour as rule;
use crate::rules::body::{Json, Members, TEXT_LIMIT, check_length, wrong_type};
use crate::rules::error::OktaError;
use crate::rules::identifier::{OktaId, Seconds};
use crate::rules::jose::VerifyingKey;

/// A key of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientKey {
    /// The id, `pks…` (recorded).
    pub(crate) id: OktaId,
    /// `status`
    pub(crate) status: KeyStatus,
    /// `kid`
    pub(crate) kid: Option<Box<str>>,
    /// `use`
    pub(crate) usage: Option<Box<str>>,
    /// `alg`
    pub(crate) algorithm: Option<Box<str>>,
    /// The numbers of the key, as they were sent.
    pub(crate) material: KeyMaterial,
    /// The key, if its numbers are those of a key.
    verifying: Option<VerifyingKey>,
    /// Creation time.
    pub(crate) created: Seconds,
    /// Time of the last change.
    pub(crate) last_updated: Seconds,
}

/// The status of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyStatus {
    /// In use.
    Active,
    /// Not in use.
    Inactive,
}

/// The numbers of a key, as they were sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyMaterial {
    /// RSA
    Rsa {
        /// `e`
        exponent: Box<str>,
        /// `n`
        modulus: Box<str>,
    },
    /// EC
    Ec {
        /// `x`
        x: Box<str>,
        /// `y`
        y: Box<str>,
        /// `crv`; absent is accepted (recorded).
        curve: Option<Box<str>>,
    },
}

/// Maximum number of keys of a client (OpenAPI ErrorClientJsonWebKeyTooManyKids).
const MAX_KEYS: usize = 50;
/// Minimum size of an RSA modulus in bits (recorded).
const MIN_BITS: usize = 2048;

impl KeyStatus {
    /// Returns the status as Okta writes it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Inactive => "INACTIVE",
        }
    }
}

impl ClientKey {
    /// Returns a text that tells the key from the client's other keys.
    pub(super) fn description(&self) -> &str {
        match (&self.kid, &self.material) {
            (Some(kid), _) => kid,
            (None, KeyMaterial::Rsa { modulus: number, .. } | KeyMaterial::Ec { x: number, .. }) => number,
        }
    }

    /// Reads a key.
    ///
    /// # Errors
    /// E0000001 `JsonWebKey` for a key that Okta does not take.
    pub(crate) fn read(members: Members<'_>, now: Seconds) -> Result<Self, OktaError> {
        let text = |name: &str| -> Result<Option<Box<str>>, OktaError> {
            let value = members.text(name)?.filter(|text| !text.is_empty());
            value.map(|text| check_length(text, name, TEXT_LIMIT * 2).map(Box::from)).transpose()
        };
        let required = |name: &'static str| {
            text(name)?
                .ok_or_else(|| refused(&rule::CLIENT_KEY, format!("{name}: The field cannot be left blank")))
        };
        members.mark_read(&["id", "created", "lastUpdated", "_links"]);
        let material = match members.text("kty")? {
            Some("RSA") => KeyMaterial::Rsa {
                exponent: required("e")?,
                // Recorded: a key without modulus is refused as too short.
                modulus: text("n")?.ok_or_else(too_short)?,
            },
            Some("EC") => KeyMaterial::Ec { x: required("x")?, y: required("y")?, curve: text("crv")? },
            _ => return Err(refused(&rule::CLIENT_KEY, "kty: The field has an invalid value".to_owned())),
        };
        let verifying = material.verifying_key();
        if let KeyMaterial::Rsa { .. } = material
            && verifying.as_ref().and_then(VerifyingKey::rsa_bits).is_none_or(|bits| bits < MIN_BITS)
        {
            return Err(too_short());
        }
        let status = match members.text("status")? {
            None | Some("ACTIVE") => KeyStatus::Active,
            Some("INACTIVE") => KeyStatus::Inactive,
            Some(_) => {
                return Err(refused(&rule::CLIENT_KEY, "status: The field has an invalid value".to_owned()));
            }
        };
        let usage = text("use")?;
        if usage.as_deref().is_some_and(|usage| !matches!(usage, "sig" | "enc")) {
            return Err(refused(&rule::CLIENT_KEY, "use: The field has an invalid value".to_owned()));
        }
        Ok(Self {
            id: OktaId::UNASSIGNED,
            status,
            kid: text("kid")?,
            usage,
            algorithm: text("alg")?,
            material,
            verifying,
            created: now,
            last_updated: now,
        })
    }

    /// Returns the key if it is active and may sign.
    pub(crate) fn active_signing_key(&self) -> Option<VerifyingKey> {
        let signs = self.status == KeyStatus::Active && self.usage.as_deref() != Some("enc");
        self.verifying.clone().filter(|_| signs)
    }
}

impl KeyMaterial {
    /// Returns `kty`.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Rsa { .. } => "RSA",
            Self::Ec { .. } => "EC",
        }
    }

    /// Returns the numbers by their names, in the recorded order. `crv` may be null.
    pub(crate) fn numbers(&self) -> Vec<(&'static str, Option<&str>)> {
        match self {
            Self::Rsa { exponent, modulus } => vec![("e", Some(exponent)), ("n", Some(modulus))],
            Self::Ec { x, y, curve } => vec![("x", Some(x)), ("y", Some(y)), ("crv", curve.as_deref())],
        }
    }

    fn verifying_key(&self) -> Option<VerifyingKey> {
        VerifyingKey::from_jwk(|name| {
            let text = match (self, name) {
                (_, "kty") => self.kind(),
                (Self::Rsa { modulus, .. }, "n") => modulus,
                (Self::Rsa { exponent, .. }, "e") => exponent,
                (Self::Ec { x, .. }, "x") => x,
                (Self::Ec { y, .. }, "y") => y,
                (Self::Ec { curve, .. }, "crv") => curve.as_deref()?,
                _ => return None,
            };
            Some(text.to_owned())
        })
    }
}

/// Reads `jwks.keys`. A key that the client already has keeps its id and its times.
pub(super) fn read_keys(
    jwks: Members<'_>,
    known: &[ClientKey],
    now: Seconds,
) -> Result<Vec<ClientKey>, OktaError> {
    let items = match jwks.get("keys") {
        Some(Json::Array(items)) => &items[..],
        None | Some(Json::Null) => &[],
        Some(_) => return Err(wrong_type()),
    };
    let mut keys = Vec::new();
    for item in items {
        let Json::Object(members) = item else { return Err(wrong_type()) };
        let mut key = ClientKey::read(Members::from(members), now)?;
        if let Some(same) = known.iter().find(|other| other.kid == key.kid && other.material == key.material)
        {
            (key.id, key.created) = (same.id, same.created);
        }
        keys.push(key);
    }
    check_set(&keys)?;
    Ok(keys)
}

/// Checks the keys of a client together.
///
/// # Errors
/// E0000001 `JsonWebKey` (OpenAPI addJwk).
pub(crate) fn check_set(keys: &[ClientKey]) -> Result<(), OktaError> {
    if keys.len() > MAX_KEYS {
        let cause = "You can't create a new key. You have reached the maximum number of keys allowed (50). To add another key, you must first delete an existing one.";
        return Err(refused(&rule::CLIENT_KEY_SET, cause.to_owned()));
    }
    if keys.len() > 1 && keys.iter().any(|key| key.kid.is_none()) {
        let cause = "Each key should have a unique kid when adding multiple keys. Use the Apps API to update the JWKS to add a kid for the existing key, or delete the existing key and re-add the key with a kid using the JWKS APIs.";
        return Err(refused(&rule::CLIENT_KEY_SET, cause.to_owned()));
    }
    let mut names: Vec<_> = keys.iter().filter_map(|key| key.kid.as_deref()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        let cause = "All keys in the 'jwks' must have a unique `kid`.";
        return Err(refused(&rule::CLIENT_KEY_SET, cause.to_owned()));
    }
    Ok(())
}

fn too_short() -> OktaError {
    let cause = "RSA key length in the 'jwks' is less than '2,048' bits for the given key.";
    refused(&rule::CLIENT_KEY, cause.to_owned())
}

fn refused(rule: &'static rule::Rule, cause: String) -> OktaError {
    OktaError::validation(rule, "JsonWebKey", cause)
}
