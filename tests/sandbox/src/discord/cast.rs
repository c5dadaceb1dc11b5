//! The server everybody meets on, and who is there.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    id::Id,
    permissions::{Overwrite, named},
    state::{Channel, Guild, Kind, Member, Role, State, Thread, User},
};

/// Everything is older than this, in milliseconds.
const AGE_MS: i64 = 90 * 86_400_000;

const PEOPLE: [(&str, &str, &str); 6] = [
    ("mira", "Mira", "Opens rooms and invites the others."),
    ("odo", "Odo", "A member like any other."),
    ("ann", "Ann", "A moderator: may mute, remove and end."),
    ("vic", "Vic", "May read #general, but not write there."),
    ("zed", "Zed", "Sees only #lobby."),
    ("owen", "Owen", "Owns the server."),
];

/// The permissions of the role everybody has.
const EVERYONE: [&str; 19] = [
    "CREATE_INSTANT_INVITE",
    "ADD_REACTIONS",
    "STREAM",
    "VIEW_CHANNEL",
    "SEND_MESSAGES",
    "EMBED_LINKS",
    "ATTACH_FILES",
    "READ_MESSAGE_HISTORY",
    "USE_EXTERNAL_EMOJIS",
    "CONNECT",
    "SPEAK",
    "USE_VAD",
    "CHANGE_NICKNAME",
    "USE_APPLICATION_COMMANDS",
    "REQUEST_TO_SPEAK",
    "CREATE_PUBLIC_THREADS",
    "CREATE_PRIVATE_THREADS",
    "SEND_MESSAGES_IN_THREADS",
    "SEND_POLLS",
];

const BOT: [&str; 7] = [
    "VIEW_CHANNEL",
    "SEND_MESSAGES",
    "EMBED_LINKS",
    "READ_MESSAGE_HISTORY",
    "MANAGE_WEBHOOKS",
    "SEND_MESSAGES_IN_THREADS",
    "CONNECT",
];

/// "Greenroom HQ" with its cast.
pub fn furnish(state: &mut State) {
    state.guild.id = state.id_before(AGE_MS);
    let mut people = BTreeMap::new();
    for (key, name, about) in PEOPLE {
        people.insert(key, person(state, key, name, about));
    }
    state.guild = Guild { id: state.guild.id, name: "Greenroom HQ".into(), owner: people["owen"] };

    let everyone = state.guild.id;
    let bot = state.bot;
    let moderators =
        named(&["MANAGE_CHANNELS", "MODERATE_MEMBERS", "MANAGE_MESSAGES", "MANAGE_THREADS", "KICK_MEMBERS"]);
    role(state, Some(everyone), "@everyone", named(&EVERYONE), None);
    let viewers = role(state, None, "Viewers", 0, None);
    let bots = role(state, None, "Greenroom", named(&BOT), Some(bot));
    let moderators = role(state, None, "Moderators", moderators, None);

    let greenroom = User {
        id: bot,
        username: "Greenroom".into(),
        global_name: None,
        bot: true,
        locale: "en-US".into(),
        about: String::new(),
    };
    state.users.insert(bot, greenroom);
    join(state, bot, &[bots]);
    for (key, roles) in [
        ("mira", vec![]),
        ("odo", vec![]),
        ("ann", vec![moderators]),
        ("vic", vec![viewers]),
        ("zed", vec![]),
        ("owen", vec![]),
    ] {
        join(state, people[key], &roles);
    }

    let hidden = |of| Overwrite { of, is_member: false, allow: 0, deny: named(&["VIEW_CHANNEL"]) };
    let shown = |of, is_member| Overwrite { of, is_member, allow: named(&["VIEW_CHANNEL"]), deny: 0 };
    let from_zed = Overwrite { of: people["zed"], is_member: true, ..hidden(everyone) };
    let sending = named(&["SEND_MESSAGES", "SEND_MESSAGES_IN_THREADS"]);
    let no_viewers = Overwrite { of: viewers, is_member: false, allow: 0, deny: sending };
    let on_stage = named(&["MUTE_MEMBERS", "MOVE_MEMBERS", "MANAGE_CHANNELS"]);
    let news = [
        Overwrite { of: everyone, is_member: false, allow: 0, deny: sending },
        Overwrite { of: moderators, is_member: false, allow: sending, deny: 0 },
        Overwrite { of: bots, is_member: false, allow: sending, deny: 0 },
        from_zed,
    ];
    let backstage = [hidden(everyone), shown(moderators, false), shown(bots, false), shown(people["mira"], true)];
    let stage = [from_zed, Overwrite { of: moderators, is_member: false, allow: on_stage, deny: 0 }];

    let general = channel(state, Kind::Text, "general", Some("Everything and nothing"), &[from_zed, no_viewers]);
    channel(state, Kind::Text, "daily", Some("Every morning at ten"), &[from_zed]);
    channel(state, Kind::Text, "lobby", None, &[]);
    channel(state, Kind::Text, "backstage", Some("For those who run the show"), &backstage);
    channel(state, Kind::Announcement, "news", None, &news);
    channel(state, Kind::Voice, "hangout", None, &[from_zed]);
    channel(state, Kind::Stage, "town-hall", None, &stage);
    let ideas = channel(state, Kind::Forum, "ideas", Some("One post per idea"), &[from_zed]);

    thread(state, Kind::PublicThread, general, "planning", people["mira"], &[people["odo"]]);
    // Somebody mentioned the bot there, which took it in: it sees no private thread otherwise.
    thread(state, Kind::PrivateThread, general, "secret-plans", people["mira"], &[people["ann"], bot]);
    thread(state, Kind::PublicThread, ideas, "first-idea", people["odo"], &[]);
    for person in people.values() {
        let id = channel(state, Kind::Dm, "dm", None, &[]);
        if let Some(channel) = state.channels.get_mut(&id) {
            channel.recipient = Some(*person);
        }
    }
}

pub(super) fn person(state: &mut State, key: &str, name: &str, about: &str) -> Id {
    let id = state.id_before(AGE_MS);
    let user = User {
        id,
        username: key.into(),
        global_name: Some(name.into()),
        bot: false,
        locale: "en-US".into(),
        about: about.into(),
    };
    state.users.insert(id, user);
    id
}

/// In `id`'s place, where one is given: @everyone has the guild's.
fn role(state: &mut State, id: Option<Id>, name: &str, permissions: u64, of_bot: Option<Id>) -> Id {
    let id = id.unwrap_or_else(|| state.id_before(AGE_MS));
    let position = u32::try_from(state.roles.len()).unwrap_or(u32::MAX);
    state.roles.insert(id, Role { id, name: name.into(), permissions, position, of_bot });
    id
}

pub(super) fn join(state: &mut State, user: Id, roles: &[Id]) {
    let joined_at = state.now() - AGE_MS;
    let roles: BTreeSet<Id> = roles.iter().copied().collect();
    state.members.insert(user, Member { nick: None, roles, joined_at, timed_out_until: 0 });
}

pub(super) fn channel(state: &mut State, kind: Kind, name: &str, topic: Option<&str>, overwrites: &[Overwrite]) -> Id {
    let id = state.id_before(AGE_MS);
    let position = state.channels.values().filter(|channel| channel.thread.is_none()).count();
    let channel = Channel {
        id,
        kind,
        name: name.into(),
        topic: topic.map(Into::into),
        position: u32::try_from(position).unwrap_or(u32::MAX),
        parent: None,
        overwrites: overwrites.to_vec(),
        last_message: None,
        thread: None,
        recipient: None,
    };
    state.channels.insert(id, channel);
    id
}

fn thread(state: &mut State, kind: Kind, parent: Id, name: &str, owner: Id, others: &[Id]) {
    let id = channel(state, kind, name, None, &[]);
    let now = state.now();
    let members = others.iter().chain([&owner]).map(|user| (*user, now - AGE_MS)).collect();
    let thread = Thread { owner, archived: false, locked: false, turned_at: now - AGE_MS, members, messages: 0 };
    if let Some(channel) = state.channels.get_mut(&id) {
        channel.parent = Some(parent);
        channel.position = 0;
        channel.thread = Some(thread);
    }
}
