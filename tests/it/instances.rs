use std::time::{Duration, Instant};

use futures::StreamExt as _;
use greenroom::{app::App, clock::Clock, lease::Leases, secret::Random, store::Store};
use sandbox::discord::{Delivery, Id, Message};

use crate::{
    attack::fuzz::{command, signed},
    binary::Machine,
    browser::http,
    revocation::minutes_pass,
    world::{Plan, Way, World},
};

/// What a process that died was doing, others go on with within this.
pub const TAKEN_OVER: Duration = Duration::from_secs(5);

/// What stands in #general: its cards, and its lines.
fn told(world: &World) -> (Vec<Message>, String) {
    let (cards, lines): (Vec<_>, Vec<_>) =
        world.sandbox.discord.messages("general").into_iter().partition(|message| !message.embeds.is_empty());
    (cards, lines.iter().map(Message::text).collect::<Vec<_>>().join("\n"))
}

/// One more process, which can die.
pub struct Process {
    runtime: tokio::runtime::Runtime,
    app: App,
}

impl Process {
    pub async fn start(world: &World) -> Self {
        Self::start_with(world, &[]).await
    }

    /// With variables of its own.
    pub async fn start_with(world: &World, own: &[(&str, &str)]) -> Self {
        let start = world.another_with(own);
        let started = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            let app = runtime.block_on(start);
            Self { runtime, app }
        });
        tokio::task::spawn_blocking(move || started.join().unwrap()).await.unwrap()
    }

    /// Nothing is finished and nothing given back.
    pub fn dies(self) {
        let Self { runtime, app } = self;
        runtime.shutdown_background();
        std::mem::forget(app);
    }
}

#[tokio::test]
async fn two_processes_on_one_database_keep_one_card() {
    let world = World::new(Way::Http).await;
    let other = world.another().await;
    let (_, mira) = world.inside("mira").await;
    let (_, odo) = world.inside("odo").await;
    world.card("**In the call (2):** Mira, Odo").await;
    mira.leaves();
    world.card("**In the call (1):** Odo").await;
    world.sees("general", |message| message.text().contains("Mira left")).await;
    odo.leaves();
    world.card("standup · ended").await;
    world.advance(Duration::from_secs(30));
    let (cards, lines) = told(&world);
    assert_eq!(cards.len(), 1);
    assert_eq!(lines.matches("Mira").count() + lines.matches("Odo").count(), 3, "nobody is announced twice: {lines}");
    assert_eq!(world.sandbox.discord.webhooks("general"), 1);
    other.stop().await;
}

#[tokio::test]
async fn a_command_that_reaches_several_processes_at_once_is_answered_by_one() {
    let world = World::new(Way::Http).await;
    let others = [world.another().await, world.another().await];
    let urls = others.iter().map(|other| format!("http://{}", other.address())).chain([world.url()]);
    let urls: Vec<_> = urls.collect();
    let client = http();
    for n in 1..=20 {
        let command = command(&world, n);
        let asked = urls.iter().map(|url| signed(&client, &world, url, &command).send());
        let mut statuses = Vec::new();
        for answer in futures::future::join_all(asked).await {
            let answer = answer.unwrap();
            let status = answer.status().as_u16();
            // Who doesn't answer says nothing.
            assert_eq!(answer.bytes().await.unwrap().is_empty(), status == 202);
            statuses.push(status);
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 202, 202], "of command {n}");
    }
    for other in others {
        other.stop().await;
    }
}

#[tokio::test]
async fn a_personal_link_that_is_followed_at_two_processes_at_once_is_good_once() {
    let world = World::new(Way::Http).await;
    let other = world.another().await;
    for n in 0..10 {
        let link = world.video("mira", "general", "standup").await.link().unwrap();
        let (here, there) = (world.browser(), world.browser_at(other.address()));
        let nonces = [0, 1].map(|tab| format!("a-nonce-of-tab-{tab}-of-{n}"));
        let (here, there) = tokio::join!(here.redeems(&link, &nonces[0], None), there.redeems(&link, &nonces[1], None));
        let (tab, problem) = match (here, there) {
            (Ok(tab), Err(problem)) | (Err(problem), Ok(tab)) => (tab, problem),
            (Ok(_), Ok(_)) => panic!("link {n} was good twice"),
            (Err(one), Err(other)) => panic!("link {n} was good for nobody: {one:?}, {other:?}"),
        };
        assert_eq!((problem.status, problem.code.as_str()), (410, "ticket_used"), "link {n}");
        tab.lobby().await.unwrap();
    }
    other.stop().await;
}

/// Nobody moves the time: what is heard is heard through the socket, or looked for by who takes over.
#[tokio::test]
async fn what_a_process_that_died_was_hearing_another_hears_within_five_seconds() {
    let mut world = World::new(Way::Http).await;
    let (_, _mira) = world.inside("mira").await;
    let odos = world.browser().follows(&world.video("odo", "general", "standup").await.link().unwrap()).await.unwrap();
    let [odos_token, odos_second] = [odos.room_token().await.unwrap(), odos.room_token().await.unwrap()];
    world.card("**In the call (1):** Mira").await;
    let other = Process::start(&world).await;
    world.stops().await;
    let odo = odos.enters(&odos_token).await.unwrap();
    world.card("**In the call (2):** Mira, Odo").await;
    world.starts().await;
    let store = world.store().await;
    let session = store.present_session(&odos.room_key).await.unwrap().unwrap().id;

    other.dies();
    let died = Instant::now();
    odo.leaves();
    until_inside(&store, &session, 1).await;
    assert!(died.elapsed() < TAKEN_OVER, "after {:?}", died.elapsed());
    // And from then on as it happens.
    let begun = Instant::now();
    let _odo = odos.enters(&odos_second).await.unwrap();
    until_inside(&store, &session, 2).await;
    assert!(begun.elapsed() < Duration::from_secs(1), "after {:?}", begun.elapsed());
    store.close().await;
}

/// As it is recorded.
async fn until_inside(store: &Store, session_id: &str, people: usize) {
    let mut looks = tokio::time::interval(Duration::from_millis(20));
    let recorded = async {
        loop {
            let stays = store.stays(session_id).await.unwrap();
            if stays.iter().filter(|stay| stay.left_at.is_none()).count() == people {
                return;
            }
            looks.tick().await;
        }
    };
    tokio::time::timeout(2 * TAKEN_OVER, recorded).await.expect("it is recorded");
}

#[tokio::test]
async fn what_a_process_that_died_was_writing_another_goes_on_with() {
    let mut world = World::new(Way::Http).await;
    let (_, _mira) = world.inside("mira").await;
    let odos = world.browser().follows(&world.video("odo", "general", "standup").await.link().unwrap()).await.unwrap();
    let odos_token = odos.room_token().await.unwrap();
    let card = world.card("**In the call (1):** Mira").await;

    let other = Process::start(&world).await;
    world.stops().await;
    let odo = odos.enters(&odos_token).await.unwrap();
    world.card("**In the call (2):** Mira, Odo").await;
    other.dies();
    world.starts().await;
    odo.leaves();
    let same = world.card("**In the call (1):** Mira").await;
    assert_eq!(same.id, card.id);
    assert_eq!(told(&world).0.len(), 1);
}

#[tokio::test]
async fn nobody_writes_to_a_channel_while_another_process_does() {
    let world = World::new(Way::Http).await;
    let store = world.store().await;
    let other = Leases::join(store.clone(), Random::system(), Clock::system()).await.unwrap();
    let lives = tokio::spawn(other.clone().run());
    let channel = world.person("mira").channels().into_iter().find(|place| place.name == "general").unwrap().id;
    let lease = other.take(&format!("channel/{channel}")).await.unwrap().unwrap();
    world.video("mira", "general", "standup").await;
    // Long enough for everybody else to have taken it, had it been free.
    world.passes(Duration::from_secs(60), Duration::from_millis(500)).await;
    assert!(lease.is_ours());
    assert_eq!(told(&world).0, []);
    // It dies.
    lives.abort();
    let died = Instant::now();
    world.card("Nobody is inside yet").await;
    assert!(died.elapsed() < TAKEN_OVER, "after {:?}", died.elapsed());
    store.close().await;
}

#[tokio::test]
async fn who_could_not_tell_that_they_live_holds_nothing_before_another_does() {
    let store = World::new(Way::Http).await.store().await;
    let join = || Leases::join(store.clone(), Random::system(), Clock::system());
    let (paused, other) = (join().await.unwrap(), join().await.unwrap());
    let (before, lease) = (paused.owner(), paused.take("something").await.unwrap().unwrap());
    let others_beats = tokio::spawn(other.clone().run());
    let begun = Instant::now();
    // It never beats.
    lease.lost().await;
    let lost_after = begun.elapsed();
    assert!(other.take("something").await.unwrap().is_none(), "it was taken before it was lost");
    let mut standing = other.standing();
    let taken = loop {
        if let Some(taken) = other.take("something").await.unwrap() {
            break taken;
        }
        standing.changed().await.unwrap();
    };
    assert!(begun.elapsed() < TAKEN_OVER, "after {:?}", begun.elapsed());
    assert!(lost_after < begun.elapsed());
    // It comes back, as somebody else: what it had is not its own any more.
    let beats = tokio::spawn(paused.clone().run());
    let mut standing = paused.standing();
    while paused.owner() == before {
        tokio::time::timeout(TAKEN_OVER, standing.changed()).await.unwrap().unwrap();
    }
    assert!(!lease.is_ours());
    drop(lease);
    assert!(paused.take("something").await.unwrap().is_none());
    assert!(taken.is_ours());
    beats.abort();
    others_beats.abort();
    store.close().await;
}

#[tokio::test]
async fn two_processes_together_keep_to_discords_limit() {
    let many = Plan::over(Way::Http).with("MAX_LIVE_ROOMS_PER_GUILD", "100").with("OPENS_PER_USER", "100/10min");
    let world = many.world().await;
    let other = world.another().await;
    let discord = &world.sandbox.discord;
    let rooms: Vec<_> = (0..60).map(|n| (discord.add_channel(&format!("many{n}")), format!("many{n}"))).collect();
    discord.faults().forget();
    // The cards of half of the rooms are posted by each.
    for (half, url) in rooms.chunks(30).zip([world.url(), format!("http://{}", other.address())]) {
        discord.deliver(Delivery::Http { url: format!("{url}/discord/interactions") }).await.unwrap();
        let mira = world.person("mira");
        let opening = half.iter().map(|(channel, room)| {
            let (mira, channel) = (mira.clone(), channel.to_string());
            async move { mira.runs(&channel, "video", &[("room", room)]).await }
        });
        // Some at once: a debug build checks few signatures in Discord's three seconds.
        let answers: Vec<_> = futures::stream::iter(opening).buffer_unordered(8).collect().await;
        for answer in answers {
            world.answered(&answer).await;
            assert!(answer.link().is_some(), "{answer:?}");
        }
    }
    let has_card = |channel: &Id| !discord.messages(&channel.to_string()).is_empty();
    for (channel, room) in &rooms {
        world.until(&format!("{room} has its card"), || has_card(channel)).await;
    }
    let requests = discord.faults().requests();
    let refused: Vec<_> = requests.iter().filter(|seen| seen.status == Some(429)).map(|seen| &seen.route).collect();
    assert!(refused.is_empty(), "of {}: {refused:?}", requests.len());
    other.stop().await;
}

/// Discord is asked about each of them once a minute. Its limits run in real time, so that is given to each minute.
async fn are_looked_at_once_a_minute(world: &World, people: &[&str]) {
    const MINUTES: u32 = 5;
    let discord = world.sandbox.discord.faults();
    let looked_at = || -> Vec<usize> {
        let route = |person: &&str| format!("GET /api/v10/guilds/*/members/{}", world.person(person).id());
        people.iter().map(|person| discord.requests_to(&route(person)).len()).collect()
    };
    discord.forget();
    for _ in 0..MINUTES {
        let before = looked_at();
        minutes_pass(world, 1).await;
        let again = || looked_at().iter().zip(&before).all(|(now, before)| now > before);
        world.really("each is looked at again", again).await;
    }
    let often = looked_at();
    assert!(often.iter().all(|looks| *looks <= 6), "in {MINUTES} minutes: {often:?}");
}

#[tokio::test]
async fn each_person_inside_is_looked_at_by_one_process_and_by_another_when_that_has_died() {
    let world = World::new(Way::Http).await;
    let (store, real) = (world.store().await, Clock::system());
    let other = Process::start(&world).await;
    let people = ["mira", "odo", "ann", "owen"];
    let mut inside = Vec::new();
    for person in people {
        inside.push(world.inside(person).await);
    }
    // Whoever has beaten since has seen the other.
    assert!(store.processes(&real).await.unwrap().iter().filter(|process| process.lives).count() == 2);
    are_looked_at_once_a_minute(&world, &people).await;
    other.dies();
    while store.processes(&real).await.unwrap().len() > 1 {}
    are_looked_at_once_a_minute(&world, &people).await;
    store.close().await;
}

#[tokio::test]
async fn who_is_told_to_ask_less_of_discord_does_in_every_second() {
    const MOST: usize = 6;
    let mut machine = Machine::new().await;
    machine.set("DISCORD_REQUESTS_PER_SECOND", &MOST.to_string());
    machine.set("MAX_LIVE_ROOMS_PER_GUILD", "100");
    machine.set("OPENS_PER_USER", "100/10min");
    let (_serving, _) = machine.starts().await;
    machine.bot_is_there().await;
    let discord = &machine.sandbox.discord;
    let channels: Vec<_> = (0..12).map(|n| discord.add_channel(&format!("many{n}")).to_string()).collect();
    discord.faults().forget();
    let mira = discord.person("mira");
    let opening = channels.iter().map(|channel| mira.runs(channel, "video", &[("room", "standup")]));
    futures::future::join_all(opening).await;
    let mut changes = discord.changes();
    let has_card = |channel: &String| !discord.messages(channel).is_empty();
    let posted = changes.wait_for(|_| channels.iter().all(has_card));
    tokio::time::timeout(Duration::from_secs(30), posted).await.expect("each channel has its card in time").unwrap();
    // Answers to people are outside the limit.
    let counts = |path: &str| !path.contains("/interactions/") && !path.contains("/messages/@original");
    let asked: Vec<_> = discord.faults().requests().into_iter().filter(|seen| counts(&seen.path)).collect();
    assert!(asked.len() > 3 * MOST, "{}", asked.len());
    for second in asked.windows(MOST + 1) {
        let (first, last) = (&second[0], &second[MOST]);
        assert!(last.at - first.at >= 1000, "{} and {} are {} ms apart", first.path, last.path, last.at - first.at);
    }
}
