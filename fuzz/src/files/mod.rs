//! What the targets over whole trees share: how bytes become paths and trees, where these are planted, and what is left of them.

#[path = "../../../tests/it/sandbox/asked.rs"]
pub(crate) mod asked;
pub(crate) mod calls;
pub(crate) mod ground;
pub(crate) mod letters;
pub(crate) mod planted;
pub(crate) mod survey;
