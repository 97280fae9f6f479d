//! One signed request and its answer.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use kernel::{Timestamp, server::connection_trouble};
use reqwest::Client;

use crate::{Config, Error};

pub struct Call<'a> {
    /// The service's name in signatures.
    pub service: &'static str,
    /// The first part of its own address.
    pub host: &'static str,
    pub path: &'static str,
    pub content_type: &'static str,
    pub body: &'a str,
}

/// Asks, and gives the text of an answer that is no error.
pub async fn call(client: &Client, config: &Config, now: Timestamp, call: Call<'_>) -> Result<String, Error> {
    let base = match &config.endpoint {
        Some(endpoint) => endpoint.clone(),
        None => format!("https://{}.{}.amazonaws.com", call.host, config.region),
    };
    let mut request = http::Request::post(format!("{base}{}", call.path))
        .header("content-type", call.content_type)
        .body(call.body.to_owned())
        .map_err(|_| Error::Refused("the region or the address of the service cannot be used".to_owned()))?;
    authorise(&mut request, config, now, call.service).map_err(|e| Error::Refused(e.to_string()))?;
    let request = request.try_into().map_err(|e: reqwest::Error| Error::Refused(e.to_string()))?;
    let answer = client.execute(request).await.map_err(|e| {
        let was_asked = !(e.is_connect() || e.is_builder() || e.is_redirect());
        if was_asked { Error::Lost(reason(&e)) } else { Error::Unreachable(reason(&e)) }
    })?;
    let status = answer.status();
    let kind = answer.headers().get("x-amzn-errortype").and_then(|v| v.to_str().ok()).map(str::to_owned);
    let text = answer.text().await;
    if status.is_success() {
        return text.map_err(|e| Error::Lost(reason(&e)));
    }
    let (code, message) = said(kind.as_deref(), &text.unwrap_or_default());
    let words = match (code.as_str(), message.as_str()) {
        ("", "") => format!("Amazon answered {status}"),
        ("", message) => message.to_owned(),
        (code, "") => code.to_owned(),
        (code, message) => format!("{code}: {message}"),
    };
    let is_busy = status == 429 || status == 503 || code.contains("Throttl") || code.contains("TooManyRequests");
    Err(match status.is_server_error() {
        _ if is_busy => Error::Busy(words),
        true => Error::Lost(words),
        false => Error::Refused(words),
    })
}

type SigningFailed = Box<dyn std::error::Error + Send + Sync>;

fn authorise(
    request: &mut http::Request<String>,
    config: &Config,
    now: Timestamp,
    service: &'static str,
) -> Result<(), SigningFailed> {
    let identity = Credentials::new(&config.access_key_id, &config.secret_access_key, None, None, "mainstay").into();
    let micros = u64::try_from(now.micros()).unwrap_or(0);
    let params = SigningParams::builder()
        .identity(&identity)
        .region(&config.region)
        .name(service)
        .time(SystemTime::UNIX_EPOCH + Duration::from_micros(micros))
        .settings(SigningSettings::default())
        .build()?
        .into();
    let uri = request.uri().to_string();
    let headers = [("content-type", request.headers().get("content-type").and_then(|v| v.to_str().ok()).unwrap_or(""))];
    let body = SignableBody::Bytes(request.body().as_bytes());
    let (signature, _) = sign(SignableRequest::new("POST", &uri, headers.into_iter(), body)?, &params)?.into_parts();
    signature.apply_to_request_http1x(request);
    Ok(())
}

/// What befell the connection; else the innermost reason, such as that the client may not ask there.
fn reason(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    match connection_trouble(error) {
        _ if error.is_timeout() => "it took too long".to_owned(),
        Some(trouble) => trouble.to_owned(),
        None => innermost.to_string(),
    }
}

/// What kind of error the service names, and its words: in JSON or, by its older services, in XML.
fn said(kind: Option<&str>, text: &str) -> (String, String) {
    if let Ok(json) = serde_json::from_str::<serde_json::Value>(text) {
        let field = |names: [&str; 2]| names.iter().find_map(|name| json.get(*name)?.as_str()).unwrap_or_default();
        let code = kind.unwrap_or_else(|| field(["__type", "code"]));
        return (code.split(':').next().unwrap_or_default().to_owned(), field(["message", "Message"]).to_owned());
    }
    let code = kind.map(str::to_owned).or_else(|| element(text, "Code")).unwrap_or_default();
    (code, element(text, "Message").unwrap_or_default())
}

/// The text of the first element of a name, in the flat documents these services answer with.
pub fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_refusal_are_found_in_either_form() {
        let json = r#"{"message":"Email address is not verified."}"#;
        let both = ("MessageRejected".to_owned(), "Email address is not verified.".to_owned());
        assert_eq!(said(Some("MessageRejected:http://internal"), json), both);
        let xml = "<ErrorResponse><Error><Code>InvalidParameter</Code><Message>a &lt; b &amp; c</Message></Error></ErrorResponse>";
        assert_eq!(said(None, xml), ("InvalidParameter".to_owned(), "a < b & c".to_owned()));
        assert_eq!(said(None, "<html>"), (String::new(), String::new()));
    }
}
