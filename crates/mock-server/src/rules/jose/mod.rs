//! Signed JSON Web Tokens and the keys that verify them (RFC 7515, 7517, 7519, 7638).

mod algorithm;
mod jws;
mod key;

pub(crate) use algorithm::Algorithm;
pub(crate) use jws::Jws;
pub(crate) use key::VerifyingKey;
