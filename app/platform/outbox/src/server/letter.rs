//! How letters look: one layout for all, as HTML and as plain text.

use css_inline::{CSSInliner, InlineOptions};
use kernel::{AppError, server::unexpected};
use minijinja::{AutoEscape, Environment, context};
use records::server::Organisation;

const STYLE: &str = include_str!("letter/letter.css");
const DARK: &str = include_str!("letter/dark.css");
const HTML: &str = include_str!("letter/letter.html");
const TEXT: &str = include_str!("letter/letter.txt");

/// What somebody is asked to do.
#[derive(Clone, Debug, Default)]
pub struct Button {
    pub label: String,
    /// The whole address, `https://…`.
    pub address: String,
}

/// What stands in a letter. All of it may come from strangers.
#[derive(Clone, Debug, Default)]
pub struct LetterData {
    pub title: String,
    pub paragraphs: Vec<String>,
    pub button: Option<Button>,
    /// Why one gets this letter, as a sentence.
    pub why: String,
    /// Where one stops such letters.
    pub stop: Option<Button>,
}

/// The letter as HTML and as plain text.
pub fn letter(organisation: &Organisation, data: &LetterData) -> Result<(String, String), AppError> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|name| match name {
        "html" => AutoEscape::Html,
        _ => AutoEscape::None,
    });
    environment.add_template("html", HTML).map_err(unexpected)?;
    environment.add_template("text", TEXT).map_err(unexpected)?;
    let button = |button: &Option<Button>| {
        let usable = button.as_ref().filter(|b| is_web(&b.address));
        usable.map(|b| context! { label => b.label.clone(), address => b.address.clone() })
    };
    let values = context! {
        organisation => organisation.name.clone(),
        logo => organisation.logo.clone(),
        dark => DARK,
        title => data.title.clone(),
        paragraphs => data.paragraphs.clone(),
        button => button(&data.button),
        why => data.why.clone(),
        stop => button(&data.stop),
    };
    let render = |name: &str| environment.get_template(name).and_then(|t| t.render(&values)).map_err(unexpected);
    let options = InlineOptions { load_remote_stylesheets: false, keep_style_tags: true, ..InlineOptions::default() };
    let inliner = CSSInliner::new(InlineOptions { extra_css: Some(STYLE.into()), ..options });
    let html = inliner.inline(&render("html")?).map_err(unexpected)?;
    Ok((html, render("text")?))
}

/// Nothing but the web is linked to.
fn is_web(address: &str) -> bool {
    address.starts_with("https://") || address.starts_with("http://")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data() -> LetterData {
        LetterData {
            title: "A deal <b>was</b> won".to_owned(),
            paragraphs: vec!["Ann & Bob {{ organisation }}".to_owned(), "<script>alert(1)</script>".to_owned()],
            button: Some(Button {
                label: "Open \"it\"".to_owned(),
                address: "https://crm.example/deals/1?a=\"><i>".to_owned(),
            }),
            why: "You follow this deal.".to_owned(),
            stop: Some(Button { label: "Settings".to_owned(), address: "https://crm.example/settings".to_owned() }),
        }
    }

    #[test]
    fn hostile_text_stays_text() {
        let organisation = Organisation { name: "Müller <img src=x>".to_owned(), ..Organisation::default() };
        let (html, text) = letter(&organisation, &data()).unwrap();
        for part in ["<script", "<img", "<b>", "\"><i>", "alert(1)</script>"] {
            assert!(!html.contains(part), "{part}: {html}");
        }
        assert!(html.contains("Ann &amp; Bob {{ organisation }}"), "{html}");
        assert!(text.contains("Ann & Bob") && text.contains("A deal <b>was</b> won"), "{text}");
    }

    #[test]
    fn a_letter_says_who_what_why_and_how_to_stop_it_in_both_forms() {
        let organisation = Organisation { name: "Alder & Co".to_owned(), ..Organisation::default() };
        let (html, text) = letter(&organisation, &data()).unwrap();
        for part in ["You follow this deal.", "https://crm.example/settings", "https://crm.example/deals/1"] {
            assert!(html.contains(part) && text.contains(part), "{part}: {html} {text}");
        }
        assert!(html.contains("Alder &amp; Co") && text.contains("Alder & Co"), "{html}");
    }

    #[test]
    fn styles_stand_where_mail_programs_look_and_the_dark_ones_stay() {
        let (html, _) = letter(&Organisation::default(), &data()).unwrap();
        assert!(html.contains("<h1 style=\""), "{html}");
        assert!(html.contains("prefers-color-scheme: dark") && html.contains("color-scheme"), "{html}");
        assert!(!html.contains("@import") && !html.contains("<link"), "{html}");
    }

    #[test]
    fn a_button_leads_to_the_web_alone() {
        let button = Some(Button { label: "Open".to_owned(), address: "javascript:alert(1)".to_owned() });
        let (html, text) = letter(&Organisation::default(), &LetterData { button, ..data() }).unwrap();
        assert!(!html.contains("javascript:") && !text.contains("javascript:"), "{html}");
    }
}
