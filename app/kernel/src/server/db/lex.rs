//! Just enough reading of SQL to tell code from quotes and comments.

/// A stretch of a statement's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum Piece<'a> {
    Code(&'a str),
    /// A string, a quoted name or a body between dollar quotes, with its quotes.
    Quoted(&'a str),
    Comment(&'a str),
}

impl<'a> Piece<'a> {
    pub fn text(self) -> &'a str {
        match self {
            Self::Code(text) | Self::Quoted(text) | Self::Comment(text) => text,
        }
    }
}

/// Cuts a text into pieces; put together again they are the text.
pub(in crate::server) fn pieces(sql: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = sql;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, length) = next(rest);
        rest = &rest[length..];
        Some(piece)
    })
}

fn next(sql: &str) -> (Piece<'_>, usize) {
    let bytes = sql.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if let Some(piece) = special(&sql[at..]) {
            return if at > 0 { (Piece::Code(&sql[..at]), at) } else { (piece, piece.text().len()) };
        }
        // The next byte that could start something; every such byte is ASCII, so no character is cut.
        at += 1 + bytes[at + 1..].iter().position(|b| b"'\"-/$".contains(b)).unwrap_or(bytes.len() - at - 1);
    }
    (Piece::Code(sql), sql.len())
}

/// The quote or comment that `sql` starts with; one that never ends takes all that is left.
fn special(sql: &str) -> Option<Piece<'_>> {
    let until = |end: &str, from: usize| &sql[..sql[from..].find(end).map_or(sql.len(), |i| from + i + end.len())];
    Some(match *sql.as_bytes() {
        [b'\'', ..] => Piece::Quoted(until("'", 1)),
        [b'"', ..] => Piece::Quoted(until("\"", 1)),
        [b'-', b'-', ..] => Piece::Comment(until("\n", 2)),
        [b'/', b'*', ..] => Piece::Comment(until("*/", 2)),
        [b'$', ..] => {
            let name = sql[1..].split_once('$')?.0;
            let is_name = !name.starts_with(|c: char| c.is_ascii_digit())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if !is_name {
                return None;
            }
            let tag = &sql[..name.len() + 2];
            Piece::Quoted(until(tag, tag.len()))
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_comments_are_told_from_code() {
        let sql = "select $1, 'it''s $2 -- no', \"a;b\" -- $3;\n/* $4 */ , $$ body; $$, $t$ $$ $t$, 'é' from x";
        let code: String = pieces(sql).filter(|p| matches!(p, Piece::Code(_))).map(Piece::text).collect();
        assert_eq!(code, "select $1, ,   , , ,  from x");
        assert_eq!(pieces(sql).map(Piece::text).collect::<String>(), sql);
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_lost(sql in "['\"$/*\\-a1é\n;]{0,40}") {
            proptest::prop_assert_eq!(pieces(&sql).map(Piece::text).collect::<String>(), sql);
        }
    }
}
