//! Text that a spreadsheet would run as a formula (OWASP, CSV injection): exports write a `'` before it, and imports
//! take that away again. What stands behind such marks already gets one more, so that nothing is lost either way.

use std::borrow::Cow;

/// What begins a formula, the full-width forms too.
const STARTS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

fn is_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(STARTS)
}

/// The text as it may stand in a cell.
pub fn guard(text: &str) -> Cow<'_, str> {
    if is_formula(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// The text that a cell stands for.
pub fn unguard(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| is_formula(rest)).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_cell_starts_a_formula_and_all_of_it_comes_back() {
        for text in
            ["=1+1", "+44 20", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", "'=1", "''=1", "'", "'a", "a=1", "", "＠x"]
        {
            let cell = guard(text);
            assert!(!cell.starts_with(STARTS), "{cell:?}");
            assert_eq!(unguard(&cell), text, "{cell:?}");
        }
        // Quotation marks of files from elsewhere stay.
        assert_eq!(unguard("'quoted'"), "'quoted'");
    }
}
