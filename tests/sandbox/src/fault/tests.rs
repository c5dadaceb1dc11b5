use super::*;

fn faults() -> Faults {
    Faults::new(Vendor::SignalWire, Clock::new())
}

#[test]
fn a_route_matches_by_method_and_segments() {
    for (route, method, path, wanted) in [
        ("POST /a/b", Method::POST, "/a/b", true),
        ("POST /a/b", Method::GET, "/a/b", false),
        ("POST /a/b", Method::POST, "/a/b/c", false),
        ("* /a/*", Method::PUT, "/a/b", true),
        ("* /a/*", Method::PUT, "/a", false),
        ("GET /a/**", Method::GET, "/a/b/c", true),
        ("GET /a/**", Method::GET, "/a", true),
        ("/a", Method::DELETE, "/a", true),
    ] {
        assert_eq!(Route::parse(route).matches(&method, path), wanted, "{route} on {method} {path}");
    }
}

#[test]
fn a_rule_holds_as_often_as_it_says_and_latency_adds_up() {
    let faults = faults();
    faults.times(2, "GET /a", Fault::Status(500));
    faults.always("* /**", Fault::Latency(Duration::from_millis(3)));
    for wanted in [true, true, false] {
        let (latency, fault) = faults.take(&Method::GET, "/a");
        assert_eq!(latency, Duration::from_millis(3));
        assert_eq!(matches!(fault, Some(Fault::Status(500))), wanted);
    }
    faults.clear();
    assert_eq!(faults.take(&Method::GET, "/a").0, Duration::ZERO);
}

#[test]
fn frames_are_doubled_lost_and_swapped() {
    let faults = faults();
    let mut line = faults.line::<u8>("relay");
    faults.next_event("relay", "b", SocketFault::Duplicate);
    faults.next_event("gateway", "", SocketFault::Drop);
    assert_eq!(line.push("a", 1), Outcome::Send(vec![1]));
    assert_eq!(line.push("b", 2), Outcome::Send(vec![2, 2]));
    faults.next_event("relay", "", SocketFault::Lose);
    assert_eq!(line.push("a", 3), Outcome::Lost);
    faults.next_event("relay", "a", SocketFault::Reorder);
    assert_eq!(line.push("a", 4), Outcome::Send(vec![]));
    assert_eq!(line.push("b", 5), Outcome::Send(vec![5, 4]));
    faults.next_event("relay", "", SocketFault::Drop);
    assert_eq!(line.push("a", 6), Outcome::Close);
    faults.next_event("relay", "", SocketFault::Silence);
    assert_eq!(line.push("a", 7), Outcome::Send(vec![]));
    assert_eq!(line.push("a", 8), Outcome::Send(vec![]));
}
