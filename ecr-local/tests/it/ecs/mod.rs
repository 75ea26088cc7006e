//! Task definitions and tasks, and the images that they name.

mod definitions;
mod images;
mod stage;
mod tasks;
