//! Where to go after signing in.

/// The path to go on to, if it is one of this site; else the front page.
///
/// Browsers read `//host` and `/\host` as another site's address and drop tabs and line breaks, so nothing but plain
/// paths pass.
pub fn local_path(next: &str) -> &str {
    let is_local = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && next.bytes().all(|b| b.is_ascii_graphic())
        && !next.starts_with("/sign-in")
        && !next.starts_with("/first-run");
    if is_local { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn only_paths_of_this_site_are_followed() {
        for good in ["/", "/companies?sort=-name&page=2", "/deals/1#notes"] {
            assert_eq!(local_path(good), good);
        }
        let bad = [
            "",
            "x",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "/\n",
            "javascript:alert(1)",
            "/sign-in?next=/",
            "/é",
        ];
        for bad in bad {
            assert_eq!(local_path(bad), "/", "{bad}");
        }
    }
}
