//! A part of the host's network: connections, listeners and datagrams to what a guest is allowed, and no others.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use wasmer_wasix::virtual_net::host::LocalNetworking;
use wasmer_wasix::virtual_net::ruleset::Ruleset;
use wasmer_wasix::virtual_net::{
    NetworkError, Result, VirtualNetworking, VirtualTcpBoundSocket, VirtualTcpListener, VirtualTcpSocket,
    VirtualUdpSocket,
};

use super::network::{Rule, name};

/// How many addresses are remembered of what a guest has asked for.
const MOST_FOUND: usize = 4096;

/// The host's network, seen through rules. A socket that is bound may do nothing yet: listening and connecting are judged.
pub struct Filtered {
    host: LocalNetworking,
    allowed: Arc<Allowed>,
    /// The same rules as virtual-net has them, which has to judge each datagram.
    ruleset: Ruleset,
    datagrams: OnceLock<LocalNetworking>,
}

struct Allowed {
    rules: Vec<Rule>,
    /// What a name was found to be, in this run: a rule with the name then allows the address.
    found: Mutex<Vec<(IpAddr, String)>>,
}

impl Filtered {
    /// Within tokio's runtime, which resolves names.
    pub fn new(rules: Vec<Rule>) -> Self {
        // Whatever comes in on a socket that was let be bound.
        let mut text = "ipv4:allow=*:*/in,ipv6:allow=*:*/in".to_owned();
        for rule in &rules {
            text.push(',');
            text.push_str(&rule.to_ruleset());
        }
        // What this cannot read it does not allow.
        let ruleset = text.parse().or_else(|_| "".parse()).expect("an empty list is one");
        let allowed = Arc::new(Allowed { rules, found: Mutex::default() });
        Self { host: LocalNetworking::new(), allowed, ruleset, datagrams: OnceLock::new() }
    }
}

impl Allowed {
    fn check(&self, address: SocketAddr) -> Result<()> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let named = |rule: &str| found.iter().any(|(ip, name)| *ip == address.ip() && name == rule);
        let allowed = self.rules.iter().any(|rule| rule.allows(address, &named));
        if allowed { Ok(()) } else { Err(NetworkError::PermissionDenied) }
    }

    fn learn(&self, host: &str, addresses: &[IpAddr]) {
        let Some(name) = name(host) else { return };
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        for address in addresses {
            let pair = (*address, name.clone());
            if found.len() < MOST_FOUND && !found.contains(&pair) {
                found.push(pair);
            }
        }
    }
}

impl fmt::Debug for Filtered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filtered").field("rules", &self.allowed.rules).finish_non_exhaustive()
    }
}

#[async_trait]
impl VirtualNetworking for Filtered {
    async fn listen_tcp(
        &self,
        addr: SocketAddr,
        only_v6: bool,
        reuse_port: bool,
        reuse_addr: bool,
    ) -> Result<Box<dyn VirtualTcpListener + Sync>> {
        self.allowed.check(addr)?;
        self.host.listen_tcp(addr, only_v6, reuse_port, reuse_addr).await
    }

    async fn bind_tcp(
        &self,
        addr: SocketAddr,
        only_v6: bool,
        reuse_port: bool,
        reuse_addr: bool,
    ) -> Result<Box<dyn VirtualTcpBoundSocket + Sync>> {
        let socket = self.host.bind_tcp(addr, only_v6, reuse_port, reuse_addr).await?;
        Ok(Box::new(Bound { socket, allowed: Arc::clone(&self.allowed) }))
    }

    async fn bind_udp(
        &self,
        addr: SocketAddr,
        reuse_port: bool,
        reuse_addr: bool,
    ) -> Result<Box<dyn VirtualUdpSocket + Sync>> {
        // Whoever only sends takes any port there is.
        if addr.port() != 0 {
            self.allowed.check(addr)?;
        }
        let host = self.datagrams.get_or_init(|| LocalNetworking::with_ruleset(self.ruleset.clone()));
        host.bind_udp(addr, reuse_port, reuse_addr).await
    }

    async fn connect_tcp(
        &self,
        addr: SocketAddr,
        peer: SocketAddr,
    ) -> Result<Box<dyn VirtualTcpSocket + Sync>> {
        self.allowed.check(peer)?;
        self.host.connect_tcp(addr, peer).await
    }

    async fn resolve(
        &self,
        host: &str,
        port: Option<u16>,
        dns_server: Option<IpAddr>,
    ) -> Result<Vec<IpAddr>> {
        if !self.allowed.rules.iter().any(|rule| rule.names(host)) {
            return Err(NetworkError::PermissionDenied);
        }
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        let found = self.host.resolve(host, port, dns_server).await?;
        self.allowed.learn(host, &found);
        let _known_already = self.ruleset.expand_domain(name(host).as_deref().unwrap_or(host), &found);
        Ok(found)
    }
}

/// A socket with an address of its own, which may become a listener or a connection.
#[derive(Debug)]
struct Bound {
    socket: Box<dyn VirtualTcpBoundSocket + Sync>,
    allowed: Arc<Allowed>,
}

impl fmt::Debug for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Allowed").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl VirtualTcpBoundSocket for Bound {
    fn addr_local(&self) -> Result<SocketAddr> {
        self.socket.addr_local()
    }

    fn listen(&mut self) -> Result<Box<dyn VirtualTcpListener + Sync>> {
        self.allowed.check(self.socket.addr_local()?)?;
        self.socket.listen()
    }

    fn connect(&mut self, peer: SocketAddr) -> Result<Box<dyn VirtualTcpSocket + Sync>> {
        self.allowed.check(peer)?;
        self.socket.connect(peer)
    }

    fn set_ttl(&mut self, ttl: u32) -> Result<()> {
        self.socket.set_ttl(ttl)
    }

    fn ttl(&self) -> Result<u32> {
        self.socket.ttl()
    }
}
