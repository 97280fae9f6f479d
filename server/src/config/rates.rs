//! How often somebody may call.

use std::{fmt, str::FromStr};

/// So many requests in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub requests: u32,
    pub seconds: u32,
}

/// Several windows that hold at once; none for no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rates(pub Vec<Window>);

const UNITS: [(&str, u32); 4] = [("s", 1), ("min", 60), ("h", 3_600), ("day", 86_400)];

/// `60/min, 1000/h`, or `off`.
impl FromStr for Rates {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text.trim() == "off" {
            return Ok(Self::default());
        }
        let window = |part: &str| {
            let (requests, unit) = part.split_once('/').ok_or(())?;
            let (_, seconds) = UNITS.into_iter().find(|(name, _)| *name == unit.trim()).ok_or(())?;
            let requests = requests.trim().parse().ok().filter(|n| *n > 0).ok_or(())?;
            Ok(Window { requests, seconds })
        };
        text.split(',').map(|part| window(part.trim())).collect::<Result<_, _>>().map(Self)
    }
}

/// As the field `RateLimit-Policy` has it: `60;w=60, 1000;w=3600`.
impl fmt::Display for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, Window { requests, seconds }) in self.0.iter().enumerate() {
            write!(f, "{}{requests};w={seconds}", if i > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_as_people_write_them() {
        assert_eq!("60/min, 1000/h".parse::<Rates>().unwrap().to_string(), "60;w=60, 1000;w=3600");
        assert_eq!("off".parse(), Ok(Rates::default()));
        for wrong in ["", "60", "60/week", "0/min", "-1/min", "60/min,", "many/min"] {
            assert!(wrong.parse::<Rates>().is_err(), "{wrong}");
        }
    }
}
