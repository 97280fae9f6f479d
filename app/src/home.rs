//! The home page: what there is, what happened, what to do first. It follows what others write; should the socket be
//! away, it is asked for now and then.

use std::time::Duration;

use leptos::prelude::*;
use leptos_meta::Title;
use records::{Count, Filter, ListQuery, Op};
use screens::{
    api::{self, ChangeSet, Chart, HomeFigures},
    frame::{Frame, ScreenHead},
    session::Session,
};
use ui::{Avatar, Card, KeyFigure, SkeletonLines, Sparkline, icon};

/// Between looks, unless the viewer prefers otherwise.
const PAUSE: Duration = Duration::from_mins(1);

/// Everything one may see, at a glance.
pub fn home() -> AnyView {
    let (frame, session) = (Frame::get(), Session::get());
    let written = frame.watch(session.types().into_iter().map(|t| t.name).collect(), None);
    let figures = Resource::new(move || (written.get(), frame.retries.get()), |_| api::open_home());
    Effect::new(move |_| {
        if let Some(pause) = session.refresh(PAUSE)
            && let Ok(handle) = set_interval_with_handle(move || figures.refetch(), pause)
        {
            on_cleanup(move || handle.clear());
        }
    });
    let first_name =
        session.user().map(|u| u.name.split(' ').next().unwrap_or_default().to_owned()).unwrap_or_default();
    let hour = session.with(|b| {
        let local = b.now.plus_seconds(b.formats.zone.at(b.now).into());
        local.micros().div_euclid(3_600_000_000).rem_euclid(24)
    });
    let greeting = match hour {
        5..12 => "Good morning",
        12..18 => "Good afternoon",
        _ => "Good evening",
    };
    view! {
        <Title text="Home" />
        <div class="screen">
            <ScreenHead title=format!("{greeting}, {first_name}") />
            <div class="screen-body">
                <Transition fallback=|| view! { <div class="home grid-12"><div class="span-12"><SkeletonLines lines=8 /></div></div> }>
                    {
                        // What is the same is not painted anew: one may be in the middle of it. Unless it was asked for.
                        let shown = Memo::new(move |_| figures.get().map(|f| (f, frame.retries.get_untracked())));
                        move || {
                            shown.get().map(|(figures, _)| match figures {
                                Ok(figures) => dashboard(session, figures),
                                Err(error) => screens::trouble(&error),
                            })
                        }
                    }
                </Transition>
            </div>
        </div>
    }
    .into_any()
}

fn dashboard(session: Session, figures: HomeFigures) -> AnyView {
    let cards = figures.counts.iter().filter_map(|count| figure(session, count)).collect_view();
    let charts = figures.charts.iter().map(|c| chart(session, c)).collect_view();
    view! {
        <div class="home grid-12">
            {first_steps(session, &figures)} {cards} {charts} {latest(session, figures.latest)}
        </div>
    }
    .into_any()
}

/// How many records of a type there are, and how they came.
fn figure(session: Session, (name, count, new, days): &(String, Count, u64, Vec<u64>)) -> Option<AnyView> {
    let info = session.type_info(name)?;
    let value = format!("{}{}", session.count(count.rows), if count.is_exact { "" } else { "+" });
    let note =
        if *new == 0 { "None new in 30 days".to_owned() } else { format!("{} new in 30 days", session.count(*new)) };
    #[expect(clippy::cast_precision_loss, reason = "a line of a few pixels")]
    let line: Vec<f64> = days.iter().map(|n| *n as f64).collect();
    let figure = view! {
        <KeyFigure label=info.plural value=value note=note href=format!("/{name}") class="span-3">
            <Sparkline values=line />
        </KeyFigure>
    };
    Some(figure.into_any())
}

/// Rows by the values of a field; each bar leads to its rows.
fn chart(session: Session, chart: &Chart) -> AnyView {
    let most = chart.bars.iter().map(|(_, _, rows)| *rows).max().unwrap_or(1).max(1);
    let bars = chart.bars.iter().map(move |(label, value, rows)| {
        let query = ListQuery {
            filter: Some(Filter::leaf(chart.field.as_str(), Op::Eq, value.as_str())),
            ..ListQuery::default()
        };
        let href = screens::address(&chart.record_type, &query);
        view! {
            <li>
                <a class="bar-row" href=href>
                    <span class="truncate">{label.clone()}</span>
                    <span class="bar-track" aria-hidden="true">
                        <span class="bar-fill" style=format!("width:{}%", rows * 100 / most)></span>
                    </span>
                    <span class="num">{session.count(*rows)}</span>
                </a>
            </li>
        }
    });
    let bars = bars.collect_view();
    view! {
        <Card title=chart.title.clone() class="span-6">
            <ul class="bar-list">{bars}</ul>
        </Card>
    }
    .into_any()
}

/// What is worth doing first, until it is done.
fn first_steps(session: Session, figures: &HomeFigures) -> Option<AnyView> {
    let administers = session.user().is_some_and(|u| u.may_administer);
    let imports = session.types().iter().any(|t| t.name == "companies" && t.may("import"));
    let steps = [
        (
            figures.has_imported,
            imports,
            "Import your companies",
            "From any CSV file, with a dry run before and an undo after",
            "/companies/import",
            "upload",
        ),
        (
            figures.has_named_organisation,
            administers,
            "Set up your organisation",
            "Name, logo, time zone and currency",
            "/settings/organisation",
            "settings",
        ),
        (
            figures.has_other_users,
            administers,
            "Add your colleagues",
            "On the command line: mainstay user create",
            "/users",
            "users",
        ),
    ];
    let steps: Vec<_> = steps.into_iter().filter(|(_, mine, ..)| *mine).collect();
    if steps.iter().all(|(done, ..)| *done) {
        return None;
    }
    let rows = steps.into_iter().map(|(done, _, title, help, href, symbol)| {
        view! {
            <li>
                <a class="step-row" href=href data-state=done.then_some("done")>
                    {icon(if done { "done" } else { symbol }, "", "")}
                    <span>
                        <strong>{title}</strong>
                        <span class="quiet">{if done { "Done" } else { help }}</span>
                    </span>
                </a>
            </li>
        }
    });
    let rows = rows.collect_view();
    let card = view! {
        <Card title="First steps" class="span-6">
            <ul class="step-list">{rows}</ul>
        </Card>
    };
    Some(card.into_any())
}

/// What was changed lately, each to be taken back.
fn latest(session: Session, sets: Vec<ChangeSet>) -> AnyView {
    let frame = Frame::get();
    let is_empty = sets.is_empty();
    let rows = sets.into_iter().map(|set| {
        let ago = session.ago(set.at);
        let undo = (!set.is_undone).then(|| {
            let id = set.id;
            view! {
                <button class="link-button" type="button" on:click=move |_| frame.undo(id)>
                    "Undo"
                </button>
            }
        });
        // What the program did by itself is nobody's.
        let who = if set.is_own {
            icon("bolt", "", "feed-mark")
        } else {
            view! { <Avatar name=set.actor.clone() /> }.into_any()
        };
        let title = if set.source == "undo" { format!("Undid: {}", set.title) } else { set.title };
        view! {
            <li class="feed-row">
                {who}
                <span>
                    <strong>{set.actor}</strong>
                    " · "
                    {title}
                    {set.is_undone.then_some(" (undone)")}
                    <span class="quiet">" · " {ago}</span>
                    " "
                    {undo}
                </span>
            </li>
        }
    });
    let rows = rows.collect_view();
    view! {
        <Card title="Latest changes" class="span-6">
            {if is_empty {
                view! { <p class="quiet">"Nothing was changed yet. Each change will stand here, with an undo."</p> }.into_any()
            } else {
                view! { <ul class="feed">{rows}</ul> }.into_any()
            }}
        </Card>
    }
    .into_any()
}
