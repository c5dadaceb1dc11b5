use std::time::Duration;

use reqwest::Method;
use sandbox::{discord::Answer, signalwire::scripted::Member};
use serde_json::json;

use crate::{
    browser::{Problem, Tab},
    command::told,
    knock::lets_in,
    settings::saves_in,
    world::{World, over_both_ways_in},
};

const DAY: Duration = Duration::from_secs(24 * 3600);
const TOKENS: &str = "POST /api/video/room_tokens";

/// Owen lets guests into the server, or no longer.
pub async fn guests_are(world: &World, on: &str) {
    saves_in(world, "general", &[("guests", on)]).await;
}

/// A moderator invites Kim.
async fn invites(world: &World, person: &str, more: &[(&str, &str)]) -> Answer {
    let options = [&[("name", "Kim")], more].concat();
    let answer = world.person(person).runs("general", "room guest", &options).await;
    world.answered(&answer).await;
    answer
}

/// Mira opened `standup` in #general and is inside; Ann, who moderates, lets Kim in. Kim's link.
pub async fn a_call_with_an_invitation(world: &World, role: &str) -> String {
    guests_are(world, "yes").await;
    world.inside("mira").await;
    world.card("**In the call (1):** Mira").await;
    let answer = invites(world, "ann", &[("role", role)]).await;
    link(&answer)
}

/// It is no button: a moderator copies it.
pub fn link(answer: &Answer) -> String {
    let text = answer.text();
    let link = text.lines().find_map(|line| line.strip_prefix('<')?.strip_suffix('>').filter(|it| it.contains("#t=")));
    let link = link.unwrap_or_else(|| panic!("no link in {text}")).to_owned();
    sandbox::issued::remember(link.split_once("#t=").unwrap().1);
    link
}

fn refused(problem: Result<impl Sized, Problem>) -> (u16, String) {
    let problem = problem.err().expect("a refusal");
    assert!(!problem.message.is_empty() && problem.reference.len() == 7, "{problem:?}");
    (problem.status, problem.code)
}

/// Kim knocks, Ann lets her in, and she is inside.
async fn comes_in(world: &World, kim: &Tab) -> Member {
    lets_in(world, kim, "ann", "Admit").await;
    kim.joins().await.unwrap()
}

/// Kim is a member of Mira's call; her tab.
async fn kim_inside(world: &World) -> (Tab, Member) {
    let link = a_call_with_an_invitation(world, "member").await;
    let kim = world.browser().follows(&link).await.unwrap();
    let member = comes_in(world, &kim).await;
    world.card("**In the call (2):**").await;
    (kim, member)
}

async fn is_told_that_it_is_over(world: &World, tab: &Tab, stream: &crate::browser::Stream) {
    world.until("the page is told", || !stream.heard("removed").is_empty()).await;
    assert_eq!(stream.heard("removed")[0]["code"], "invitation_over");
    assert_eq!(refused(tab.room_token().await), (403, "invitation_over".into()));
}

over_both_ways_in! {
    async fn kim_has_no_discord_account_and_comes_in_by_a_link_of_her_own(world: World) {
        let link = a_call_with_an_invitation(&world, "member").await;
        assert!(link.starts_with(&format!("{}/g/", world.url())), "{link}");
        let kim = world.browser().follows(&link).await.unwrap();
        let lobby = kim.lobby().await.unwrap();
        assert_eq!((&lobby["you"]["name"], &lobby["you"]["role"]), (&json!("Kim (guest)"), &json!("member")));
        assert_eq!(lobby["room"]["channel_url"], json!(null), "there is no channel for her");
        world.sandbox.signalwire.faults().forget();
        let member = comes_in(&world, &kim).await;
        let asked = &world.sandbox.signalwire.faults().requests_to(TOKENS)[0].request;
        assert_eq!((&asked["user_name"], &asked["join_as"]), (&json!("Kim (guest)"), &json!("member")));
        assert!(!asked["permissions"].to_string().contains("room.member."), "{asked}");
        // Everybody sees that she is a guest: on the card, in the line, in the lobby.
        world.card("**In the call (2):** Mira, Kim (guest)").await;
        world.sees("general", |message| message.text().contains("Kim \\(guest\\)") && message.text().contains("joined")).await;
        let odo = world.video("odo", "general", "standup").await;
        let odo = world.browser().follows(&odo.link().unwrap()).await.unwrap();
        assert!(odo.lobby().await.unwrap()["session"]["people"].to_string().contains("Kim (guest)"));
        member.leaves();
        world.card("**In the call (1):** Mira").await;
    }

    async fn guests_watch_unless_the_moderator_says_otherwise(world: World) {
        guests_are(&world, "yes").await;
        world.inside("mira").await;
        world.card("**In the call (1):** Mira").await;
        let answer = invites(&world, "ann", &[]).await;
        let text = told(&world, &answer).await;
        assert!(text.contains("**Kim (guest)** may come into **standup** as audience"), "{text}");
        let kim = world.browser().follows(&link(&answer)).await.unwrap();
        world.sandbox.signalwire.faults().forget();
        comes_in(&world, &kim).await;
        let asked = &world.sandbox.signalwire.faults().requests_to(TOKENS)[0].request;
        assert_eq!((&asked["join_as"], &asked["permissions"]), (&json!("audience"), &json!([])));
        let card = world.card("1 watching").await;
        assert!(!card.text().contains("Kim"), "{}", card.text());
    }

    async fn guests_are_off_until_who_manages_the_server_lets_them_in(world: World) {
        world.inside("mira").await;
        world.card("**In the call (1):** Mira").await;
        let answer = invites(&world, "ann", &[]).await;
        assert!(told(&world, &answer).await.contains("Guests are off in this server"), "{}", answer.text());
        guests_are(&world, "yes").await;
        // Odo may speak and nothing more; Mira opened the call, so she keeps order in it.
        let odo = invites(&world, "odo", &[]).await;
        assert!(told(&world, &odo).await.contains("Only moderators of **standup**"), "{}", odo.text());
        assert!(told(&world, &invites(&world, "mira", &[]).await).await.contains("may come into **standup**"));
    }

    async fn a_guest_whose_invitation_is_taken_back_is_put_out(world: World) {
        let (kim, member) = kim_inside(&world).await;
        let stream = kim.hears().await;
        world.until("the page listens", || !stream.heard("lobby").is_empty()).await;
        let list = world.person("ann").runs("general", "room guests", &[]).await;
        let text = told(&world, &list).await;
        assert!(text.contains("One guest may come into the rooms of"), "{text}");
        let since = world.now();
        // Only who keeps order presses with effect.
        let odo = world.person("odo").insisting().runs("general", "room guests", &[]).await;
        assert!(told(&world, &odo).await.contains("There are no guests"), "{}", odo.text());
        let guest = kim.lobby().await.unwrap()["you"]["id"].as_str().unwrap().to_owned();
        let pressed = world.person("ann").chooses(list.message().unwrap().id, "guests:v1", &[&guest]).await;
        pressed.eventually(|message| message.text().contains("may no longer come into **standup**")).await;
        world.until("Kim is out", || !member.is_inside()).await;
        assert!(world.since(since) <= Duration::from_secs(5));
        is_told_that_it_is_over(&world, &kim, &stream).await;
        let again = world.person("ann").runs("general", "room guests", &[]).await;
        assert!(told(&world, &again).await.contains("There are no guests"), "{}", again.text());
    }

    async fn guests_switched_off_are_put_out(world: World) {
        let (kim, member) = kim_inside(&world).await;
        let stream = kim.hears().await;
        world.until("the page listens", || !stream.heard("lobby").is_empty()).await;
        guests_are(&world, "no").await;
        world.until("Kim is out", || !member.is_inside()).await;
        is_told_that_it_is_over(&world, &kim, &stream).await;
        world.card("**In the call (1):** Mira").await;
    }

    async fn an_invitation_ends_after_a_day_also_for_who_is_inside(world: World) {
        let link = a_call_with_an_invitation(&world, "member").await;
        let late = super::link(&invites(&world, "ann", &[]).await);
        world.advance(DAY - Duration::from_secs(3600));
        // Nobody came, so it was over after an hour, and Mira opens it again.
        world.card("standup · ended").await;
        world.inside("mira").await;
        let kim = world.browser().follows(&link).await.unwrap();
        world.sandbox.signalwire.faults().forget();
        let member = comes_in(&world, &kim).await;
        // Also while we are down: the video service knows when her time is over.
        let asked = &world.sandbox.signalwire.faults().requests_to(TOKENS)[0].request;
        assert!(asked["remove_after_seconds_elapsed"].as_u64().unwrap() <= 3600, "{asked}");
        world.card("**In the call (2):**").await;
        world.advance(Duration::from_secs(3601));
        world.until("Kim is out", || !member.is_inside()).await;
        assert_eq!(refused(kim.room_token().await), (403, "invitation_over".into()));
        assert_eq!(refused(world.browser().follows(&late).await), (403, "invitation_over".into()));
    }

    async fn a_moderator_removes_a_guest_as_anybody_else(world: World) {
        let (kim, member) = kim_inside(&world).await;
        // Mira only opened the call; a guest is no moderator, so she may.
        let (mira, _) = world.inside("mira").await;
        let guest = kim.lobby().await.unwrap()["you"]["id"].clone();
        let removed = mira.posts(&format!("/api/rooms/{}/actions/remove", mira.room_key), json!({"user_id": guest})).await;
        assert_eq!(removed.unwrap(), json!({"put_out": true}));
        assert!(!member.is_inside());
        assert_eq!(refused(kim.room_token().await), (403, "removed".into()));
    }

    async fn a_guests_link_leads_one_browser_into_one_room(world: World) {
        let link = a_call_with_an_invitation(&world, "member").await;
        // Whoever only looks at it uses nothing up.
        let (page, ticket) = link.split_once("#t=").unwrap();
        for _ in 0..3 {
            let path = page.strip_prefix(&world.url()).unwrap();
            assert!(world.browser().sends(Method::GET, path, None, None).await.status().is_success());
        }
        let browser = world.browser();
        let kim = browser.follows(&link).await.unwrap();
        // Kim finds the link in her mail again.
        let again = browser.redeems(&link, "the-nonce-of-another-tab", None).await.unwrap();
        assert_eq!(again.sid, kim.sid);
        // Whom she sends it to comes too late.
        let other = world.browser().redeems(&link, "the-nonce-of-another-tab", None).await;
        assert_eq!(refused(other), (410, "invitation_used".into()));
        assert!(!ticket.is_empty());
        // She takes it to her phone herself.
        let phone = world.browser().follows(&kim.hands_off().await.unwrap()).await.unwrap();
        assert_eq!(phone.lobby().await.unwrap()["you"]["name"], "Kim (guest)");
        // No other room knows her, also none of the same channel.
        let retro = world.video("ann", "general", "retro").await;
        let retro = world.browser().follows(&retro.link().unwrap()).await.unwrap().room_key;
        let elsewhere = kim.gets(&format!("/api/rooms/{retro}")).await;
        assert_eq!(refused(elsewhere), (401, "signed_out".into()));
    }

    async fn a_guests_name_is_a_name_and_marks_itself_in_the_servers_language(world: World) {
        guests_are(&world, "yes").await;
        world.video("ann", "general", "standup").await;
        for (name, expected) in [("\u{202e}\u{200b}", "needs a name"), (&"x".repeat(31), "up to 30 characters")] {
            let answer = world.person("ann").insisting().runs("general", "room guest", &[("name", name)]).await;
            assert!(told(&world, &answer).await.contains(expected), "{}", answer.text());
        }
        let hostile = "**@everyone** [x](evil)";
        let answer = world.person("ann").runs("general", "room guest", &[("name", hostile)]).await;
        world.answered(&answer).await;
        let html = world.sandbox.discord.html(&answer.text());
        assert!(!html.contains("<strong>@everyone") && !html.contains("href=\"evil"), "{html}");
        let kim = world.browser().follows(&link(&answer)).await.unwrap();
        assert_eq!(kim.lobby().await.unwrap()["you"]["name"], format!("{hostile} (guest)"));
    }

    async fn a_channel_has_at_most_as_many_guests_as_a_menu_shows(world: World) {
        guests_are(&world, "yes").await;
        world.video("ann", "general", "standup").await;
        let first = invites(&world, "ann", &[]).await;
        for _ in 1..25 {
            world.advance(Duration::from_secs(3));
            assert!(invites(&world, "ann", &[]).await.text().contains("#t="));
        }
        let more = invites(&world, "ann", &[]).await;
        assert!(told(&world, &more).await.contains("has 25 guests, its limit"), "{}", more.text());
        let list = world.person("ann").runs("general", "room guests", &[]).await;
        assert!(told(&world, &list).await.contains("25 guests may come"), "{}", list.text());
        // The answer to an invitation takes it back too, and makes room for another.
        world.person("ann").presses(first.message().unwrap().id, "Take back Kim (guest)").await;
        assert!(invites(&world, "ann", &[]).await.text().contains("#t="));
    }
}
