//! What tracing shows of calls: of each function, of both snapshots, and of whatever a hostile guest passes.

use preopen::abi::{Errno, IMPORTS, MAX_PARAMS};
use preopen::calls::Halt;
use preopen::guest::{Guest, Memory};
use preopen::trace::{Entered, Event, LINE_MAX, Outcome, Value, line};
use proptest::prelude::*;

use crate::calls::every::{Case, cases, world};
use crate::scripted::{ROOT, World};

/// What each function's call in `calls::every` looks like. A `*` stands for what differs from run to run.
const LINES: &[&str] = &[
    r#"args_get() = SUCCESS (["guest", "--flag", "ü"])"#,
    "args_sizes_get() = SUCCESS (argc: 3, argv_buf_size: 16)",
    r#"environ_get() = SUCCESS (["HOME=/data", "EMPTY="])"#,
    "environ_sizes_get() = SUCCESS (environc: 2, environ_buf_size: 18)",
    "clock_res_get(MONOTONIC) = SUCCESS (*)",
    "clock_time_get(MONOTONIC, 0) = SUCCESS (*)",
    "fd_advise(4, 0, 0, NORMAL) = SUCCESS",
    "fd_allocate(4, 0, 20) = SUCCESS",
    "fd_close(4) = SUCCESS",
    "fd_datasync(4) = SUCCESS",
    "fd_fdstat_get(4) = SUCCESS ({fs_filetype: REGULAR_FILE, fs_flags: 0, fs_rights_base: 0x8e001ff, fs_rights_inheriting: 0})",
    "fd_fdstat_set_flags(4, APPEND) = SUCCESS",
    "fd_fdstat_set_rights(4, 0, 0) = SUCCESS",
    "fd_filestat_get(4) = SUCCESS ({dev: *, ino: *, filetype: REGULAR_FILE, nlink: 1, size: 10, atim: *, mtim: *, ctim: *})",
    "fd_filestat_set_size(4, 5) = SUCCESS",
    "fd_filestat_set_times(4, 1, 2, ATIM|MTIM) = SUCCESS",
    r#"fd_pread(4, 4, 0) = SUCCESS (iovs: ["0123"], nread: 4)"#,
    "fd_prestat_get(3</data>) = SUCCESS ({tag: DIR, pr_name_len: 5})",
    r#"fd_prestat_dir_name(3</data>, 5) = SUCCESS ("/data")"#,
    r#"fd_pwrite(4, ["data"], 4, 0) = SUCCESS (4)"#,
    r#"fd_read(6, 4) = SUCCESS (iovs: ["pipe"], nread: 4)"#,
    "fd_readdir(5, 100, 0) = SUCCESS (buf: [{d_next: *, d_ino: *, d_type: *, name: \"*\"}*], bufused: *)",
    "fd_renumber(4, 5) = SUCCESS",
    "fd_seek(4, 2, SET) = SUCCESS (2)",
    "fd_sync(4) = SUCCESS",
    "fd_tell(4) = SUCCESS (0)",
    r#"fd_write(7, ["data"], 4) = SUCCESS (4)"#,
    r#"path_create_directory(3</data>, "new") = SUCCESS"#,
    r#"path_filestat_get(3</data>, 0, "file") = SUCCESS ({dev: *, size: 10, *})"#,
    r#"path_filestat_set_times(3</data>, 0, "file", 1, 2, ATIM|MTIM) = SUCCESS"#,
    r#"path_link(3</data>, 0, "file", 5, "new") = SUCCESS"#,
    r#"path_open(3</data>, 0, "new", CREAT|TRUNC, 0, 0, 0) = SUCCESS (10)"#,
    r#"path_readlink(3</data>, "link", 100) = SUCCESS (buf: "file", bufused: 4)"#,
    r#"path_remove_directory(3</data>, "empty") = SUCCESS"#,
    r#"path_rename(3</data>, "file", 5, "new") = SUCCESS"#,
    r#"path_symlink("file", 3</data>, "new") = SUCCESS"#,
    r#"path_unlink_file(3</data>, "file") = SUCCESS"#,
    "poll_oneoff([{userdata: 0, type: CLOCK, id: MONOTONIC, timeout: 0, precision: 0, flags: 0}], 1) = \
     SUCCESS (events: [{userdata: 0, error: SUCCESS, type: CLOCK, nbytes: 0, flags: 0}], nevents: 1)",
    "proc_exit(7) = ?",
    "proc_raise(TERM) = ?",
    "random_get(100) = SUCCESS ([\"*\"...])",
    "sched_yield() = SUCCESS",
    "sock_accept(8, 0) = SUCCESS (10)",
    r#"sock_recv(9, 4, 0) = SUCCESS (ri_data: ["sock"], ro_datalen: 4, ro_flags: 0)"#,
    r#"sock_send(9, ["data"], 4, 0) = SUCCESS (4)"#,
    "sock_shutdown(9, RD|WR) = SUCCESS",
];

fn enter(world: &World, name: &str, args: &[u64]) -> Entered {
    let number = IMPORTS.iter().position(|import| import.name == name).expect(name);
    let mut all = [0; MAX_PARAMS];
    all[..args.len()].copy_from_slice(args);
    Entered::new(&world.process, world.guest.memory(), number as u32, all).unwrap()
}

/// Makes a call, and traces it.
fn trace(world: &mut World, name: &str, args: &[u64]) -> Event {
    let entered = enter(world, name, args);
    let outcome = match world.call(name, args) {
        Ok(()) => Outcome::Success,
        Err(Halt::Errno(errno)) => Outcome::Errno(errno),
        Err(_) => Outcome::None,
    };
    entered.leave(&world.process, world.guest.memory(), outcome, 1_000_012_034)
}

/// The line of a call, without the time.
fn text(world: &mut World, name: &str, args: &[u64]) -> String {
    let line = line(&trace(world, name, args));
    line.strip_suffix(" <1.000012034>").expect("the time").to_owned()
}

/// Whether a text is as expected, where `*` stands for anything.
fn matches(text: &str, expected: &str) -> bool {
    let mut parts = expected.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let parts: Vec<_> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[test]
fn every_function_is_decoded() {
    assert_eq!(LINES.len(), IMPORTS.len());
    for (index, expected) in LINES.iter().enumerate() {
        let (mut world, _peers) = world();
        let Case { name, args, .. } = cases(&mut world).swap_remove(index);
        let text = text(&mut world, name, &args);
        assert!(matches(&text, expected), "\n{text}\n{expected}");
    }
}

#[test]
fn an_error_is_named_and_has_no_results() {
    let mut world = World::new();
    let (gone, len) = world.text("gone");
    let event = trace(&mut world, "path_open", &[ROOT, 1, gone, len, 8, 1 << 1, 0, 4, 8]);
    assert_eq!((event.outcome, event.results.len()), (Outcome::Errno(Errno::Noent), 0));
    let line = line(&event);
    let expected = r#"path_open(3</data>, SYMLINK_FOLLOW, "gone", TRUNC, FD_READ, 0, NONBLOCK) = ENOENT <"#;
    assert!(line.starts_with(expected), "{line}");
    assert_eq!(text(&mut world, "fd_close", &[63]), "fd_close(63) = EBADF");
}

#[test]
fn preview0_has_its_own_layouts() {
    let mut world = World::preview0();
    let file = world.open("file");
    assert_eq!(
        text(&mut world, "fd_seek", &[file, (-2_i64).cast_unsigned(), 1, 8]),
        "fd_seek(4, -2, END) = SUCCESS (8)"
    );
    assert_eq!(text(&mut world, "fd_seek", &[file, 1, 2, 8]), "fd_seek(4, 1, SET) = SUCCESS (1)");
    let stat = text(&mut world, "fd_filestat_get", &[file, 64]);
    assert!(
        matches(&stat, "fd_filestat_get(4) = SUCCESS ({*filetype: REGULAR_FILE, nlink: 1, size: 10, *})"),
        "{stat}"
    );
    let mut clock = [0_u8; 56];
    (clock[0], clock[16], clock[24], clock[32], clock[40]) = (7, 99, 1, 5, 3);
    let mut read = [0_u8; 56];
    (read[0], read[8], read[16]) = (8, 1, file as u8);
    let list = world.place(&[clock, read].concat());
    assert_eq!(
        text(&mut world, "poll_oneoff", &[list, 1024, 2, 8]),
        "poll_oneoff([{userdata: 7, type: CLOCK, id: MONOTONIC, timeout: 5, precision: 3, flags: 0}, \
         {userdata: 8, type: FD_READ, fd: 4}], 2) = \
         SUCCESS (events: [{userdata: 8, error: SUCCESS, type: FD_READ, nbytes: 9, flags: 0}], nevents: 1)"
    );
}

#[test]
fn what_is_long_is_cut() {
    let mut world = World::new();
    let file = world.open_with("file", 0, 0).unwrap();
    let data = world.place(&[b'x'; 100]);
    let list = world.iovecs(&[(data, 20), (data, 0), (data, 20), (data, 10)]);
    let shown = text(&mut world, "fd_write", &[file, list, 4, 8]);
    assert_eq!(
        shown,
        format!(r#"fd_write(4, ["{}", "{}"...], 50) = SUCCESS (50)"#, "x".repeat(20), "x".repeat(12))
    );
    let list = world.iovecs(&[(data, 1); 6]);
    let shown = text(&mut world, "fd_write", &[file, list, 6, 8]);
    assert_eq!(shown, r#"fd_write(4, ["x", "x", "x", "x"...], 6) = SUCCESS (6)"#);
    let path = world.place(&[b'y'; 5000]);
    let shown = text(&mut world, "path_unlink_file", &[ROOT, path, 300]);
    assert_eq!(shown, format!(r#"path_unlink_file(3</data>, "{}"...) = ENAMETOOLONG"#, "y".repeat(256)));
    let Value::Text(kept, cut) = &trace(&mut world, "path_unlink_file", &[ROOT, path, 5000]).args[1].1 else {
        panic!("no text")
    };
    assert_eq!((kept.len(), *cut), (4095, true));
}

#[test]
fn a_text_can_neither_end_the_line_nor_act_on_a_terminal() {
    let mut world = World::new();
    for (raw, shown) in [
        (&b"a\nb\r\x1b[2J\0"[..], r"a\nb\r\u{1b}[2J\0"),
        (b"say \"hi\" \\", r#"say \"hi\" \\"#),
        (b"it's", "it's"),
        (b"\xff\xc3", r"\xff\xc3"),
        ("\u{202e}evil\u{2028}".as_bytes(), r"\u{202e}evil\u{2028}"),
        ("ü\u{9b}".as_bytes(), r"ü\u{9b}"),
    ] {
        let at = world.place(raw);
        let text = text(&mut world, "path_unlink_file", &[ROOT, at, raw.len() as u64]);
        assert!(text.starts_with(&format!("path_unlink_file(3</data>, \"{shown}\")")), "{text}");
    }
}

#[test]
fn numbers_without_a_meaning_are_shown_as_they_are() {
    let mut world = World::new();
    let end = world.guest.len();
    assert_eq!(text(&mut world, "clock_res_get", &[99, 8]), "clock_res_get(99) = EINVAL");
    assert_eq!(
        text(&mut world, "fd_fdstat_set_flags", &[63, 0x41]),
        "fd_fdstat_set_flags(63, APPEND|0x40) = EBADF"
    );
    assert_eq!(text(&mut world, "fd_fdstat_set_flags", &[63, 0x40]), "fd_fdstat_set_flags(63, 0x40) = EBADF");
    assert_eq!(
        text(&mut world, "path_unlink_file", &[ROOT, end - 1, 2]),
        "path_unlink_file(3</data>, 0xffff) = EOVERFLOW"
    );
    let bad = world.iovecs(&[(end, 1)]);
    assert_eq!(text(&mut world, "fd_write", &[1, bad, 1, 8]), "fd_write(1, 0x10000) = EOVERFLOW");
    assert_eq!(text(&mut world, "fd_read", &[0, 8, 1 << 29, 8]), "fd_read(0, 0x8) = EOVERFLOW");
    assert_eq!(
        text(&mut world, "poll_oneoff", &[8, 8, 1 << 28, 8]),
        "poll_oneoff(0x8, 268435456) = EOVERFLOW"
    );
    assert_eq!(text(&mut world, "proc_raise", &[1 << 31]), "proc_raise(2147483648) = ENOSYS");
    let mut unknown = [0_u8; 48];
    (unknown[0], unknown[8]) = (3, 9);
    let list = world.place(&unknown);
    assert_eq!(
        text(&mut world, "poll_oneoff", &[list, 1024, 1, 8]),
        "poll_oneoff([{userdata: 3, type: 9}], 1) = EINVAL"
    );
}

#[test]
fn a_long_list_is_neither_read_nor_kept_in_whole() {
    let mut world = World::new();
    let list = world.iovecs(&[(8, 1); 7000]);
    let event = enter(&world, "fd_write", &[1, list, 7000, 8]).leave(
        &world.process,
        world.guest.memory(),
        Outcome::Success,
        0,
    );
    let Value::Data { ranges, cut: true, total: 1024 } = &event.args[1].1 else { panic!("{:?}", event.args) };
    assert_eq!(ranges.len(), 4);
}

#[test]
fn a_number_without_a_function_is_not_decoded() {
    let mut world = World::new();
    assert!(
        Entered::new(&world.process, world.guest.memory(), IMPORTS.len() as u32, [0; MAX_PARAMS]).is_none()
    );
    let _ = &mut world;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever the arguments and whatever memory holds, before and after: a line of one piece without controls.
    #[test]
    fn nothing_that_a_guest_passes_stops_the_tracing(
        number in 0..IMPORTS.len() as u32,
        args in prop::array::uniform9(prop_oneof![0..600_u64, any::<u64>(), 0xffff_fff0..0x1_0000_0010_u64]),
        mut before in prop::collection::vec(prop_oneof![any::<u8>(), Just(0), Just(b'a'), Just(1)], 0..600),
        mut after in prop::collection::vec(prop_oneof![any::<u8>(), Just(0), Just(1), Just(2)], 0..600),
        preview0 in any::<bool>(),
        duration in any::<u64>(),
    ) {
        thread_local! {
            static WORLDS: [World; 2] = [World::new(), World::preview0()];
        }
        WORLDS.with(|worlds| {
            let process = &worlds[usize::from(preview0)].process;
            let entered = Entered::new(process, Memory::over(&mut before), number, args).unwrap();
            let event = entered.leave(process, Memory::over(&mut after), Outcome::Success, duration);
            let line = line(&event);
            assert!(line.len() < LINE_MAX && !line.chars().any(char::is_control), "{line:?}");
            assert!(line.starts_with(event.name) && line.contains(" = SUCCESS"), "{line}");
        });
    }
}
