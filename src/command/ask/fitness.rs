//! What a channel is good for: what its kind has, and what we may do there by Discord's own word. Pure.

use serenity::model::{
    Permissions,
    channel::{ChannelType, PartialChannel},
};

use crate::{
    command::reply::Posting,
    discord::{self, ChannelId},
};

/// What of all that we need in such a channel we don't have there.
pub fn lacks(kind: ChannelType, ours: Option<Permissions>) -> Permissions {
    let needless = if is_thread(kind) { Permissions::SEND_MESSAGES } else { Permissions::SEND_MESSAGES_IN_THREADS };
    let mut needed = discord::PERMISSIONS - needless;
    needed.set(Permissions::CONNECT, matches!(kind, ChannelType::Voice | ChannelType::Stage));
    needed.set(Permissions::CREATE_PUBLIC_THREADS, has_threads(kind));
    match ours {
        Some(ours) if !ours.administrator() => needed - ours,
        _ => Permissions::empty(),
    }
}

/// The channel that a thread hangs in.
pub fn thread_parent(channel: &PartialChannel) -> Option<ChannelId> {
    is_thread(channel.kind).then_some(channel.parent_id).flatten()
}

fn is_thread(kind: ChannelType) -> bool {
    matches!(kind, ChannelType::PublicThread | ChannelType::PrivateThread | ChannelType::NewsThread)
}

/// Whether a thread can hang on a message there.
pub fn has_threads(kind: ChannelType) -> bool {
    matches!(kind, ChannelType::Text | ChannelType::News)
}

/// How we could post there, by what Discord says we and the person may do.
pub fn posting(kind: ChannelType, ours: Permissions, theirs: Permissions) -> Posting {
    let voice = matches!(kind, ChannelType::Voice | ChannelType::Stage);
    let send = if is_thread(kind) { Permissions::SEND_MESSAGES_IN_THREADS } else { Permissions::SEND_MESSAGES };
    let mut see = Permissions::VIEW_CHANNEL;
    see.set(Permissions::CONNECT, voice);
    // Who may change what we may do here.
    let mends = Permissions::ADMINISTRATOR | Permissions::MANAGE_GUILD | Permissions::MANAGE_ROLES;
    if ours.administrator() || ours.contains(see | Permissions::MANAGE_WEBHOOKS) {
        Posting::Card
    } else if ours.contains(see | send | Permissions::EMBED_LINKS) {
        if theirs.intersects(mends) { Posting::AsBotTell } else { Posting::Card }
    } else {
        Posting::Nowhere { voice }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_bot_may_do_decides_how_it_posts() {
        use Permissions as P;
        let view = P::VIEW_CHANNEL;
        let text = P::SEND_MESSAGES | P::EMBED_LINKS;
        let thread = P::SEND_MESSAGES_IN_THREADS | P::EMBED_LINKS;
        let (admin, plain) = (P::MANAGE_ROLES, P::SEND_MESSAGES);
        let nowhere = Posting::Nowhere { voice: false };
        for (kind, ours, theirs, expected) in [
            (ChannelType::Text, view | P::MANAGE_WEBHOOKS, admin, Posting::Card),
            (ChannelType::Text, view | text, plain, Posting::Card),
            (ChannelType::Text, view | text, admin, Posting::AsBotTell),
            (ChannelType::Text, view | P::SEND_MESSAGES, admin, nowhere),
            (ChannelType::Text, text | P::MANAGE_WEBHOOKS, admin, nowhere),
            (ChannelType::PublicThread, view | text, plain, nowhere),
            (ChannelType::PublicThread, view | thread, plain, Posting::Card),
            (ChannelType::PrivateThread, view | thread, admin, Posting::AsBotTell),
            (ChannelType::Voice, view | text | P::MANAGE_WEBHOOKS, plain, Posting::Nowhere { voice: true }),
            (ChannelType::Stage, view | text | P::CONNECT, plain, Posting::Card),
            (ChannelType::Text, P::ADMINISTRATOR, admin, Posting::Card),
        ] {
            assert_eq!(posting(kind, ours, theirs), expected, "{kind:?} {ours:?}");
        }
    }
}
