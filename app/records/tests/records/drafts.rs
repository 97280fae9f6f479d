use kernel::{
    Date, Id, Money,
    server::migrate::{
        MIGRATIONS, Migration,
        catalog::{self, Catalog},
    },
};
use records::{
    Record, RecordType,
    server::{
        Module, Registry,
        schema::{DraftError, Dropped, draft},
    },
};

use crate::{
    fixture::{Team, User, drafted},
    schema::{FoundParcel, Parcel, Task, dropped},
};

/// What the program's migrations and these make.
async fn made(migrations: &[Migration]) -> Catalog {
    catalog::read(&[MIGRATIONS, migrations].concat()).await.unwrap()
}

#[tokio::test]
async fn a_field_that_is_gone_leaves_its_column_until_somebody_ends_it() {
    let made = made(&[drafted(9_000, &Catalog::default(), &[Parcel::TYPE])]).await;
    let kept = draft(&[FoundParcel::TYPE], &made, &[]).unwrap();
    assert_eq!(kept.undeclared, ["parcels.value_minor", "parcels.value_currency", "parcels.labels"]);
    assert!(!kept.sql.unwrap().contains("value_minor"));
    let ended = draft(&[FoundParcel::TYPE], &made, &[dropped("parcels", "value")]).unwrap();
    let expected = "drop index parcels_value;\nalter table parcels drop column value_minor;\n\
                    alter table parcels drop column value_currency;\n";
    assert!(ended.sql.unwrap().contains(expected));
    assert_eq!(ended.undeclared, ["parcels.labels"]);
}

#[tokio::test]
async fn what_cannot_be_done_without_building_a_table_anew_is_refused() {
    /// `value` was money, `code` text.
    #[derive(Clone, Debug, Record)]
    #[record(table = "parcels", title = "name")]
    struct Counted {
        #[field(required)]
        name: String,
        value: Option<i64>,
    }
    #[derive(Clone, Debug, Record)]
    #[record(table = "parcels", title = "name")]
    struct Dated {
        #[field(required)]
        name: String,
        #[field(was = "code")]
        day: Option<Date>,
    }
    /// In the program's migrations `last_name` cannot be empty.
    #[derive(Clone, Debug, Record)]
    #[record(table = "contacts", title = "last_name")]
    struct Nameless {
        last_name: Option<String>,
    }
    #[derive(Clone, Debug, Record)]
    #[record(table = "contacts", title = "job_title")]
    struct Contact {
        job_title: Option<String>,
        #[field(required)]
        status: String,
    }
    let made = made(&[drafted(9_000, &Catalog::default(), &[Parcel::TYPE])]).await;
    let refused = |ty: &'static RecordType, ended: &[Dropped]| draft(&[ty], &made, ended).unwrap_err();
    let field = str::to_owned;
    assert_eq!(refused(Counted::TYPE, &[]), DraftError::Kind { table: "parcels", field: field("value") });
    assert_eq!(refused(Dated::TYPE, &[]), DraftError::Kind { table: "parcels", field: field("day") });
    assert_eq!(refused(Nameless::TYPE, &[]), DraftError::Needed { table: "contacts", field: field("last_name") });
    assert_eq!(refused(Contact::TYPE, &[]), DraftError::Kind { table: "contacts", field: field("status") });
    let ended = [dropped("parcels", "code")];
    assert_eq!(refused(Parcel::TYPE, &ended), DraftError::Declared { table: "parcels", field: field("code") });
    for (ty, table, name) in
        [(Parcel::TYPE, "parcels", "colour"), (Parcel::TYPE, "packets", "code"), (Task::TYPE, "tasks", "code")]
    {
        let refusal = DraftError::NoColumn { table: field(table), field: field(name) };
        assert_eq!(refused(ty, &[dropped(table, name)]), refusal);
    }
}

#[tokio::test]
async fn a_column_without_a_field_that_cannot_be_empty_has_to_be_ended() {
    #[derive(Clone, Debug, Record)]
    #[record(table = "teams", title = "parent")]
    struct Nameless {
        parent: Option<Id<kernel::marks::Team>>,
    }
    let made = made(&[]).await;
    let refusal = draft(&[Nameless::TYPE], &made, &[]).unwrap_err();
    assert_eq!(refusal, DraftError::Left { table: "teams", field: "name".to_owned() });
    let ended = draft(&[Nameless::TYPE], &made, &[dropped("teams", "name")]).unwrap();
    assert!(ended.sql.unwrap().contains("alter table teams drop column name_key;"));
}

#[test]
fn a_name_that_history_holds_is_given_to_no_other_field() {
    #[derive(Clone, Debug, Record)]
    #[record(table = "things", title = "name")]
    struct Taken {
        #[field(was = "title")]
        name: Option<String>,
        title: Option<String>,
    }
    #[derive(Clone, Debug, Record)]
    #[record(table = "things", title = "price")]
    struct Crossed {
        price: Option<Money>,
        price_minor: Option<i64>,
    }
    #[derive(Clone, Debug, Record)]
    #[record(table = "things", was = "users", title = "name", pairs = "name colour")]
    struct Lost {
        name: Option<String>,
    }
    let refused = |module: Module| Registry::build(vec![module]).unwrap_err();
    assert!(refused(Module::new("test").record::<Taken>()).contains("things.name was title"));
    assert!(refused(Module::new("test").record::<Crossed>()).contains("the column price_minor"));
    assert!(refused(Module::new("test").record::<Lost>()).contains("names colour"));
    let both = Module::new("test").record::<Lost>().record::<User>().record::<Team>();
    assert!(refused(both).contains("another record type"));
}
