//! Callers who have to be known: which calls their role lets them make, what they see of each other, and how they prove who they are.

mod matrix;
mod one_team;
mod operating;
mod raw;
mod reloading;
mod separation;
mod shared_registries;
mod start;
mod tls;
mod world;
