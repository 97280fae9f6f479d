//! Why a connection came to nothing, in words: what libraries and the system say of it is for programmers.

use std::{error::Error, io};

/// What befell a connection, as the second half of a sentence. `None` where it is nothing of the kind.
pub fn connection_trouble(error: &(dyn Error + 'static)) -> Option<&'static str> {
    let mut cause = Some(error);
    let mut found = None;
    while let Some(one) = cause {
        // The innermost knows best.
        found = of_text(&one.to_string()).or_else(|| of_kind(one.downcast_ref::<io::Error>()?.kind())).or(found);
        cause = one.source();
    }
    found
}

fn of_kind(kind: io::ErrorKind) -> Option<&'static str> {
    use io::ErrorKind as Kind;
    Some(match kind {
        Kind::ConnectionRefused => "nobody listens there",
        Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe | Kind::UnexpectedEof => CLOSED,
        Kind::TimedOut => "no answer came in time",
        Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown | Kind::AddrNotAvailable => {
            "no way leads there from this machine"
        }
        _ => return None,
    })
}

const CLOSED: &str = "the connection was closed";
const EXPIRED: &str = "its certificate has expired";
const OTHER_NAME: &str = "its certificate is for another name";

/// Of what Rustls and Hyper say; their types are not known here.
fn of_text(text: &str) -> Option<&'static str> {
    let known = [
        ("invalid peer certificate: UnknownIssuer", "nobody this machine trusts vouches for its certificate"),
        ("invalid peer certificate: Expired", EXPIRED),
        ("invalid peer certificate: certificate expired", EXPIRED),
        ("invalid peer certificate: NotValidForName", OTHER_NAME),
        ("invalid peer certificate: certificate not valid for name", OTHER_NAME),
        ("invalid peer certificate", "its certificate cannot be trusted"),
        ("received corrupt message", "it does not speak TLS there"),
        ("received fatal alert", "it refuses to speak TLS with this program"),
        ("connection closed before message completed", CLOSED),
        ("incomplete response", CLOSED),
    ];
    known.into_iter().find(|(part, _)| text.contains(part)).map(|(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("it went wrong")]
    struct Wrapped(#[source] io::Error);

    fn told(error: io::Error) -> Option<&'static str> {
        connection_trouble(&Wrapped(error))
    }

    #[test]
    fn what_befell_a_connection_is_told_without_the_words_of_the_system() {
        let refused = std::net::TcpStream::connect("127.0.0.1:1").unwrap_err();
        assert_eq!(told(refused), Some("nobody listens there"));
        assert_eq!(told(io::ErrorKind::ConnectionReset.into()), Some(CLOSED));
        let expired = "certificate expired: verification time 2 (UNIX), but certificate is not valid after 1";
        let other = "certificate not valid for name \"a.example\"; certificate is only valid for b.example";
        for (why, words) in [
            ("UnknownIssuer", "nobody this machine trusts vouches for its certificate"),
            (expired, EXPIRED),
            (other, OTHER_NAME),
            ("BadEncoding", "its certificate cannot be trusted"),
        ] {
            let error = io::Error::new(io::ErrorKind::InvalidData, format!("invalid peer certificate: {why}"));
            assert_eq!(told(error), Some(words));
        }
        assert_eq!(told(io::Error::other("a name that leads inside")), None);
    }
}
