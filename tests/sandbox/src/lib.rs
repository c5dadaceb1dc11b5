//! Stand-ins for the two outside parties, Discord and SignalWire: real ports, state, refusals and
//! switchable faults. Used by the tests and the demo; imports nothing of Greenroom.

pub mod clock;
pub mod discord;
pub mod fault;
pub mod issued;
pub mod listen;
pub mod postgres;
pub mod proof;
pub mod schema;
pub mod signalwire;
pub mod stage;

use clock::Clock;

/// How the stand-ins are made.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub discord: discord::Options,
    pub signalwire: signalwire::Options,
}

impl From<signalwire::Options> for Options {
    fn from(signalwire: signalwire::Options) -> Self {
        Self { signalwire, ..Self::default() }
    }
}

impl From<discord::Options> for Options {
    fn from(discord: discord::Options) -> Self {
        Self { discord, ..Self::default() }
    }
}

/// Both outside parties. They end when the last clone of their handles is gone.
#[derive(Clone)]
pub struct Sandbox {
    /// Moves what both call now.
    pub clock: Clock,
    pub discord: discord::Discord,
    pub signalwire: signalwire::SignalWire,
}

impl Sandbox {
    /// Starts everything on ports of the system's choice.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let clock = Clock::new();
        let discord = discord::Discord::start(clock.clone(), options.discord).await?;
        let signalwire = signalwire::SignalWire::start(clock.clone(), options.signalwire).await?;
        Ok(Self { clock, discord, signalwire })
    }

    /// The variables a bot needs to take the stand-ins for the real thing.
    pub fn env(&self) -> Vec<(String, String)> {
        let mut env = self.discord.env();
        env.extend(self.signalwire.env());
        env
    }
}
