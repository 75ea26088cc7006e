//! What a command costs: time, and the work of all processes that it keeps busy.

use std::{
    io,
    ops::{AddAssign, Div},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::process::cpu_with_children;

/// Time on the wall, and of processors.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    pub(crate) work: Duration,
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.wall += other.wall;
        self.work += other.work;
    }
}

impl Div<u32> for Cost {
    type Output = Self;

    fn div(self, count: u32) -> Self {
        Self { wall: self.wall / count, work: self.work / count }
    }
}

/// Runs a command that must succeed; its work is its own and that of the servers.
pub(crate) fn cost(command: &mut Command, servers: &[u32]) -> Cost {
    cost_of(servers, || {
        let output = command.stdin(Stdio::null()).output().expect("the program is installed");
        assert!(
            output.status.success(),
            "{command:?}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    })
}

/// As `cost`, for a command whose output is as large as an image.
pub(crate) fn discarding(command: &mut Command, servers: &[u32]) -> Cost {
    cost_of(servers, || {
        // A pipe, as the docker CLI does not write an archive to a device.
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the program is installed");
        io::copy(&mut child.stdout.take().expect("a pipe"), &mut io::sink()).expect("a pipe can be read");
        assert!(child.wait().expect("a child can be waited for").success(), "{command:?}");
    })
}

/// The cost of something that waits for the processes it starts.
pub(crate) fn cost_of(servers: &[u32], work: impl FnOnce()) -> Cost {
    let (before, start) = (cpu_with_children(servers), Instant::now());
    work();
    Cost { wall: start.elapsed(), work: cpu_with_children(servers) - before }
}

/// Three columns, the last a ratio of times.
pub(crate) fn beside(cost: Cost, ours: Cost) -> String {
    let (wall, work) = (cost.wall.as_secs_f64(), cost.work.as_secs_f64());
    format!("{wall:>9.2} s {work:>8.2} s {:>7.2}x", wall / ours.wall.as_secs_f64())
}
