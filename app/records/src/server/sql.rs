//! A statement in the making.

use kernel::server::{Arg, Args, Engine};

/// SQL text with its values, numbered `$1…$n` as they are bound.
#[derive(Clone, Debug)]
pub struct Sql {
    engine: Engine,
    text: String,
    args: Args,
}

impl Sql {
    pub const fn new(engine: Engine) -> Self {
        Self { engine, text: String::new(), args: vec![] }
    }

    pub const fn engine(&self) -> Engine {
        self.engine
    }

    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Writes the next placeholder and keeps its value.
    pub fn bind(&mut self, value: impl Into<Arg>) {
        self.args.push(value.into());
        self.text.push('$');
        self.text.push_str(&self.args.len().to_string());
    }

    /// Writes a list for `in`, its length padded to a power of two so that few texts serve all lengths.
    pub fn bind_list<T: Into<Arg> + Clone>(&mut self, values: impl IntoIterator<Item = T>) {
        let values: Vec<T> = values.into_iter().collect();
        let Some(last) = values.last() else {
            return self.push("(null)");
        };
        self.push("(");
        for i in 0..values.len().next_power_of_two() {
            if i > 0 {
                self.push(", ");
            }
            self.bind(values.get(i).unwrap_or(last).clone());
        }
        self.push(")");
    }

    /// Writes the test that the text of an expression contains a part.
    pub fn contains(&mut self, expression: &str, part: &str) {
        let function = match self.engine {
            Engine::Sqlite => "instr",
            Engine::Postgres => "strpos",
        };
        self.push(&format!("{function}({expression}, "));
        self.bind(part);
        self.push(") > 0");
    }

    /// Writes the test that a key starts with a part, as a range that an index serves.
    pub fn starts(&mut self, expression: &str, part: &str) {
        self.push(&format!("({expression} >= "));
        self.bind(part);
        self.push(&format!(" and {expression} < "));
        self.bind(format!("{part}\u{10ffff}"));
        self.push(")");
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn args(&self) -> &Args {
        &self.args
    }

    pub fn finish(self) -> (String, Args) {
        (self.text, self.args)
    }
}
