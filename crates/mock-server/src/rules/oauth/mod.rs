//! OAuth 2.0 of the org authorization server: clients, grants, admin roles, assertions, proofs and tokens.

pub(crate) mod assertion;
pub(crate) mod claims;
pub(crate) mod client;
mod client_key;
mod error;
pub(crate) mod grant;
pub(crate) mod proof;
mod role;
mod scope;
pub(crate) mod token_request;

pub(crate) use claims::{AccessToken, AccessTokenClaims};
pub(crate) use error::{OauthError, OauthErrorCode};
pub(crate) use role::Role;
pub(crate) use scope::{Access, Resource, Scope};
pub(crate) use token_request::TokenRequest;
