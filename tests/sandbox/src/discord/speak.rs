//! Posting and editing, whoever does it.

use super::{
    form::{Draft, Speaks},
    id::Id,
    refusal::Refusal,
    state::{Channel, EPHEMERAL, Kind, LOADING, Origin, Pings, SILENT, SUPPRESS_EMBEDS, State, Stored, Writer, asks},
};

/// Flags a sender may set.
const SENDABLE: u64 = SUPPRESS_EMBEDS | SILENT;

/// A message older than this has edits of its own limit.
const OLD_MS: i64 = 3_600_000;

/// How Discord marks what answers a command.
const CHAT_INPUT_COMMAND: u8 = 20;

/// What decides about edits of old messages.
#[derive(Clone, Copy, Debug)]
pub struct OldEdits {
    /// Per hour and message.
    pub limit: usize,
}

impl State {
    /// A message to `channel` that says what `draft` says.
    fn stored(&mut self, channel: Id, writer: Writer, draft: Draft, speaks: Speaks) -> Stored {
        let content = draft.content.clone().unwrap_or_default();
        let pings = draft.pings(self, &content, speaks);
        Stored {
            id: self.id(),
            channel,
            writer,
            kind: 0,
            content,
            embeds: draft.embeds.unwrap_or_default(),
            components: draft.components.unwrap_or_default(),
            flags: draft.flags & SENDABLE,
            nonce: draft.nonce,
            pings,
            sent_at: self.now(),
            edited_at: None,
            edits: 0,
            late_edits: vec![],
            only_for: None,
            origin: None,
            thread: None,
        }
    }

    /// Posts what somebody, the bot or a webhook says.
    pub fn say(&mut self, channel: Id, writer: Writer, draft: Draft) -> Result<Id, Refusal> {
        if draft.is_empty() {
            return Err(Refusal::of(50006));
        }
        let speaks = if matches!(writer, Writer::Webhook { .. }) { Speaks::Webhook } else { Speaks::Bot };
        let message = self.stored(channel, writer, draft, speaks);
        let id = message.id;
        self.post(message);
        Ok(id)
    }

    /// An answer to an interaction: a message of the bot's, for one pair of eyes where the flags say so.
    pub fn say_to(&mut self, interaction: Id, draft: Draft) -> Result<Id, Refusal> {
        if draft.is_empty() {
            return Err(Refusal::of(50006));
        }
        self.answer_with(interaction, draft, 0)
    }

    /// "Greenroom is thinking".
    pub fn think(&mut self, interaction: Id, flags: u64) -> Result<Id, Refusal> {
        let mut draft = Draft::default();
        draft.flags = flags & EPHEMERAL;
        self.answer_with(interaction, draft, LOADING)
    }

    fn answer_with(&mut self, interaction: Id, draft: Draft, more_flags: u64) -> Result<Id, Refusal> {
        let asked = self.interaction(interaction).ok_or_else(|| Refusal::of(10062))?;
        let (channel, user) = (asked.channel, asked.user);
        let origin = Origin {
            interaction,
            kind: asked.kind,
            user,
            command: asked.command.clone().filter(|_| asked.kind == asks::COMMAND),
            pressed: asked.pressed,
        };
        if !self.channels.contains_key(&channel) {
            return Err(Refusal::of(10003));
        }
        let is_ephemeral = draft.flags & EPHEMERAL != 0;
        let mut message = self.stored(channel, Writer::User(self.bot), draft, Speaks::Webhook);
        message.kind = if origin.kind == asks::COMMAND { CHAT_INPUT_COMMAND } else { 0 };
        message.origin = Some(origin);
        message.flags |= more_flags;
        if is_ephemeral {
            message.flags |= EPHEMERAL;
            message.only_for = Some(user);
        }
        let id = message.id;
        self.post(message);
        Ok(id)
    }

    /// Replaces what `draft` mentions; the rest stays. `old` is none where no limit holds.
    pub fn edit(&mut self, id: Id, draft: &Draft, speaks: Speaks, old: Option<OldEdits>) -> Result<(), Refusal> {
        let now = self.now();
        let message = self.message(id).ok_or_else(|| Refusal::of(10008))?;
        let thread = self.channels.get(&message.channel).and_then(|channel| channel.thread.as_ref());
        if message.only_for.is_none() && thread.is_some_and(|thread| thread.archived) {
            return Err(Refusal::of(50083));
        }
        let content = draft.content.clone().unwrap_or_else(|| message.content.clone());
        let embeds = draft.embeds.clone().unwrap_or_else(|| message.embeds.clone());
        if content.is_empty() && embeds.is_empty() {
            return Err(Refusal::of(50006));
        }
        // Edits without the field fall back to the defaults, whatever the message said before.
        let pings: Pings = draft.pings(self, &content, speaks);
        let Some(message) = self.message_mut(id) else { return Err(Refusal::of(10008)) };
        if let Some(OldEdits { limit }) = old.filter(|_| now - message.sent_at > OLD_MS) {
            message.late_edits.retain(|at| now - at < OLD_MS);
            if message.late_edits.len() >= limit {
                let since = message.late_edits.first().copied().unwrap_or(now);
                return Err(Refusal::too_many_old_edits((OLD_MS - (now - since)) as f64 / 1000.0));
            }
            message.late_edits.push(now);
        }
        message.content = content;
        message.embeds = embeds;
        message.pings = pings;
        if let Some(components) = &draft.components {
            message.components.clone_from(components);
        }
        if message.flags & LOADING != 0 {
            // The placeholder becomes the message; nobody calls that edited.
            message.flags &= !LOADING;
            message.flags |= draft.flags & SENDABLE;
        } else {
            message.edited_at = Some(now);
            message.edits += 1;
        }
        Ok(())
    }

    /// Whether the bot itself may write to `channel`; says why not.
    pub fn bot_may_post(&self, channel: Id, needed: u64) -> Result<&Channel, Refusal> {
        let channel = self.shown_to_bot(channel)?;
        if channel.kind == Kind::Forum {
            return Err(Refusal::of(50008));
        }
        let bits = self.permissions(self.bot, channel);
        if !self.may_send(self.bot, channel) {
            let is_locked = channel.thread.as_ref().is_some_and(|thread| thread.locked);
            return Err(Refusal::of(if is_locked { 160_005 } else { 50013 }));
        }
        if bits & needed != needed { Err(Refusal::of(50013)) } else { Ok(channel) }
    }
}
