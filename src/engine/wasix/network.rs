//! Which network a guest has: what a host writes, read into rules.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// The network of a guest.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub enum Network {
    /// None: every call is refused.
    #[default]
    None,
    /// The host's.
    All,
    /// Some of the host's.
    Allow(Vec<Rule>),
}

/// A place on the network, where a guest may connect, listen and send to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    host: Host,
    /// `None`: every one.
    port: Option<u16>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Host {
    Any,
    Address(IpAddr),
    /// In lower case, without a dot at its end.
    Name(String),
}

/// Why a rule is none: a sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadRule(String);

impl fmt::Display for BadRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Network {
    /// Reads what a host allows: `None` is no network, `*` all of it; otherwise each is `HOST:PORT`, where HOST is an
    /// address (one of version 6 in brackets), a name, or `*`, and PORT a number or `*`.
    pub fn parse<S: AsRef<str>>(allowed: Option<&[S]>) -> Result<Self, BadRule> {
        let Some(allowed) = allowed else { return Ok(Self::None) };
        if allowed.iter().any(|rule| rule.as_ref() == "*") {
            return Ok(Self::All);
        }
        let rules: Vec<Rule> =
            allowed.iter().map(|rule| Rule::parse(rule.as_ref())).collect::<Result<_, _>>()?;
        Ok(if rules.is_empty() { Self::None } else { Self::Allow(rules) })
    }
}

impl Rule {
    fn parse(text: &str) -> Result<Self, BadRule> {
        let bad = |why: &str| {
            BadRule(format!("{text:?} {why}: what is allowed is written as HOST:PORT, and each may be *"))
        };
        let (host, port) = text.rsplit_once(':').ok_or_else(|| bad("has no port"))?;
        let port = match port {
            "*" => None,
            // A sign is none of a port's.
            digits if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                let port: u16 = digits.parse().map_err(|_| bad("has a port above 65535"))?;
                if port == 0 {
                    return Err(bad("has port 0, which is none"));
                }
                Some(port)
            }
            _ => return Err(bad("has a port that is no number")),
        };
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = match (host, bracketed) {
            ("", _) => return Err(bad("has no host")),
            ("*", _) => Host::Any,
            (_, Some(address)) => {
                let address =
                    address.parse().map_err(|_| bad("has no address of version 6 in its brackets"))?;
                Host::Address(IpAddr::V6(address))
            }
            (host, None) if host.contains(':') => {
                return Err(bad("has an address of version 6 without brackets"));
            }
            (host, None) => match host.parse() {
                Ok(address) => Host::Address(IpAddr::V4(address)),
                Err(_) => Host::Name(name(host).ok_or_else(|| bad("has a host that is no name"))?),
            },
        };
        Ok(Self { host, port })
    }

    /// Whether it allows an address, which a guest may have by any of these names.
    pub(super) fn allows(&self, address: SocketAddr, names: &dyn Fn(&str) -> bool) -> bool {
        self.port.is_none_or(|port| port == address.port())
            && match &self.host {
                Host::Any => true,
                Host::Address(own) => own.to_canonical() == address.ip().to_canonical(),
                Host::Name(own) => names(own),
            }
    }

    /// The same in the language of virtual-net's rules, for what goes out.
    pub(super) fn to_ruleset(&self) -> String {
        let port = self.port.map_or_else(|| "*".to_owned(), |port| port.to_string());
        match &self.host {
            Host::Any => format!("ipv4:allow=*:{port}/out,ipv6:allow=*:{port}/out"),
            Host::Address(IpAddr::V4(address)) => format!("ipv4:allow={address}:{port}/out"),
            Host::Address(IpAddr::V6(address)) => format!("ipv6:allow=[{address}]:{port}/out"),
            Host::Name(name) => format!("dns:allow={name}:{port}"),
        }
    }

    /// Whether a guest may ask where a name is.
    pub(super) fn names(&self, host: &str) -> bool {
        match &self.host {
            Host::Any => true,
            Host::Address(own) => host.parse() == Ok(*own),
            Host::Name(own) => name(host).as_ref() == Some(own),
        }
    }
}

/// A host's name as it is compared. `None` where it is none.
pub(super) fn name(text: &str) -> Option<String> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let good = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    // What looks like an address and is none (`1.2.3`) is no name either.
    let numeric = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (text.len() <= 253 && !numeric && text.split('.').all(good)).then(|| text.to_ascii_lowercase())
}
