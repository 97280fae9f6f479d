//! Records of other types that refer to this one.

use kernel::AppError;
use leptos::prelude::*;
use records::{Filter, ListQuery, Op, Page, TypeInfo};
use ui::RecordMark;
use uuid::Uuid;

use crate::{api, frame::Frame, session::Session};

/// How many of each are shown before the way to all.
const SHOWN: u32 = 8;

/// Records of one type that refer to a record by one field.
#[derive(Clone)]
pub struct Section {
    record_type: String,
    heading: String,
    /// The address of all of them.
    all: String,
    page: Resource<Result<Page, AppError>>,
}

/// Asks for what refers to the record, for the same reason as [`super::history::ask`] beside it.
pub fn ask(info: StoredValue<TypeInfo>, id: Uuid) -> Vec<Section> {
    let (referrers, singular) = info.with_value(|i| (i.referrers.clone(), i.singular.clone()));
    let shown = referrers.into_iter().filter(|(record_type, ..)| record_type != "users");
    shown.map(|(record_type, field, plural)| section(record_type, field, plural, &singular, id)).collect()
}

fn section(record_type: String, field: String, plural: String, singular: &str, id: Uuid) -> Section {
    let frame = Frame::get();
    let other = Session::get().type_info(&record_type);
    let label = other.as_ref().and_then(|t| t.field(&field).map(|(_, f)| f.label().to_owned())).unwrap_or_default();
    // A contact's company is its company and nothing else; a company's parent company is worth saying.
    let heading = if label == singular { plural } else { format!("{plural} by {}", label.to_lowercase()) };
    let filter = Filter::leaf(field, Op::Eq, id.to_string());
    let query = ListQuery { filter: Some(filter), page_size: SHOWN, ..ListQuery::default() };
    let all = records::address(&record_type, &query);
    let name = record_type.clone();
    let changes = frame.watch(vec![name.clone()], None);
    let page = Resource::new(move || changes.get(), move |_| api::list_records(name.clone(), query.clone()));
    Section { record_type, heading, all, page }
}

/// The sections that have records or could not be had, once that is known.
pub async fn sections(asked: Vec<Section>) -> AnyView {
    let mut shown = vec![];
    for section in asked {
        match section.page.await {
            Ok(page) if page.rows.is_empty() => {}
            Ok(page) => shown.push(show(section.record_type, section.heading, section.all, &page)),
            Err(error) => shown.push(failed(section.heading, &error)),
        }
    }
    shown.into_any()
}

fn failed(heading: String, error: &AppError) -> AnyView {
    view! {
        <section class="record-section">
            <h3>{heading}</h3>
            <p class="quiet">{error.sentence()}</p>
        </section>
    }
    .into_any()
}

fn show(record_type: String, heading: String, all: String, page: &Page) -> AnyView {
    let rows = page.rows.iter().map(|row| {
        let href = format!("/{record_type}/{}", row.id);
        view! {
            <li>
                <a class="related" href=href>
                    <RecordMark title=row.title.clone() />
                    <span class="truncate">{row.title.clone()}</span>
                </a>
            </li>
        }
    });
    let rows = rows.collect_view();
    let more = page.next.is_some().then(|| view! { <a class="link" href=all>"Show all"</a> });
    view! {
        <section class="record-section">
            <h3>{heading}</h3>
            <ul class="related-list">{rows}</ul>
            {more}
        </section>
    }
    .into_any()
}
