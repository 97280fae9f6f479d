//! Lists: the databases answer every question as the test in memory does.

use std::collections::HashMap;

use kernel::{EmailAddress, PhoneNumber, Timestamp};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use records::{
    Filter, ListQuery, Op, Record, SortKey, Tags,
    server::{self, Action, Condition, Ctx, Edit, Place, Stored, compare, matches, resolve},
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::fixture::*;

/// Words that meet each other in parts, in case and in accents, and some that would hurt SQL.
const WORDS: [&str; 10] =
    ["Acme", "ácme corp", "ACME Corporation", "Zed", "zé", "50% off_all", "O'Neil \"x\"", "日本", "東京日本", "a"];

fn any_specimen() -> impl Strategy<Value = Specimen> {
    let word = || prop::sample::select(WORDS.to_vec()).prop_map(str::to_owned);
    let some = |chance: f64| prop::bool::weighted(chance);
    (
        (word(), word(), some(0.6)),
        (-3i64..4, some(0.7)),
        (prop::option::of(any::<bool>()), prop::option::of(0u32..5)),
        (prop::option::of(-5i64..6), prop::bool::ANY),
        (prop::collection::vec(word(), 0..3), prop::collection::vec(0usize..4, 0..3)),
        (prop::option::of(0usize..2), prop::option::of(0i64..4)),
    )
        .prop_map(
            |((name, notes, noted), (count, counted), (good, day_of), (price, euro), (tags, mails), (sort, hour))| {
                let mut all = specimen(&name);
                all.notes = noted.then_some(records::LongText(notes));
                all.count = counted.then_some(count);
                all.good = good;
                all.day = day_of.map(|d| day(&format!("2026-11-{:02}", 18 + d)));
                all.at = hour.map(|h| Timestamp::parse("2026-11-19T22:30:00Z").unwrap().plus_seconds(h * 3_600));
                all.price = price.map(|p| money(p, if euro { "EUR" } else { "USD" }));
                all.tags = Tags(dedup(tags));
                all.mails = mails
                    .into_iter()
                    .map(|n| format!("user{n}@example.com"))
                    .collect::<std::collections::BTreeSet<_>>()
                    .into_iter()
                    .filter_map(|m| EmailAddress::parse(&m))
                    .collect();
                all.sort = sort.map(|s| if s == 0 { Sort::Plain } else { Sort::Rare });
                all
            },
        )
}

fn dedup(words: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = vec![];
    for word in words {
        if !kept.iter().any(|k| kernel::fold::key(k) == kernel::fold::key(&word)) {
            kept.push(word);
        }
    }
    kept
}

fn any_leaf() -> impl Strategy<Value = Json> {
    let word = || prop::sample::select(WORDS.to_vec());
    let leaf = |field: &'static str, op: &'static str, value: Json| json!({ "field": field, "op": op, "value": value });
    let text_op = prop::sample::select(vec!["eq", "ne", "contains", "starts"]);
    let number_op = prop::sample::select(vec!["eq", "ne", "lt", "lte", "gt", "gte"]);
    let number_op2 = number_op.clone();
    let day_op = number_op.clone();
    let at_op = number_op.clone();
    prop_oneof![
        (prop::sample::select(vec!["name", "notes"]), text_op, word()).prop_map(move |(f, o, w)| leaf(f, o, json!(w))),
        (number_op, -3i64..4).prop_map(move |(o, n)| leaf("count", o, json!(n))),
        (-3i64..4, -3i64..4).prop_map(move |(a, b)| leaf("count", "between", json!([a, b]))),
        prop::collection::vec(-3i64..4, 0..4).prop_map(move |ns| leaf("count", "in", json!(ns))),
        (number_op2, -5i64..6).prop_map(move |(o, n)| leaf(
            "price",
            o,
            json!({ "amount": n.to_string(), "currency": "EUR" })
        )),
        any::<bool>().prop_map(move |b| leaf("good", "eq", json!(b))),
        (day_op, 17u32..24).prop_map(move |(o, d)| leaf("day", o, json!(format!("2026-11-{d}")))),
        (at_op, 19u32..22).prop_map(move |(o, d)| leaf("at", o, json!(format!("2026-11-{d}")))),
        prop::sample::select(vec!["today", "yesterday", "this week", "last 2 days", "more_than 1 days ago"])
            .prop_map(move |p| leaf("day", "within", json!(p))),
        prop::sample::select(vec!["today", "yesterday", "this month"]).prop_map(move |p| leaf(
            "at",
            "within",
            json!(p)
        )),
        (
            prop::sample::select(vec!["name", "notes", "count", "price", "good", "day", "tags", "parent", "sort"]),
            any::<bool>()
        )
            .prop_map(move |(f, b)| leaf(f, "empty", json!(b))),
        (prop::sample::select(vec!["eq", "ne", "contains", "starts"]), word()).prop_map(move |(o, w)| leaf(
            "tags",
            o,
            json!(w)
        )),
        (prop::sample::select(vec!["eq", "contains"]), 0usize..4).prop_map(move |(o, n)| leaf(
            "mails",
            o,
            json!(if o == "eq" { format!("USER{n}@example.com") } else { format!("r{n}@") })
        )),
        prop::sample::select(vec!["plain", "rare", "gone"]).prop_map(move |s| leaf("sort", "eq", json!(s))),
        (prop::sample::select(vec!["eq", "contains"]), word()).prop_map(move |(o, w)| leaf("parent.name", o, json!(w))),
        (-3i64..4).prop_map(move |n| leaf("parent.parent.count", "gte", json!(n))),
        prop::sample::select(vec!["@me", "@my_team"]).prop_map(move |w| leaf("owner", "eq", json!(w))),
    ]
}

fn any_filter() -> impl Strategy<Value = Json> {
    any_leaf().prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|all| json!({ "and": all })),
            prop::collection::vec(inner.clone(), 0..3).prop_map(|any| json!({ "or": any })),
            inner.prop_map(|one| json!({ "not": one })),
        ]
    })
}

fn any_sort() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec!["name", "count", "day", "at", "price", "good", "sort", "notes_not"]);
    let key = key.prop_map(|k| if k == "notes_not" { "created_at" } else { k });
    prop::collection::vec((any::<bool>(), key), 1..3).prop_map(|keys| {
        keys.into_iter()
            .map(|(down, key)| format!("{}{key}", if down { "-" } else { "" }))
            .collect::<Vec<_>>()
            .join(",")
    })
}

fn any_search() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just(String::new()),
        2 => prop::sample::select(WORDS.to_vec()).prop_map(str::to_owned),
        1 => prop::sample::select(vec!["acm", "CORP ac", "user1@", "%", "_", "50% o", "\"x", "日", "東京", "京", "ac", "a 東"]).prop_map(str::to_owned),
    ]
}

async fn fill(world: &World, rows: &[Specimen]) -> HashMap<Uuid, Stored> {
    let ctx = world.ctx();
    let owner = world.user("Ana", None).await;
    let ids: Vec<Uuid> = rows.iter().map(|_| ctx.new_id()).collect();
    let mut edits = vec![];
    for (n, row) in rows.iter().enumerate() {
        let mut row = row.clone();
        row.owner = (n % 3 != 0).then(|| kernel::Id::new(if n % 2 == 0 { world.me } else { owner }));
        edits.push(Edit::Create { id: Some(ids[n]), set: cells(&row) });
    }
    write(&ctx, edits).await.one().unwrap();
    // Each third record belongs to the one before it.
    let parents = (1..rows.len()).step_by(3).map(|n| set(ids[n], "parent", records::Value::Id(ids[n - 1])));
    write(&ctx, parents.collect()).await;
    write(&ctx, vec![Edit::Delete { id: ids[0], version: None }]).await;
    stored(&ctx, &ids).await
}

async fn stored(ctx: &Ctx, ids: &[Uuid]) -> HashMap<Uuid, Stored> {
    let permit = ctx.permit::<Specimen>(Action::View).unwrap();
    let mut rows = HashMap::new();
    for id in ids {
        rows.insert(*id, server::find_any(ctx, &permit, *id).await.unwrap().unwrap());
    }
    rows
}

/// What the list should show, worked out in memory.
fn expected(ctx: &Ctx, rows: &HashMap<Uuid, Stored>, query: &ListQuery) -> Vec<Uuid> {
    let permit = ctx.permit::<Specimen>(Action::View).unwrap();
    let entry = ctx.entry("specimens").unwrap();
    let mut all = vec![];
    if let Some(filter) = &query.filter {
        all.push(resolve(ctx, &permit, filter).unwrap());
    }
    let key = kernel::fold::key(&query.search);
    let terms: Vec<String> = key.split(' ').filter(|t| !t.is_empty()).map(str::to_owned).collect();
    if !terms.is_empty() {
        all.push(Condition::Search(terms));
    }
    let condition = Condition::All(all);
    let related = |ty: &str, id: Uuid| (ty == "specimens").then(|| rows.get(&id).cloned()).flatten();
    let mut found: Vec<&Stored> = rows
        .values()
        .filter(|r| r.meta.deleted_at.is_none() && permit.allows(r.meta.owner, r.meta.team))
        .filter(|r| matches(&condition, entry, r, &related))
        .collect();
    let place = |key: &SortKey| match Specimen::TYPE.field(&key.field) {
        Some((i, _)) => Place::Cell(i),
        None => Place::System(0),
    };
    let keys: Vec<_> = query.sort.iter().map(|k| (place(k), k.descending)).collect();
    found.sort_by(|a, b| compare(entry, &keys, a, b));
    found.into_iter().map(|r| r.id).collect()
}

#[test]
fn the_database_and_the_test_in_memory_agree_on_every_question() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut runner = TestRunner::deterministic();
    let rows = prop::collection::vec(any_specimen(), 40).new_tree(&mut runner).unwrap().current();
    runtime.block_on(async {
        let world = World::new().await;
        let rows = fill(&world, &rows).await;
        let ctx = world.ctx();
        let limited = world.limited(world.me, None, server::Reach::Own);
        let question = (any_filter(), any::<bool>(), any_sort(), any_search());
        for round in 0..400 {
            let (filter, is_filtered, sort, search) = question.new_tree(&mut runner).unwrap().current();
            let filter = is_filtered.then(|| Filter::try_from(filter).unwrap());
            let query =
                ListQuery { filter, search, sort: SortKey::parse_list(&sort), page_size: 200, ..ListQuery::default() };
            let ctx = if round % 3 == 0 { &limited } else { &ctx };
            let expected = expected(ctx, &rows, &query);
            let permit = ctx.permit::<Specimen>(Action::View).unwrap();
            let page = server::list(ctx, &permit, &query).await.unwrap();
            let found: Vec<Uuid> = page.rows.iter().map(|r| r.id).collect();
            assert_eq!(found, expected, "{query:?}");
            let count = server::count(ctx, &permit, &query).await.unwrap();
            assert_eq!((count.rows, count.is_exact), (expected.len() as u64, true), "{query:?}");
            follow(ctx, &query, &expected).await;
        }
    });
}

/// Pages and cursors cut the same list into parts without loss or repetition.
async fn follow(ctx: &Ctx, query: &ListQuery, expected: &[Uuid]) {
    let permit = ctx.permit::<Specimen>(Action::View).unwrap();
    let (mut by_page, mut by_cursor, mut cursor) = (vec![], vec![], None);
    for page in (1u32..).take(expected.len() / 7 + 1) {
        let part = ListQuery { page, page_size: 7, ..query.clone() };
        by_page.extend(server::list(ctx, &permit, &part).await.unwrap().rows.iter().map(|r| r.id));
    }
    assert_eq!(by_page, expected, "by page: {query:?}");
    if query.sort.len() > 1 {
        return;
    }
    loop {
        let part = ListQuery { cursor: cursor.take(), page_size: 7, ..query.clone() };
        let page = server::list(ctx, &permit, &part).await.unwrap();
        by_cursor.extend(page.rows.iter().map(|r| r.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(by_cursor, expected, "by cursor: {query:?}");
}

#[tokio::test]
async fn a_wrong_question_is_answered_with_what_is_wrong() {
    let world = World::new().await;
    let ctx = world.ctx();
    let permit = ctx.permit::<Specimen>(Action::View).unwrap();
    for (query, message) in [
        (filtered(r#"{"field":"colour","op":"eq","value":"red"}"#), "unknown filter field `colour`"),
        (filtered(r#"{"field":"password_hash","op":"starts","value":"$"}"#), "unknown filter field `password_hash`"),
        (filtered(r#"{"field":"count","op":"eq","value":"many"}"#), "must be a number"),
        (filtered(r#"{"field":"count","op":"contains","value":"1"}"#), "not text"),
        (filtered(r#"{"field":"good","op":"lt","value":true}"#), "no order"),
        (filtered(r#"{"field":"day","op":"within","value":"some time"}"#), "no phrase"),
        (filtered(r#"{"field":"name.first","op":"eq","value":"x"}"#), "is no reference"),
        (filtered(r#"{"field":"parent.parent.parent.parent.name","op":"eq","value":"x"}"#), "too long"),
        (by("colour"), "unknown sort field `colour`"),
        (by("tags"), "cannot be sorted by"),
        (ListQuery { page: 1_000_000_000, ..ListQuery::default() }, "narrow the list down"),
        (ListQuery { cursor: Some("zz".into()), ..ListQuery::default() }, "cursor"),
        (ListQuery { cursor: Some("5b5d".into()), ..ListQuery::default() }, "cursor"),
        (ListQuery { cursor: Some("é".into()), ..ListQuery::default() }, "cursor"),
    ] {
        let error = server::list(&ctx, &permit, &query).await.unwrap_err();
        assert_eq!(error.status(), 400, "{query:?}");
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[tokio::test]
async fn a_page_past_the_end_is_empty() {
    let world = World::new().await;
    let ctx = world.ctx();
    create(&ctx, &specimen("Acme")).await;
    assert!(names(&ctx, &ListQuery { page: 1_000, ..ListQuery::default() }).await.is_empty());
}

#[tokio::test]
async fn totals_add_up_what_the_list_shows() {
    let world = World::new().await;
    let ctx = world.ctx();
    for n in [1, 2, 4] {
        create(&ctx, &Specimen { count: Some(n * 1_000), ..specimen("Acme") }).await;
    }
    let permit = ctx.permit::<Specimen>(Action::View).unwrap();
    let query = filtered(r#"{"field":"count","op":"gte","value":2000}"#);
    let totals = server::totals(&ctx, &permit, &query).await.unwrap();
    assert_eq!(totals.iter().map(|t| t.value.as_int()).collect::<Vec<_>>(), [Some(6_000)]);
}

#[tokio::test]
async fn totals_may_be_more_than_a_record_holds() {
    let world = World::new().await;
    let ctx = world.ctx();
    let permit = ctx.permit::<Specimen>(Action::View).unwrap();
    let total = async || server::totals(&ctx, &permit, &ListQuery::default()).await.unwrap();
    for count in [i64::MAX, -7] {
        create(&ctx, &Specimen { count: Some(count), ..specimen("Acme") }).await;
    }
    assert_eq!(total().await[0].value.as_int(), Some(i64::MAX - 7));
    create(&ctx, &Specimen { count: Some(i64::MAX), ..specimen("Acme") }).await;
    assert!(total().await.is_empty(), "a sum that cannot be told is not told");
}

#[tokio::test]
async fn questions_at_the_limits_are_answered() {
    let world = World::new().await;
    let ctx = world.ctx();
    create(&ctx, &specimen("Acme")).await;
    let permit = ctx.permit::<Specimen>(Action::View).unwrap();
    let amounts: Vec<_> = (0..1_500).map(|n| json!({ "amount": format!("{n}.00"), "currency": "EUR" })).collect();
    let many = Filter::leaf("price", Op::In, json!(amounts));
    let query = ListQuery { filter: Some(many), ..ListQuery::default() };
    assert!(server::list(&ctx, &permit, &query).await.unwrap().rows.is_empty());
    for edge in [
        r#"{"field":"created_at","op":"eq","value":"9999-12-31"}"#,
        r#"{"field":"created_at","op":"gte","value":"0000-01-01T00:00:00Z"}"#,
        r#"{"field":"day","op":"within","value":"last 30000 months"}"#,
    ] {
        let error = server::list(&ctx, &permit, &filtered(edge)).await.map(|page| page.rows.len());
        assert!(error.as_ref().map_or_else(|e| e.status() == 400, |_| true), "{edge}: {error:?}");
    }
    let empties = format!(r#"{{"or":[{}]}}"#, vec![r#"{"and":[]}"#; 1_001].join(","));
    assert!(Filter::parse(&empties).is_err());
}

#[tokio::test]
async fn a_change_set_names_the_records_it_changed() {
    let world = World::new().await;
    let ctx = world.ctx();
    create(&ctx, &specimen("Before")).await;
    let made = write(&ctx, vec![Edit::Create { id: None, set: cells(&specimen("Of the set")) }]).await;
    let filter = json!({ "field": "change_set", "value": made.change_set.unwrap() }).to_string();
    assert_eq!(names(&ctx, &filtered(&filter)).await, ["Of the set"]);
}

#[tokio::test]
async fn two_letters_find_words_that_begin_with_them_and_pairs_where_words_have_no_spaces() {
    let world = World::new().await;
    let ctx = world.ctx();
    for name in ["株式会社東京商事", "Deutsche Post AG", "AG Insurance", "Stage", "東北電力", "ガスター"]
    {
        create(&ctx, &specimen(name)).await;
    }
    let found = async |search: &str| {
        let mut found = names(&ctx, &ListQuery { search: search.to_owned(), ..by("name") }).await;
        found.sort();
        found
    };
    assert_eq!(found("東京").await, ["株式会社東京商事"]);
    assert_eq!(found("東").await, ["東北電力", "株式会社東京商事"]);
    assert_eq!(found("京商 会社").await, ["株式会社東京商事"]);
    assert_eq!(found("京都").await, Vec::<String>::new());
    assert_eq!(found("ス").await, ["ガスター"]);
    assert_eq!(found("ag").await, ["AG Insurance", "Deutsche Post AG"]);
    assert_eq!(found("po deu").await, ["Deutsche Post AG"]);
    assert_eq!(found("s").await, ["Stage"], "one letter begins the title");
}

#[tokio::test]
async fn a_phone_is_found_as_it_is_dialled_and_by_its_parts() {
    let world = World::new().await;
    let ctx = world.ctx();
    let phones = ["+49 176 1234567", "+41 44 668 18 00"].map(|n| PhoneNumber::parse(n).unwrap());
    create(&ctx, &Specimen { phones: phones.to_vec(), ..specimen("Ana") }).await;
    create(&ctx, &Specimen { phones: vec![PhoneNumber::parse("+49 176 7654321").unwrap()], ..specimen("Ben") }).await;
    for (search, expected) in [
        ("0176 123", vec!["Ana"]),
        ("0176/1234567", vec!["Ana"]),
        ("+49176", vec!["Ana", "Ben"]),
        ("0049 (0)176 7654", vec!["Ben"]),
        ("044 668 1800", vec!["Ana"]),
        ("0177", vec![]),
    ] {
        let query = ListQuery { search: search.to_owned(), ..by("name") };
        assert_eq!(names(&ctx, &query).await, expected, "{search}");
    }
}
