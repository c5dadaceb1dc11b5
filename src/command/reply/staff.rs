//! What `/room` and `/greenroom` say. Pure, as the rest of the answers.

use std::collections::BTreeMap;

use serenity::{
    all::{ButtonStyle, InputTextStyle},
    builder::{CreateActionRow, CreateButton, CreateInputText, CreateInteractionResponse, CreateModal},
    model::Permissions,
};

use super::{Said, Speaker, channel};
use crate::{
    access::{Decision, Role, Rule},
    command::custom_id::{self, join_custom_id},
    room::Listed,
    store::{CardThread, ChannelSettings, GuildSettings, Lines, LiveNow, Part, Spread, Tally},
    words,
};

/// Rooms that are listed, each with its button: two rows.
const LISTED: usize = 10;
/// Buttons in a row. <https://discord.com/developers/docs/components/reference#action-row>
const IN_A_ROW: usize = 5;

/// The custom id of the settings' form.
pub const FORM: &str = "settings:v1";

/// A line of that form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Lines,
    Silent,
    Thread,
    Names,
    /// Of the whole server.
    Guests,
}

impl Field {
    /// Its custom id.
    pub fn code(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Silent => "silent",
            Self::Thread => "thread",
            Self::Names => "names",
            Self::Guests => "guests",
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Lines => "settings-lines",
            Self::Silent => "settings-silent",
            Self::Thread => "settings-thread",
            Self::Names => "settings-names",
            Self::Guests => "settings-guests",
        }
    }
}

/// What is known of a channel's health.
#[derive(Debug)]
pub struct Checked {
    pub channel_id: u64,
    /// Of what we need there.
    pub lacks: Permissions,
    /// One made in better days posts whatever we may do now.
    pub has_webhook: bool,
    /// Why the last card could not be posted, as stored.
    pub problem: Option<String>,
    /// What became of the last thread at a card.
    pub thread: Option<CardThread>,
    /// Whether threads can hang on messages there.
    pub has_threads: bool,
    pub settings: ChannelSettings,
    pub guild: GuildSettings,
}

/// What somebody may do, and why.
#[derive(Debug)]
pub struct Reason {
    pub user_id: u64,
    pub title: String,
    pub channel_id: u64,
    /// There is a call to come into.
    pub is_open: bool,
    pub decision: Decision,
}

impl Speaker<'_> {
    /// Rooms that the person may come into; `all` of them, as far as we know.
    pub fn rooms(&self, rooms: &[Listed], all: bool) -> Said {
        if rooms.is_empty() {
            return Said { content: self.say("list-none", &[]), rows: Vec::new() };
        }
        let mut lines = vec![self.say("list-head", &[("count", rooms.len().into())])];
        let shown = &rooms[..rooms.len().min(LISTED)];
        lines.extend(shown.iter().map(|listed| {
            let room = words::name(&listed.room.title);
            let args = [
                ("room", room.into()),
                ("channel", channel(listed.room.place.channel_id)),
                ("count", listed.inside.into()),
            ];
            let line = self.say(if listed.inside == 0 { "list-open" } else { "list-live" }, &args);
            match listed.session.as_ref().and_then(|session| session.cost_micros).filter(|cost| *cost > 0) {
                Some(cost) => format!("{line} · {}", self.say("list-cost", &[("cost", dollars(cost).into())])),
                None => line,
            }
        }));
        if rooms.len() > shown.len() {
            lines.push(self.say("list-more", &[("count", (rooms.len() - shown.len()).into())]));
        }
        lines.extend((!all).then(|| self.say("list-unsure", &[])));
        let button = |listed: &Listed| {
            // Labels are no markdown.
            let title = words::clean(&listed.room.title);
            let label = self.say("list-join", &[("room", words::clip(&title, 40).into())]);
            CreateButton::new(join_custom_id(&listed.room.key)).label(label).style(ButtonStyle::Secondary)
        };
        let rows = shown.chunks(IN_A_ROW).map(|row| CreateActionRow::Buttons(row.iter().map(button).collect()));
        Said { content: lines.join("\n"), rows: rows.collect() }
    }

    pub fn ask_to_end(&self, title: &str, session_id: &str, inside: u32) -> Said {
        let content = self.say("end-question", &[("room", words::name(title).into()), ("count", inside.into())]);
        let button =
            CreateButton::new(custom_id::end(session_id)).label(self.say("end-button", &[])).style(ButtonStyle::Danger);
        Said { content, rows: vec![CreateActionRow::Buttons(vec![button])] }
    }

    pub fn ended(&self, title: &str) -> Said {
        Said { content: self.say("end-done", &[("room", words::name(title).into())]), rows: Vec::new() }
    }

    pub fn readmitted(&self, user_id: u64, title: &str) -> Said {
        Said { content: self.of_somebody("readmit-done", user_id, title), rows: Vec::new() }
    }

    /// The form with the present values; the server's only for who may manage it.
    pub fn form(&self, settings: ChannelSettings, guild: Option<GuildSettings>) -> CreateInteractionResponse {
        let yes_or_no = |yes| self.say(if yes { "settings-yes" } else { "settings-no" }, &[]);
        let input = |field: Field, value: String| {
            let input = CreateInputText::new(InputTextStyle::Short, self.say(field.label(), &[]), field.code());
            let hint = self.say(&format!("{}-hint", field.label()), &[]);
            CreateActionRow::InputText(input.value(value).placeholder(hint).max_length(20))
        };
        let mut inputs = vec![
            input(Field::Lines, settings.lines.code().to_owned()),
            input(Field::Silent, yes_or_no(settings.silent)),
            input(Field::Thread, yes_or_no(settings.thread)),
            input(Field::Names, yes_or_no(settings.names)),
        ];
        inputs.extend(guild.map(|guild| input(Field::Guests, yes_or_no(guild.guests))));
        CreateInteractionResponse::Modal(CreateModal::new(FORM, self.say("settings-title", &[])).components(inputs))
    }

    pub fn saved(
        &self,
        channel_id: u64,
        settings: ChannelSettings,
        guild: Option<GuildSettings>,
        has_threads: bool,
    ) -> Said {
        let mut lines = vec![self.say("settings-saved", &[("channel", channel(channel_id))])];
        lines.extend(self.settings(settings, has_threads));
        lines.extend(guild.map(|guild| self.guild_settings(guild)));
        Said { content: lines.join("\n"), rows: Vec::new() }
    }

    fn settings(&self, settings: ChannelSettings, has_threads: bool) -> Vec<String> {
        let posts = match settings.lines {
            Lines::Off => "settings-are-off",
            Lines::Card => "settings-are-card",
            Lines::Rollup => "settings-are-rollup",
            Lines::Each => "settings-are-each",
        };
        let mut said = vec![self.say(posts, &[])];
        let has_lines = settings.thread && matches!(settings.lines, Lines::Rollup | Lines::Each);
        let thread = if has_threads { "settings-are-thread" } else { "settings-are-threadless" };
        said.extend(has_lines.then(|| self.say(thread, &[])));
        said.extend(settings.silent.then(|| self.say("settings-are-silent", &[])));
        said.extend((!settings.names).then(|| self.say("settings-are-nameless", &[])));
        said
    }

    fn guild_settings(&self, settings: GuildSettings) -> String {
        self.say(if settings.guests { "settings-are-guests" } else { "settings-are-guestless" }, &[])
    }

    pub fn checked(&self, checked: &Checked) -> Said {
        let here = ("channel", channel(checked.channel_id));
        let mut lines = Vec::new();
        if checked.lacks.is_empty() {
            lines.push(self.say("check-well", &[here]));
        } else {
            lines.push(self.say("check-lacks", &[here, ("permissions", self.permissions(checked.lacks).into())]));
            lines.extend(consequence(checked).map(|id| self.say(id, &[])));
        }
        lines.extend(checked.problem.as_deref().map(|problem| self.say(what_happened(problem), &[])));
        lines.extend(self.settings(checked.settings, checked.has_threads));
        lines.extend(thread_problem(checked).map(|id| self.say(id, &[])));
        lines.extend(checked.guild.guests.then(|| self.guild_settings(checked.guild)));
        Said { content: lines.join("\n"), rows: Vec::new() }
    }

    pub fn why(&self, reason: &Reason) -> Said {
        let Decision { role, rule, lacks, may_open, .. } = reason.decision;
        let args = [
            // Nobody is told of a mention that is not allowed, and it shows the name this server knows.
            ("name", format!("<@{}>", reason.user_id).into()),
            ("room", words::name(&reason.title).into()),
            ("channel", channel(reason.channel_id)),
        ];
        let outcome = match role {
            None => "why-nobody",
            Some(Role::Audience) => "why-audience",
            Some(Role::Member) => "why-member",
            Some(Role::Moderator) => "why-moderator",
        };
        let number = if let Rule::Policy(number) = rule { number } else { 0 };
        let mut lines = vec![self.say(outcome, &args), self.say(why(rule), &[("number", number.into())])];
        if !lacks.is_empty() {
            lines.push(self.say("why-lacks", &[("permissions", self.permissions(lacks).into())]));
        }
        if role.is_some() && !reason.is_open {
            lines.push(self.say(if may_open { "why-may-open" } else { "why-may-not-open" }, &[]));
        }
        Said { content: lines.join("\n"), rows: Vec::new() }
    }

    /// Their names, as Discord shows them.
    fn permissions(&self, permissions: Permissions) -> String {
        let named = NAMED_PERMISSIONS.iter().filter(|(permission, _)| permissions.contains(*permission));
        let named: Vec<String> = named.map(|(_, id)| format!("**{}**", self.say(id, &[]))).collect();
        self.words.list(self.locale, &named, 0)
    }

    /// What a server's calls come to, over some days each, and how long people wait to come in.
    pub fn stats(&self, live: LiveNow, tallies: &[(u32, Tally)], joining: &BTreeMap<Part, Spread>) -> Said {
        let mut lines = vec![match live.calls {
            0 => self.say("stats-live-none", &[]),
            _ => self.say("stats-live", &[("calls", live.calls.into()), ("people", live.people.into())]),
        }];
        lines.extend(tallies.iter().map(|(days, tally)| {
            let minutes = (tally.lasted_ms + 30_000) / 60_000;
            let args = [
                ("days", (*days).into()),
                ("calls", tally.calls.into()),
                ("people", tally.people.into()),
                ("minutes", minutes.into()),
                ("peak", tally.peak.into()),
            ];
            if tally.calls == 0 {
                return self.say("stats-nothing", &args);
            }
            let cost = match tally.cost_micros {
                Some(cost) => self.say("stats-cost", &[("cost", dollars(cost).into())]),
                None => self.say("stats-cost-unknown", &[]),
            };
            format!("{} {cost}", self.say("stats-days", &args))
        }));
        lines.extend(self.joining(joining));
        Said { content: lines.join("\n"), rows: Vec::new() }
    }

    fn joining(&self, joining: &BTreeMap<Part, Spread>) -> Option<String> {
        let whole = joining.get(&Part::Whole)?;
        let most = |part: Part| seconds(joining.get(&part).map_or(0, |spread| spread.most_ms)).into();
        let args = [
            ("joins", whole.joins.into()),
            ("half", seconds(whole.half_ms).into()),
            ("most", seconds(whole.most_ms).into()),
            ("token", most(Part::Token)),
            ("socket", most(Part::Socket)),
            ("answer", most(Part::Answer)),
            ("picture", most(Part::Picture)),
        ];
        Some(self.say("stats-joining", &args))
    }
}

/// "0.15", "1", "1.5".
fn seconds(ms: u32) -> String {
    (f64::from(ms) / 1e3).to_string()
}

/// "3.42", "0.003": SignalWire bills fractions of a cent, which matter only where there is no more.
fn dollars(micros: i64) -> String {
    let dollars = micros as f64 / 1e6;
    if micros < 10_000 { format!("{dollars:.3}") } else { format!("{dollars:.2}") }
}

/// What we or people need, with what Discord calls it.
const NAMED_PERMISSIONS: [(Permissions, &str); 10] = [
    (Permissions::VIEW_CHANNEL, "permission-view"),
    (Permissions::CONNECT, "permission-connect"),
    (Permissions::SEND_MESSAGES, "permission-send"),
    (Permissions::SEND_MESSAGES_IN_THREADS, "permission-send-in-threads"),
    (Permissions::CREATE_PUBLIC_THREADS, "permission-threads"),
    (Permissions::EMBED_LINKS, "permission-embed"),
    (Permissions::MANAGE_WEBHOOKS, "permission-webhooks"),
    (Permissions::SPEAK, "permission-speak"),
    (Permissions::MUTE_MEMBERS, "permission-mute"),
    (Permissions::MANAGE_THREADS, "permission-manage-threads"),
];

/// The line of the role table, in words.
fn why(rule: Rule) -> &'static str {
    match rule {
        Rule::NotInGuild => "why-not-in-server",
        Rule::CannotView => "why-cannot-view",
        Rule::TimedOut => "why-timed-out",
        Rule::NotInPrivateThread => "why-private-thread",
        Rule::CannotConnect => "why-cannot-connect",
        Rule::Removed => "why-removed",
        Rule::StageModerator => "why-stage-moderator",
        Rule::StageListener => "why-stage-listener",
        Rule::KeepsOrder => "why-keeps-order",
        Rule::OpenedTheSession => "why-opened",
        Rule::MaySend => "why-may-send",
        Rule::MaySpeak => "why-may-speak",
        Rule::MayViewOnly => "why-view-only",
        Rule::Policy(_) => "why-policy",
        Rule::LetInToWatch => "why-let-in-to-watch",
        Rule::Invited => "why-invited",
        Rule::NotInvited => "why-not-invited",
    }
}

/// What comes of it. A webhook posts though we may not; without one we post ourselves, if we may.
fn consequence(checked: &Checked) -> Option<&'static str> {
    let seeing = Permissions::VIEW_CHANNEL | Permissions::CONNECT;
    if checked.lacks.intersects(seeing) {
        return Some("check-sees-nobody");
    }
    let hooked = checked.has_webhook || !checked.lacks.contains(Permissions::MANAGE_WEBHOOKS);
    let lacks = checked.lacks - Permissions::CREATE_PUBLIC_THREADS;
    match lacks - Permissions::MANAGE_WEBHOOKS {
        _ if lacks.is_empty() => Some("check-no-thread"),
        _ if hooked => Some("check-posts"),
        others if others.is_empty() => Some("check-as-bot"),
        _ => Some("check-nowhere"),
    }
}

/// What became of the lines that should be in a thread.
fn thread_problem(checked: &Checked) -> Option<&'static str> {
    if !checked.settings.thread || !checked.has_threads {
        return None;
    }
    match checked.thread? {
        CardThread::Open(_) => None,
        CardThread::Unfit => Some("check-thread-unfit"),
        CardThread::Closed => Some("check-thread-closed"),
    }
}

/// In words, what stood in the way of a card.
fn what_happened(problem: &str) -> &'static str {
    match problem {
        "no_access" => "check-card-no-access",
        "may_not_post" => "check-card-may-not-post",
        "channel_gone" => "check-card-channel-gone",
        "thread_closed" => "check-card-thread-closed",
        "bot_removed" => "check-card-bot-removed",
        _ => "check-card-rejected",
    }
}
