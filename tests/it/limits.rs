use reqwest::{Method, StatusCode, header};

use crate::{
    browser::http,
    command::plain,
    world::{Plan, Way, World, over_both_ways_in},
};

over_both_ways_in! {
    async fn who_asks_too_often_is_told_to_wait_and_others_are_not(world: World) {
        world.video("odo", "general", "standup").await;
        let mut refused = None;
        for _ in 0..80 {
            let answer = world.person("mira").runs("general", "room list", &[]).await;
            assert_eq!(answer.problem(), None);
            if plain(&answer.text()).contains("That was too much at once") {
                refused = Some(answer);
                break;
            }
        }
        assert!(refused.expect("a limit").is_private());
        assert!(plain(&world.video("odo", "general", "standup").await.text()).contains("standup"));
        // What is typed has an allowance of its own.
        assert_eq!(world.person("mira").types("general", "video", "room", "st").await.len(), 1);
    }
}

#[tokio::test]
async fn one_person_takes_few_room_tokens_at_once_and_is_told_when_there_is_another() {
    let world = World::new(Way::Gateway).await;
    let tab = world.browser().follows(&world.video("mira", "general", "standup").await.link().unwrap()).await.unwrap();
    let mut taken = 0;
    let problem = loop {
        match tab.room_token().await {
            Ok(_) => taken += 1,
            Err(problem) => break problem,
        }
        assert!(taken < 100, "no limit");
    };
    assert!(taken >= 20, "{taken}");
    assert_eq!((problem.status, problem.code.as_str()), (429, "rate_limited"));
    assert!(problem.retry_after.is_some_and(|seconds| (1..=3).contains(&seconds)), "{problem:?}");
    // Their lobby goes on, and so do others.
    tab.lobby().await.unwrap();
    let odo = world.browser().follows(&world.video("odo", "general", "standup").await.link().unwrap()).await.unwrap();
    odo.room_token().await.unwrap();
}

#[tokio::test]
async fn one_person_asks_so_often_in_all_tabs_together() {
    let world = World::new(Way::Gateway).await;
    let tab = world.browser().follows(&world.video("mira", "general", "standup").await.link().unwrap()).await.unwrap();
    let phone = world.browser().follows(&tab.hands_off().await.unwrap()).await.unwrap();
    let mut answered = 0;
    let problem = loop {
        let asked = if answered % 2 == 0 { tab.lobby().await } else { phone.lobby().await };
        match asked {
            Ok(_) => answered += 1,
            Err(problem) => break problem,
        }
        assert!(answered < 290, "no limit of hers");
    };
    assert!(answered > 100 && problem.code == "rate_limited" && problem.retry_after.is_some(), "{problem:?}");
}

/// Who speaks for others is in the configuration, and only they are believed.
#[tokio::test]
async fn an_address_is_limited_and_a_forwarded_one_counts_from_trusted_proxies_alone() {
    let flood = async |world: &World, forwarded: Option<u32>| {
        let http = http();
        let mut refused = None;
        for n in 0..350_u32 {
            let mut request = http.get(format!("{}/api/door", world.url()));
            if let Some(spread) = forwarded {
                request = request.header("x-forwarded-for", format!("198.51.100.{}", n % spread));
            }
            let answer = request.send().await.unwrap();
            if answer.status() == StatusCode::TOO_MANY_REQUESTS {
                refused = Some(answer);
                break;
            }
        }
        refused
    };
    let world = World::new(Way::Gateway).await;
    let refused = flood(&world, Some(250)).await.expect("a stranger's word on who they are is nothing");
    assert!(refused.headers().contains_key(header::RETRY_AFTER));
    let trusting = Plan::over(Way::Gateway).with("TRUSTED_PROXIES", "127.0.0.1/32").world().await;
    assert!(flood(&trusting, Some(250)).await.is_none());
    assert!(flood(&trusting, Some(1)).await.is_some());
    let off = Plan::over(Way::Gateway).with("RATE_LIMITS", "off").world().await;
    assert!(flood(&off, None).await.is_none());
}

#[tokio::test]
async fn the_routes_beside_the_api_have_a_limit_too() {
    let world = World::new(Way::Gateway).await;
    let browser = world.browser();
    for _ in 0..6_000 {
        let answer = browser.sends(Method::GET, "/r/x", None, None).await;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            assert!(answer.headers().contains_key(header::RETRY_AFTER));
            return;
        }
    }
    panic!("no limit");
}
