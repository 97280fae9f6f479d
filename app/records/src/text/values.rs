//! Several values on one line: separated by commas, semicolons or line breaks, in quotation marks where one of these
//! belongs to the value, which then doubles the quotation marks of its own.

const SEPARATORS: [char; 3] = [',', ';', '\n'];

/// Takes a line apart. A quotation mark means something only where it opens a value and is closed at its end.
pub fn split(text: &str) -> Vec<String> {
    let mut values = vec![];
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || SEPARATORS.contains(&c));
        if rest.is_empty() {
            return values;
        }
        let (value, after) = quoted(rest).unwrap_or_else(|| {
            let end = rest.find(SEPARATORS).unwrap_or(rest.len());
            (rest[..end].trim().to_owned(), &rest[end..])
        });
        if !value.trim().is_empty() {
            values.push(value);
        }
        rest = after;
    }
}

/// A value in quotation marks at the beginning, and what comes after it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut inner = text.strip_prefix('"')?;
    let mut value = String::new();
    loop {
        let (before, after) = inner.split_once('"')?;
        value.push_str(before);
        if let Some(more) = after.strip_prefix('"') {
            value.push('"');
            inner = more;
        } else {
            let after = after.trim_start_matches([' ', '\t']);
            return (after.is_empty() || after.starts_with(SEPARATORS)).then_some((value, after));
        }
    }
}

/// Writes values so that [`split`] takes them apart again.
pub fn join(values: &[String], to: &mut String) {
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            to.push_str(", ");
        }
        if value.contains(SEPARATORS) || value.starts_with('"') {
            to.push('"');
            to.push_str(&value.replace('"', "\"\""));
            to.push('"');
        } else {
            to.push_str(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_taken_apart_as_people_write_it() {
        for (line, values) in [
            ("a, b; c\nd", vec!["a", "b", "c", "d"]),
            (" ; ,", vec![]),
            (r#""a, b"; c"#, vec!["a, b", "c"]),
            (r#""a ""b"", c" , d"#, vec![r#"a "b", c"#, "d"]),
            // Quotation marks that close nothing are themselves.
            (r#"5" pipe, "half"#, vec![r#"5" pipe"#, r#""half"#]),
            (r#""a" b, c"#, vec![r#""a" b"#, "c"]),
        ] {
            assert_eq!(split(line), values, "{line}");
        }
    }

    proptest! {
        #[test]
        fn what_is_joined_is_taken_apart_again(values in prop::collection::vec("[a\",; =']{1,6}", 0..5)) {
            let values: Vec<String> = values.iter().map(|v| v.trim().to_owned()).filter(|v| !v.is_empty()).collect();
            let mut line = String::new();
            join(&values, &mut line);
            prop_assert_eq!(split(&line), values);
        }
    }
}
