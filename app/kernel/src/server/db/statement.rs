//! A statement with its values, checked before either engine sees it.

use std::borrow::Cow;

use sqlx::{
    Arguments, AssertSqlSafe,
    postgres::{PgArguments, Postgres},
    query::Query,
    sqlite::{Sqlite, SqliteArguments},
};

use super::{
    Args, DbError, Engine,
    lex::{Piece, pieces},
};

/// The most values one statement takes (SQLite's limit is the lower one).
pub const MAX_ARGS: usize = 32_766;

pub(super) struct Statement {
    sql: String,
    args: Args,
    /// Each `$n` stands once, in order.
    in_order: bool,
    /// Kept prepared for the next time.
    pub persistent: bool,
}

impl Statement {
    /// SQLite takes a missing value for NULL without a word, so the count is checked here.
    pub fn new(sql: &str, args: Args) -> Result<Self, DbError> {
        let (mut highest, mut in_order) = (0, true);
        for_each_parameter(sql, |_, n| {
            in_order &= n == highest + 1;
            highest = highest.max(n);
        });
        if highest != args.len() {
            return Err(DbError::Bind(format!("the statement has {highest} parameters and {} values", args.len())));
        }
        if highest > MAX_ARGS {
            return Err(DbError::Bind(format!("{highest} values are more than a statement takes")));
        }
        args.iter().try_for_each(super::Arg::check)?;
        Ok(Self { sql: sql.to_owned(), args, in_order, persistent: true })
    }

    /// Several statements as one, in their order. None but the last may give rows, and on PostgreSQL none sees what the
    /// others write: they are parts of one query there.
    pub fn together(engine: Engine, statements: Vec<(String, Args)>) -> Result<Self, DbError> {
        let mut args = Args::new();
        let mut texts = Vec::with_capacity(statements.len());
        for (sql, more) in statements {
            texts.push(if args.is_empty() { sql } else { renumbered(&sql, |n| format!("${}", n + args.len()).into()) });
            args.extend(more);
        }
        let sql = match engine {
            Engine::Sqlite => texts.join("; "),
            Engine::Postgres => {
                let last = texts.pop().unwrap_or_default();
                let parts: Vec<_> = texts.iter().enumerate().map(|(i, text)| format!("part{i} as ({text})")).collect();
                if parts.is_empty() { last } else { format!("with {} {last}", parts.join(", ")) }
            }
        };
        Self::new(&sql, args)
    }

    pub fn once(mut self) -> Self {
        self.persistent = false;
        self
    }

    pub fn into_sqlite(self) -> Result<Query<'static, Sqlite, SqliteArguments>, DbError> {
        let sql = for_sqlite(&self.sql, self.in_order);
        let mut args = SqliteArguments::default();
        args.reserve(self.args.len(), 0);
        for arg in self.args {
            arg.add_to_sqlite(&mut args).map_err(|e| DbError::Bind(e.to_string()))?;
        }
        Ok(sqlx::query_with(AssertSqlSafe(sql), args).persistent(self.persistent))
    }

    pub fn into_postgres(self) -> Result<Query<'static, Postgres, PgArguments>, DbError> {
        let mut args = PgArguments::default();
        args.reserve(self.args.len(), self.args.len() * 16);
        for arg in self.args {
            arg.add_to_postgres(&mut args).map_err(|e| DbError::Bind(e.to_string()))?;
        }
        Ok(sqlx::query_with(AssertSqlSafe(self.sql), args).persistent(self.persistent))
    }
}

impl Clone for Statement {
    fn clone(&self) -> Self {
        Self { sql: self.sql.clone(), args: self.args.clone(), in_order: self.in_order, persistent: self.persistent }
    }
}

/// SQLite looks named parameters up one by one, which is slow for the thousands of a multi-row insert; plain `?` in
/// order and `?n` otherwise mean the same and are not looked up.
fn for_sqlite(sql: &str, in_order: bool) -> String {
    renumbered(sql, |n| if in_order { "?".into() } else { format!("?{n}").into() })
}

/// The text with something else in place of each `$n`.
fn renumbered<'a>(sql: &str, parameter: impl Fn(usize) -> Cow<'a, str>) -> String {
    let mut text = String::with_capacity(sql.len() + 16);
    let mut done = 0;
    for_each_parameter(sql, |at, n| {
        text.push_str(&sql[done..at]);
        text.push_str(&parameter(n));
        done = at + 1 + digits(&sql[at + 1..]);
    });
    text.push_str(&sql[done..]);
    text
}

/// Calls `f` with the place and the number of each `$n`.
fn for_each_parameter(sql: &str, mut f: impl FnMut(usize, usize)) {
    let mut start = 0;
    for piece in pieces(sql) {
        if let Piece::Code(code) = piece {
            for (at, _) in code.match_indices('$') {
                let length = digits(&code[at + 1..]);
                if let Ok(n) = code[at + 1..at + 1 + length].parse() {
                    f(start + at, n);
                }
            }
        }
        start += piece.text().len();
    }
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_must_match_the_parameters() {
        let check = |sql, n: i64| Statement::new(sql, (0..n).map(Into::into).collect()).is_ok();
        assert!(check("select 1", 0));
        assert!(check("select $1, $2, $1", 2));
        assert!(check("select '$7', $1 -- $9", 1));
        assert!(!check("select $2", 1));
        assert!(!check("select $1", 2));
        assert!(Statement::new("select $1", vec!["a\0b".into()]).is_err());
    }

    #[test]
    fn several_statements_share_their_values() {
        let two = || {
            vec![
                ("insert into a values ($1, $2)".to_owned(), vec![7.into(), 8.into()]),
                ("insert into b values ($1, '$1', $1)".to_owned(), vec![9.into()]),
            ]
        };
        let text = |engine| Statement::together(engine, two()).unwrap().sql;
        assert_eq!(text(Engine::Sqlite), "insert into a values ($1, $2); insert into b values ($3, '$1', $3)");
        assert_eq!(
            text(Engine::Postgres),
            "with part0 as (insert into a values ($1, $2)) insert into b values ($3, '$1', $3)"
        );
        assert!(Statement::together(Engine::Sqlite, vec![("select $2".to_owned(), vec![7.into()])]).is_err());
    }

    #[test]
    fn parameters_are_rewritten_for_sqlite() {
        assert_eq!(for_sqlite("select $1, '$2', $10", true), "select ?, '$2', ?");
        assert_eq!(for_sqlite("select $2, $1, $2", false), "select ?2, ?1, ?2");
    }
}
