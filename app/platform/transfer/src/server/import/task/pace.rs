//! How many rows go into one transaction, so that whoever else writes never waits long.

use std::time::Duration;

/// Below that a transaction may have more rows, above that fewer.
const SHORT: Duration = Duration::from_millis(150);
const LONG: Duration = Duration::from_millis(400);

pub struct Pace {
    rows: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { rows: 125 }
    }
}

impl Pace {
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Notes how long the last transaction took.
    pub fn took(&mut self, time: Duration) {
        if time < SHORT {
            self.rows = (self.rows * 2).min(2_000);
        } else if time > LONG {
            self.rows = (self.rows / 2).max(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_follows_how_long_it_took() {
        let mut pace = Pace::default();
        let after = |pace: &mut Pace, times: usize, time| {
            (0..times).for_each(|_| pace.took(time));
            pace.rows()
        };
        assert_eq!(after(&mut pace, 9, SHORT / 2), 2_000);
        assert_eq!(after(&mut pace, 9, SHORT), 2_000);
        assert_eq!(after(&mut pace, 2, LONG * 2), 500);
        assert_eq!(after(&mut pace, 20, LONG * 2), 1);
    }
}
