//! The version of a record, as an entity tag (RFC 9110, sections 8.8.3 and 13.1).

use axum::http::{
    HeaderMap, HeaderValue,
    header::{IF_MATCH, IF_NONE_MATCH},
};
use kernel::AppError;

/// `"7"`.
pub fn tag(version: i64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// The version that `If-Match` names; `None` for `*`, which overrides whatever is there.
///
/// A tag that is no version matches none. Proxies that compress make tags weak, so a weak one counts as well.
pub fn wanted(headers: &HeaderMap) -> Result<Option<i64>, AppError> {
    let tag = headers.get(IF_MATCH).ok_or(AppError::PreconditionRequired)?;
    match tag.to_str().map(str::trim) {
        Ok("*") => Ok(None),
        Ok(tags) if tags.contains(',') => Err(AppError::BadRequest("If-Match takes one version, or *".into())),
        Ok(tag) => Ok(Some(read(tag).unwrap_or(-1))),
        Err(_) => Ok(Some(-1)),
    }
}

/// Whether the caller has the version already.
pub fn is_known(headers: &HeaderMap, version: i64) -> bool {
    let tags = headers.get(IF_NONE_MATCH).and_then(|tags| tags.to_str().ok()).unwrap_or_default();
    tags.split(',').any(|tag| read(tag.trim()) == Some(version))
}

fn read(tag: &str) -> Option<i64> {
    tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted_by(tag: &'static str) -> Result<Option<i64>, AppError> {
        wanted(&HeaderMap::from_iter([(IF_MATCH, HeaderValue::from_static(tag))]))
    }

    #[test]
    fn a_version_is_named_by_its_tag() {
        assert_eq!(tag(7), "\"7\"");
        assert_eq!(wanted_by("\"7\""), Ok(Some(7)));
        assert_eq!(wanted_by("W/\"7\""), Ok(Some(7)));
        assert_eq!(wanted_by("*"), Ok(None));
        assert_eq!(wanted(&HeaderMap::new()), Err(AppError::PreconditionRequired));
    }

    #[test]
    fn what_is_no_version_matches_none() {
        for tag in ["7", "\"\"", "\"x\"", "\"7", ""] {
            assert_eq!(wanted_by(tag), Ok(Some(-1)), "{tag}");
        }
        assert!(wanted_by("\"7\", \"8\"").is_err());
    }
}
