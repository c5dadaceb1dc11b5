//! What processes and threads took, as Linux counts it.

use std::{fs, time::Duration};

use sandbox::proof::{Failed, Result};

/// Processor time is told in hundredths of a second, whatever the machine.
const TICK: Duration = Duration::from_millis(10);

/// Processor time of a process so far.
pub fn of_process(id: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
    ticks(&stat).map(|ticks| TICK * ticks).ok_or_else(|| Failed::new("a /proc/PID/stat of another shape"))
}

/// Processor time so far of this process's threads of one name.
pub fn of_threads(name: &str) -> Result<Duration> {
    let mut all = 0;
    for thread in fs::read_dir("/proc/self/task")? {
        // A thread may end while we look.
        let Ok(stat) = fs::read_to_string(thread?.path().join("stat")) else { continue };
        let is = |stat: &str| Some(stat.split_once('(')?.1.rsplit_once(')')?.0 == name);
        if is(&stat) == Some(true) {
            all += ticks(&stat).unwrap_or_default();
        }
    }
    Ok(TICK * all)
}

/// Fields 14 and 15; the second, in brackets, may hold spaces.
fn ticks(stat: &str) -> Option<u32> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(fields.get(11)?.parse::<u32>().ok()? + fields.get(12)?.parse::<u32>().ok()?)
}
