//! Who is at the other end of the connection.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request, State as Extracted},
    http::{HeaderMap, HeaderValue},
    middleware::Next,
    response::Response,
};

use super::Peer;
use crate::{config::Network, state::State};

/// Says whose request it is, so that everything behind reads the client's own address from [`ConnectInfo`] and not that
/// of the proxies it came through. Of a client whose address cannot be made out there is none: such clients belong to no
/// network, and are counted together.
pub async fn resolve(Extracted(state): Extracted<State>, mut request: Request, next: Next) -> Response {
    if let Some(ConnectInfo(Peer(peer))) = request.extensions().get::<ConnectInfo<Peer>>().copied()
        && let Some(address) = client(peer.ip(), request.headers(), &state.config.web.trusted_proxies)
    {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address, peer.port())));
    }
    next.run(request).await
}

/// The nearest address that is not a trusted proxy's. What stands left of it in `X-Forwarded-For` may be invented.
/// `None` where a trusted proxy passes on what is no address: who it is for is not known, least of all that it is itself.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Option<IpAddr> {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let lines = headers.get_all("x-forwarded-for").iter().map(HeaderValue::as_bytes);
    let hops: Vec<&[u8]> = lines.flat_map(|line| line.split(|byte| *byte == b',')).collect();
    let mut address = peer;
    for hop in hops.iter().rev() {
        if !is_trusted(address) {
            break;
        }
        address = read(hop)?;
    }
    Some(address)
}

/// An address as proxies write it: by itself, with a port, in brackets, or in quotation marks.
fn read(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim().trim_matches('"');
    let address = text.parse().or_else(|_| text.parse::<SocketAddr>().map(|with_port| with_port.ip()));
    let address = address.ok().or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok())?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&[u8]]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_bytes(line).unwrap());
        }
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        client(peer.parse().unwrap(), &headers, &trusted).map_or("unknown".to_owned(), |address| address.to_string())
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(seen("203.0.113.1", &[b"198.51.100.7"]), "203.0.113.1");
        assert_eq!(seen("10.0.0.1", &[b"198.51.100.7"]), "198.51.100.7");
        assert_eq!(seen("10.0.0.1", &[b"1.1.1.1, 198.51.100.7, 10.0.0.2"]), "198.51.100.7");
        assert_eq!(seen("10.0.0.1", &[b"1.1.1.1", b"198.51.100.7", b"10.0.0.2"]), "198.51.100.7");
        // What a client adds to its own address is not read.
        assert_eq!(seen("10.0.0.1", &[b"\xff\xfe, nonsense, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn an_address_is_read_as_proxies_write_it() {
        for (written, address) in [
            ("198.51.100.7:4711", "198.51.100.7"),
            ("\"198.51.100.7\"", "198.51.100.7"),
            ("[2001:db8::7]:4711", "2001:db8::7"),
            ("\"[2001:db8::7]:4711\"", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("2001:db8::7", "2001:db8::7"),
            ("::ffff:198.51.100.7", "198.51.100.7"),
        ] {
            assert_eq!(seen("10.0.0.1", &[written.as_bytes()]), address, "{written}");
        }
        // A trusted address in another coat is trusted all the same.
        assert_eq!(seen("10.0.0.1", &[b"198.51.100.7, ::ffff:10.0.0.2"]), "198.51.100.7");
    }

    #[test]
    fn what_is_no_address_makes_nobody_a_trusted_proxy() {
        for hop in [
            &b"nonsense"[..],
            b"198.51.100.7\xff",
            b"",
            b"unknown",
            b"_hidden",
            b"10.0.0.1:",
            b"[10.0.0.1",
            b"127.0.0.1.5",
        ] {
            assert_eq!(seen("10.0.0.1", &[hop]), "unknown", "{hop:?}");
            assert_eq!(seen("203.0.113.1", &[hop]), "203.0.113.1", "{hop:?}");
        }
        assert_eq!(seen("10.0.0.1", &[b"198.51.100.7, nonsense"]), "unknown");
        assert_eq!(seen("10.0.0.1", &[b"198.51.100.7,"]), "unknown");
    }
}
