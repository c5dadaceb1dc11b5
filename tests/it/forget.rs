use crate::binary::Machine;

async fn remembered(machine: &Machine, person: &str) -> String {
    let id = machine.sandbox.discord.person(person).id().to_string();
    let ran = machine.runs(&["forget", "--user", &id]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.out
}

/// The number before each kind of row.
fn rows(out: &str, what: &str) -> u64 {
    let line = out.lines().find(|line| line.contains(what)).unwrap_or_else(|| panic!("no {what} in {out}"));
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn mira_is_forgotten_when_her_calls_have_ended_and_nobody_else_is() {
    let (machine, mut child) = Machine::serving().await;
    let browser = machine.browser();
    let mut inside = Vec::new();
    for (person, nonce) in [("mira", "a-nonce-of-miras-tab"), ("odo", "a-nonce-of-odos-tab-0")] {
        let link = machine.link_of(person, "standup").await;
        inside.push(browser.redeems(&link, nonce, None).await.unwrap().joins().await.unwrap());
    }
    machine.card("**In the call (2):**").await;
    let running = remembered(&machine, "mira").await;
    assert!(rows(&running, "personal links") > 0 && running.contains("One call is running"), "{running}");
    assert_eq!(rows(&running, "stays in calls"), 0, "who is inside must be known: {running}");
    inside.into_iter().for_each(|member| member.leaves());
    machine.card("standup · ended").await;
    child.kill().await.unwrap();
    let done = remembered(&machine, "mira").await;
    for what in ["stays in calls", "events of calls", "calls they opened"] {
        assert!(rows(&done, what) > 0, "{what}: {done}");
    }
    assert!(!done.contains("running"), "{done}");
    let again = remembered(&machine, "mira").await;
    for what in ["personal links", "stays in calls", "events of calls", "calls they opened", "removals"] {
        assert_eq!(rows(&again, what), 0, "{again}");
    }
    assert!(rows(&remembered(&machine, "odo").await, "stays in calls") > 0);
}
