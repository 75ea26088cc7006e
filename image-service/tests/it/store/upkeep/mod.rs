//! What an operator does with a state: migrate, check, export, import.

mod checking;
mod damage;
mod hostile;
mod moving;
mod refusals;
pub(super) mod world;
