//! The differential test: the same requests to a real dockerd 20.10 and to us, on images from the same registry.
//! Answers must be equal in status, content type and every JSON member, but for what `allowed` lists.

mod allowed;
mod archives;
mod compare;
mod deletes;
mod errors;
mod inspects;
mod lists;
mod pair;
mod recipes;
mod tags;
