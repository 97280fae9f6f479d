//! Charts as inline SVG, drawn on the server as well as in the browser, each with the table it was drawn from.

mod scale;

use leptos::prelude::*;
use scale::{Scale, line};

/// A row of figures under one name. `texts` are the same figures as people read them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// What is measured.
    pub name: String,
    /// The figures, one for each label.
    pub values: Vec<f64>,
    /// The figures, formatted.
    pub texts: Vec<String>,
}

impl Series {
    /// A row of figures.
    pub fn new(name: impl Into<String>, values: Vec<f64>, texts: Vec<String>) -> Self {
        Self { name: name.into(), values, texts }
    }

    fn text(&self, at: usize) -> String {
        self.texts.get(at).cloned().unwrap_or_default()
    }
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 220.0;
const FLOOR: f64 = 192.0;
const CEILING: f64 = 8.0;
/// Where the scale ends and the plot begins.
const LEFT: f64 = 44.0;

/// Bars, grouped by label. Three series at most stay readable.
#[component]
pub fn BarChart(
    /// What the chart shows, with its unit.
    #[prop(into)]
    title: String,
    /// The labels below.
    labels: Vec<String>,
    /// The figures.
    series: Vec<Series>,
) -> impl IntoView {
    let scale = Scale::of(&series);
    let slot = (WIDTH - LEFT) / count(labels.len().max(1));
    let bar = (slot * 0.72 / count(series.len().max(1))).min(44.0);
    let marks = series
        .iter()
        .enumerate()
        .map(|(row, one)| {
            let shift = (slot - bar * count(series.len())) / 2.0 + bar * count(row);
            let bars = one
                .values
                .iter()
                .enumerate()
                .map(|(at, value)| {
                    let (top, zero) = (scale.height(*value), scale.height(0.0));
                    let (y, tall) = if top < zero { (top, zero - top) } else { (zero, top - zero) };
                    let label = labels.get(at).map(String::as_str).unwrap_or_default();
                    let tip = [label, ": ", &one.text(at)].concat();
                    view! {
                        <rect
                            class="chart-mark"
                            x=pixels(LEFT + slot * count(at) + shift + 2.0)
                            y=pixels(y)
                            width=pixels(bar - 4.0)
                            height=pixels(tall.max(1.0))
                            rx="3"
                        >
                            <title>{tip}</title>
                        </rect>
                    }
                })
                .collect_view();
            view! { <g class=color(row)>{bars}</g> }
        })
        .collect_view();
    let below = labels
        .iter()
        .enumerate()
        .map(|(at, label)| {
            let x = pixels(LEFT + slot * (count(at) + 0.5));
            view! {
                <text x=x y="212" text-anchor="middle">
                    {label.clone()}
                </text>
            }
        })
        .collect_view();
    let plot = view! {
        {scale.grid()}
        {marks}
        {below}
    };
    frame(title, labels, series, plot.into_any())
}

/// Lines over a row of labels, such as months.
#[component]
pub fn LineChart(
    /// What the chart shows, with its unit.
    #[prop(into)]
    title: String,
    /// The labels below.
    labels: Vec<String>,
    /// The figures.
    series: Vec<Series>,
    /// Fills the ground under the first line.
    #[prop(optional)]
    area: bool,
) -> impl IntoView {
    let scale = Scale::of(&series);
    let lines = series
        .iter()
        .enumerate()
        .map(|(row, one)| {
            let points = line(&one.values, &scale, WIDTH - LEFT - 16.0, LEFT + 8.0);
            let ground = (area && row == 0 && !one.values.is_empty()).then(|| {
                let floor = pixels(FLOOR);
                let shape =
                    [pixels(LEFT + 8.0).as_str(), ",", &floor, " ", &points, " ", &pixels(WIDTH - 8.0), ",", &floor]
                        .concat();
                view! { <polygon class="chart-mark chart-area" points=shape /> }
            });
            view! {
                <g class=color(row)>
                    {ground}
                    <polyline class="chart-line chart-stroke" points=points />
                </g>
            }
        })
        .collect_view();
    let gap = (WIDTH - LEFT - 16.0) / count(labels.len().saturating_sub(1).max(1));
    // As many as there is room for, and no more than eight.
    let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or_default().max(1);
    let every = labels.len().div_ceil((36 / longest).clamp(2, 8)).max(1);
    let last = labels.len().saturating_sub(1);
    let below = labels
        .iter()
        .enumerate()
        .filter(|(at, _)| at % every == 0)
        .map(|(at, label)| {
            let anchor = match at {
                // Short ones are centred below their points; there is room for half of one.
                0 if longest > 6 => "start",
                at if at == last => "end",
                _ => "middle",
            };
            view! {
                <text x=pixels(LEFT + 8.0 + gap * count(at)) y="212" text-anchor=anchor>
                    {label.clone()}
                </text>
            }
        })
        .collect_view();
    let plot = view! {
        {scale.grid()}
        {lines}
        {below}
    };
    frame(title, labels, series, plot.into_any())
}

/// A small line without axes, beside a figure that says what it means; hidden from screen readers.
#[component]
pub fn Sparkline(
    /// The figures.
    values: Vec<f64>,
    /// The colour, 1 to 6.
    #[prop(default = 1)]
    color: u8,
) -> impl IntoView {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let scale = Scale { low, high: if high > low { high } else { low + 1.0 }, step: 0.0 };
    let points = line(&values, &scale, WIDTH, 0.0);
    view! {
        <svg
            class=["sparkline ", self::color(usize::from(color.max(1) - 1))].concat()
            viewBox="0 0 640 200"
            preserveAspectRatio="none"
            aria-hidden="true"
        >
            <polyline class="chart-line chart-stroke" points=points />
        </svg>
    }
}

/// Parts of a whole as a ring; at most six, the caller gathers the rest.
#[component]
pub fn DonutChart(
    /// What the chart shows, with its unit.
    #[prop(into)]
    title: String,
    /// The names of the parts.
    labels: Vec<String>,
    /// The parts; figures below zero count as zero.
    parts: Series,
    /// The whole, formatted, in the middle.
    #[prop(optional, into)]
    total: Option<String>,
) -> impl IntoView {
    const ROUND: f64 = 100.0;
    let sum: f64 = parts.values.iter().map(|value| value.max(0.0)).sum();
    let mut begun = 0.0;
    let arcs = parts
        .values
        .iter()
        .enumerate()
        .map(|(at, value)| {
            let share = if sum > 0.0 { value.max(0.0) / sum * ROUND } else { 0.0 };
            // A hair of ground between neighbours keeps them apart without colour.
            let dash = [pixels((share - 0.8).max(0.0)).as_str(), " ", &pixels(ROUND)].concat();
            let offset = pixels(-begun);
            begun += share;
            let label = labels.get(at).map(String::as_str).unwrap_or_default();
            let tip = [label, ": ", &parts.text(at)].concat();
            view! {
                <circle
                    class=[color(at), " chart-stroke"].concat()
                    cx="60"
                    cy="60"
                    r="48"
                    fill="none"
                    stroke-width="16"
                    pathLength="100"
                    stroke-dasharray=dash
                    stroke-dashoffset=offset
                >
                    <title>{tip}</title>
                </circle>
            }
        })
        .collect_view();
    let legend = labels
        .iter()
        .enumerate()
        .map(|(at, label)| legend_item(at, label.clone(), Some(parts.text(at))))
        .collect_view();
    let middle = total.map(|total| {
        view! {
            <text class="donut-total" x="60" y="65">
                {total}
            </text>
        }
    });
    let name = title.clone();
    view! {
        <figure class="chart">
            <figcaption class="chart-title">{title}</figcaption>
            <div class="chart-split">
                <svg class="chart-plot" viewBox="0 0 120 120" role="img" aria-label=name>
                    <g transform="rotate(-90 60 60)">{arcs}</g>
                    {middle}
                </svg>
                <ul class="chart-legend">{legend}</ul>
            </div>
            {twin(&labels, &[parts])}
        </figure>
    }
}

fn frame(title: String, labels: Vec<String>, series: Vec<Series>, plot: AnyView) -> AnyView {
    let legend = (series.len() > 1).then(|| {
        let items = series.iter().enumerate().map(|(row, one)| legend_item(row, one.name.clone(), None)).collect_view();
        view! { <ul class="chart-legend">{items}</ul> }
    });
    let name = title.clone();
    view! {
        <figure class="chart">
            <figcaption class="chart-title">{title}</figcaption>
            <svg class="chart-plot" viewBox=["0 0 ", &pixels(WIDTH), " ", &pixels(HEIGHT)].concat() role="img" aria-label=name>
                {plot}
            </svg>
            {legend}
            {twin(&labels, &series)}
        </figure>
    }
    .into_any()
}

fn legend_item(row: usize, name: String, text: Option<String>) -> AnyView {
    view! {
        <li>
            <i class=color(row) aria-hidden="true"></i>
            <span>{name}</span>
            {text.map(|text| view! { <b>{text}</b> })}
        </li>
    }
    .into_any()
}

/// The same figures as a table.
fn twin(labels: &[String], series: &[Series]) -> AnyView {
    let heads = series.iter().map(|one| view! { <th scope="col" class="num">{one.name.clone()}</th> }).collect_view();
    let rows = labels
        .iter()
        .enumerate()
        .map(|(at, label)| {
            let cells = series.iter().map(|one| view! { <td class="num">{one.text(at)}</td> }).collect_view();
            view! {
                <tr>
                    <th scope="row">{label.clone()}</th>
                    {cells}
                </tr>
            }
        })
        .collect_view();
    view! {
        <details>
            <summary>"Show as table"</summary>
            <table>
                <thead>
                    <tr>
                        <td></td>
                        {heads}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </details>
    }
    .into_any()
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(0.0, f64::from)
}

/// A length to a tenth of a pixel, or another number to a tenth, written the same on every machine.
fn pixels(length: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "casting to an integer saturates, and charts are small")]
    let tenths = (length * 10.0).round() as i64;
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, tenth) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
    if tenth == 0 {
        [sign, &whole.to_string()].concat()
    } else {
        [sign, &whole.to_string(), ".", &tenth.to_string()].concat()
    }
}

fn color(row: usize) -> &'static str {
    ["series-1", "series-2", "series-3", "series-4", "series-5", "series-6"][row % 6]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_to_a_tenth() {
        assert_eq!(pixels(12.0), "12");
        assert_eq!(pixels(-0.26), "-0.3");
        assert_eq!(pixels(192.04), "192");
        assert_eq!(pixels(f64::NAN), "0");
    }
}
