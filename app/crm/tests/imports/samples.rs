//! Two public files, dirty the way real ones are; and small ones with the same traits for who has not got them.

use crm::{Company, founded_year};
use transfer::{
    import::{Mapping, Mode, OnError, Status},
    server::import::{self, Aim},
};

use super::world::{World, settings, shared};

const SP500: &str = "\
Symbol,Security,GICS Sector,GICS Sub-Industry,Headquarters Location,Date added,CIK,Founded
MMM,3M,Industrials,Industrial Conglomerates,\"Saint Paul, Minnesota\",1957-03-04,66740,1902
ABBV,AbbVie,Health Care,Biotechnology,\"North Chicago, Illinois\",2012-12-31,1551152,2013 (1888)
LHX,L3Harris,Industrials,Aerospace & Defense,\"Melbourne, Florida\",2008-09-22,202058,\"2019 (L3 1997, Harris 1895)\"
ZZZ,Zeroes,Industrials,Other,\"Bern, Switzerland\",2008-09-22,0000202059,
";

const ACCOUNTS: &str = "\
account,sector,year_established,revenue,employees,office_location,subsidiary_of
Bluth Company,technolgy,1993,1242.32,3027,United States,Acme Corporation
Acme Corporation,technolgy,1996,1100.04,2822,United States,
Codehow,software,1998,2714.9,2641,United States,Acme Corporation
Dontechi,software,1982,4618,10083,United States,
";

/// What the mapping of the accounts adds to the names: that revenue is in millions.
const MILLIONS: &str = r#"{"revenue": {"field": "annual_revenue", "multiply": 1000000, "currency": "USD"}}"#;

async fn sp500(csv: &str) {
    let world = World::new().await;
    let rows = csv.lines().count() - 1;
    let brought = world.bring("companies", "sp500-companies.csv", csv.as_bytes()).await.unwrap();
    assert_eq!((brought.encoding.as_str(), brought.delimiter.as_str()), ("UTF-8", ","));
    assert_eq!(brought.settings.match_on.as_deref(), Some("ticker"));
    let fields: Vec<_> =
        brought.columns.iter().map(|c| brought.settings.mapping[&c.name].as_ref().unwrap().field.as_str()).collect();
    let expected = ["ticker", "name", "sector", "sub_industry", "headquarters", "listed_since", "cik", "founded"];
    assert_eq!(fields, expected);

    let done = world.work(brought.id, brought.settings, Aim::Run).await.unwrap();
    assert_eq!(done.status, Status::Done);
    let counts = done.counts;
    assert_eq!((counts.created, counts.skipped, counts.failed, counts.errors), (i64::try_from(rows).unwrap(), 0, 0, 0));
    let set = records::server::change_set(&world.ctx, done.change_set.unwrap()).await.unwrap();
    assert_eq!((set.source.as_str(), set.status.as_str()), ("import", "done"));
    assert_eq!(set.title, format!("Imported {rows} companies from sp500-companies.csv"));

    let companies = world.all::<Company>().await;
    let mut reader = csv_rows(csv);
    for row in reader.drain(1..) {
        let company = &companies[&row[1]].1;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        assert_eq!(text(&company.ticker), row[0]);
        assert_eq!(text(&company.headquarters), row[4]);
        assert_eq!(company.listed_since.map(|d| d.to_string()).unwrap_or_default(), row[5]);
        assert_eq!(text(&company.cik), row[6]);
        assert_eq!(text(&company.founded), row[7]);
        assert_eq!(company.founded_year.map(|y| y.0), founded_year(&row[7]));
    }

    for (match_on, matched) in [("ticker", rows), ("name", rows)] {
        let again = world.import("companies", csv, Some(match_on)).await;
        assert_eq!((again.counts.created, again.counts.updated, again.counts.failed), (0, 0, 0));
        assert_eq!((again.counts.unchanged, again.change_set), (i64::try_from(matched).unwrap(), None));
    }

    let undone = world.undo(done.id).await.unwrap();
    assert_eq!((undone.status, undone.error), (Status::Undone, None));
    assert_eq!(world.all::<Company>().await.len(), 0);
}

/// A reader of its own for quoted cells, so that the test does not trust the one it tests.
fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let split = |line: &str| {
        let (mut cells, mut cell, mut quoted) = (vec![], String::new(), false);
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(std::mem::take(&mut cell)),
                c => cell.push(c),
            }
        }
        cells.push(cell);
        cells
    };
    text.lines().map(split).collect()
}

#[tokio::test]
async fn companies_of_an_index_come_in_to_the_letter() {
    sp500(SP500).await;
}

#[tokio::test]
async fn all_503_companies_of_the_index_come_in() {
    let Some(csv) = shared("sp500-companies.csv") else { return };
    assert_eq!(csv.lines().count(), 504);
    sp500(&csv).await;
    let not_plain = csv_rows(&csv).iter().skip(1).filter(|r| r[7].parse::<u16>().is_err()).count();
    assert_eq!(not_plain, 39);
}

async fn accounts(csv: &str) -> usize {
    let world = World::new().await;
    let rows = csv_rows(csv);
    let settings = settings(MILLIONS, Some("name"), Mode::Both, OnError::SkipRow);
    let (done, problems) = world.check_and_run("companies", csv, settings.clone()).await;
    assert_eq!(problems, []);
    assert_eq!(done.counts.created, i64::try_from(rows.len() - 1).unwrap());
    let first = &done.differences[0];
    assert!(
        first.is_new && first.fields.iter().any(|(field, _, after)| field == "Parent company" && !after.is_empty())
            || rows[1][6].is_empty()
    );

    let companies = world.all::<Company>().await;
    let mut parents = 0;
    for row in rows.iter().skip(1) {
        let (_, company) = &companies[&row[0]];
        let parent =
            company.parent.map(|id| companies.iter().find(|(_, (row, _))| row.id == id.uuid()).unwrap().0.as_str());
        assert_eq!(parent.unwrap_or_default(), row[6]);
        parents += usize::from(parent.is_some());
        let expected = kernel::parse_decimal(&row[3], 8).unwrap();
        assert_eq!(company.annual_revenue.unwrap().minor, expected, "{}", row[3]);
    }

    let (again, _) = world.check_and_run("companies", csv, settings).await;
    assert_eq!((again.counts.created, again.counts.updated, again.change_set), (0, 0, None));

    let undone = world.undo(done.id).await.unwrap();
    assert_eq!((undone.status, undone.error), (Status::Undone, None));
    assert_eq!(world.all::<Company>().await.len(), 0);
    parents
}

#[tokio::test]
async fn parents_are_linked_whatever_the_order_and_millions_are_exact() {
    assert_eq!(accounts(ACCOUNTS).await, 2);
}

#[tokio::test]
async fn all_85_accounts_come_in_with_their_15_parents() {
    let Some(csv) = shared("crm-sales/accounts.csv") else { return };
    assert_eq!(csv.lines().count(), 86);
    assert_eq!(accounts(&csv).await, 15);
    // The other way round as well.
    let mut lines: Vec<&str> = csv.lines().collect();
    lines[1..].reverse();
    assert_eq!(accounts(&(lines.join("\n") + "\n")).await, 15);
}

#[tokio::test]
async fn what_is_suggested_for_a_column_knows_its_other_names() {
    let world = World::new().await;
    let brought = world.bring("companies", "a.csv", ACCOUNTS.as_bytes()).await.unwrap();
    let mapping = import::complete(&world.ctx, brought.id, Mapping::new()).await.unwrap();
    let field = |column: &str| mapping[column].as_ref().unwrap().field.as_str();
    for (column, expected) in [
        ("account", "name"),
        ("year_established", "founded"),
        ("revenue", "annual_revenue"),
        ("subsidiary_of", "parent"),
    ] {
        assert_eq!(field(column), expected);
    }
}
