//! Nothing outside a mount is reached: every attack where the kernel resolves paths, and where it cannot.

mod asked;
mod links;
mod parity;
mod races;
mod read_only;
mod special;

use preopen::abi::Errno;
use preopen::vfs::{Access, Dir, OpenOptions, SetTime, SetTimes};

use super::support::{CREATE, Tree, everywhere, in_every_mode, path, target, write};

/// A change that one would notice.
const TIMES: SetTimes = SetTimes { access: None, modified: Some(SetTime::At(1_000_000_000)) };

/// The ways to open a name, following links.
const OPENS: [OpenOptions; 6] = [
    OpenOptions::READ,
    OpenOptions { access: Access::Write, ..OpenOptions::READ },
    OpenOptions { truncate: true, ..OpenOptions::READ },
    CREATE,
    OpenOptions { truncate: true, ..CREATE },
    OpenOptions { directory: true, ..OpenOptions::READ },
];

/// Every call that takes a path, on one whose directory is outside: all must answer the same.
fn refuses_everywhere(dir: &dyn Dir, at: &str, errno: Errno) {
    let said = |call: &str, answer: Result<(), Errno>| assert_eq!(answer, Err(errno), "{call} of {at}");
    write(dir, "own", "own").unwrap();
    for follow in [false, true] {
        for options in OPENS {
            said("open", dir.open(path(at), OpenOptions { follow, ..options }).map(drop));
        }
        said("open", dir.open(path(at), OpenOptions { follow, exclusive: true, ..CREATE }).map(drop));
        said("stat_at", dir.stat_at(path(at), follow).map(drop));
        said("set_times_at", dir.set_times_at(path(at), follow, TIMES));
        said("link from", dir.link(path(at), follow, dir, path("taken")));
    }
    said("read_link", dir.read_link(path(at), &mut [0; 100]).map(drop));
    said("create_dir", dir.create_dir(path(at)));
    said("remove_dir", dir.remove_dir(path(at)));
    said("unlink", dir.unlink(path(at)));
    said("symlink", dir.symlink(target("x", "x"), path(at)));
    said("link to", dir.link(path("own"), false, dir, path(at)));
    said("rename from", dir.rename(path(at), dir, path("taken")));
    said("rename to", dir.rename(path("own"), dir, path(at)));
    dir.unlink(path("own")).unwrap();
}

/// Every call that follows a link in the last component, on one that leads outside.
fn refuses_to_follow(dir: &dyn Dir, at: &str, errno: Errno) {
    let said = |call: &str, answer: Result<(), Errno>| assert_eq!(answer, Err(errno), "{call} of {at}");
    for options in OPENS {
        said("open", dir.open(path(at), options).map(drop));
    }
    said("stat_at", dir.stat_at(path(at), true).map(drop));
    said("set_times_at", dir.set_times_at(path(at), true, TIMES));
    said("link", dir.link(path(at), true, dir, path("taken")));
}

#[test]
fn dots_do_not_lead_out() {
    everywhere(|mounted| {
        let tree = Tree::new();
        let dir = mounted(&tree);
        let before = tree.outside_now();
        for at in [
            "..",
            "../",
            "../.",
            "./..",
            "../..",
            "../root",
            "../root/file",
            "../outside",
            "../outside/",
            "../outside/.",
            "../outside/..",
            "../outside/secret.txt",
            "../outside/new",
            "./../outside/secret.txt",
            ".//..//outside/secret.txt",
            "dir/../../outside/secret.txt",
            "dir/../../outside/new",
            "dir/../..",
            "dir/../../",
            "dir/./.././../outside",
            "dir/../dir/../../root/file",
            "../../../../../../../../../../../../../../../../etc/passwd",
        ] {
            refuses_everywhere(&*dir, at, Errno::Notcapable);
        }
        // A path that goes up may stay inside, and one that does not exist is not resolved as text.
        assert_eq!(dir.stat_at(path("dir/../file"), true).map(|stat| stat.size), Ok(4));
        assert!(dir.stat_at(path("dir/.."), true).is_ok());
        assert_eq!(dir.stat_at(path("missing/../file"), true), Err(Errno::Noent));
        assert_eq!(dir.stat_at(path("file/../file"), true), Err(Errno::Notdir));
        // What a guest opened is a root of its own.
        let inner = super::support::open_dir(&*dir, "dir").unwrap();
        refuses_everywhere(inner.as_ref(), "../file", Errno::Notcapable);
        refuses_everywhere(inner.as_ref(), "../dir/inner", Errno::Notcapable);
        assert_eq!(tree.outside_now(), before);
    });
}

#[test]
fn absolute_paths_are_no_paths() {
    use preopen::vfs::{LinkTarget, Path};
    assert_eq!(Path::new(b"/etc/passwd\0").err(), Some(Errno::Notcapable));
    assert_eq!(Path::new(b"/\0").err(), Some(Errno::Notcapable));
    assert_eq!(Path::new(b"//\0").err(), Some(Errno::Notcapable));
    assert_eq!(LinkTarget::new(b"/etc/passwd\0", path("l")).err(), Some(Errno::Perm));
    assert_eq!(LinkTarget::new(b"../x\0", path("l")).err(), Some(Errno::Notcapable));
    assert_eq!(LinkTarget::new(b"../x\0", path("dir/l/")).err(), None);
    assert_eq!(LinkTarget::new(b"../../x\0", path("dir/l")).err(), Some(Errno::Notcapable));
}

#[test]
fn moved_directories_lead_no_further() {
    in_every_mode(|options| {
        let (one, other) = (Tree::new(), Tree::new());
        let (from, to) = (one.mount(options), other.mount(options));
        let before = (one.outside_now(), other.outside_now());
        std::fs::create_dir_all(one.root("a/b/c")).unwrap();
        one.link("../..", "a/b/up");
        let held = super::support::open_dir(&from, "a/b/c").unwrap();
        let up = super::support::open_dir(&from, "a/b").unwrap();
        // From depth 2 to depth 1: the link leads out now, and the handles are where they were.
        from.rename(path("a/b"), &to, path("b")).unwrap();
        for at in ["..", "../x", "../../x", "../../outside/secret.txt"] {
            refuses_everywhere(held.as_ref(), at, Errno::Notcapable);
        }
        refuses_everywhere(&to, "b/up/outside/secret.txt", Errno::Notcapable);
        refuses_everywhere(up.as_ref(), "up/file", Errno::Notcapable);
        refuses_everywhere(up.as_ref(), "c/../../file", Errno::Notcapable);
        assert_eq!(to.stat_at(path("b/c/../../file"), true).map(|stat| stat.size), Ok(4));
        refuses_everywhere(&to, "b/c/../../../outside/secret.txt", Errno::Notcapable);
        // And deeper again, into what a handle of the other mount holds.
        to.create_dir(path("x")).unwrap();
        to.create_dir(path("x/y")).unwrap();
        let deep = super::support::open_dir(&to, "x/y").unwrap();
        to.rename(path("b"), deep.as_ref(), path("b")).unwrap();
        assert_eq!(read_up(&to), Ok(()));
        refuses_everywhere(deep.as_ref(), "b/up/file", Errno::Notcapable);
        refuses_everywhere(held.as_ref(), "../x", Errno::Notcapable);
        assert_eq!((one.outside_now(), other.outside_now()), before);
    });

    fn read_up(dir: &dyn Dir) -> Result<(), Errno> {
        // x/y/b/up leads to x now.
        dir.stat_at(path("x/y/b/up/y/b"), true).map(drop)
    }
}
