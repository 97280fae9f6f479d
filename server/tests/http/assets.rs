use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::support::{HASH, PUBLIC, Service};

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The addresses of the public files.
fn public() -> Vec<String> {
    let address = |file: &PathBuf| format!("/{}", file.strip_prefix(PUBLIC).unwrap().display());
    files(Path::new(PUBLIC)).iter().map(address).collect()
}

#[tokio::test]
async fn compiled_files_are_kept_for_a_year_and_sent_compressed() {
    let service = Service::start().await;
    let path = format!("/pkg/mainstay.{HASH}.js");
    let answer = service.get(&path).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "plain"));
    assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(answer.header("vary"), "accept-encoding");
    let answer = service.ask("GET", &path, &[("accept-encoding", "gzip, br")], "").await;
    assert_eq!((answer.header("content-encoding"), answer.text()), ("br", "brotli"));
    assert!(answer.header("content-type").starts_with("text/javascript"));
}

#[tokio::test]
async fn a_compiled_file_that_is_gone_is_not_answered_with_a_page() {
    let answer = Service::start().await.get("/pkg/mainstay.AAAAAAAAAAAAAAAAAAAAAA.js").await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.text().contains('<'));
}

#[tokio::test]
async fn nothing_outside_the_folder_is_served() {
    let service = Service::start().await;
    assert_eq!(service.get("/robots.txt").await.status, 200);
    for path in ["/../secret.key", "/%2e%2e/secret.key", "/pkg/../../secret.key", "/pkg/%2e%2e%2f%2e%2e%2fsecret.key"] {
        let answer = service.get(path).await;
        assert!(!answer.text().contains(&service.secret_key()), "{path}");
    }
}

#[tokio::test]
async fn the_service_worker_is_always_the_present_one() {
    let answer = Service::start().await.get("/sw.js").await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-cache"));
    assert!(answer.header("content-type").starts_with("text/javascript"), "{}", answer.header("content-type"));
    assert!(answer.header("content-security-policy").contains("worker-src 'self'"), "pages may register it");
}

#[tokio::test]
async fn a_public_file_is_kept_for_a_year_under_the_hash_of_its_content_or_asked_for_by_a_name_that_stays() {
    let service = Service::start().await;
    let mut fixed = BTreeSet::new();
    for address in public() {
        let answer = service.get(&address).await;
        let hash = u128::from_be_bytes(Sha256::digest(&answer.body)[..16].try_into().unwrap());
        let hash = &format!("{hash:032x}")[..22];
        let (name, kept) = (address.rsplit('/').next().unwrap(), answer.header("cache-control"));
        if name.split('.').count() == 2 {
            assert!(["public, max-age=300", "no-cache"].contains(&kept), "{address}: {kept}");
            fixed.insert(address);
        } else {
            assert!(name.contains(&format!(".{hash}.")), "{address} would be called after {hash}");
            assert_eq!(kept, "public, max-age=31536000, immutable", "{address}");
        }
    }
    let expected = ["/favicon.ico", "/fonts/OFL.txt", "/manifest.webmanifest", "/robots.txt", "/sw.js"];
    assert_eq!(fixed, expected.map(str::to_owned).into());
}

#[test]
fn every_font_and_icon_that_is_named_somewhere_is_there() {
    let root = Path::new(PUBLIC).parent().unwrap();
    let (there, mut named) = (public(), BTreeSet::new());
    for folder in ["app", "public", "server/src", "style"] {
        for text in files(&root.join(folder)).iter().filter_map(|file| fs::read_to_string(file).ok()) {
            for folder in ["\"/fonts/", "\"/icons/"] {
                let found = text.split(folder).skip(1).map(|rest| rest.split(['"', '\\']).next().unwrap());
                named.extend(found.map(|name| format!("{}{name}", &folder[1..])));
            }
        }
    }
    assert!(named.len() > 3, "{named:?}");
    for address in named {
        assert!(there.contains(&address), "{address}");
    }
}

#[tokio::test]
async fn crawlers_are_told_to_stay_away_and_browsers_find_an_icon() {
    let service = Service::start().await;
    assert_eq!(service.get("/robots.txt").await.text(), "User-agent: *\nDisallow: /\n");
    let icon = service.get("/favicon.ico").await;
    assert_eq!((icon.status.as_u16(), icon.header("content-type")), (200, "image/x-icon"));
    assert_eq!(icon.body[..6], [0, 0, 1, 0, 3, 0], "three pictures");
}

#[tokio::test]
async fn a_file_that_is_not_there_is_not_answered_with_a_page() {
    let service = Service::start().await;
    for path in [
        "/apple-touch-icon.png",
        "/apple-touch-icon-precomposed.png",
        "/browserconfig.xml",
        "/sitemap.xml",
        "/ads.txt",
        "/index.html",
        "/.env",
        "/.git/config",
        "/.well-known/security.txt",
        "/.well-known/change-password",
        "/companies/logo.png",
        "/there/is/no/such/file.js.map",
        "/fonts/inter.woff2",
        "/icons/",
    ] {
        let answer = service.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (404, "There is no such file.\n"), "{path}");
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
}
