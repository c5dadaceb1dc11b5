//! The columns that this version knows of each table. `*` would have a later version's too: once that has added one,
//! PostgreSQL refuses a statement that was prepared before (`cached plan must not change result type`), and processes
//! of this version that serve beside it would fail.

/// All columns of a table that rows are read of, for [`concat!`].
macro_rules! columns {
    (events) => {
        "events.session_id, events.number, events.kind, events.member_id, events.user_id, events.name, \
         events.source, events.at, events.recorded_at"
    };
    (sessions) => {
        "sessions.session_id, sessions.room_key, sessions.guild_id, sessions.channel_id, \
         sessions.video_session_id, sessions.topic, sessions.locale, sessions.opened_by, \
         sessions.opened_by_name, sessions.opened_at, sessions.started_at, sessions.ended_at, \
         sessions.end_reason, sessions.recording, sessions.recording_since, sessions.recording_at, \
         sessions.locked, sessions.locked_at, sessions.audience, sessions.audience_at, sessions.peak, \
         sessions.last_word_at, sessions.version, sessions.edition, sessions.cost_micros, sessions.cost_at"
    };
    (rooms) => {
        "rooms.room_key, rooms.guild_id, rooms.channel_id, rooms.canonical, rooms.title, rooms.video_name, \
         rooms.video_room_id, rooms.ensured_at, rooms.created_at"
    };
    (guests) => {
        "guests.guest_id, guests.room_key, guests.guild_id, guests.channel_id, guests.name, guests.role, \
         guests.invited_by, guests.invited_at, guests.expires_at"
    };
    (guild_settings) => {
        "guild_settings.guild_id, guild_settings.guests"
    };
    (knocks) => {
        "knocks.knock_id, knocks.session_id, knocks.guild_id, knocks.channel_id, knocks.user_id, knocks.name, \
         knocks.role, knocks.state, knocks.knocked_at, knocks.expires_at, knocks.decided_by, \
         knocks.message_id, knocks.webhook_id, knocks.shown, knocks.lease, knocks.owner"
    };
    (channel_settings) => {
        "channel_settings.channel_id, channel_settings.guild_id, channel_settings.lines, \
         channel_settings.silent, channel_settings.thread, channel_settings.names"
    };
    (stays) => {
        "stays.session_id, stays.member_id, stays.user_id, stays.name, stays.kind, stays.joined_at, \
         stays.inside_at, stays.left_at, stays.left_known, stays.token_role, stays.moves"
    };
    (tickets) => {
        "tickets.ticket_hash, tickets.purpose, tickets.room_key, tickets.user_id, tickets.created_at, \
         tickets.expires_at, tickets.used_at, tickets.nonce_hash, tickets.sid"
    };
    (webhooks) => {
        "webhooks.channel_id, webhooks.guild_id, webhooks.webhook_id, webhooks.token_sealed, \
         webhooks.created_at"
    };
}
