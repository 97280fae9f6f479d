//! How server functions speak: JSON in the body of a POST, both ways.
//!
//! The framework's own codec reads answers from bytes, while what it embeds in a painted page is read from text. Reading
//! both from text halves the code that reads them in the browser.

use leptos::server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType, codec::Post};
use serde::{Serialize, de::DeserializeOwned};

/// The codec of every server function: `#[server(endpoint = "…", input = Json, output = Json)]`.
pub type Json = Post<JsonText>;

/// JSON, read as text.
pub struct JsonText;

impl ContentType for JsonText {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for JsonText {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for JsonText {
    type Error = serde_json::Error;

    fn encode(value: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_string(value).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for JsonText {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        // What is not UTF-8 is not JSON: the empty text says so in the codec's own words.
        serde_json::from_str(std::str::from_utf8(&bytes).unwrap_or_default())
    }
}
