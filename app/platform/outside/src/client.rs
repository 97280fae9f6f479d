//! Asking by HTTP.

use std::{net::SocketAddr, time::Duration};

use reqwest::{
    Certificate, Method, RequestBuilder,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};
use url::{Host, Url};

use super::{Guard, OutsideError};

const CONNECTING: Duration = Duration::from_secs(10);
const ANSWERING: Duration = Duration::from_secs(30);
const REDIRECTS: usize = 5;

/// Asks by HTTP what the guard lets through; a redirect is checked like the first address. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    guard: Guard,
    http: reqwest::Client,
}

/// Resolves names for the connections.
struct Guarded(Guard);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        Box::pin(async move {
            let addresses: Addrs = Box::new(guard.resolve(name.as_str(), 0).await?.into_iter());
            Ok(addresses)
        })
    }
}

impl Client {
    /// Authorities (PEM) are trusted beside those of the system.
    pub fn new(guard: Guard, authorities: &[Vec<u8>]) -> Result<Self, reqwest::Error> {
        let redirected = guard.clone();
        let policy = redirect::Policy::custom(move |attempt| {
            if attempt.previous().len() > REDIRECTS {
                return attempt.error("too many redirects");
            }
            match check_literal(&redirected, attempt.url()) {
                Ok(()) => attempt.follow(),
                Err(error) => attempt.error(error),
            }
        });
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .dns_resolver(Guarded(guard.clone()))
            .redirect(policy)
            .connect_timeout(CONNECTING)
            .timeout(ANSWERING)
            .user_agent("Mainstay");
        let certificates = authorities.iter().map(|pem| Certificate::from_pem_bundle(pem));
        for certificate in certificates.collect::<Result<Vec<_>, _>>()?.into_iter().flatten() {
            builder = builder.tls_certs_merge([certificate]);
        }
        Ok(Self { guard, http: builder.build()? })
    }

    /// A request to an address somebody gave.
    pub fn request(&self, method: Method, address: &str) -> Result<RequestBuilder, OutsideError> {
        let url = Url::parse(address).map_err(|_| OutsideError::NoName(address.to_owned()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(OutsideError::NoName(address.to_owned()));
        }
        check_literal(&self.guard, &url)?;
        Ok(self.http.request(method, url))
    }

    /// Whether the server of an address may be asked, as far as can be said before it is.
    pub async fn check(&self, url: &Url) -> Result<(), OutsideError> {
        let host = url.host_str().ok_or_else(|| OutsideError::NoName(url.to_string()))?;
        self.guard.resolve(host, url.port_or_known_default().unwrap_or(443)).await.map(drop)
    }

    /// Whether an address has a number in place of a name, which lies in a network that an operator allowed.
    pub fn is_allowed_by_number(&self, url: &Url) -> bool {
        let number = match url.host() {
            Some(Host::Ipv4(address)) => address.into(),
            Some(Host::Ipv6(address)) => address.into(),
            Some(Host::Domain(_)) | None => return false,
        };
        self.guard.0.iter().any(|network| network.contains(number))
    }

    /// What asks servers whose names the program itself knows, such as Amazon's; names are resolved under the guard.
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }
}

/// Names are checked where they are resolved; an address in their place never is resolved.
fn check_literal(guard: &Guard, url: &Url) -> Result<(), OutsideError> {
    let address: SocketAddr = match url.host() {
        Some(Host::Ipv4(address)) => (address, 0).into(),
        Some(Host::Ipv6(address)) => (address, 0).into(),
        Some(Host::Domain(_)) => return Ok(()),
        None => return Err(OutsideError::NoName(url.to_string())),
    };
    guard.check(url.host_str().unwrap_or_default(), address)
}

#[cfg(test)]
mod tests {
    use axum::{Router, response::Redirect, routing::get};

    use super::*;

    /// A server that sends `/away` to the address it is asked for.
    async fn server(away: String) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new()
            .route("/", get(|| async { "here" }))
            .route("/away", get(move || async move { Redirect::temporary(&away) }));
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        address
    }

    fn client(allowed: &[&str]) -> Client {
        Client::new(Guard::new(allowed.iter().map(|n| n.parse().unwrap()).collect()), &[]).unwrap()
    }

    async fn ask(client: &Client, address: &str) -> Result<String, String> {
        let request = client.request(Method::GET, address).map_err(|e| e.to_string())?;
        let answer = request.send().await.map_err(|e| format!("{e:?}"))?;
        answer.text().await.map_err(|e| e.to_string())
    }

    #[tokio::test]
    async fn a_local_server_is_asked_only_where_that_is_allowed() {
        let port = server("/".to_owned()).await.port();
        for host in ["127.0.0.1", "localhost", "0x7f000001"] {
            let address = format!("http://{host}:{port}/");
            let refused = ask(&client(&[]), &address).await.unwrap_err();
            assert!(refused.contains("reserved network") || refused.contains("Refused"), "{host}: {refused}");
            assert_eq!(ask(&client(&["127.0.0.0/8", "::1"]), &address).await.as_deref(), Ok("here"), "{host}");
        }
        assert!(ask(&client(&["0.0.0.0/0"]), "file:///etc/passwd").await.is_err());
    }

    #[tokio::test]
    async fn a_redirect_is_checked_like_the_first_address() {
        for away in ["http://10.0.0.1/", "http://[::ffff:10.0.0.1]/"] {
            let port = server(away.to_owned()).await.port();
            let refused = ask(&client(&["127.0.0.0/8"]), &format!("http://127.0.0.1:{port}/away")).await.unwrap_err();
            assert!(refused.contains("Refused"), "{refused}");
        }
        let port = server("/".to_owned()).await.port();
        assert!(ask(&client(&["127.0.0.0/8"]), &format!("http://127.0.0.1:{port}/away")).await.is_ok());
    }
}
