//! What a card is drawn from is read right, and what became of it is kept.

use futures::TryStreamExt as _;

use super::*;
use crate::store::{Place, temporary::Temporary};

const PLACE: Place = Place { guild_id: 10, channel_id: 20 };

/// A database with the session `s` of the room `standup`, opened at 1000.
async fn opened() -> Temporary {
    Temporary::with_session(PLACE, 1000).await
}

/// A stay, with its events from `number` on.
async fn stay(store: &Store, member: &str, user: Option<u64>, kind: &str, from: i64, to: Option<i64>, number: i64) {
    let name = format!("{}{from}", user.map_or("guest".to_owned(), |user| user.to_string()));
    sqlx::query("INSERT INTO stays (session_id, member_id, user_id, name, kind, joined_at, left_at) VALUES ('s', $1, $2, $3, $4, $5, $6)")
        .bind(member)
        .bind(user.map(big))
        .bind(&name)
        .bind(kind)
        .bind(from)
        .bind(to)
        .execute(store.pool())
        .await
        .unwrap();
    for (number, kind, at) in [(Some(number), "joined", Some(from)), (to.map(|_| number + 1), "left", to)] {
        let (Some(number), Some(at)) = (number, at) else { continue };
        sqlx::query("INSERT INTO events (session_id, number, kind, member_id, user_id, name, source, at, recorded_at) VALUES ('s', $1, $2, $3, $4, $5, 'relay', $6, $6)")
            .bind(number)
            .bind(kind)
            .bind(member)
            .bind(user.map(big))
            .bind(&name)
            .bind(at)
            .execute(store.pool())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn people_are_counted_once_whatever_they_hold_and_named_as_last_known() {
    let store = opened().await;
    stay(&store, "m1", Some(1), "member", 2000, None, 2).await;
    stay(&store, "m2", Some(1), "member", 4000, None, 3).await;
    stay(&store, "m3", None, "member", 3000, None, 4).await;
    stay(&store, "m4", Some(2), "member", 1500, Some(1600), 5).await;
    stay(&store, "m5", Some(1), "screen", 2500, None, 7).await;
    stay(&store, "m6", Some(3), "audience", 2600, None, 8).await;
    let crowd = |kind, ever, names| store.crowd("s", kind, ever, names);
    let inside = crowd("member", false, 12).await.unwrap();
    assert_eq!((inside.count, inside.first), (2, vec!["14000".to_owned(), "guest3000".to_owned()]));
    let ever = crowd("member", true, 2).await.unwrap();
    assert_eq!((ever.count, ever.first), (3, vec!["21500".to_owned(), "14000".to_owned()]));
    assert_eq!(crowd("audience", false, 0).await.unwrap(), Crowd { count: 1, first: vec![] });
    assert_eq!(crowd("audience", false, 12).await.unwrap().first, ["32600"]);

    let first = store.first_event("s", 1, i64::MAX).await.unwrap();
    assert_eq!(first, Some(2));
    assert_eq!(store.first_event("s", 8, 2500).await.unwrap(), Some(3));
    assert_eq!(store.first_event("s", 8, i64::MAX).await.unwrap(), None);
    let mut devices = store.devices_before("s", 7).await.unwrap();
    devices.sort();
    assert_eq!(devices, [("1".to_owned(), 2), ("m3".to_owned(), 1)]);
    let told: Vec<_> = store.member_events("s", 4).try_collect().await.unwrap();
    let told: Vec<_> = told.iter().map(|event| (event.number, event.kind.as_str(), event.who.as_str())).collect();
    assert_eq!(told, [(4, "joined", "m3"), (5, "joined", "2"), (6, "left", "2")]);
}

#[tokio::test]
async fn a_card_is_due_until_discord_shows_it_and_again_when_its_moment_comes() {
    let store = opened().await;
    let due = async |now| store.channels_due(now).await.unwrap();
    let row = async || store.living_cards(20).await.unwrap().remove(0);
    assert_eq!(due(1000).await, [20]);
    assert_eq!(store.card_channel("s").await.unwrap(), Some(20));
    assert_eq!(store.card_channel("t").await.unwrap(), None);

    assert!(store.card_posting("s", 999).await.unwrap());
    assert!(!store.card_posting("s", 998).await.unwrap());
    assert_eq!((row().await.state, row().await.posting_since), (CardState::Posting, Some(999)));
    store.card_not_posted("s").await.unwrap();
    assert!(store.card_posting("s", 1001).await.unwrap());
    let message = Posted { message_id: u64::from(u32::MAX) << 22, webhook_id: Some(30) };
    assert!(store.card_posted("s", 1001, message, 1, "look", 1002).await.unwrap());
    let late = Posted { message_id: 5, webhook_id: None };
    assert!(!store.card_posted("s", 1001, late, 1, "look", 1002).await.unwrap(), "one message is the card");
    assert_eq!((row().await.message, row().await.replaced), (Some(message), None));
    assert_eq!(due(1002).await, [20], "its opening is not yet told");

    let told = Told { number: 1, at: 1002 };
    store.card_settled("s", Settled { version: 1, told, due_at: Some(5000) }).await.unwrap();
    assert_eq!(due(4999).await, [0; 0]);
    assert_eq!(due(5000).await, [20]);
    assert_eq!(store.channels_living().await.unwrap(), [20]);

    let line = Line { message, thread: Some(77), started_at: 1003, since: told, look: "line".to_owned() };
    assert!(store.line_told("s", Some(&line), Told { number: 2, at: 1003 }).await.unwrap());
    assert!(!store.line_told("s", None, Told { number: 1, at: 1002 }).await.unwrap(), "more was told meanwhile");
    assert_eq!(row().await.line, Some(line));
    store.line_forgotten("s").await.unwrap();
    assert_eq!((row().await.line, row().await.told.number), (None, 2));
}

#[tokio::test]
async fn a_replaced_card_is_remembered_until_it_is_deleted() {
    let store = opened().await;
    let row = async || store.living_cards(20).await.unwrap().remove(0);
    let (old, new) = (Posted { message_id: 1, webhook_id: Some(30) }, Posted { message_id: 2, webhook_id: None });
    assert!(store.card_posting("s", 1001).await.unwrap());
    store.card_posted("s", 1001, old, 1, "look", 1002).await.unwrap();
    store.card_wanted_again("s").await.unwrap();
    assert_eq!((row().await.state, row().await.message), (CardState::Wanted, Some(old)));
    assert!(store.card_posting("s", 1002).await.unwrap());
    store.card_posted("s", 1002, new, 1, "look", 1003).await.unwrap();
    assert_eq!((row().await.message, row().await.replaced), (Some(new), Some(old)));
    assert!(store.is_a_card(20, 1).await.unwrap() && store.is_a_card(20, 2).await.unwrap());
    assert!(!store.is_a_card(20, 3).await.unwrap());
    store.card_replaced("s").await.unwrap();
    assert_eq!(row().await.replaced, None);
    store.card_deleted("s").await.unwrap();
    assert_eq!((row().await.state, row().await.message), (CardState::Deleted, None));
    store.card_done("s").await.unwrap();
    assert_eq!(store.living_cards(20).await.unwrap(), []);
}

#[tokio::test]
async fn a_channels_problem_lasts_until_something_changes() {
    let store = opened().await;
    assert_eq!(store.channel_problem(20).await.unwrap(), None);
    store.channel_undeliverable(20, "no_access", 2000).await.unwrap();
    assert_eq!(store.channel_problem(20).await.unwrap().as_deref(), Some("no_access"));
    assert_eq!(store.channels_due(i64::MAX).await.unwrap(), [0; 0]);
    assert_eq!(store.channel_deliverable_again(20).await.unwrap(), 1);
    assert_eq!(store.channel_problem(20).await.unwrap(), None);
    assert_eq!(store.channels_due(2000).await.unwrap(), [20]);
    store.card_undeliverable("s", "rejected", 2000).await.unwrap();
    assert_eq!(store.channel_problem(20).await.unwrap().as_deref(), Some("rejected"));
}

#[tokio::test]
async fn settings_and_webhooks_are_kept_per_channel() {
    use crate::store::{ChannelSettings, Lines, Webhook};
    let store = opened().await;
    assert_eq!(store.channel_settings(20).await.unwrap(), ChannelSettings::default());
    for lines in Lines::ALL {
        let settings = ChannelSettings { lines, silent: true, thread: true, names: false };
        store.save_channel_settings(PLACE, settings).await.unwrap();
        assert_eq!(store.channel_settings(20).await.unwrap(), settings);
    }
    let webhook = Webhook { place: PLACE, webhook_id: 30, token_sealed: "sealed".to_owned(), created_at: 1 };
    store.keep_webhook(&webhook).await.unwrap();
    let later = Webhook { webhook_id: 31, ..webhook };
    store.keep_webhook(&later).await.unwrap();
    assert_eq!(store.webhook_of(20).await.unwrap().as_ref(), Some(&later));
    assert_eq!((store.webhook(30).await.unwrap(), store.webhook(31).await.unwrap()), (None, Some(later.clone())));
    assert_eq!(store.forget_webhook(31).await.unwrap(), Some(later));
    assert_eq!(store.webhook_of(20).await.unwrap(), None);
}
