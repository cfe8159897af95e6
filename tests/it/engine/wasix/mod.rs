//! Guests that import WASIX: what they see of the world, how they end, what they leave behind.

mod ends;
mod files;
mod guest;
mod leaks;
mod network;
mod processes;
mod threads;
