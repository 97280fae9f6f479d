//! Contrast by WCAG 2.2, computed from the tokens themselves, in both themes.

use std::collections::HashMap;

type Rgb = [f64; 3];

/// Every colour token of `style/tokens.css`: light and dark.
fn tokens() -> HashMap<String, [Rgb; 2]> {
    let sheet = include_str!("../../../style/tokens.css");
    let mut found = HashMap::new();
    for line in sheet.lines().map(str::trim) {
        let Some((name, value)) = line.strip_prefix("--").and_then(|line| line.split_once(':')) else { continue };
        let colours: Vec<Rgb> = value.split("oklch(").skip(1).map(parse).collect();
        match colours[..] {
            [both] => found.insert(name.to_owned(), [both, both]),
            [light, dark] => found.insert(name.to_owned(), [light, dark]),
            _ => None,
        };
    }
    found
}

/// `L C h) …` to linear light, by the matrices of CSS Color 4.
fn parse(text: &str) -> Rgb {
    let inner = text.split(')').next().unwrap_or_default();
    let parts: Vec<f64> = inner.split_whitespace().map(|part| part.parse().expect("a number")).collect();
    let [lightness, chroma, hue] = parts[..] else { panic!("three numbers in oklch({inner})") };
    let (sine, cosine) = hue.to_radians().sin_cos();
    let (red_green, blue_yellow) = (cosine * chroma, sine * chroma);
    let long = (lightness + 0.396_337_777_4 * red_green + 0.215_803_757_3 * blue_yellow).powi(3);
    let medium = (lightness - 0.105_561_345_8 * red_green - 0.063_854_172_8 * blue_yellow).powi(3);
    let short = (lightness - 0.089_484_177_5 * red_green - 1.291_485_548_0 * blue_yellow).powi(3);
    let linear = [
        4.076_741_662_1 * long - 3.307_711_591_3 * medium + 0.230_969_929_2 * short,
        -1.268_438_004_6 * long + 2.609_757_401_1 * medium - 0.341_319_396_5 * short,
        -0.004_196_086_3 * long - 0.703_418_614_7 * medium + 1.707_614_701_0 * short,
    ];
    linear.map(|part| part.clamp(0.0, 1.0))
}

fn luminance([red, green, blue]: Rgb) -> f64 {
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    if one > other { one / other } else { other / one }
}

/// Every pair that falls short of `least`, in words.
fn failures(pairs: &[(&str, &str)], least: f64) -> Vec<String> {
    let tokens = tokens();
    let mut failures = Vec::new();
    for (mark, ground) in pairs {
        let (mark_colours, ground_colours) = (tokens[*mark], tokens[*ground]);
        for (theme, at) in [("light", 0), ("dark", 1)] {
            let ratio = contrast(mark_colours[at], ground_colours[at]);
            if ratio < least {
                failures.push(format!("{mark} on {ground}, {theme}: {ratio:.2} < {least}"));
            }
        }
    }
    failures
}

fn cross<'a>(marks: &[&'a str], grounds: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    marks.iter().flat_map(|mark| grounds.iter().map(move |ground| (*mark, *ground))).collect()
}

const GROUNDS: [&str; 3] = ["app", "surface", "raised"];

#[test]
fn text_is_readable_on_every_ground_it_stands_on() {
    let mut pairs = cross(&["text", "text-2", "text-3"], &["app", "surface", "raised", "sunken", "hover"]);
    pairs.extend(cross(&["text", "text-2"], &["selected", "neutral-bg"]));
    pairs.extend(cross(&["text"], &["ok-bg", "warn-bg", "bad-bg", "info-bg"]));
    pairs.extend(cross(&["link", "ok", "warn", "bad", "info"], &GROUNDS));
    pairs.extend(cross(&["link"], &["hover", "selected"]));
    assert_eq!(failures(&pairs, 4.5), Vec::<String>::new());
}

#[test]
fn tags_are_readable_on_their_own_ground() {
    let pairs = [
        ("ok", "ok-bg"),
        ("warn", "warn-bg"),
        ("bad", "bad-bg"),
        ("info", "info-bg"),
        ("teal", "teal-bg"),
        ("violet", "violet-bg"),
        ("pink", "pink-bg"),
        ("lime", "lime-bg"),
    ];
    assert_eq!(failures(&pairs, 4.5), Vec::<String>::new());
}

#[test]
fn white_words_are_readable_on_buttons_and_marks() {
    let grounds = ["accent", "accent-hover", "danger", "danger-hover", "m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7"];
    assert_eq!(failures(&cross(&["on-accent"], &grounds), 4.5), Vec::<String>::new());
}

#[test]
fn controls_focus_and_chart_marks_stand_out() {
    let mut pairs = cross(&["line-control", "focus", "accent", "c1", "c2", "c3", "c4", "c5", "c6"], &["surface"]);
    pairs.extend(cross(&["line-control", "focus"], &["app", "raised"]));
    assert_eq!(failures(&pairs, 3.0), Vec::<String>::new());
}
