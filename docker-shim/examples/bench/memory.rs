//! Resident memory, as the kernel counts it.

/// Prints the resident memory of some processes and its sum.
pub(crate) fn print(processes: &[(&str, u32)]) {
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
