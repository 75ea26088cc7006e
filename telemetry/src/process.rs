//! What the system knows of this process, from `/proc`.

use std::{fs, time::Instant};

use crate::metric::{Reading, observe};

/// Of the ticks in `/proc/self/stat`: 100 a second on every architecture that Linux still has.
const TICKS: f64 = 100.0;

/// Has everything read when metrics are.
pub(crate) fn watch() {
    let started = Instant::now();
    let uptime = move || one(Some(started.elapsed().as_secs_f64()));
    observe("process.uptime", "s", "Since the process was started", false, uptime);
    observe(
        "process.cpu.time",
        "s",
        "Processor time, of the process and for it",
        true,
        || one(cpu_seconds()),
    );
    let memory = || one(status("VmRSS:").map(|kib| kib * 1024.0));
    observe("process.memory.usage", "By", "Memory that is resident", false, memory);
    observe("process.thread.count", "{thread}", "Threads", false, || one(status("Threads:")));
    let files = || one(fs::read_dir("/proc/self/fd").ok().map(|files| files.count() as f64));
    observe(
        "process.unix.file_descriptor.count",
        "{file_descriptor}",
        "Open files and sockets",
        false,
        files,
    );
}

fn one(value: Option<f64>) -> Vec<Reading> {
    value.map(|value| (value, Vec::new())).into_iter().collect()
}

/// proc(5): the fields after the name, which ends with the last bracket; user and system time are the 12th and 13th of them.
fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let ticks = fields.next()?.parse::<f64>().ok()? + fields.next()?.parse::<f64>().ok()?;
    Some(ticks / TICKS)
}

fn status(key: &str) -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let value = status.lines().find_map(|line| line.strip_prefix(key))?;
    value.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_tells_of_this_process() {
        assert!(cpu_seconds().is_some_and(|seconds| seconds >= 0.0));
        assert!(status("VmRSS:").is_some_and(|kib| kib > 0.0));
        assert!(status("Threads:").is_some_and(|threads| threads >= 1.0));
    }
}
