//! Times: those that are set, and those that change by what is done.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use preopen::abi::{Errno, Filestat};
use preopen::span::Span;
use preopen::vfs::{Dir, OpenOptions, SetTime, SetTimes};

use super::cases;
use crate::support::{CREATE, open_dir, open_file, path, read, target, write};

cases! {
    reads: [],
    changes: [
        times_are_set,
        times_are_now,
        what_changes_a_file_changes_its_times,
        what_changes_a_directory_changes_its_times,
        what_changes_names_changes_ctime,
        reading_changes_atime,
        what_fails_changes_nothing,
    ]
}

/// Long ago.
const THEN: u64 = 1_000_000_000_123_456_789;

fn both(access: u64, modified: u64) -> SetTimes {
    SetTimes { access: Some(SetTime::At(access)), modified: Some(SetTime::At(modified)) }
}

fn stat(dir: &dyn Dir, at: &str) -> Filestat {
    dir.stat_at(path(at), false).unwrap()
}

/// Which of atime, mtime and ctime `call` changes, of what is at `at` before or after. Their clock ticks every few ms.
fn changed(dir: &dyn Dir, at: &str, call: impl FnOnce()) -> [bool; 3] {
    dir.set_times_at(path(at), false, both(THEN, THEN)).unwrap();
    let before = stat(dir, at);
    assert_eq!((before.atim, before.mtim), (THEN, THEN));
    std::thread::sleep(Duration::from_millis(15));
    call();
    let after = stat(dir, at);
    [after.atim != THEN, after.mtim != THEN, after.ctim != before.ctim]
}

const NONE: [bool; 3] = [false, false, false];
const CTIME: [bool; 3] = [false, false, true];
const WRITTEN: [bool; 3] = [false, true, true];

fn times_are_set(dir: &dyn Dir) {
    let file = open_file(dir, "file", OpenOptions::READ).unwrap();
    let seen = |at: &str| (stat(dir, at).atim, stat(dir, at).mtim);
    let kept = SetTimes { access: None, modified: None };
    file.set_times(both(1_500_000_001, 2_999_999_999)).unwrap();
    assert_eq!(seen("file"), (1_500_000_001, 2_999_999_999));
    dir.set_times_at(path("link"), true, both(3, 4)).unwrap();
    assert_eq!(seen("file"), (3, 4));
    dir.set_times_at(path("link"), false, both(5, 6)).unwrap();
    assert_eq!((seen("file"), seen("link")), ((3, 4), (5, 6)));
    dir.set_times_at(path("dir/inner"), true, both(7, 8)).unwrap();
    dir.set_times_at(path("dir/"), false, both(9, 10)).unwrap();
    assert_eq!((seen("dir/inner"), seen("dir")), ((7, 8), (9, 10)));
    dir.set_times_at(path("dir/."), true, SetTimes { access: Some(SetTime::At(11)), ..kept }).unwrap();
    assert_eq!(seen("dir"), (11, 10));
    dir.set_times_at(path("to-dir"), true, SetTimes { modified: Some(SetTime::At(12)), ..kept }).unwrap();
    assert_eq!(seen("dir"), (11, 12));
    dir.set_times(both(12, 13)).unwrap();
    assert_eq!(seen("."), (12, 13));
    dir.set_times_at(path("."), true, both(14, 15)).unwrap();
    assert_eq!(seen("."), (14, 15));
    file.set_times(kept).unwrap();
    dir.set_times_at(path("link"), true, kept).unwrap();
    assert_eq!(seen("file"), (3, 4));
    // Also where nothing is set, it is set of something.
    for at in ["missing", "dir/missing", "dangling"] {
        assert_eq!(dir.set_times_at(path(at), true, kept), Err(Errno::Noent), "{at}");
    }
    for (at, errno) in [
        ("file/", Errno::Notdir),
        ("link/", Errno::Notdir),
        ("missing", Errno::Noent),
        ("dangling", Errno::Noent),
        ("loop", Errno::Loop),
        ("out", Errno::Notcapable),
        ("..", Errno::Notcapable),
    ] {
        assert_eq!(dir.set_times_at(path(at), true, both(0, 0)), Err(errno), "{at}");
    }
    // Also without a name.
    dir.unlink(path("file")).unwrap();
    file.set_times(both(16, 17)).unwrap();
    assert_eq!(file.stat().map(|stat| (stat.atim, stat.mtim)), Ok((16, 17)));
}

fn times_are_now(dir: &dyn Dir) {
    // The clock of filesystems is up to a tick behind.
    let now = || u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap();
    let start = now() - 20_000_000;
    let is_now = |time: u64| (start..=now()).contains(&time);
    write(dir, "new", "").unwrap();
    dir.create_dir(path("made")).unwrap();
    dir.symlink(target("x", "l"), path("l")).unwrap();
    for at in ["new", "made", "l"] {
        let Filestat { atim, mtim, ctim, .. } = stat(dir, at);
        assert!(is_now(atim) && is_now(mtim) && is_now(ctim), "{at}");
    }
    dir.set_times_at(path("file"), true, both(1, 2)).unwrap();
    let kept = SetTimes { access: None, modified: None };
    dir.set_times_at(path("file"), true, SetTimes { modified: Some(SetTime::Now), ..kept }).unwrap();
    let Filestat { atim, mtim, ctim, .. } = stat(dir, "file");
    assert!(atim == 1 && is_now(mtim) && is_now(ctim));
    dir.set_times_at(path("file"), true, SetTimes { access: Some(SetTime::Now), ..kept }).unwrap();
    assert!(is_now(stat(dir, "file").atim));
}

fn what_changes_a_file_changes_its_times(dir: &dyn Dir) {
    let file = open_file(dir, "file", CREATE).unwrap();
    let mut bytes = *b"x";
    assert_eq!(
        changed(dir, "file", || assert_eq!(file.write_at(&[Span::over(&mut bytes)], 0), Ok(1))),
        WRITTEN
    );
    assert_eq!(
        changed(dir, "file", || assert_eq!(file.append(&[Span::over(&mut bytes)]), Ok((1, 5)))),
        WRITTEN
    );
    assert_eq!(changed(dir, "file", || file.set_len(3).unwrap()), WRITTEN);
    assert_eq!(changed(dir, "file", || file.set_len(3).unwrap()), WRITTEN);
    assert_eq!(changed(dir, "file", || file.allocate(0, 10).unwrap()), WRITTEN);
    assert_eq!(changed(dir, "file", || file.allocate(0, 10).unwrap()), NONE);
    assert_eq!(changed(dir, "file", || assert_eq!(file.write_at(&[], 0), Ok(0))), NONE);
    assert_eq!(changed(dir, "file", || drop(open_file(dir, "file", CREATE).unwrap())), NONE);
    let cut = OpenOptions { truncate: true, ..CREATE };
    assert_eq!(changed(dir, "file", || drop(open_file(dir, "file", cut).unwrap())), WRITTEN);
    assert_eq!(changed(dir, "file", || drop(open_file(dir, "file", cut).unwrap())), WRITTEN);
    assert_eq!(changed(dir, "file", || dir.set_mode_at(path("file"), true, 0o600).unwrap()), CTIME);
    let nothing = SetTimes { access: None, modified: None };
    assert_eq!(changed(dir, "file", || file.set_times(nothing).unwrap()), NONE);
    assert_eq!(changed(dir, "file", || file.set_times(both(THEN, THEN)).unwrap()), CTIME);
}

fn what_changes_a_directory_changes_its_times(dir: &dyn Dir) {
    let changes = |call: &dyn Fn()| assert_eq!(changed(dir, "dir", call), WRITTEN);
    let leaves = |call: &dyn Fn()| assert_eq!(changed(dir, "dir", call), NONE);
    changes(&|| write(dir, "dir/new", "new").unwrap());
    leaves(&|| write(dir, "dir/new", "again").unwrap());
    changes(&|| dir.create_dir(path("dir/made")).unwrap());
    leaves(&|| dir.create_dir(path("dir/made/inner")).unwrap());
    leaves(&|| dir.remove_dir(path("dir/made/inner")).unwrap());
    changes(&|| dir.remove_dir(path("dir/made")).unwrap());
    changes(&|| dir.symlink(target("x", "dir/l"), path("dir/l")).unwrap());
    changes(&|| dir.link(path("dir/l"), false, dir, path("dir/m")).unwrap());
    changes(&|| dir.unlink(path("dir/l")).unwrap());
    changes(&|| dir.rename(path("dir/m"), dir, path("dir/n")).unwrap());
    changes(&|| dir.rename(path("dir/n"), dir, path("n")).unwrap());
    changes(&|| dir.rename(path("n"), dir, path("dir/new")).unwrap());
    leaves(&|| dir.set_mode_at(path("dir/inner"), true, 0o600).unwrap());
    leaves(&|| drop(open_dir(dir, "dir").unwrap()));
}

fn what_changes_names_changes_ctime(dir: &dyn Dir) {
    assert_eq!(changed(dir, "file", || dir.link(path("file"), false, dir, path("hard")).unwrap()), CTIME);
    assert_eq!(changed(dir, "file", || dir.unlink(path("hard")).unwrap()), CTIME);
    // A file that was replaced lost a name.
    dir.link(path("file"), false, dir, path("hard")).unwrap();
    assert_eq!(changed(dir, "file", || dir.rename(path("dir/inner"), dir, path("hard")).unwrap()), CTIME);
    let moves = |from: &str, to: &str| {
        dir.set_times_at(path(from), false, both(THEN, THEN)).unwrap();
        let before = stat(dir, from);
        std::thread::sleep(Duration::from_millis(15));
        dir.rename(path(from), dir, path(to)).unwrap();
        let after = stat(dir, to);
        assert_eq!((after.atim, after.mtim), (THEN, THEN));
        assert_ne!(after.ctim, before.ctim);
    };
    moves("file", "moved");
    moves("moved", "dir/moved");
    moves("link", "dir/link");
}

fn reading_changes_atime(dir: &dyn Dir) {
    let reads = |at: &str, call: &dyn Fn()| assert_eq!(changed(dir, at, call), [true, false, false], "{at}");
    reads("file", &|| drop(read(dir, "file").unwrap()));
    reads("dir", &|| drop(crate::support::names(&*open_dir(dir, "dir").unwrap())));
    reads("link", &|| assert_eq!(dir.read_link(path("link"), &mut [0; 9]), Ok(4)));
    assert_eq!(changed(dir, "file", || assert!(dir.stat_at(path("file"), true).is_ok())), NONE);
    // Once more, where nothing changed since: Linux keeps the time of the first reading, by default.
    let first = stat(dir, "file").atim;
    read(dir, "file").unwrap();
    assert!(stat(dir, "file").atim >= first);
}

fn what_fails_changes_nothing(dir: &dyn Dir) {
    let leaves = |at: &str, call: &dyn Fn()| assert_eq!(changed(dir, at, call), NONE, "{at}");
    leaves("dir", &|| assert_eq!(dir.create_dir(path("dir/inner")), Err(Errno::Exist)));
    leaves("dir", &|| assert_eq!(dir.unlink(path("dir/missing")), Err(Errno::Noent)));
    leaves("dir", &|| assert_eq!(dir.remove_dir(path("dir")), Err(Errno::Notempty)));
    leaves("dir", &|| assert_eq!(dir.rename(path("empty"), dir, path("dir")), Err(Errno::Notempty)));
    leaves("file", &|| assert_eq!(dir.link(path("file"), false, dir, path("link")), Err(Errno::Exist)));
    leaves("file", &|| assert_eq!(dir.rename(path("file"), dir, path("dir")), Err(Errno::Isdir)));
    leaves("file", &|| dir.rename(path("file"), dir, path("file")).unwrap());
    leaves("dir", &|| dir.rename(path("dir/inner"), dir, path("dir/inner")).unwrap());
}
