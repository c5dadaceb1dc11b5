//! From the room to its browsers: every event to whoever listens to it, each viewer's own layout, and the end of calls whose
//! member is out. On the way the media engine learns who is muted and the room who talks.

use serde_json::{Value, json};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::super::{
    Service,
    socket::request,
    state::{Change, Event, Kind},
};
use super::page::{Call, Page};
use super::{Browsers, layout, verto};

pub(super) async fn run(service: Service, mut events: mpsc::UnboundedReceiver<Event>) {
    let mut pictures = service.browsers.media.changes();
    loop {
        tokio::select! {
            // The service lives as long as this task: neither ends first.
            Some(event) = events.recv() => on_event(&service, &event).await,
            _ = pictures.changed() => on_pictures(&service),
        }
    }
}

async fn on_event(service: &Service, event: &Event) {
    let media = &service.browsers.media;
    let seated = event.member_id.as_deref().filter(|id| media.is_seated(id));
    if let Some(member) = seated.and_then(|id| service.video.member(id)) {
        if member.is_present() {
            media.change(&member.id, Browsers::mutes(&member));
        } else {
            media.unseat(&member.id);
        }
    }
    for page in service.browsers.pages() {
        if let Some(call) = page.person().filter(|call| call.session_id == event.session_id) {
            tell(service, &page, &call, event);
        }
        end_calls_of_the_gone(service, &page, event).await;
    }
    if matches!(event.name, "video.member.left" | "video.room.ended" | "video.room.audience_count") {
        service.browsers.robots.look_around(service, &event.session_id);
    }
}

fn tell(service: &Service, page: &Page, call: &Call, event: &Event) {
    let own = event.member_id.as_deref() == Some(&call.member_id);
    match event.name {
        // The joiner learns of himself from `video.room.subscribed`.
        "video.member.joined" if own => {}
        "video.layout.changed" => push_layout(service, page, call),
        name => tell_if_subscribed(service, page, call, name, (*event.params).clone()),
    }
}

/// Tells the browser of every call whose member is no longer inside that it is over. Audience leaves without an event of
/// its own.
async fn end_calls_of_the_gone(service: &Service, page: &Page, event: &Event) {
    if !matches!(event.name, "video.member.left" | "video.room.ended" | "video.room.audience_count") {
        return;
    }
    for call in page.calls().into_iter().filter(|call| call.session_id == event.session_id) {
        if !service.video.member(&call.member_id).is_some_and(|member| member.is_present()) {
            verto::say_bye(service, page, &call.id).await;
        }
    }
}

/// The media engine shows somebody else to somebody, or hears somebody begin or end to talk.
fn on_pictures(service: &Service) {
    for page in service.browsers.pages() {
        let Some(call) = page.person() else { continue };
        if call.shown.as_ref() != Some(&service.browsers.media.picture_for(&call.member_id)) {
            push_layout(service, &page, &call);
        }
    }
    for (member_id, talks) in service.browsers.media.voices() {
        let member = service.video.member(&member_id).filter(|member| member.talking != talks);
        if let Some(member) = member {
            // He may have left this moment.
            let _ = service.video.update_member(&member.session_id, &member_id, Change::Talking(talks));
        }
    }
}

pub(super) fn push_layout(service: &Service, page: &Page, call: &Call) {
    let (Some(session), Some(viewer)) =
        (service.video.session(&call.session_id), service.video.member(&call.member_id))
    else {
        return;
    };
    let picture = service.browsers.media.picture_for(&call.member_id);
    page.shows(&call.id, &picture);
    let mut members = service.video.members(&session.id);
    members.retain(|member| member.kind != Kind::Audience);
    let params = layout::layout_changed(&session, &viewer, &picture, &members);
    tell_if_subscribed(service, page, call, "video.layout.changed", params);
}

fn tell_if_subscribed(service: &Service, page: &Page, call: &Call, name: &str, params: Value) {
    if call.subscribe.iter().any(|wanted| wanted == name) {
        page.tell(name, event(service, &call.session_id, name, params));
    }
}

/// Part of setting a call up: goes out at once and unasked.
pub(super) fn push(service: &Service, page: &Page, call: &Call, name: &str, params: Value) {
    page.push(name, event(service, &call.session_id, name, params));
}

fn event(service: &Service, session_id: &str, name: &str, params: Value) -> Value {
    let channel = service.video.session(session_id).map(|session| session.event_channel);
    let event = json!({
        "event_type": name,
        "event_channel": channel,
        "timestamp": service.clock.unix_float(),
        "project_id": service.options.project,
        "params": params,
    });
    request(&Uuid::new_v4().to_string(), "signalwire.event", event)
}
