//! What processes and threads took, as Linux counts it: each thread to the nanosecond.

use std::{collections::HashMap, ffi::OsString, fs, path::Path, time::Duration};

use sandbox::proof::{Failed, Result};

/// Nanoseconds on a processor so far, by thread.
pub struct Taken(HashMap<OsString, u64>);

pub fn of_process(id: u32) -> Result<Taken> {
    of(Path::new(&format!("/proc/{id}/task")), |_| true)
}

/// This process's threads of one name.
pub fn of_threads(name: &str) -> Result<Taken> {
    of(Path::new("/proc/self/task"), |thread| {
        fs::read_to_string(thread.join("comm")).is_ok_and(|comm| comm.trim_end() == name)
    })
}

fn of(threads: &Path, counts: impl Fn(&Path) -> bool) -> Result<Taken> {
    let mut taken = HashMap::new();
    for thread in fs::read_dir(threads)? {
        let thread = thread?;
        // A thread may end while we look.
        let Ok(stat) = fs::read_to_string(thread.path().join("schedstat")) else { continue };
        let nanos = stat.split_whitespace().next().and_then(|nanos| nanos.parse().ok());
        let nanos = nanos.ok_or_else(|| Failed::new("a schedstat of another shape"))?;
        if counts(&thread.path()) {
            taken.insert(thread.file_name(), nanos);
        }
    }
    if taken.is_empty() {
        return Err(Failed::new(format!("no schedstat of {}: Linux counts no processor time", threads.display())));
    }
    Ok(Taken(taken))
}

impl Taken {
    /// Whatever a thread took that has ended since is not counted.
    pub fn since(&self, before: &Self) -> Duration {
        let since = |(thread, nanos): (_, &u64)| nanos.saturating_sub(*before.0.get(thread).unwrap_or(&0));
        Duration::from_nanos(self.0.iter().map(since).sum())
    }
}
