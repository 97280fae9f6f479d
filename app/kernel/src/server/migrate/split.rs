//! A script cut into its statements.

use crate::server::db::lex::{Piece, pieces};

/// The statements of a script, without their semicolons. Quotes, comments, bodies between dollar quotes and the
/// bodies of SQLite's triggers (`begin … end`) are left whole.
pub(super) fn statements(sql: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut statement = Statement::default();
    let (mut start, mut at) = (0, 0);
    for piece in pieces(sql) {
        if let Piece::Code(code) = piece {
            let mut word = 0;
            for (i, c) in code.char_indices().filter(|(_, c)| !c.is_alphanumeric() && *c != '_') {
                statement.word(&code[word..i]);
                word = i + c.len_utf8();
                if c == ';' && statement.depth == 0 {
                    found.extend(statement.has_code.then(|| sql[start..at + i].trim()));
                    statement = Statement::default();
                    start = at + i + 1;
                }
            }
            statement.word(&code[word..]);
        }
        at += piece.text().len();
    }
    found.extend(statement.has_code.then(|| sql[start..].trim()));
    found
}

#[derive(Default)]
struct Statement {
    has_code: bool,
    starts_with_create: bool,
    is_trigger: bool,
    /// Open `begin`s and `case`s.
    depth: usize,
}

impl Statement {
    fn word(&mut self, word: &str) {
        if word.is_empty() {
            return;
        }
        let is = |other: &str| word.eq_ignore_ascii_case(other);
        if !self.has_code {
            self.has_code = true;
            self.starts_with_create = is("create");
        }
        self.is_trigger |= self.starts_with_create && is("trigger");
        if self.is_trigger && (is("begin") || is("case")) {
            self.depth += 1;
        } else if self.is_trigger && is("end") {
            self.depth = self.depth.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::statements;

    #[test]
    fn scripts_are_cut_between_statements_only() {
        let sql = "-- first; not this\ncreate table a (b text default ';');\n\
                   create trigger t after insert on a begin\n  update a set b = case when 1 then ';' end; -- end;\n\
                   delete from a;\nend;\n;\ncreate function f() returns int as $$ begin; return 1; end; $$ language x;\n\
                   /* ; */ select 1";
        let found = statements(sql);
        assert_eq!(found.len(), 4, "{found:#?}");
        assert!(found[0].ends_with("default ';')"));
        assert!(found[1].starts_with("create trigger") && found[1].ends_with("end"));
        assert!(found[2].starts_with("create function") && found[2].ends_with("language x"));
        assert!(found[3].ends_with("select 1"));
        assert!(statements("-- nothing;\n ; ;").is_empty());
    }

    #[test]
    fn a_trigger_without_a_body_ends_at_its_semicolon() {
        assert_eq!(statements("create trigger t before update on a execute function f(); select 1;").len(), 2);
    }
}
