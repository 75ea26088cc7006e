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
    mebibytes(pid, "VmRSS:")
}

/// The most resident memory that a process has had so far, in MiB.
pub(crate) fn peak(pid: u32) -> f64 {
    mebibytes(pid, "VmHWM:")
}

fn mebibytes(pid: u32, field: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("every process has it");
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number of kB");
    kib / 1024.0
}

/// Time that some processes have computed, in user and system mode together.
pub(crate) fn cpu(pids: &[u32]) -> Duration {
    TICK * pids.iter().map(|pid| own(ticks(pid))).sum()
}

/// The same with the children that they have waited for, and all children that this process has waited for.
pub(crate) fn cpu_with_children(pids: &[u32]) -> Duration {
    let [.., user, system] = ticks("self");
    TICK * pids.iter().map(|pid| ticks(pid).iter().sum::<u32>()).sum::<u32>() + TICK * (user + system)
}

fn own([user, system, ..]: [u32; 4]) -> u32 {
    user + system
}

/// utime, stime, cutime and cstime (proc(5)): the fields 14 to 17; the third is the first behind the name.
fn ticks(process: impl std::fmt::Display) -> [u32; 4] {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("the process runs");
    let (_, fields) = stat.rsplit_once(") ").expect("the name stands in parentheses");
    let mut fields = fields.split(' ').skip(11).map(|field| field.parse().expect("a number of ticks"));
    [(); 4].map(|()| fields.next().expect("the fields go on"))
}
