//! The wire to the database, for one process or for several. It breaks, which everybody hears; or whoever listens, or
//! everybody, is cut off without a word: nothing is closed, nothing arrives any more.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
};

/// Whose connections are dead, new ones too.
#[derive(Clone, Copy)]
enum Cut {
    Nobodys,
    WhoListens,
    Everybodys,
    /// And closed.
    Broken,
}

pub struct Wire {
    /// The database's, by this wire.
    pub url: String,
    cut: watch::Sender<Cut>,
    lost: Arc<AtomicUsize>,
}

impl Wire {
    /// To a database of [`crate::postgres`].
    pub async fn to(database_url: &str) -> Self {
        let url = url::Url::parse(database_url).unwrap();
        let folder = url.query_pairs().find(|(name, _)| name == "host").unwrap().1.into_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let by = format!("postgres://greenroom@{}{}?sslmode=disable", listener.local_addr().unwrap(), url.path());
        let (cut, lost) = (watch::Sender::new(Cut::Nobodys), Arc::new(AtomicUsize::new(0)));
        let (seen, counted) = (cut.subscribe(), lost.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(format!("{folder}/.s.PGSQL.5432")).await.unwrap();
                tokio::spawn(carry(client, server, seen.clone(), counted.clone()));
            }
        });
        Self { url: by, cut, lost }
    }

    /// Every connection on which somebody listens is dead from now on, and so is each new one.
    pub fn cuts_off_who_listens(&self) {
        self.lost.store(0, Ordering::SeqCst);
        self.cut.send_replace(Cut::WhoListens);
    }

    /// As when the machine behind it vanished.
    pub fn cuts_off_everybody(&self) {
        self.cut.send_replace(Cut::Everybodys);
    }

    /// Every connection is closed, and so is each new one.
    pub fn breaks(&self) {
        self.cut.send_replace(Cut::Broken);
    }

    /// For new connections.
    pub fn returns(&self) {
        self.cut.send_replace(Cut::Nobodys);
    }

    /// Connections that were cut off.
    pub fn lost(&self) -> usize {
        self.lost.load(Ordering::SeqCst)
    }
}

async fn carry(mut client: TcpStream, mut server: UnixStream, mut cut: watch::Receiver<Cut>, lost: Arc<AtomicUsize>) {
    let (mut asked, mut told) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let mut listens = false;
    loop {
        let n = tokio::select! {
            _ = cut.changed() => 0,
            n = client.read(&mut asked) => match n {
                Ok(n) if n > 0 => n,
                _ => return,
            },
            n = server.read(&mut told) => match n {
                Ok(n) if n > 0 && client.write_all(&told[..n]).await.is_ok() => 0,
                _ => return,
            },
        };
        listens |= asked[..n].windows(8).any(|word| word == b"LISTEN \"");
        let is_cut = match *cut.borrow_and_update() {
            Cut::Nobodys => false,
            Cut::WhoListens => listens,
            Cut::Everybodys => true,
            Cut::Broken => return,
        };
        if is_cut {
            lost.fetch_add(1, Ordering::SeqCst);
            // Until whoever listens gives up.
            while client.read(&mut asked).await.is_ok_and(|n| n > 0) {}
            return;
        }
        if server.write_all(&asked[..n]).await.is_err() {
            return;
        }
    }
}
