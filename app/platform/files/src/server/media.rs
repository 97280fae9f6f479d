//! What files are: known by the extension of their name, and borne out by their first bytes.

use kernel::AppError;

/// How many bytes tell what a file is.
pub const HEAD: usize = 4_096;

/// A kind of file that the program takes and gives.
#[derive(Debug, PartialEq, Eq)]
pub struct Media {
    pub extensions: &'static [&'static str],
    pub media_type: &'static str,
    what: &'static str,
    magic: Magic,
}

#[derive(Debug, PartialEq, Eq)]
enum Magic {
    /// It starts with one of these.
    Bytes(&'static [&'static [u8]]),
    /// It is text: hardly a byte controls anything, and nothing of another kind begins so.
    Text,
}

const ZIP: Magic = Magic::Bytes(&[b"PK\x03\x04", b"PK\x05\x06"]);
const OLE: Magic = Magic::Bytes(&[b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]);

const fn media(
    extensions: &'static [&'static str],
    media_type: &'static str,
    what: &'static str,
    magic: Magic,
) -> Media {
    Media { extensions, media_type, what, magic }
}

/// Nothing here runs in a browser that opens it: HTML, SVG and scripts are not taken.
static KNOWN: [Media; 18] = [
    media(&["csv"], "text/csv; charset=utf-8", "a CSV file", Magic::Text),
    media(&["tsv"], "text/tab-separated-values; charset=utf-8", "a table of text", Magic::Text),
    media(&["txt", "log", "md"], "text/plain; charset=utf-8", "a text file", Magic::Text),
    media(&["json"], "application/json", "a JSON file", Magic::Text),
    media(&["pdf"], "application/pdf", "a PDF document", Magic::Bytes(&[b"%PDF-"])),
    media(&["png"], "image/png", "a PNG image", Magic::Bytes(&[b"\x89PNG\r\n\x1a\n"])),
    media(&["jpg", "jpeg"], "image/jpeg", "a JPEG image", Magic::Bytes(&[b"\xff\xd8\xff"])),
    media(&["gif"], "image/gif", "a GIF image", Magic::Bytes(&[b"GIF87a", b"GIF89a"])),
    media(&["webp"], "image/webp", "a WebP image", Magic::Bytes(&[b"RIFF"])),
    media(&["xlsx"], "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "an Excel workbook", ZIP),
    media(&["docx"], "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "a Word document", ZIP),
    media(
        &["pptx"],
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "a PowerPoint presentation",
        ZIP,
    ),
    media(&["odt"], "application/vnd.oasis.opendocument.text", "a text document", ZIP),
    media(&["ods"], "application/vnd.oasis.opendocument.spreadsheet", "a spreadsheet", ZIP),
    media(&["zip"], "application/zip", "a ZIP archive", ZIP),
    media(&["xls"], "application/vnd.ms-excel", "an old Excel workbook", OLE),
    media(&["doc"], "application/msword", "an old Word document", OLE),
    media(&["msg"], "application/vnd.ms-outlook", "an Outlook message", OLE),
];

impl Media {
    /// What a file is by its name, unless its first bytes say otherwise.
    pub fn of(name: &str, head: &[u8]) -> Result<&'static Self, AppError> {
        let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
        let known = extension.and_then(|e| KNOWN.iter().find(|media| media.extensions.contains(&e.as_str())));
        let Some(media) = known else {
            return Err(AppError::UnsupportedMedia("files of this kind are not taken".into()));
        };
        if media.fits(head) {
            return Ok(media);
        }
        let why = match KNOWN.iter().find(|other| other.magic != Magic::Text && other.fits(head)) {
            Some(other) => format!("this is called {}, but is {}", media.what, other.what),
            None => format!("this is called {}, but is something else", media.what),
        };
        Err(AppError::UnsupportedMedia(why))
    }

    fn fits(&self, head: &[u8]) -> bool {
        match self.magic {
            Magic::Bytes(starts) => starts.iter().any(|start| head.starts_with(start)),
            Magic::Text => {
                let is_other = KNOWN.iter().any(|other| other.magic != Magic::Text && other.fits(head));
                let odd = head.iter().filter(|b| **b < 0x20 && !b.is_ascii_whitespace()).count();
                !is_other && (odd <= 8 || odd * 20 <= head.len())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_must_be_borne_out_by_what_the_file_holds() {
        for (name, head) in [
            ("a.csv", &b"name,city\n"[..]),
            ("empty.csv", b""),
            ("report.PDF", b"%PDF-1.7"),
            ("photo.jpeg", b"\xff\xd8\xff\xe0"),
            ("book.xlsx", b"PK\x03\x04..."),
            ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ] {
            assert!(Media::of(name, head).is_ok(), "{name}");
        }
        for (name, head, words) in [
            ("a.csv", &b"PK\x03\x04"[..], "Excel workbook"),
            ("a.pdf", b"<script>", "something else"),
            ("a.png", b"%PDF-1.7", "PDF"),
            ("a.txt", &[1, 2, 0, 0, 0, 4, 0, 0, 0, 1, 7], "something else"),
            ("a.html", b"<html>", "not taken"),
            ("a.svg", b"<svg>", "not taken"),
            ("a.exe", b"MZ", "not taken"),
            ("csv", b"name", "not taken"),
        ] {
            let why = Media::of(name, head).unwrap_err();
            assert!(matches!(&why, AppError::UnsupportedMedia(text) if text.contains(words)), "{name}: {why}");
        }
    }
}
