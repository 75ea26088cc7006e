//! ECR as the service meets it: against AWS that follows a script, and against a local ECR.

mod breaking;
mod calling;
mod configuring;
mod counting;
mod faults;
mod identities;
mod passwords;
mod pushing;
mod refusals;
mod retrying;
mod world;
