//! 1. Someone types `/video` or another command, or presses a button of ours.
//!
//! In: an interaction, however it came. Out: a first answer within milliseconds, and perhaps work that ends
//! in another. What needs nobody but our database is answered at once; what needs SignalWire or Discord is
//! promised first. Every path ends in a sentence for the person, also when the database, SignalWire or
//! Discord is down, and a promise outlives a crash.

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;
use serenity::{
    all::{CommandInteraction, ComponentInteraction, CreateAutocompleteResponse, InteractionType, ModalInteraction},
    builder::{CreateInteractionResponse, CreateInteractionResponseMessage},
    model::application::Interaction,
};
use url::Url;

use crate::{
    access::{Facts, Membership, Tickets},
    buckets::{Allowance, Buckets, TooOften},
    clock::Clock,
    discord::{self, Answer, Handler, Later, Outline, Reply},
    lease::Leases,
    room::{Ending, OpenProblem, Rooms},
    secret::{Keys, Random, reference_of},
    store::Store,
    telemetry,
    wake::Wake,
    words::{Locale, Words},
};

/// What our buttons carry.
mod custom_id;

/// An interaction read once.
mod ask;

/// `/video`: a room is found or opened, and the caller gets their way in.
mod video;

/// A press on Join: the same for a room that is open.
mod join;

/// `/room`: what is open, and the end of it.
mod rooms;

/// `/room guest`: people without a Discord account.
mod guest;

/// Answers to who asks to be let in.
mod knock;

/// `/greenroom`: how a channel wants to hear, and what it lacks.
mod greenroom;

/// What the command box suggests.
mod complete;

/// Promised answers that outlive a crash.
mod pending;

/// What the private answers say.
mod reply;

/// The commands as Discord lists them.
mod register;

pub use self::{
    ask::has_threads,
    custom_id::{join_custom_id, knock_custom_id},
    register::{Registered, VideoCommand, is_registered, register},
    reply::TOPIC_MAX,
};
use self::{
    ask::{Ask, What},
    reply::{Refusal, Said, Speaker},
};

/// How long the database may take before the answer is promised instead.
const AT_ONCE: Duration = Duration::from_millis(800);

/// What a person may ask of us: more than anybody does who means it.
const ASKING: Allowance = Allowance::new(40, Duration::from_secs(2));
/// What a person may type: Discord asks at every pause.
const TYPING: Allowance = Allowance::new(60, Duration::from_millis(250));
/// What a server's people may do of both together.
const OF_GUILD: Allowance = Allowance::new(600, Duration::from_millis(25));

/// How long promised work may take; people do not wait longer, and every service behind it has its own limit.
const PROMISED: Duration = Duration::from_secs(60);

/// What commands hold.
#[derive(Debug, Clone)]
pub struct Parts {
    pub store: Store,
    pub leases: Leases,
    pub keys: Keys,
    pub rooms: Rooms,
    pub ending: Ending,
    pub membership: Membership,
    pub tickets: Tickets,
    pub words: Words,
    pub clock: Clock,
    pub random: Random,
    pub wake: Wake,
    pub discord: discord::Client,
    /// `DISCORD_API_URL`, where an admin adds the bot.
    pub api_url: Url,
    /// Told its id by each `/video` and by [`register()`].
    pub video: VideoCommand,
    /// `RATE_LIMITS`
    pub rate_limits: bool,
}

/// All commands and buttons. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Commands(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    parts: Parts,
    /// Discord's three seconds run in real time.
    real: Clock,
    /// Per person: commands and presses, and what they type.
    asking: Buckets<u64>,
    typing: Buckets<u64>,
    guilds: Buckets<u64>,
}

impl std::ops::Deref for Commands {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}

/// How far an answer is.
enum Step {
    Said(Said),
    /// Said now, and perhaps something better later.
    Then(Said, BoxFuture<'static, Option<Said>>),
    /// Others have to be asked first.
    Slow(BoxFuture<'static, Result<Said, Stop>>),
}

/// Why there is no way in.
enum Stop {
    /// The person is told why.
    Refused(Refusal),
    /// The operator is told why.
    Broken(anyhow::Error),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        Self::Broken(anyhow::Error::new(error).context("the database does not do its part"))
    }
}

impl Handler for Commands {
    async fn handle(&self, interaction: Interaction) -> Answer {
        self.first(interaction).await
    }

    fn label(&self, interaction: &Interaction) -> &'static str {
        match interaction {
            Interaction::Ping(_) => "ping",
            Interaction::Command(command) => {
                let ours = [register::VIDEO, register::ROOMS, register::GREENROOM];
                ours.into_iter().find(|name| *name == command.data.name).unwrap_or("other")
            }
            Interaction::Autocomplete(_) => "complete",
            Interaction::Component(press) => custom_id::label(&press.data.custom_id),
            Interaction::Modal(_) => "settings",
            _ => "other",
        }
    }

    fn sorry(&self, outline: &Outline) -> CreateInteractionResponse {
        match outline.kind {
            InteractionType::Ping => CreateInteractionResponse::Pong,
            InteractionType::Autocomplete => CreateInteractionResponse::Autocomplete(CreateAutocompleteResponse::new()),
            _ => {
                let reference = reference_of(outline.id.get());
                tracing::error!("an interaction went wrong");
                self.refuse(&outline.locale, &Refusal::Sorry { reference }).first()
            }
        }
    }
}

impl Commands {
    pub fn new(parts: Parts) -> Self {
        let on = parts.rate_limits;
        Self(Arc::new(Inner {
            parts,
            real: Clock::system(),
            asking: Buckets::new(on, ASKING),
            typing: Buckets::new(on, TYPING),
            guilds: Buckets::new(on, OF_GUILD),
        }))
    }

    /// Of how many people and servers it is counted what they ask.
    pub fn kept(&self) -> [(&'static str, usize); 2] {
        let people = self.0.asking.sweep() + self.0.typing.sweep();
        [("command_people", people), ("command_servers", self.0.guilds.sweep())]
    }

    async fn first(&self, interaction: Interaction) -> Answer {
        let reply = Reply::to(&interaction);
        if let Err(late) = self.count(&interaction) {
            return match &interaction {
                Interaction::Autocomplete(_) => {
                    CreateInteractionResponse::Autocomplete(CreateAutocompleteResponse::new()).into()
                }
                other => self.refuse(&Outline::of(other).locale, &Refusal::TooOften(late)).first().into(),
            };
        }
        match interaction {
            Interaction::Ping(_) => CreateInteractionResponse::Pong.into(),
            Interaction::Command(command) => self.command(&command, reply).await,
            Interaction::Component(press) => self.press(&press, reply).await,
            Interaction::Modal(form) => self.form_sent(&form, reply).await,
            Interaction::Autocomplete(typing) => {
                CreateInteractionResponse::Autocomplete(self.complete(&typing).await).into()
            }
            other => self.refuse(&Outline::of(&other).locale, &Refusal::Unknown).first().into(),
        }
    }

    /// Counts it against its person's and its server's allowance.
    fn count(&self, interaction: &Interaction) -> Result<(), TooOften> {
        let (people, user, guild) = match interaction {
            Interaction::Command(it) => (&self.0.asking, it.user.id, it.guild_id),
            Interaction::Component(it) => (&self.0.asking, it.user.id, it.guild_id),
            Interaction::Modal(it) => (&self.0.asking, it.user.id, it.guild_id),
            Interaction::Autocomplete(it) => (&self.0.typing, it.user.id, it.guild_id),
            _ => return Ok(()),
        };
        people.take(&user.get())?;
        guild.map_or(Ok(()), |guild| self.0.guilds.take(&guild.get()))
    }

    async fn command(&self, command: &CommandInteraction, reply: Reply) -> Answer {
        match Ask::of_command(command, &self.api_url) {
            Ok((ask, vouched)) => {
                if command.data.name == register::VIDEO {
                    self.video.is(command.data.id);
                }
                let facts = self.membership.remember(vouched.member, vouched.channel);
                if matches!(ask.what, What::Form) {
                    return self.form(&ask, &facts).await.into();
                }
                self.answer(ask, facts, reply).await
            }
            Err(refusal) => self.refuse(&command.locale, &refusal).first().into(),
        }
    }

    async fn press(&self, press: &ComponentInteraction, reply: Reply) -> Answer {
        match Ask::of_press(press) {
            Ok((ask, vouched)) => {
                let facts = self.membership.remember(vouched.member, vouched.channel);
                self.answer(ask, facts, reply).await
            }
            Err(refusal) => self.refuse(&press.locale, &refusal).first().into(),
        }
    }

    async fn form_sent(&self, form: &ModalInteraction, reply: Reply) -> Answer {
        match Ask::of_form(form, &self.words) {
            Ok((ask, vouched)) => {
                let facts = self.membership.remember(vouched.member, vouched.channel);
                self.answer(ask, facts, reply).await
            }
            Err(refusal) => self.refuse(&form.locale, &refusal).first().into(),
        }
    }

    /// The first answer: the real one when it can be had at once, else the promise of one.
    async fn answer(&self, ask: Ask, facts: Facts, reply: Reply) -> Answer {
        let ask = Arc::new(ask);
        let mut step: BoxFuture<'static, Step> = Box::pin(self.clone().step(Arc::clone(&ask), facts));
        let work = match self.0.real.timeout(AT_ONCE, &mut step).await {
            Some(Step::Said(said)) if ask.replaces() => return said.replace().into(),
            Some(Step::Said(said)) => return said.first().into(),
            Some(Step::Then(said, more)) => {
                let later = self.clone().deliver_if(reply, more);
                return Answer { first: said.first(), later: Some(later) };
            }
            Some(Step::Slow(work)) => self.clone().told(Arc::clone(&ask), work),
            None => self.clone().finished(Arc::clone(&ask), step),
        };
        let owner = self.promise(&ask, &reply).await;
        let first = if ask.replaces() {
            CreateInteractionResponse::Acknowledge
        } else {
            CreateInteractionResponse::Defer(CreateInteractionResponseMessage::new().ephemeral(true))
        };
        Answer { first, later: Some(self.clone().keep_promise(reply, owner, work)) }
    }

    /// The request as far as it goes without asking anybody but the database.
    async fn step(self, ask: Arc<Ask>, facts: Facts) -> Step {
        let result = match &ask.what {
            What::Video { .. } => self.clone().video(Arc::clone(&ask), facts).await,
            What::Join { room_key } => self.clone().join(Arc::clone(&ask), room_key, facts).await,
            What::Rooms => self.clone().list(Arc::clone(&ask)).await,
            What::AskToEnd { room } => self.ask_to_end(&ask, room.as_deref(), facts).await,
            What::End { session_id } => self.clone().end(Arc::clone(&ask), session_id, facts).await,
            What::Invite { name, room, role } => self.invite(&ask, name, room.as_deref(), *role, facts).await,
            What::Guests => self.guests(&ask, &facts).await,
            What::Revoke { guest_id } => self.revoke(&ask, *guest_id, facts).await,
            What::Readmit { user_id, room } => self.readmit(&ask, *user_id, room.as_deref(), facts).await,
            What::Knock { answer, knock_id } => self.answer_knock(&ask, *answer, knock_id, facts).await,
            What::Save { settings, guests } => self.save(&ask, &facts, *settings, *guests).await,
            What::Why { user_id, room } => self.clone().why(Arc::clone(&ask), *user_id, room.as_deref(), &facts).await,
            What::Stats => self.stats(&ask, &facts).await,
            What::Check { lacks } => self.check(&ask, &facts, *lacks).await,
            // A form is opened in the first answer or not at all.
            What::Form => Err(Refusal::Unknown.into()),
        };
        result.unwrap_or_else(|stop| Step::Said(self.stopped(&ask, stop)))
    }

    /// The same to its very end, in one answer.
    fn finished(self, ask: Arc<Ask>, step: BoxFuture<'static, Step>) -> BoxFuture<'static, Said> {
        Box::pin(async move {
            match step.await {
                Step::Said(said) => said,
                Step::Then(said, more) => more.await.unwrap_or(said),
                Step::Slow(work) => self.told(ask, work).await,
            }
        })
    }

    fn told(self, ask: Arc<Ask>, work: BoxFuture<'static, Result<Said, Stop>>) -> BoxFuture<'static, Said> {
        Box::pin(async move {
            let limited = self.0.real.timeout(PROMISED, work).await;
            let result = limited.unwrap_or_else(|| Err(Stop::Broken(anyhow::anyhow!("it took too long"))));
            result.unwrap_or_else(|stop| self.stopped(&ask, stop))
        })
    }

    /// Edits the answer when there is more to say.
    fn deliver_if(self, reply: Reply, more: BoxFuture<'static, Option<Said>>) -> Later {
        Box::pin(async move {
            if let Some(said) = more.await
                && let Err(error) = self.discord.edit_original(&reply, &said.edit()).await
            {
                tracing::debug!(%error, interaction.id = reply.interaction.get(), "an answer was not added to");
            }
        })
    }

    fn stopped(&self, ask: &Ask, stop: Stop) -> Said {
        let refusal = match stop {
            Stop::Refused(refusal) => refusal,
            Stop::Broken(error) => {
                let reference = ask.reference();
                let (guild, channel, user) = (ask.guild_id, ask.channel_id, ask.user_id);
                tracing::error!(
                    %reference, guild.id = guild, channel.id = channel, user.id = user,
                    "a command went wrong: {error:#}"
                );
                Refusal::Sorry { reference }
            }
        };
        telemetry::refused(refusal.code());
        self.speak(ask, |speaker| speaker.refuse(&refusal))
    }

    fn speak<T>(&self, ask: &Ask, say: impl FnOnce(Speaker<'_>) -> T) -> T {
        let (locale, guild_locale) = (ask.locale(), ask.guild_locale());
        say(Speaker { words: &self.words, locale, guild_locale, video: &self.video.mention() })
    }

    /// A refusal to somebody of whom nothing is known but their language.
    fn refuse(&self, locale: &str, refusal: &Refusal) -> Said {
        telemetry::refused(refusal.code());
        let locale = Locale::from_discord(locale);
        let video = self.video.mention();
        Speaker { words: &self.words, locale, guild_locale: locale, video: &video }.refuse(refusal)
    }
}
