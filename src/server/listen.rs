//! Listening address of the server: loopback, unless another is asked for.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Where to listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen {
    /// The interface.
    pub address: IpAddr,
    /// 0 takes a free port.
    pub port: u16,
}

impl Default for Listen {
    fn default() -> Self {
        Self { address: IpAddr::V4(Ipv4Addr::LOCALHOST), port: 0 }
    }
}

impl Listen {
    /// A warning in plain words of what others on the network could do; `None` on loopback.
    #[must_use]
    pub fn exposure(&self) -> Option<String> {
        (!self.address.is_loopback()).then(|| {
            format!(
                "`{}` is not loopback: everybody who can reach this machine and learns the URL can see the images and \
                 decide about them, and the connection is not encrypted",
                self.address
            )
        })
    }

    /// Whether a request for `host` can be meant for this server.
    ///
    /// Loopback always can (a port may be forwarded); the address listened on too. Where that is every interface, any
    /// literal address will do: a rebound name is a name.
    pub(super) fn serves(&self, host: &str) -> bool {
        if host.eq_ignore_ascii_case("localhost") {
            return true;
        }
        let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        literal
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.is_loopback() || ip == self.address || self.address.is_unspecified())
    }

    pub(super) fn socket(&self) -> SocketAddr {
        SocketAddr::new(self.address, self.port)
    }
}

/// The name of a `Host` header without its port; `None` where it is no host.
pub(super) fn host_name(host: &str) -> Option<&str> {
    let (name, port) = if host.starts_with('[') {
        let end = host.find(']')? + 1;
        (&host[..end], &host[end..])
    } else {
        host.split_at(host.find(':').unwrap_or(host.len()))
    };
    let port_fits = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    (port_fits && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_served() {
        let usual = Listen::default();
        let serves = |listen: Listen, host: &str| host_name(host).is_some_and(|name| listen.serves(name));
        for ours in ["127.0.0.1:80", "localhost", "LOCALHOST:1", "[::1]:9", "127.0.0.1"] {
            assert!(serves(usual, ours), "{ours}");
        }
        let foreign =
            ["evil.example", "127.0.0.1.evil.example:80", "192.168.0.7", "", ":80", "[::1", "localhost:x", "::1"];
        for foreign in foreign {
            assert!(!serves(usual, foreign), "{foreign}");
        }
        let lan = Listen { address: "192.168.0.7".parse().unwrap(), port: 0 };
        assert!(serves(lan, "192.168.0.7:1") && !serves(lan, "192.168.0.8:1") && serves(lan, "localhost"));
        let all = Listen { address: "0.0.0.0".parse().unwrap(), port: 0 };
        assert!(serves(all, "10.0.0.1:1") && !serves(all, "evil.example:1"));
    }

    #[test]
    fn what_a_wider_address_exposes_is_said() {
        assert_eq!(Listen::default().exposure(), None);
        let all = Listen { address: "0.0.0.0".parse().unwrap(), port: 0 };
        assert!(all.exposure().unwrap().contains("not encrypted"));
    }
}
