//! The orgs of a process. A listener serves its own org, and the others by host name.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use url::Url;

use super::MockOrg;
use super::cors;
use super::endpoint::Endpoint;
use super::host;
use super::library::NamedOrg;
use super::org_name::OrgName;
use super::origin::{Address, Origin, Scheme};
use crate::org::document::Load;
use crate::rules::behaviour as rule;
use crate::rules::error::{OktaError, echo};
use crate::rules::nearest::nearest;

/// The orgs of a process, by name.
pub(crate) struct Orgs {
    served: RwLock<BTreeMap<OrgName, ServedOrg>>,
    /// False while there is only the default org, so that its requests need not look for others.
    has_named: AtomicBool,
    default: MockOrg,
    /// The URL of the port of the default org, once it is open.
    default_url: OnceLock<String>,
    ports: Option<Box<dyn Ports>>,
}

/// An org, with its own port if it has one.
#[derive(Clone)]
struct ServedOrg {
    org: MockOrg,
    port: Option<Arc<dyn Port>>,
}

/// Opens ports.
pub(crate) trait Ports: Send + Sync + UnwindSafe + RefUnwindSafe {
    /// Opens a free port and serves the endpoint there.
    ///
    /// # Errors
    /// If the operating system refuses.
    fn open(&self, endpoint: Endpoint) -> io::Result<Arc<dyn Port>>;

    /// Returns the scheme of all ports.
    fn scheme(&self) -> Scheme;
}

/// An open port. Dropping it closes it.
pub(crate) trait Port: Send + Sync + UnwindSafe + RefUnwindSafe {
    /// Returns its URL, as a client on this machine reaches it.
    fn url(&self) -> &str;
}

/// An org to add to a mock server.
#[derive(Clone, Debug)]
#[must_use]
pub struct NewOrg {
    pub(super) name: String,
    pub(super) initial: Initial,
    /// True if it gets a port of its own.
    pub(super) has_port: bool,
    /// Origins that it trusts, besides those of the process.
    pub(super) trusted_origins: Vec<String>,
}

impl fmt::Debug for Orgs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.read().keys().cloned().collect();
        formatter.debug_struct("Orgs").field("names", &names).finish_non_exhaustive()
    }
}

impl NewOrg {
    pub(super) const fn new(name: String, initial: Initial) -> Self {
        Self { name, initial, has_port: true, trusted_origins: Vec::new() }
    }
}

/// The initial state of an org.
#[derive(Clone, Debug)]
pub(super) enum Initial {
    /// The contents of a document.
    Load(Load),
    /// The state of another org.
    Fork(String),
}

impl Orgs {
    /// Creates the set with the default org. Without ports, other orgs are served by host name alone.
    pub(crate) fn new(default: MockOrg, ports: Option<Box<dyn Ports>>) -> Arc<Self> {
        let served =
            BTreeMap::from([(OrgName::default_org(), ServedOrg { org: default.clone(), port: None })]);
        let has_named = AtomicBool::new(false);
        Arc::new(Self {
            served: RwLock::new(served),
            has_named,
            default,
            default_url: OnceLock::new(),
            ports,
        })
    }

    /// Sets the URL of the port of the default org.
    pub(crate) fn set_default_url(&self, url: &str) {
        // It is opened once.
        let _ = self.default_url.set(url.to_owned());
    }

    /// Returns the org that a host name names, if there is one.
    pub(super) fn at(&self, address: &Address) -> Option<MockOrg> {
        if !self.has_named.load(Ordering::Acquire) {
            return None;
        }
        let name = OrgName::of_host(address)?;
        self.read().get(&name).map(|served| served.org.clone())
    }

    /// Returns the org that serves a URL, as a client of a request of this origin would reach it: by its own
    /// port on this machine, by the host name of an org, or by the host of the request itself.
    pub(super) fn serving(&self, url: &Url, origin: &Origin) -> Option<MockOrg> {
        let host = url.host_str()?;
        let is_local = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        let port = url.port_or_known_default();
        let is_at = |own: &str| {
            Url::parse(own).is_ok_and(|own| {
                is_local && own.scheme() == url.scheme() && own.port_or_known_default() == port
            })
        };
        let by_port = self
            .read()
            .values()
            .find(|served| served.port.as_ref().is_some_and(|own| is_at(own.url())))
            .cloned();
        if let Some(served) = by_port {
            return Some(served.org);
        }
        if self.default_url.get().is_some_and(|own| is_at(own)) {
            return Some(self.default.clone());
        }
        // A host that reaches the listener of the request: its own, or one with the name of an org before it.
        let (address, own) = (Address::of_url(url)?, origin.address());
        let parent = |address: &Address| address.host().split_once('.').map(|(_, rest)| rest.to_owned());
        let is_known =
            |host: &str| host::is_private(host) || host == own.host() || Some(host) == parent(own).as_deref();
        match self.at(&address) {
            Some(org) => parent(&address).is_none_or(|parent| is_known(&parent)).then_some(org),
            None => {
                let is_own = address.host() == own.host() || Some(address.host()) == parent(own).as_deref();
                (is_own && address.port() == own.port()).then(|| self.default.clone())
            }
        }
    }

    /// Returns all orgs, ordered by name. URLs are as seen from an address of a listener.
    pub(crate) fn all(&self, seen_from: &Origin) -> Vec<NamedOrg> {
        let all: Vec<_> = self.read().iter().map(|(name, served)| (name.clone(), served.clone())).collect();
        all.iter().map(|(name, served)| self.named(name, served, seen_from)).collect()
    }

    fn named(&self, name: &OrgName, served: &ServedOrg, seen_from: &Origin) -> NamedOrg {
        let own = match name.is_default() {
            true => self.default_url.get().map(String::as_str),
            false => served.port.as_ref().map(|port| port.url()),
        };
        let url = own.map_or_else(|| self.host_url(name.as_str(), seen_from), ToOwned::to_owned);
        NamedOrg { name: name.to_string(), url, org: served.org.clone() }
    }

    /// Returns the URL of an org by host name, at the listener of this origin.
    pub(super) fn host_url(&self, name: &str, listener: &Origin) -> String {
        let address = listener.address();
        let (scheme, host, port) = (listener.scheme(), address.host(), address.port());
        let parent = match (self.at(address), host.split_once('.')) {
            _ if address.is_ip() => "localhost",
            (Some(_), Some((_, parent))) => parent,
            (Some(_), None) => return format!("{scheme}://{name}{port}"),
            (None, _) => host,
        };
        format!("{scheme}://{name}.{parent}{port}")
    }

    /// Adds an org.
    ///
    /// # Errors
    /// If the name is invalid or taken, the initial state cannot be loaded, or no port can be opened. Then
    /// nothing has changed.
    pub(crate) fn add(self: &Arc<Self>, new: NewOrg, seen_from: &Origin) -> Result<NamedOrg, OktaError> {
        let name = OrgName::parse(&new.name).map_err(|reason| refused("name", reason))?;
        let trusted = new.trusted_origins.iter().map(|origin| cors::parse_origin(origin));
        let trusted = trusted.collect::<Result<_, _>>().map_err(|hint| refused("cors", hint))?;
        self.check_free(&self.read(), &name)?;
        let org = match &new.initial {
            Initial::Load(load) => self.default.sibling(name.as_str(), load.clone(), trusted)?,
            Initial::Fork(source) => self.source(source)?.forked(trusted),
        };
        let port = match &self.ports {
            Some(ports) if new.has_port => Some(self.open_port(&**ports, org.clone())?),
            _ => None,
        };
        let served = ServedOrg { org, port };
        self.insert(name.clone(), served.clone())?;
        Ok(self.named(&name, &served, seen_from))
    }

    fn insert(&self, name: OrgName, served: ServedOrg) -> Result<(), OktaError> {
        let mut all = self.write();
        // Another request may have added it since.
        self.check_free(&all, &name)?;
        all.insert(name, served);
        self.has_named.store(true, Ordering::Release);
        Ok(())
    }

    fn check_free(&self, all: &BTreeMap<OrgName, ServedOrg>, name: &OrgName) -> Result<(), OktaError> {
        let limit = self.default.settings().max_orgs;
        if all.contains_key(name) {
            return Err(refused("name", &format!("there is an org {name} already")));
        }
        match all.len() < limit {
            true => Ok(()),
            false => Err(refused("name", &format!("there are {limit} orgs already; drop one"))),
        }
    }

    fn source(&self, name: &str) -> Result<MockOrg, OktaError> {
        let all = self.read();
        if let Some(served) = OrgName::parse(name).ok().and_then(|name| all.get(&name)) {
            return Ok(served.org.clone());
        }
        let hint = nearest(name, all.keys().map(OrgName::as_str));
        let hint = hint.map(|name| format!("; did you mean {name}?")).unwrap_or_default();
        Err(refused("fork", &format!("there is no org {:?}{hint}", echo(name))))
    }

    fn open_port(self: &Arc<Self>, ports: &dyn Ports, org: MockOrg) -> Result<Arc<dyn Port>, OktaError> {
        let endpoint = Endpoint { org, orgs: self.clone(), scheme: ports.scheme() };
        ports.open(endpoint).map_err(|error| {
            refused("listen", &format!("no port can be opened: {error}; drop an org, or send false"))
        })
    }

    /// Drops an org and closes its port. Requests that are under way end.
    ///
    /// # Errors
    /// If there is no such org, or it is the default one.
    pub(crate) fn remove(&self, name: &str) -> Result<(), OktaError> {
        let unknown = || OktaError::not_found(&rule::CONTROL_ORG, name, "Org");
        let name = OrgName::parse(name).map_err(|_| unknown())?;
        if name.is_default() {
            return Err(refused("name", "the org that the mock starts with cannot be dropped"));
        }
        // Outside the lock: the memory of an org takes time to free.
        let removed = self.write().remove(&name);
        removed.map(drop).ok_or_else(unknown)
    }

    /// Drops all orgs but the default one.
    pub(crate) fn remove_named(&self) {
        let mut all = self.write();
        let removed: Vec<_> = all.extract_if(.., |name, _| !name.is_default()).collect();
        drop(all);
        drop(removed);
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<OrgName, ServedOrg>> {
        self.served.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<OrgName, ServedOrg>> {
        self.served.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refused(member: &str, reason: &str) -> OktaError {
    OktaError::validation(&rule::CONTROL_ORG, member, format!("{member}: {reason}"))
}
