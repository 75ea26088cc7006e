//! Memory and time of processes, as the kernel counts them.

use std::time::Duration;

/// `/proc` counts time in these (USER_HZ on Linux).
const TICK: Duration = Duration::from_millis(10);

/// Prints the resident memory of some processes and its sum.
pub(crate) fn print_memory(processes: &[(&str, u32)]) {
    println!("\nresident memory (VmRSS)");
    for (name, pid) in processes {
        println!("  {name:<32} {:>7.1} MiB", resident(*pid));
    }
}

fn resident(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("every process has VmRSS");
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number of kB");
    kib / 1024.0
}

/// Time that some processes have computed, in user and system mode together.
pub(crate) fn cpu(pids: &[u32]) -> Duration {
    TICK * pids.iter().map(|pid| ticks(*pid)).sum()
}

fn ticks(pid: u32) -> u32 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process runs");
    let (_, fields) = stat.rsplit_once(") ").expect("the name stands in parentheses");
    // utime and stime, the fields 14 and 15; the third is the first behind the name.
    let ticks =
        fields.split(' ').skip(11).take(2).map(|field| field.parse::<u32>().expect("a number of ticks"));
    ticks.sum()
}
