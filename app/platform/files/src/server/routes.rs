//! Where a signed link leads.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Extension, Router,
    body::Body,
    extract::{FromRef, Path, Query, State},
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
    },
    response::Response,
    routing::get,
};
use kernel::{
    AppError,
    server::{Problem, unexpected},
};
use records::server::{Actor, App};
use uuid::Uuid;

use super::{Files, place::Stream};

/// `GET /files/{id}`, with until when and the signature over it. Only who the link is for gets anything.
pub fn routes<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    App: FromRef<S>,
{
    Router::new().route("/files/{id}", get(download))
}

async fn download(
    State(app): State<App>,
    actor: Option<Extension<Arc<Actor>>>,
    Extension(files): Extension<Files>,
    Path(id): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    let Some(Extension(actor)) = actor else { return Err(Problem(AppError::Unauthenticated)) };
    let ctx = app.ctx(actor);
    let asked = || {
        let id: Uuid = id.parse().ok()?;
        let until: i64 = query.get("until")?.parse().ok()?;
        files.is_good(id, ctx.actor.user?, until, query.get("signature")?, ctx.now()).then_some(id)
    };
    let file = files.find(&ctx, asked().ok_or(AppError::NotFound)?).await?;
    Ok(files.serve(&file).await?)
}

pub fn attachment(name: &str, media_type: &str, bytes: i64, content: Stream) -> Result<Response, AppError> {
    Response::builder()
        .status(StatusCode::OK)
        .header(CONTENT_TYPE, media_type)
        .header(CONTENT_LENGTH, bytes)
        .header(CONTENT_DISPOSITION, disposition(name))
        .header(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"))
        .header(CACHE_CONTROL, HeaderValue::from_static("no-store"))
        .body(Body::from_stream(content))
        .map_err(unexpected)
}

/// The name in both the forms that RFC 6266 has for it.
fn disposition(name: &str) -> String {
    use std::fmt::Write as _;
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || " .-_()".contains(c) { c } else { '_' }).collect();
    let mut whole = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_".contains(&byte) {
            whole.push(char::from(byte));
        } else {
            let _ = write!(whole, "%{byte:02X}");
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn a_name_cannot_break_out_of_its_header() {
        assert_eq!(disposition("a b.csv"), "attachment; filename=\"a b.csv\"; filename*=UTF-8''a%20b.csv");
        assert_eq!(
            disposition("Ä\"\r\n.csv"),
            "attachment; filename=\"____.csv\"; filename*=UTF-8''%C3%84%22%0D%0A.csv"
        );
    }
}
