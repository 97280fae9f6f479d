//! Which browsers are whose, where they may be, and the key that messages to them are signed with.

use super::*;

/// What is said of an address that is not asked, to anybody.
const UNREACHED: &str = "No push service can be reached at this address.";

#[tokio::test]
async fn addresses_inside_the_network_and_keys_that_are_none_are_refused_by_name() {
    let world = World::pushing().await;
    let good = Browser::new(&[]).await.subscription;
    for (endpoint, why) in [
        ("https://10.0.0.1/push", UNREACHED),
        ("https://[fd00::1]/push", UNREACHED),
        ("https://169.254.169.254/latest", UNREACHED),
        ("https://0xa.0.0.1/push", UNREACHED),
        ("http://push.example.net/x", "https://"),
        ("http://localhost/x", "https://"),
        ("ftp://push.example.net/x", "https://"),
        ("push", "no address"),
        ("", "no address"),
        ("https://", "no address"),
    ] {
        let given = Subscription { endpoint: endpoint.to_owned(), ..good.clone() };
        let errors = world.try_subscribe("ann", &given).await.unwrap_err();
        assert!(errors.first("endpoint").is_some_and(|text| text.contains(why)), "{endpoint}: {errors:?}");
    }
    let long = Subscription { endpoint: format!("https://push.example.net/{}", "x".repeat(2_000)), ..good.clone() };
    assert!(world.try_subscribe("ann", &long).await.is_err());
    let keys = Keys { p256dh: good.keys.auth.clone(), auth: good.keys.auth.clone() };
    let errors = world.try_subscribe("ann", &Subscription { keys, ..good.clone() }).await.unwrap_err();
    assert!(errors.first("keys").is_some_and(|text| text.contains("p256dh")), "{errors:?}");
    assert_eq!(world.browsers().await, 0);
    // Where an operator allows the network of a number, that may do without TLS.
    let near = Subscription { endpoint: "http://127.0.0.1:9/push".to_owned(), ..good };
    assert!(world.try_subscribe("ann", &near).await.is_ok());
}

#[tokio::test]
async fn nobody_learns_from_a_refusal_which_names_the_network_knows() {
    let world = World::pushing().await;
    let browser = Browser::new(&[]).await;
    let id = world.subscribe("ann", &browser).await;
    world.ctx.app.provide(push::PushServices(Client::new(Guard::default(), &[]).unwrap()));
    for endpoint in ["https://localhost/push", "https://nowhere.invalid/push"] {
        let given = Subscription { endpoint: endpoint.to_owned(), ..browser.subscription.clone() };
        let errors = world.try_subscribe("bob", &given).await.unwrap_err();
        assert_eq!(errors.0["endpoint"], [UNREACHED], "{endpoint}");
    }
    assert_eq!(push::try_out(&world.as_("ann"), id).await.unwrap(), Err(UNREACHED.to_owned()));
}

#[tokio::test]
async fn an_address_that_leads_inside_later_is_refused_when_it_is_asked() {
    let world = World::pushing().await;
    world.work();
    let browser = Browser::new(&[]).await;
    world.subscribe("ann", &browser).await;
    // No network is allowed any more: the name leads where nobody may ask.
    world.ctx.app.provide(push::PushServices(Client::new(Guard::default(), &[]).unwrap()));
    world.tell("ann", "Done", None).await;
    world.settle().await;
    let outcomes = world.outcomes().await;
    assert!(outcomes[0].starts_with("failed localhost leads to") && outcomes[0].contains("private"), "{outcomes:?}");
    assert!(browser.came().await.is_empty());
}

#[tokio::test]
async fn a_browser_is_its_present_persons_and_is_forgotten_when_they_sign_out() {
    let world = World::pushing().await;
    world.work();
    let browser = Browser::new(&[]).await;
    let first = world.subscribe("ann", &browser).await;
    let session = world.session("bob").await;
    let given = &browser.subscription;
    let subscribe =
        async |replaces| push::subscribe(&world.as_("bob"), session, FIREFOX, given, replaces).await.unwrap();
    let (taken, is_new) = subscribe(None).await.unwrap();
    assert!(taken != first && is_new && world.browsers().await == 1);
    assert_eq!(subscribe(None).await.unwrap(), (taken, false), "telling it again changes nothing");
    world.tell("ann", "Ann's", None).await;
    world.tell("bob", "Bob's", None).await;
    world.settle().await;
    assert_eq!(browser.titles().await, ["Bob's"]);
    assert!(matches!(push::remove(&world.as_("ann"), taken).await, Err(AppError::NotFound)));
    assert!(matches!(push::try_out(&world.as_("ann"), taken).await, Err(AppError::NotFound)));
    let shown = push::browsers(&world.as_("bob"), Some(session)).await.unwrap();
    assert!(shown.browsers[0].is_this);
    assert!(push::browsers(&world.as_("ann"), Some(session)).await.unwrap().browsers.is_empty());
    let mut tx = world.db.begin().await.unwrap();
    push::signed_out(&mut tx, session.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.browsers().await, 0);
}

#[tokio::test]
async fn a_browser_whose_address_changed_stays_one_and_there_are_so_many_at_most() {
    let world = World::pushing().await;
    let (before, after) = (Browser::new(&[]).await, Browser::new(&[]).await);
    world.subscribe("ann", &before).await;
    let session = world.session("ann").await;
    let old = Some(before.subscription.endpoint.as_str());
    push::subscribe(&world.as_("ann"), session, FIREFOX, &after.subscription, old).await.unwrap().unwrap();
    let addresses = world.rows("select endpoint from push_subscriptions", 1).await;
    assert_eq!(addresses, [after.subscription.endpoint.as_str()]);
    let more = |n: usize| Subscription { endpoint: format!("https://localhost/{n}"), ..after.subscription.clone() };
    for n in 0..19 {
        world.try_subscribe("ann", &more(n)).await.unwrap();
    }
    let refused = push::subscribe(&world.as_("ann"), session, FIREFOX, &more(20), None).await;
    assert!(matches!(&refused, Err(AppError::Conflict(why)) if why.contains("20 browsers")), "{refused:?}");
    assert_eq!(world.browsers().await, 20);
}

#[tokio::test]
async fn nothing_is_sent_once_the_session_is_over() {
    let world = World::pushing().await;
    world.work();
    let browser = Browser::new(&[]).await;
    world.subscribe("ann", &browser).await;
    world.ctx.app.clock().advance_seconds(14 * 86_400);
    world.tell("ann", "Done", None).await;
    world.settle().await;
    assert!(world.deliveries().await.is_empty() && browser.came().await.is_empty());
    world.run(&CleanUpNotifications {}).await;
    world.settle().await;
    assert_eq!(world.browsers().await, 0);
}

#[tokio::test]
async fn a_message_to_try_it_says_what_became_of_it() {
    let world = World::pushing().await;
    let browser = Browser::new(&[503, 400]).await;
    let id = world.subscribe("ann", &browser).await;
    let ann = world.as_("ann");
    assert_eq!(push::try_out(&ann, id).await.unwrap(), Err("localhost answered 503.".to_owned()));
    assert_eq!(push::try_out(&ann, id).await.unwrap(), Err("localhost refused it with 400.".to_owned()));
    assert!(push::try_out(&ann, id).await.unwrap().is_ok_and(|told| told.starts_with("Sent.")));
    assert_eq!(browser.titles().await, ["Push messages work"]);
    let gone = world.subscribe("ann", &Browser::new(&[410]).await).await;
    assert!(push::try_out(&ann, gone).await.unwrap().is_err_and(|why| why.contains("removed")));
    assert_eq!(world.browsers().await, 1);
    push::remove(&ann, id).await.unwrap();
    assert_eq!(world.browsers().await, 0);
}

#[tokio::test]
async fn the_programs_key_is_made_once_and_kept_sealed() {
    let world = World::pushing().await;
    let (ann, bob) = (world.as_("ann"), world.as_("bob"));
    let (one, other) = tokio::join!(push::browsers(&ann, None), push::browsers(&bob, None));
    let key = one.unwrap().key;
    assert!(key.as_ref().is_some_and(|key| key.len() == 87) && other.unwrap().key == key);
    assert_eq!(world.rows("select name from system_settings where value is null", 1).await, ["push.key"]);
    // Renewed with the other secrets of the installation.
    let old = world.ctx.app.service::<settings::server::vault::Vault>().unwrap();
    let rng = world.ctx.app.rng().clone();
    world.ctx.app.provide(settings::server::vault::Vault::new(&[8; 32], &[[7; 32]], rng));
    world.work();
    world.run(&settings::server::RenewSecrets {}).await;
    let sealed = async || {
        let row = world.db.fetch_optional("select sealed from system_settings", vec![]).await.unwrap().unwrap();
        row.get::<Vec<u8>>(0).unwrap()
    };
    let place = settings::server::vault::Place::named("system_settings", "sealed", "push.key");
    world.until("it is sealed with the present key", async || old.open(place, &sealed().await).is_err()).await;
    assert_eq!(push::browsers(&ann, None).await.unwrap().key, key);
    // With neither key in the file it is not lost, and nothing else fails for it.
    let id = world.subscribe("ann", &Browser::new(&[]).await).await;
    let rng = world.ctx.app.rng().clone();
    world.ctx.app.provide(settings::server::vault::Vault::new(&[9; 32], &[], rng));
    let shown = push::browsers(&ann, None).await.unwrap();
    assert_eq!((shown.key, shown.browsers.len()), (None, 1));
    assert!(push::try_out(&ann, id).await.unwrap().is_err_and(|why| why.contains("secret key file")));
}
