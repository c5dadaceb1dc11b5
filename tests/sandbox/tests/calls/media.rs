//! The forwarding rules, seen from the receiving end.

use std::time::Duration;

use sandbox::signalwire::{
    media::{Media, Picture, ROBOT, Refused, Seat, Transport},
    state::Kind,
};

use str0m::media::{Direction, MediaKind};

use crate::tab::{BOTH, SHARE, Tab, WATCH, Wish};

async fn joins(media: &Media, name: &str, kind: Kind, wish: &Wish) -> Tab {
    let mut tab = Tab::open(name, wish).await;
    let seat = Seat::new("session", name, kind);
    takes(media, seat, &mut tab).await;
    tab
}

async fn takes(media: &Media, seat: Seat, tab: &mut Tab) {
    let call = format!("call-{}", seat.member);
    let answer = media.offer(&call, tab.offer()).await.unwrap();
    assert_eq!(answer.transport, Transport::New);
    let (sends_audio, sends_video) = (answer.sends_audio, answer.sends_video);
    media.seat(Seat { call: Some(call), sends_audio, sends_video, ..seat });
    tab.connect(&answer.sdp);
}

#[tokio::test]
async fn alone_you_see_yourself_and_hear_silence() {
    let media = Media::start(false).await.unwrap();
    let mira = joins(&media, "mira", Kind::Member, BOTH).await;
    mira.sees("mira", 20).await;
    let got = mira.hears("", 20).await;
    assert!(!got.audio.contains_key("mira"), "{got:?}");
    assert_eq!(got.faults, [""; 0]);
}

#[tokio::test]
async fn two_get_each_others_picture_and_voice() {
    let media = Media::start(false).await.unwrap();
    let mira = joins(&media, "mira", Kind::Member, BOTH).await;
    mira.sees("mira", 5).await;
    let odo = joins(&media, "odo", Kind::Member, BOTH).await;
    mira.sees("odo", 20).await;
    odo.sees("mira", 20).await;
    mira.hears("odo", 20).await;
    odo.hears("mira", 20).await;
    for got in [mira.got(), odo.got()] {
        assert_eq!(got.faults, [""; 0]);
    }
    media.hang_up("call-odo").await;
    media.unseat("odo");
    let got = mira.sees("mira", 20).await;
    assert_eq!(got.faults, [""; 0]);
}

#[tokio::test]
async fn a_share_is_seen_by_all_also_by_its_owner_and_by_the_audience() {
    let media = Media::start(false).await.unwrap();
    let mira = joins(&media, "mira", Kind::Member, BOTH).await;
    let odo = joins(&media, "odo", Kind::Member, BOTH).await;
    let vic = joins(&media, "vic", Kind::Audience, WATCH).await;
    vic.sees("odo", 5).await;
    let mut screen = Tab::open("screen", SHARE).await;
    let seat = Seat { owner: Some("mira".to_owned()), ..Seat::new("session", "screen", Kind::Screen) };
    takes(&media, seat, &mut screen).await;
    for viewer in [&mira, &odo, &vic] {
        viewer.sees("screen", 10).await;
    }
    media.hang_up("call-screen").await;
    media.unseat("screen");
    mira.sees("odo", 10).await;
    assert_eq!(screen.got().video.len(), 0);
}

#[tokio::test]
async fn the_robot_is_seen_moving_and_is_silent() {
    let media = Media::start(false).await.unwrap();
    let mira = joins(&media, "mira", Kind::Member, BOTH).await;
    let robot = Seat { sends_video: true, film: Some(ROBOT.clone()), ..Seat::new("session", "robot", Kind::Member) };
    media.seat(robot);
    let first = mira.sees("", 1).await.last;
    let later = mira.sees("", 20).await;
    assert_ne!(first, later.last);
    assert!(later.last.len() > 100);
    mira.hears("", 10).await;
    media.unseat("robot");
    assert_eq!(mira.sees("mira", 10).await.faults, [""; 0]);
}

#[tokio::test]
async fn a_camera_that_is_off_is_shown_as_off_and_a_muted_voice_is_not_heard() {
    let media = Media::start(false).await.unwrap();
    let mira = joins(&media, "mira", Kind::Member, BOTH).await;
    let _odo = joins(&media, "odo", Kind::Member, BOTH).await;
    mira.sees("odo", 5).await;
    mira.hears("odo", 5).await;
    media.change("odo", |seat| (seat.video_muted, seat.audio_muted) = (true, true));
    assert_eq!(media.picture_for("mira"), Picture::CameraOff(Some("odo".to_owned())));
    let off = mira.sees("", 2).await;
    assert_eq!(off.last.len(), 1830);
    let heard = mira.hears("", 10).await.audio["odo"];
    assert_eq!(mira.hears("", 10).await.audio["odo"], heard);
}

#[tokio::test]
async fn who_talks_is_looked_at_and_heard() {
    let media = Media::start(false).await.unwrap();
    let mira = joins(&media, "mira", Kind::Member, BOTH).await;
    let odo = joins(&media, "odo", Kind::Member, BOTH).await;
    mira.hears("odo", 5).await;
    let ann = joins(&media, "ann", Kind::Member, BOTH).await;
    mira.sees("ann", 5).await;
    odo.hears("mira", 5).await;
    ann.talks(true);
    mira.hears("ann", 20).await;
    odo.hears("ann", 20).await;
    ann.talks(false);
    odo.talks(true);
    mira.sees("odo", 20).await;
    mira.hears("odo", 20).await;
    assert!(media.voices().contains(&("odo".to_owned(), true)));
    odo.talks(false);
    let mut changes = media.changes();
    while media.voices().contains(&("odo".to_owned(), true)) {
        changes.changed().await.unwrap();
    }
}

#[tokio::test]
async fn a_video_first_offer_is_answered_audio_first() {
    let media = Media::start(false).await.unwrap();
    let wish = [(MediaKind::Video, Direction::SendRecv), (MediaKind::Audio, Direction::RecvOnly)];
    let mira = joins(&media, "mira", Kind::Member, &wish).await;
    mira.sees("mira", 5).await;
    mira.hears("", 5).await;
}

#[tokio::test]
async fn a_reload_gets_a_new_transport_and_the_same_page_keeps_its_own() {
    let media = Media::start(false).await.unwrap();
    let mut mira = joins(&media, "mira", Kind::Member, BOTH).await;
    mira.sees("mira", 5).await;
    let again = media.offer("call-mira", mira.offer()).await.unwrap();
    assert_eq!(again.transport, Transport::Kept);
    mira.sees("mira", 5).await;
    mira.dies();
    let reloaded = joins(&media, "mira", Kind::Member, BOTH).await;
    reloaded.sees("mira", 5).await;
}

#[tokio::test]
async fn a_dead_browser_is_noticed_by_its_silence() {
    let media = Media::start(false).await.unwrap();
    let mut mira = joins(&media, "mira", Kind::Member, BOTH).await;
    mira.sees("mira", 5).await;
    assert!(media.silent_for("call-mira").await.unwrap() < Duration::from_secs(1));
    assert_eq!(media.silent_for("call-odo").await, None);
    mira.dies();
    while media.silent_for("call-mira").await.unwrap() < Duration::from_millis(300) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_offer_of_no_use_is_refused_and_harms_nobody() {
    let media = Media::start(false).await.unwrap();
    let mira = joins(&media, "mira", Kind::Member, BOTH).await;
    let good = mira.offer().to_owned();
    let no_media = good[..good.find("m=").unwrap()].to_owned();
    let cut = good[..good.len() / 2].to_owned();
    let no_fingerprint: String =
        good.lines().filter(|line| !line.contains("fingerprint")).map(|line| format!("{line}\r\n")).collect();
    let other_codecs = good.replace("opus/48000/2", "speex/8000/1").replace("VP8/90000", "H263/90000");
    let long = format!("{good}{}", "a=x\r\n".repeat(20_000));
    for offer in ["", "v=0", "v=0\r\n", "\0\u{1F600}", &no_media, &cut, &no_fingerprint, &other_codecs, &long] {
        let refused = media.offer("call-zed", offer).await.unwrap_err();
        assert!(matches!(refused, Refused::Description(_)), "{refused:?}");
    }
    mira.sees("mira", 10).await;
}

#[tokio::test]
async fn the_engine_ends_with_its_last_handle() {
    let media = Media::start(false).await.unwrap();
    let _mira = joins(&media, "mira", Kind::Member, BOTH).await;
    let mut changes = media.changes();
    drop(media);
    while changes.changed().await.is_ok() {}
}

#[tokio::test]
async fn media_is_to_be_had_beyond_the_loopback_interface_if_asked_for() {
    let media = Media::start(true).await.unwrap();
    let mira = joins(&media, "mira", Kind::Member, BOTH).await;
    mira.sees("mira", 10).await;
}
