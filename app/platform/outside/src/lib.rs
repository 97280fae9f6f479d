//! Asking servers that somebody named: mail servers, addresses for push messages and hooks.
//!
//! Who can name a server could otherwise make this one ask whatever only it can reach. So every name is resolved here,
//! every address it has is checked, and the connection goes to an address that was checked, not to the name: what the
//! name means a moment later does not matter. Addresses of private, local and reserved networks are refused, however
//! they are written, unless the configuration allows their network: for servers that administrators name
//! (`MAINSTAY_OUTSIDE_ALLOW`), or for those that anybody may name (`MAINSTAY_PUSH_ALLOW`).

mod address;
mod client;
mod network;

use std::{net::SocketAddr, sync::Arc};

use address::is_public;
pub use client::Client;
pub use network::Network;
use url::Host;

/// Why a server is not asked, as staff read it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutsideError {
    #[error("{0} is no name of a server")]
    NoName(String),
    #[error("the name {0} cannot be resolved")]
    Unknown(String),
    #[error("{host} leads to {address}, which lies in a private or reserved network")]
    Refused { host: String, address: std::net::IpAddr },
}

/// Which servers may be asked. Cheap to clone.
#[derive(Clone, Default)]
pub struct Guard(Arc<Vec<Network>>);

impl Guard {
    /// Every public address may be asked, and these networks.
    pub fn new(allowed: Vec<Network>) -> Self {
        Self(Arc::new(allowed))
    }

    /// The addresses of a server; where one of them may not be asked, none may.
    pub async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, OutsideError> {
        let found: Vec<SocketAddr> = match parse(host)? {
            Host::Ipv4(address) => vec![(address, port).into()],
            Host::Ipv6(address) => vec![(address, port).into()],
            Host::Domain(name) => {
                let looked_up = tokio::net::lookup_host((name.as_str(), port)).await;
                looked_up.map_err(|_| OutsideError::Unknown(host.to_owned()))?.collect()
            }
        };
        if found.is_empty() {
            return Err(OutsideError::Unknown(host.to_owned()));
        }
        for address in &found {
            self.check(host, *address)?;
        }
        Ok(found)
    }

    fn check(&self, host: &str, address: SocketAddr) -> Result<(), OutsideError> {
        let address = address.ip().to_canonical();
        if is_public(address) || self.0.iter().any(|network| network.contains(address)) {
            return Ok(());
        }
        Err(OutsideError::Refused { host: host.to_owned(), address })
    }
}

/// A host in any spelling browsers know: `0x7f.1` is 127.0.0.1 too (WHATWG URL, host parsing).
fn parse(host: &str) -> Result<Host, OutsideError> {
    let bare = host.trim();
    let bare = if bare.contains(':') && !bare.starts_with('[') { format!("[{bare}]") } else { bare.to_owned() };
    Host::parse(&bare).map_err(|_| OutsideError::NoName(host.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refusal(guard: &Guard, host: &str) -> Option<OutsideError> {
        guard.resolve(host, 25).await.err()
    }

    #[tokio::test]
    async fn what_is_not_public_is_refused_however_it_is_spelt() {
        let guard = Guard::default();
        for host in [
            "127.0.0.1",
            "localhost",
            "0x7f.1",
            "2130706433",
            "0177.0.0.1",
            "127.1",
            "１２７.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "[::1]",
            "::",
            "::ffff:127.0.0.1",
            "[::ffff:10.0.0.1]",
            "::127.0.0.1",
            "fe80::1",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
        ] {
            assert!(matches!(refusal(&guard, host).await, Some(OutsideError::Refused { .. })), "{host}");
        }
        for host in ["", "a b", "exa/mple.com", "user@example.com", "[::1"] {
            assert!(matches!(refusal(&guard, host).await, Some(OutsideError::NoName(_))), "{host:?}");
        }
    }

    #[tokio::test]
    async fn public_addresses_and_allowed_networks_may_be_asked() {
        let guard = Guard::new(vec!["10.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()]);
        for host in ["93.184.216.34", "2606:2800:220:1::1", "10.9.8.7", "::ffff:10.0.0.1", "[::1]"] {
            assert_eq!(refusal(&guard, host).await, None, "{host}");
        }
        for host in ["11.0.0.1", "127.0.0.1"] {
            assert_eq!(refusal(&guard, host).await.is_some(), host != "11.0.0.1", "{host}");
        }
    }

    #[tokio::test]
    async fn a_name_is_refused_for_any_of_its_addresses() {
        let guard = Guard::new(vec!["127.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()]);
        assert!(guard.resolve("localhost", 25).await.is_ok());
        assert!(matches!(refusal(&guard, "nowhere.invalid").await, Some(OutsideError::Unknown(_))));
    }
}
