//! Permissions as Discord computes them: <https://discord.com/developers/docs/topics/permissions>. Pure.

use std::collections::HashMap;

use serenity::model::{
    Permissions,
    channel::{GuildChannel, PermissionOverwrite, PermissionOverwriteType},
    guild::{Member, PartialGuild},
};

/// Who owns a guild and what its roles allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Guild {
    pub id: u64,
    pub owner: u64,
    pub name: String,
    pub roles: HashMap<u64, Permissions>,
}

impl From<PartialGuild> for Guild {
    fn from(guild: PartialGuild) -> Self {
        Self {
            id: guild.id.get(),
            owner: guild.owner_id.get(),
            name: guild.name,
            roles: guild.roles.into_iter().map(|(id, role)| (id.get(), role.permissions)).collect(),
        }
    }
}

/// What `member` may do in each of `channels`, which are no threads.
pub fn allowed<'a>(
    guild: PartialGuild,
    member: &'a Member,
    channels: &'a [GuildChannel],
) -> impl Iterator<Item = (&'a GuildChannel, Permissions)> {
    let guild = Guild::from(guild);
    channels.iter().map(move |channel| {
        let roles = member.roles.iter().map(|role| role.get());
        (channel, permissions_in(&guild, &channel.permission_overwrites, member.user.id.get(), roles))
    })
}

/// What `user` with `roles` may do where `overwrites` hold; a thread's are its parent's.
pub(super) fn permissions_in(
    guild: &Guild,
    overwrites: &[PermissionOverwrite],
    user: u64,
    roles: impl Iterator<Item = u64> + Clone,
) -> Permissions {
    if user == guild.owner {
        return Permissions::all();
    }
    // The role @everyone has the guild's id, and no member lists it.
    let of_role = |role: u64| guild.roles.get(&role).copied().unwrap_or_default();
    let base = roles.clone().map(of_role).fold(of_role(guild.id), |all, role| all | role);
    if base.administrator() {
        return Permissions::all();
    }
    let (mut everyone, mut of_roles, mut own) = (Change::default(), Change::default(), Change::default());
    for overwrite in overwrites {
        match overwrite.kind {
            PermissionOverwriteType::Role(role) if role.get() == guild.id => everyone.add(overwrite),
            PermissionOverwriteType::Role(role) if roles.clone().any(|own| own == role.get()) => {
                of_roles.add(overwrite)
            }
            PermissionOverwriteType::Member(member) if member.get() == user => own.add(overwrite),
            _ => {}
        }
    }
    own.to(of_roles.to(everyone.to(base)))
}

/// Denials and allowances of one step, collected: within a step an allowance wins.
#[derive(Default)]
struct Change {
    deny: Permissions,
    allow: Permissions,
}

impl Change {
    fn add(&mut self, overwrite: &PermissionOverwrite) {
        self.deny |= overwrite.deny;
        self.allow |= overwrite.allow;
    }

    fn to(&self, before: Permissions) -> Permissions {
        (before & !self.deny) | self.allow
    }
}

#[cfg(test)]
mod tests {
    use serenity::model::{
        Permissions as P,
        channel::{PermissionOverwrite, PermissionOverwriteType},
        id::{RoleId, UserId},
    };

    use super::{Guild, permissions_in};

    const GUILD: u64 = 1;
    const OWNER: u64 = 9;
    const USER: u64 = 5;
    const RED: u64 = 10;
    const BLUE: u64 = 11;
    const ADMIN: u64 = 12;

    fn guild(everyone: P) -> Guild {
        let roles = [(GUILD, everyone), (RED, P::empty()), (BLUE, P::SEND_MESSAGES), (ADMIN, P::ADMINISTRATOR)];
        Guild { id: GUILD, owner: OWNER, name: String::new(), roles: roles.into() }
    }

    fn role(id: u64, allow: P, deny: P) -> PermissionOverwrite {
        PermissionOverwrite { allow, deny, kind: PermissionOverwriteType::Role(RoleId::new(id)) }
    }

    fn user(id: u64, allow: P, deny: P) -> PermissionOverwrite {
        PermissionOverwrite { allow, deny, kind: PermissionOverwriteType::Member(UserId::new(id)) }
    }

    #[test]
    fn each_step_of_discords_order_overrules_the_one_before() {
        let view = P::VIEW_CHANNEL;
        let hidden = role(GUILD, P::empty(), view);
        for (case, everyone, overwrites, user_id, roles, sees) in [
            ("everyone's role", view, vec![], USER, vec![], true),
            ("no role allows", P::empty(), vec![], USER, vec![RED], false),
            ("the owner is above all", P::empty(), vec![user(OWNER, P::empty(), view)], OWNER, vec![], true),
            ("an administrator is above overwrites", view, vec![user(USER, P::empty(), view)], USER, vec![ADMIN], true),
            ("everyone's overwrite denies", view, vec![hidden.clone()], USER, vec![], false),
            (
                "a role's allowance beats it",
                view,
                vec![hidden.clone(), role(RED, view, P::empty())],
                USER,
                vec![RED],
                true,
            ),
            (
                "another's role is nothing to me",
                view,
                vec![hidden.clone(), role(BLUE, view, P::empty())],
                USER,
                vec![RED],
                false,
            ),
            (
                "among roles an allowance beats a denial",
                view,
                vec![role(RED, P::empty(), view), role(BLUE, view, P::empty())],
                USER,
                vec![RED, BLUE],
                true,
            ),
            (
                "my own denial beats roles",
                view,
                vec![role(RED, view, P::empty()), user(USER, P::empty(), view)],
                USER,
                vec![RED],
                false,
            ),
            (
                "my own allowance beats all denials",
                view,
                vec![hidden, user(USER, view, P::empty())],
                USER,
                vec![],
                true,
            ),
            ("another's own is nothing to me", view, vec![user(6, P::empty(), view)], USER, vec![], true),
            ("a role that is gone", view, vec![], USER, vec![77], true),
        ] {
            let permissions = permissions_in(&guild(everyone), &overwrites, user_id, roles.iter().copied());
            assert_eq!(permissions.contains(view), sees, "{case}");
        }
    }

    #[test]
    fn the_order_of_overwrites_does_not_matter() {
        let mut overwrites = vec![
            user(USER, P::SPEAK, P::empty()),
            role(BLUE, P::CONNECT, P::SPEAK),
            role(GUILD, P::VIEW_CHANNEL, P::CONNECT | P::SEND_MESSAGES),
        ];
        let before = permissions_in(&guild(P::empty()), &overwrites, USER, [BLUE].into_iter());
        overwrites.reverse();
        assert_eq!(permissions_in(&guild(P::empty()), &overwrites, USER, [BLUE].into_iter()), before);
        assert_eq!(before, P::VIEW_CHANNEL | P::CONNECT | P::SPEAK);
    }
}
