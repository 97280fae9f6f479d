//! How fast many people are told something: run by `bin/bench`.
//!
//!   notify DATABASE    seconds until 10,000 people have a notification in their list, as JSON

use std::{sync::Arc, time::Instant};

use jobs::server::{Actors, Services, Worker};
use kernel::server::{
    Arg, Clock, Db, Rng,
    migrate::{self, MIGRATIONS},
};
use notifications::server::{Notice, notify, told};
use records::server::{Actor, App, Registry, Sql};
use tokio::sync::watch;
use uuid::Uuid;

type Failure = Box<dyn std::error::Error>;

const PEOPLE: usize = 10_000;

async fn people(app: &App) -> Result<Vec<Uuid>, Failure> {
    let ids: Vec<Uuid> = (0..PEOPLE).map(|_| app.clock().new_id(app.rng())).collect();
    let mut tx = app.db().begin().await?;
    for some in ids.chunks(500) {
        let mut sql = Sql::new(tx.engine());
        sql.push("insert into users (id, version, created_at, updated_at, email, email_key, role, active, search_key) values ");
        for (i, id) in some.iter().enumerate() {
            sql.push(if i > 0 { ", (" } else { "(" });
            let now = app.clock().now();
            let email = format!("{id}@example.org");
            let row: [Arg; 9] = [
                (*id).into(),
                1_i64.into(),
                now.into(),
                now.into(),
                email.as_str().into(),
                email.into(),
                "guest".into(),
                true.into(),
                "".into(),
            ];
            for (j, arg) in row.into_iter().enumerate() {
                if j > 0 {
                    sql.push(", ");
                }
                sql.bind(arg);
            }
            sql.push(")");
        }
        let (text, args) = sql.finish();
        tx.execute_bulk(&text, args).await?;
    }
    tx.commit().await?;
    Ok(ids)
}

async fn measure(url: &str) -> Result<(), Failure> {
    let db = Db::open(url).await?;
    migrate::run(&db, MIGRATIONS).await?;
    let app = App::new(db, Registry::build(server::modules::modules())?, Clock::default(), Rng::system());
    let to = people(&app).await?;
    let actors: Actors = Arc::new(|_| Box::pin(async { Ok(None) }));
    let services = Services::new(actors).with(notifications::server::add(notifications::server::Kinds::default()));
    let kinds = server::modules::jobs();
    let (_stop, stopped) = watch::channel(false);
    tokio::spawn(Worker::new(app.clone(), kinds, services).scheduling(false).run(stopped));

    let ctx = app.ctx(Arc::new(Actor::system()));
    let began = Instant::now();
    let mut tx = app.db().begin().await?;
    let notice = Notice {
        kind: &told::IMPORT_DONE,
        to,
        title: "The price list is imported".to_owned(),
        message: "503 created, 0 updated, 0 not imported.".to_owned(),
        link: Some("/companies".to_owned()),
        priority: None,
        about: None,
    };
    notify(&mut tx, &ctx, notice).await?;
    tx.commit().await?;
    loop {
        let told = app.db().fetch_optional("select count(*) from notifications", vec![]).await?;
        if told.map(|row| row.get::<i64>(0)).transpose()?.unwrap_or(0) >= i64::try_from(PEOPLE)? {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    println!("{{\"seconds\": {:.2}}}", began.elapsed().as_secs_f64());
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.as_slice() {
        [url] => measure(url).await,
        _ => Err("notify DATABASE".into()),
    }
}
