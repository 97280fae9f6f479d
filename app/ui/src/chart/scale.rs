//! What stands for what in a plot, and the lines it is read by.

use leptos::prelude::*;

use super::{CEILING, FLOOR, LEFT, Series, WIDTH, count, pixels};

/// What the height of a plot stands for, in steps that people count in.
pub struct Scale {
    pub low: f64,
    pub high: f64,
    pub step: f64,
}

impl Scale {
    /// One on which all figures have room, and zero is always in sight.
    pub fn of(series: &[Series]) -> Self {
        let all = || series.iter().flat_map(|one| one.values.iter().copied()).filter(|value| value.is_finite());
        let low = all().fold(0.0, f64::min);
        let high = all().fold(0.0, f64::max);
        let high = if high > low { high } else { low + 1.0 };
        // Of what is counted there is no half.
        let least = if all().all(|value| value - value.floor() <= 0.0) { 1.0 } else { 0.0 };
        let step = step((high - low) / 3.0).max(least);
        Self { low: (low / step).floor() * step, high: (high / step).ceil() * step, step }
    }

    pub fn height(&self, value: f64) -> f64 {
        FLOOR - (value - self.low) / (self.high - self.low) * (FLOOR - CEILING)
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        let (low, high, step) = (self.low, self.high, self.step);
        // There are five at most, so that what rounding adds stays far from half a step.
        (0..6).map(move |at| low + step * count(at)).filter(move |tick| *tick < high + step / 2.0)
    }

    pub fn grid(&self) -> AnyView {
        self.ticks()
            .map(|tick| {
                let y = self.height(tick);
                view! {
                    <line class="chart-grid" x1=pixels(LEFT) x2=pixels(WIDTH) y1=pixels(y) y2=pixels(y) />
                    <text x=pixels(LEFT - 8.0) y=pixels(y + 4.0) text-anchor="end">
                        {short(tick)}
                    </text>
                }
            })
            .collect_view()
            .into_any()
    }
}

/// The next larger of 1, 2 and 5, and their tenfolds and tenths.
fn step(rough: f64) -> f64 {
    let mut power = 1.0;
    while power * 10.0 <= rough {
        power *= 10.0;
    }
    while power > rough && power > 1e-9 {
        power /= 10.0;
    }
    [1.0, 2.0, 5.0].into_iter().map(|of| of * power).find(|step| *step >= rough).unwrap_or(power * 10.0)
}

/// A figure of a scale: `0.5`, `20`, `1.5k`, `2M`.
fn short(value: f64) -> String {
    let size = value.abs();
    let (unit, name) = match size {
        _ if size >= 1e9 => (1e9, "bn"),
        _ if size >= 1e6 => (1e6, "M"),
        _ if size >= 1e3 => (1e3, "k"),
        _ => (1.0, ""),
    };
    [&pixels(value / unit), name].concat()
}

pub fn line(values: &[f64], scale: &Scale, width: f64, start: f64) -> String {
    let gap = width / count(values.len().saturating_sub(1).max(1));
    let mut points = String::new();
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            points.push(' ');
        }
        points.push_str(&pixels(start + gap * count(at)));
        points.push(',');
        points.push_str(&pixels(scale.height(*value)));
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(values: &[f64]) -> (f64, f64, Vec<String>) {
        let scale = Scale::of(&[Series::new("a", values.to_vec(), vec![])]);
        (scale.low, scale.high, scale.ticks().map(short).collect())
    }

    #[test]
    fn the_scale_holds_zero_and_is_never_empty() {
        assert_eq!(scale(&[]), (0.0, 1.0, vec!["0".into(), "1".into()]));
        assert_eq!(scale(&[0.0, f64::NAN]).2, ["0", "1"]);
        assert_eq!(scale(&[-2.0, 5.0]), (-5.0, 5.0, vec!["-5".into(), "0".into(), "5".into()]));
    }

    #[test]
    fn the_scale_counts_in_ones_twos_and_fives() {
        assert_eq!(scale(&[3.0]).2, ["0", "1", "2", "3"]);
        assert_eq!(scale(&[0.5, 0.2]).2, ["0", "0.2", "0.4", "0.6"]);
        assert_eq!(scale(&[4_100.0]).2, ["0", "2k", "4k", "6k"]);
        assert_eq!(scale(&[1_450.0]).2, ["0", "500", "1k", "1.5k"]);
        assert_eq!(scale(&[7e6]).2, ["0", "5M", "10M"]);
        for (top, least) in [(9.0, 2), (10.0, 2), (11.0, 2), (999.0, 2), (1e12, 2)] {
            let ticks = scale(&[top]).2.len();
            assert!((least..=5).contains(&(ticks - 1)), "{top}: {ticks}");
        }
    }
}
