//! What a disk is told.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use preopen::abi::Errno;

use crate::scripted::{Failing, Mill, ROOT, World, file};

#[test]
fn advice_is_taken_for_files() {
    let mut world = World::new();
    let fd = world.open("file");
    for advice in 0..6 {
        for (offset, len) in [(0, 0), (3, 4), (0, i64::MAX as u64), (i64::MAX as u64, 0)] {
            world.ok("fd_advise", &[fd, offset, len, advice], &[]);
        }
    }
    for advice in [6, 7, 256 + 6, u64::from(u32::MAX)] {
        world.fails("fd_advise", &[fd, 0, 0, advice], Errno::Inval);
        world.fails("fd_advise", &[60, 0, 0, advice], Errno::Inval);
    }
    for offset in [1 << 63, u64::MAX] {
        world.ok("fd_advise", &[fd, offset, 0, 0], &[]);
    }
    for (offset, len) in [(u64::MAX, 1 << 63), (0, 1 << 63), (0, u64::MAX)] {
        world.fails("fd_advise", &[fd, offset, len, 0], Errno::Inval);
    }
    world.fails("fd_advise", &[ROOT, 0, 0, 0], Errno::Badf);
    world.ok("fd_advise", &[0, 0, 0, 0], &[]);
    let (pipe, _writer) = world.pipe_in();
    world.fails("fd_advise", &[pipe, 0, 0, 0], Errno::Notcapable);
}

#[test]
fn each_call_makes_safe_what_it_says() {
    let mut world = World::new();
    let mill = Mill::default();
    let syncs = Arc::clone(&mill.syncs);
    let fd = world.add(file(mill));
    let seen = || (syncs.0.load(Ordering::Relaxed), syncs.1.load(Ordering::Relaxed));
    world.ok("fd_datasync", &[fd], &[]);
    assert_eq!(seen(), (1, 0));
    world.ok("fd_sync", &[fd], &[]);
    assert_eq!(seen(), (1, 1));
}

#[test]
fn what_keeps_data_can_be_made_safe() {
    let mut world = World::new();
    let host = std::fs::File::open(world.host("file")).unwrap();
    let (file, stream) = (world.open("file"), world.lend(host));
    for fd in [file, stream, ROOT] {
        world.ok("fd_sync", &[fd], &[]);
    }
    for fd in [file, stream] {
        world.ok("fd_datasync", &[fd], &[]);
    }
    let (pipe, _writer) = world.pipe_in();
    for name in ["fd_sync", "fd_datasync"] {
        world.fails(name, &[0], Errno::Inval);
        world.fails(name, &[pipe], Errno::Notcapable);
    }
    world.fails("fd_datasync", &[ROOT], Errno::Notcapable);
}

#[test]
fn an_error_of_the_disk_is_the_calls() {
    let mut world = World::new();
    for errno in [Errno::Io, Errno::Nospc] {
        let fd = world.add(file(Failing(errno)));
        world.fails("fd_sync", &[fd], errno);
        world.fails("fd_datasync", &[fd], errno);
        world.fails("fd_advise", &[fd, 0, 0, 0], errno);
    }
}
