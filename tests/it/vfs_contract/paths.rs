//! Paths and names as long as they may be, and paths that lead out.

use preopen::abi::Errno;
use preopen::vfs::{Dir, OpenOptions};

use super::cases;
use crate::support::{CREATE, names, open_dir, path, read, target, write};

cases! {
    reads: [paths_do_not_lead_above, long_paths],
    changes: [nothing_is_changed_above, long_names, deep_paths]
}

fn paths_do_not_lead_above(dir: &dyn Dir) {
    for at in [
        "..",
        "../",
        "../.",
        "./..",
        "../..",
        "dir/../..",
        "to-dir/../..",
        "../dir",
        "../file",
        "dir/../../dir/..",
    ] {
        assert_eq!(dir.stat_at(path(at), true), Err(Errno::Notcapable), "{at}");
        assert_eq!(dir.stat_at(path(at), false), Err(Errno::Notcapable), "{at}");
        assert_eq!(dir.open(path(at), OpenOptions::READ).err(), Some(Errno::Notcapable), "{at}");
        assert_eq!(dir.read_link(path(at), &mut [0; 9]), Err(Errno::Notcapable), "{at}");
    }
    // A path that goes up may stay inside, and one that does not exist is not resolved as text.
    assert_eq!(dir.stat_at(path("dir/../file"), true).map(|stat| stat.size), Ok(4));
    assert_eq!(dir.stat_at(path("dir/.."), true), dir.stat());
    assert_eq!(dir.stat_at(path("missing/../file"), true), Err(Errno::Noent));
    assert_eq!(dir.stat_at(path("file/../file"), true), Err(Errno::Notdir));
    let inner = open_dir(dir, "dir").unwrap();
    assert_eq!(inner.stat_at(path(".."), true), Err(Errno::Notcapable));
    assert_eq!(inner.stat_at(path("up"), true), Err(Errno::Notcapable));
}

fn long_paths(dir: &dyn Dir) {
    // 4,095 bytes, the most that there can be.
    let long = format!("{}file", "./".repeat(2045)) + "";
    assert_eq!(long.len(), 4094);
    assert_eq!(read(dir, &format!("/{long}")[1..]).as_deref(), Ok("file"));
    assert_eq!(read(dir, &format!(".{}", &long[1..])).as_deref(), Ok("file"));
    assert_eq!(read(dir, &format!("{}file", "dir/../".repeat(584))).as_deref(), Ok("file"));
    assert_eq!(read(dir, &format!("{}file", ".".to_owned() + &"/".repeat(4090))).as_deref(), Ok("file"));
    assert!(open_dir(dir, &("dir".to_owned() + &"/".repeat(4092))).is_ok());
    let name = "n".repeat(255);
    assert_eq!(dir.stat_at(path(&name), true), Err(Errno::Noent));
    for too_long in ["n".repeat(256), "n".repeat(4095), format!("{}/x", "n".repeat(256))] {
        assert_eq!(dir.stat_at(path(&too_long), true), Err(Errno::Nametoolong));
        assert_eq!(dir.open(path(&too_long), OpenOptions::READ).err(), Some(Errno::Nametoolong));
        assert_eq!(dir.read_link(path(&too_long), &mut [0; 9]), Err(Errno::Nametoolong));
    }
}

fn nothing_is_changed_above(dir: &dyn Dir) {
    for at in ["../new", "dir/../../new", "out/new", "absolute/new", "to-dir/../../new"] {
        assert_eq!(dir.create_dir(path(at)), Err(Errno::Notcapable), "{at}");
        assert_eq!(dir.remove_dir(path(at)), Err(Errno::Notcapable), "{at}");
        assert_eq!(dir.unlink(path(at)), Err(Errno::Notcapable), "{at}");
        assert_eq!(dir.open(path(at), CREATE).err(), Some(Errno::Notcapable), "{at}");
        assert_eq!(dir.symlink(target("x", "x"), path(at)), Err(Errno::Notcapable), "{at}");
        assert_eq!(dir.link(path("file"), true, dir, path(at)), Err(Errno::Notcapable), "{at}");
        assert_eq!(dir.link(path(at), true, dir, path("new")), Err(Errno::Notcapable), "{at}");
        assert_eq!(dir.rename(path("file"), dir, path(at)), Err(Errno::Notcapable), "{at}");
        assert_eq!(dir.rename(path(at), dir, path("new")), Err(Errno::Notcapable), "{at}");
    }
}

fn long_names(dir: &dyn Dir) {
    let (name, too_long) = ("n".repeat(255), "n".repeat(256));
    write(dir, &name, "long").unwrap();
    assert_eq!(read(dir, &name).as_deref(), Ok("long"));
    let other = "m".repeat(255);
    dir.rename(path(&name), dir, path(&other)).unwrap();
    dir.link(path(&other), false, dir, path(&name)).unwrap();
    dir.unlink(path(&other)).unwrap();
    dir.create_dir(path(&other)).unwrap();
    assert!(names(dir).contains(&name) && names(dir).contains(&other));
    for answer in [
        dir.create_dir(path(&too_long)),
        dir.remove_dir(path(&too_long)),
        dir.unlink(path(&too_long)),
        dir.open(path(&too_long), CREATE).map(drop),
        dir.symlink(target("x", "x"), path(&too_long)),
        dir.link(path("file"), false, dir, path(&too_long)),
        dir.rename(path("file"), dir, path(&too_long)),
        dir.rename(path(&too_long), dir, path("new")),
    ] {
        assert_eq!(answer, Err(Errno::Nametoolong));
    }
}

fn deep_paths(dir: &dyn Dir) {
    let deep = vec!["d"; 100].join("/");
    for depth in 1..=100 {
        dir.create_dir(path(&deep[..2 * depth - 1])).unwrap();
    }
    write(dir, &format!("{deep}/file"), "deep").unwrap();
    assert_eq!(read(dir, &format!("{deep}/file")).as_deref(), Ok("deep"));
    let back = vec![".."; 40].join("/");
    let there = format!("{deep}/{back}/{}/file", vec!["d"; 40].join("/"));
    assert_eq!(read(dir, &there).as_deref(), Ok("deep"));
    let held = open_dir(dir, &deep).unwrap();
    dir.rename(path("d/d"), dir, path("e")).unwrap();
    assert_eq!(read(&*held, "file").as_deref(), Ok("deep"));
    assert_eq!(read(dir, &format!("e{}/file", &deep[3..])).as_deref(), Ok("deep"));
}
