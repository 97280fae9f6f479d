use kernel::{
    Date, Id, Money, Timestamp,
    server::{
        Clock, Engine, FromColumn,
        migrate::{
            self, MIGRATIONS, Migration,
            catalog::{self, Catalog},
        },
        testing::TestDb,
    },
};
use records::{
    Address, ListQuery, LongText, Record, RecordType, Tags, Value,
    server::{
        self, Action, Ctx, Edit, Grants, Module, Written, history,
        schema::{Dropped, draft},
        testing,
    },
};
use uuid::Uuid;

use crate::fixture::{self, Specimen, Team, User, drafted, text};

/// A type as one release declares it.
#[derive(Clone, Debug, Record)]
#[record(table = "errands", title = "name")]
struct Errand {
    #[field(required, search, index)]
    name: String,
    #[field(unique)]
    code: Option<String>,
    effort: Option<i64>,
    #[field(index)]
    cost: Option<Money>,
    #[field(index)]
    place: Option<String>,
    tags: Tags,
    note: Option<LongText>,
    owner: Option<Id<kernel::marks::User>>,
}

/// The same as the next one does.
#[derive(Clone, Debug, Record)]
#[record(table = "tasks", was = "errands", title = "title", pairs = "place price")]
pub struct Task {
    #[field(required, search, index, was = "name")]
    title: String,
    #[field(index, search)]
    code: Option<String>,
    #[field(unique)]
    effort: Option<i64>,
    #[field(index, was = "cost")]
    price: Option<Money>,
    #[field(index)]
    place: Option<String>,
    #[field(was = "labels, tags")]
    words: Tags,
    #[field(index)]
    due: Option<Date>,
    part_of: Option<Id<Task>>,
    site: Option<Address>,
    owner: Option<Id<kernel::marks::User>>,
}

pub fn dropped(table: &str, field: &str) -> Dropped {
    Dropped { table: table.to_owned(), field: field.to_owned() }
}

/// Asserts that a database has what drafts from nothing make on the same engine.
async fn assert_declared(db: &TestDb, types: &[&'static RecordType]) {
    let fresh = TestDb::new().await;
    let from_nothing = drafted(9_000, &Catalog::default(), types);
    migrate::run(&fresh, &[MIGRATIONS, &[from_nothing]].concat()).await.unwrap();
    assert_eq!(testing::schema(db, types).await, testing::schema(&fresh, types).await);
}

#[tokio::test]
async fn from_nothing_all_of_a_type_is_made() {
    let types = [Specimen::TYPE, Errand::TYPE];
    let from_nothing = drafted(9_000, &Catalog::default(), &types);
    let made = catalog::read(&[MIGRATIONS, &[from_nothing]].concat()).await.unwrap();
    assert_eq!(draft(&types, &made, &[]).unwrap().sql, None);
    let db = TestDb::new().await;
    migrate::run(&db, &[MIGRATIONS, &[from_nothing]].concat()).await.unwrap();
    let lines = testing::schema(&db, &[Specimen::TYPE]).await;
    let has = |part: &str| lines.iter().any(|line| line.contains(part));
    for column in ["name_key text", "price_minor bigint", "price_currency text", "place_key text", "search_key text"] {
        assert!(has(&format!("specimens: column {column}")), "{column}: {lines:#?}");
    }
    assert!(has("specimens: unique index"), "{lines:#?}");
    assert!(has("(parent, id)") && has("(team, id)") && has("(created_at, id)"), "{lines:#?}");
    assert_declared(&db, &types).await;
}

#[tokio::test]
async fn what_one_engine_lacks_is_seen_where_its_schema_is_read() {
    let company = Company::with::<Errand>().await;
    let whole = testing::schema(&company.db, &[Errand::TYPE]).await;
    let (lost, what) = match company.db.engine() {
        Engine::Sqlite => ("drop trigger errands_search_update", "errands: trigger errands_search_update"),
        Engine::Postgres => ("drop index errands_search", "errands: index on public.errands using gin"),
    };
    execute(&company.db, &[lost]).await;
    let rest = testing::schema(&company.db, &[Errand::TYPE]).await;
    let missing: Vec<&String> = whole.difference(&rest).collect();
    assert!(missing.len() == 1 && missing[0].starts_with(what), "{missing:?}");
}

const ROWS: i64 = 1_000;

/// A program that knows a type, on a day of November.
fn ctx<R: Record>(db: &TestDb, day: u32) -> Ctx {
    let clock = Clock::fixed(Timestamp::parse(&format!("2026-11-{day:02}T12:00:00Z")).unwrap());
    let module = Module::new("test").record::<R>().record::<User>().record::<Team>();
    let app = testing::app((**db).clone(), clock, vec![module]);
    app.ctx(testing::actor(Uuid::from_u128(1), None, Grants::everything()))
}

fn place<R: Record>(field: &str) -> usize {
    R::TYPE.field(field).unwrap().0
}

async fn write<R: Record>(ctx: &Ctx, edits: Vec<Edit>) -> Written {
    let permit = ctx.permit::<R>(edits[0].action()).unwrap();
    server::write(ctx, &permit, edits, "edit", "test").await.unwrap()
}

async fn create<R: Record>(ctx: &Ctx, rows: impl Iterator<Item = Vec<(&str, Value)>>) -> Vec<Uuid> {
    let set = |row: Vec<(&str, Value)>| row.into_iter().map(|(field, value)| (place::<R>(field), value)).collect();
    let written = write::<R>(ctx, rows.map(|row| Edit::Create { id: None, set: set(row) }).collect()).await;
    written.steps.iter().map(|step| step.id).collect()
}

async fn found(ctx: &Ctx, table: &str, query: ListQuery) -> u64 {
    let permit = ctx.permit_any(table, Action::View).unwrap();
    server::count(ctx, &permit, &query).await.unwrap().rows
}

fn search(text: &str) -> ListQuery {
    ListQuery { search: text.to_owned(), ..ListQuery::default() }
}

async fn one<T: FromColumn>(db: &TestDb, sql: &str) -> T {
    db.fetch_optional(sql, vec![]).await.unwrap().unwrap().get(0).unwrap()
}

async fn execute(db: &TestDb, statements: &[&str]) {
    let mut tx = db.begin().await.unwrap();
    for sql in statements {
        tx.execute(sql, vec![]).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// A company's database, which went through migrations.
struct Company {
    db: TestDb,
    migrations: Vec<Migration>,
}

impl Company {
    /// With the table of a type, which has a column of the company's own with an index.
    async fn with<R: Record>() -> Self {
        let db = TestDb::new().await;
        let migrations = [MIGRATIONS, &[drafted(9_000, &Catalog::default(), &[R::TYPE])]].concat();
        migrate::run(&db, &migrations).await.unwrap();
        let table = R::TYPE.name;
        execute(&db, &[&format!("alter table {table} add column x_colour text")]).await;
        execute(&db, &[&format!("create index {table}_x_colour on {table} (x_colour, id)")]).await;
        Self { db, migrations }
    }

    /// Goes on to the release that declares the type so.
    async fn migrate<R: Record>(&mut self, dropped: &[Dropped]) {
        let made = catalog::read(&self.migrations).await.unwrap();
        let sql = draft(&[R::TYPE], &made, dropped).unwrap().sql.unwrap();
        let version = self.migrations.last().unwrap().version + 1;
        self.migrations.push(Migration { version, name: "drafted", sql: sql.leak() });
        migrate::run(&self.db, &self.migrations).await.unwrap();
        let made = catalog::read(&self.migrations).await.unwrap();
        assert_eq!(draft(&[R::TYPE], &made, &[]).unwrap().sql, None, "nothing is left to be drafted");
        assert_declared(&self.db, &[R::TYPE]).await;
    }
}

/// SQLite's own number of each row, which a table built anew would give out again, and what is in the company's column.
const NUMBERED: &str = "select cast(sum(n * length(x_colour)) as bigint) from ";

#[tokio::test]
async fn a_type_of_a_thousand_rows_is_renamed_with_all_that_is_known_of_it() {
    let mut company = Company::with::<Errand>().await;
    let before = ctx::<Errand>(&company.db, 20);
    let row = |n: i64| {
        let (name, code) = (text(&format!("Errand {n}")), text(&format!("E{n}")));
        let (cost, tags) = (Value::Money(fixture::money(100, "EUR")), Value::List(vec!["old".into()]));
        let effort = Value::Int(n);
        vec![("name", name), ("code", code), ("effort", effort), ("cost", cost), ("tags", tags), ("note", text("kept"))]
    };
    let rows = create::<Errand>(&before, (0..ROWS).map(row)).await;
    let set = vec![
        (place::<Errand>("name"), text("Renamed")),
        (place::<Errand>("cost"), Value::Money(fixture::money(200, "EUR"))),
    ];
    let edit = write::<Errand>(&before, vec![Edit::Set { id: rows[0], version: None, set }]).await.change_set.unwrap();
    let hidden =
        "insert into role_fields (role, record_type, field, access) values ('viewer', 'errands', 'cost', 'hidden')";
    execute(&company.db, &["update errands set x_colour = name", hidden]).await;
    let mut numbered = None;
    if company.db.engine() == Engine::Sqlite {
        // A count from one would not give these numbers.
        execute(&company.db, &["update errands set n = n + 5000 where n % 7 = 3"]).await;
        execute(&company.db, &["insert into errands_search (errands_search) values ('rebuild')"]).await;
        let watch = "create trigger x_watch after update of x_colour on errands when new.x_colour = 'ask' begin \
                     update errands set x_colour = 'told' where id = new.id; end";
        company.db.execute_alone(watch).await.unwrap();
        numbered = Some(one::<i64>(&company.db, &format!("{NUMBERED} errands")).await);
    }

    company.migrate::<Task>(&[]).await;

    if let Some(numbered) = numbered {
        assert_eq!(one::<i64>(&company.db, &format!("{NUMBERED} tasks")).await, numbered);
        execute(&company.db, &["update tasks set x_colour = 'ask' where title_key = 'errand 9'"]).await;
        assert_eq!(one::<i64>(&company.db, "select count(*) from tasks where x_colour = 'told'").await, 1);
    }
    assert_eq!(one::<i64>(&company.db, "select count(*) from tasks where note = 'kept'").await, ROWS);
    let ctx = ctx::<Task>(&company.db, 21);
    assert_eq!(found(&ctx, "tasks", search("errand")).await, ROWS.unsigned_abs() - 1);
    assert_eq!(found(&ctx, "tasks", search("renamed")).await, 1);
    let tagged = fixture::filtered(r#"{"field":"words","op":"eq","value":"old"}"#);
    assert_eq!(found(&ctx, "tasks", tagged).await, ROWS.unsigned_abs());
    assert_eq!(one::<String>(&company.db, "select field from role_fields where record_type = 'tasks'").await, "price");

    let permit = ctx.permit_any("tasks", Action::View).unwrap();
    let (changes, _) = history(&ctx, &permit, rows[0], 10).await.unwrap();
    let fields: Vec<&str> = changes[0].fields.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(fields, ["price", "title"], "history names fields as they are called today");
    assert_eq!(server::undo(&ctx, edit).await.unwrap().records, 1);
    let permit = ctx.permit::<Task>(Action::View).unwrap();
    let task = server::find(&ctx, &permit, rows[0]).await.unwrap().unwrap();
    assert_eq!((task.title.as_str(), task.price), ("Errand 0", Some(fixture::money(100, "EUR"))));
    assert_eq!(found(&ctx, "tasks", search("renamed")).await, 0);
    create::<Task>(&ctx, [vec![("title", text("Fresh"))]].into_iter()).await;
    assert_eq!(found(&ctx, "tasks", search("fresh")).await, 1);
}

/// A type that is not searched, and the same when it is.
#[derive(Clone, Debug, Record)]
#[record(table = "parcels", title = "name")]
pub struct Parcel {
    #[field(required)]
    name: String,
    code: Option<String>,
    weight: Option<i64>,
    #[field(index)]
    value: Option<Money>,
    labels: Tags,
}

#[derive(Clone, Debug, Record)]
#[record(table = "parcels", title = "name")]
pub struct FoundParcel {
    #[field(required, search)]
    name: String,
    #[field(unique)]
    code: Option<String>,
    #[field(index)]
    weight: Option<i64>,
}

#[tokio::test]
async fn fields_become_unique_indexed_and_searched_and_end_where_that_is_asked_for() {
    let mut company = Company::with::<Parcel>().await;
    let before = ctx::<Parcel>(&company.db, 20);
    let row = |n: i64| vec![("name", text(&format!("Parcel {n}"))), ("labels", Value::List(vec!["old".into()]))];
    create::<Parcel>(&before, (0..ROWS).map(row)).await;

    company.migrate::<FoundParcel>(&[dropped("parcels", "value"), dropped("parcels", "labels")]).await;

    let ctx = ctx::<FoundParcel>(&company.db, 21);
    assert_eq!(found(&ctx, "parcels", search("parcel")).await, ROWS.unsigned_abs());
    assert_eq!(found(&ctx, "parcels", search("parcel 77")).await, 11);
    create::<FoundParcel>(&ctx, [vec![("name", text("Late")), ("code", text("L"))]].into_iter()).await;
    assert_eq!(found(&ctx, "parcels", search("late")).await, 1);
    assert_eq!(one::<i64>(&company.db, "select count(*) from record_values where field = 'parcels.labels'").await, 0);
    let columns = company.db.prepare_check("select value_minor from parcels").await;
    assert!(columns.is_err(), "what was to end has ended");

    // And the way back, but for what is lost.
    company.migrate::<Parcel>(&[]).await;
    assert_eq!(one::<i64>(&company.db, "select count(*) from parcels where value_minor is null").await, ROWS + 1);
}
