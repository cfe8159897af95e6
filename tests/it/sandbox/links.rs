//! Links, wherever they are and whoever made them.

use preopen::abi::{Errno, Filetype};
use preopen::vfs::host::HostDir;
use preopen::vfs::{Dir, OpenOptions};

use super::{refuses_everywhere, refuses_to_follow};
use crate::support::{Tree, everywhere, in_every_mode, open_dir, path, read, target, write};

#[test]
fn links_of_the_host_do_not_lead_out() {
    everywhere(|mounted| {
        let tree = Tree::new();
        let secret = tree.outside("secret.txt").display().to_string();
        let outside = tree.outside("").display().to_string();
        let inside = tree.root("file").display().to_string();
        tree.link("..", "up");
        tree.link("../", "up-slash");
        tree.link("../outside", "out");
        tree.link("dir/../../outside", "winding");
        tree.link("out", "chain");
        tree.link("chain", "chain2");
        tree.link("./chain2/.", "chain3");
        tree.link(&outside, "absolute");
        tree.link("/", "slash");
        tree.link("../../outside", "dir/deep");
        tree.link("dir/deep", "via");
        tree.link("../root", "back");
        tree.link("../outside/secret.txt", "last");
        tree.link("last", "last2");
        tree.link("../outside/new", "dangling");
        tree.link("dangling", "dangling2");
        tree.link("../last2", "dir/last3");
        tree.link(&secret, "last-absolute");
        // Also where an absolute target lies inside: the guest's tree is not the host's.
        tree.link(&inside, "inside-absolute");
        let dir = mounted(&tree);
        let before = tree.outside_now();
        // In the middle of a path, and as its last component with a slash behind.
        let ways = [
            "up", "up-slash", "out", "winding", "chain", "chain2", "chain3", "absolute", "slash", "dir/deep",
            "via",
        ];
        for way in ways.into_iter().chain(["back"]) {
            for rest in ["secret.txt", "outside/secret.txt", "new", "dir", ".", "..", "./", "x/../y", "file"]
            {
                refuses_everywhere(&*dir, &format!("{way}/{rest}"), Errno::Notcapable);
            }
            refuses_to_follow_slash(&*dir, &format!("{way}/"));
            refuses_to_follow_slash(&*dir, &format!("{way}//"));
        }
        // At the end of a path.
        for at in
            ["last", "last2", "dangling", "dangling2", "dir/last3", "last-absolute", "inside-absolute", "up"]
        {
            refuses_to_follow(&*dir, at, Errno::Notcapable);
            refuses_to_follow(&*dir, &format!("dir/../{at}"), Errno::Notcapable);
            let unfollowed = OpenOptions { follow: false, ..OpenOptions::READ };
            assert_eq!(dir.open(path(at), unfollowed).err(), Some(Errno::Loop), "{at}");
            assert_eq!(dir.stat_at(path(at), false).map(|stat| stat.filetype), Ok(Filetype::SymbolicLink));
        }
        // What acts on a link itself does so.
        dir.rename(path("last"), &*dir, path("renamed")).unwrap();
        dir.set_times_at(path("renamed"), false, super::TIMES).unwrap();
        write(&*dir, "over", "over").unwrap();
        dir.rename(path("over"), &*dir, path("renamed")).unwrap();
        assert_eq!(read(&*dir, "renamed").as_deref(), Ok("over"));
        dir.unlink(path("dangling")).unwrap();
        assert_eq!(dir.create_dir(path("out")), Err(Errno::Exist));
        assert_eq!(dir.remove_dir(path("out")), Err(Errno::Notdir));
        assert_eq!(dir.remove_dir(path("out/")), Err(Errno::Notdir));
        assert_eq!(dir.unlink(path("out/")), Err(Errno::Notdir));
        assert_eq!(dir.symlink(target("x", "x"), path("out")), Err(Errno::Exist));
        assert_eq!(tree.outside_now(), before);
    });

    /// What follows a link because of a slash behind it.
    fn refuses_to_follow_slash(dir: &dyn Dir, at: &str) {
        for follow in [false, true] {
            assert_eq!(
                dir.open(path(at), OpenOptions { follow, ..OpenOptions::READ }).err(),
                Some(Errno::Notcapable)
            );
            assert_eq!(dir.stat_at(path(at), follow), Err(Errno::Notcapable), "{at}");
            assert_eq!(dir.set_times_at(path(at), follow, super::TIMES), Err(Errno::Notcapable));
            assert_eq!(dir.link(path(at), follow, dir, path("taken")), Err(Errno::Notcapable));
        }
        assert_eq!(dir.read_link(path(at), &mut [0; 9]), Err(Errno::Notcapable));
    }
}

#[test]
fn links_inside_are_followed() {
    everywhere(|mounted| {
        let tree = Tree::new();
        tree.link("file", "to-file");
        tree.link("dir", "to-dir");
        tree.link("../file", "dir/up-to-file");
        tree.link("to-dir/../dir/./up-to-file", "winding");
        tree.link(".", "self");
        let dir = mounted(&tree);
        for at in [
            "to-file",
            "dir/up-to-file",
            "to-dir/up-to-file",
            "winding",
            "self/self/winding",
            "self/./to-file",
        ] {
            assert_eq!(read(&*dir, at).as_deref(), Ok("file"), "{at}");
        }
        assert_eq!(read(&*dir, "to-dir/inner").as_deref(), Ok("inner"));
        assert_eq!(dir.stat_at(path("to-dir/"), false).map(|stat| stat.filetype), Ok(Filetype::Directory));
        assert_eq!(dir.stat_at(path("to-file/"), true), Err(Errno::Notdir));
        let unfollowed = OpenOptions { follow: false, ..OpenOptions::READ };
        assert_eq!(dir.open(path("to-file"), unfollowed).err(), Some(Errno::Loop));
        assert!(open_dir(&*dir, "to-dir").is_ok());
        // Times and hard links reach the file, through links and not.
        dir.set_times_at(path("winding"), true, super::TIMES).unwrap();
        assert_eq!(dir.stat_at(path("file"), true).map(|stat| stat.mtim), Ok(1_000_000_000));
        assert_ne!(dir.stat_at(path("winding"), false).map(|stat| stat.mtim), Ok(1_000_000_000));
        dir.link(path("winding"), true, &*dir, path("hard")).unwrap();
        assert_eq!(
            dir.stat_at(path("hard"), false).map(|stat| (stat.filetype, stat.nlink)),
            Ok((Filetype::RegularFile, 2))
        );
    });
}

#[test]
fn loops_end() {
    everywhere(|mounted| {
        let tree = Tree::new();
        tree.link("itself", "itself");
        tree.link("two", "one");
        tree.link("one", "two");
        tree.link("./growing/x", "growing");
        for n in 0..45 {
            tree.link(&if n == 0 { "file".to_owned() } else { format!("l{}", n - 1) }, &format!("l{n}"));
        }
        let dir = mounted(&tree);
        for at in ["itself", "one", "growing", "l40"] {
            refuses_to_follow(&*dir, at, Errno::Loop);
        }
        for at in ["itself/x", "one/x", "growing/x", "one/..", "itself/."] {
            refuses_everywhere(&*dir, at, Errno::Loop);
        }
        // As many links as Linux follows, and no more.
        assert_eq!(read(&*dir, "l39").as_deref(), Ok("file"));
        assert_eq!(dir.stat_at(path("itself"), false).map(|stat| stat.filetype), Ok(Filetype::SymbolicLink));
        dir.unlink(path("itself")).unwrap();
    });
}

#[test]
fn links_that_a_guest_makes_do_not_lead_out() {
    everywhere(|mounted| {
        let tree = Tree::new();
        let dir = mounted(&tree);
        let before = tree.outside_now();
        // As text the target stays inside; through the link to `.` it is two levels above.
        dir.create_dir(path("a")).unwrap();
        dir.symlink(target(".", "a/L"), path("a/L")).unwrap();
        dir.symlink(target("a/L/L/../..", "esc"), path("esc")).unwrap();
        refuses_everywhere(&*dir, "esc/secret.txt", Errno::Notcapable);
        refuses_everywhere(&*dir, "esc/outside/secret.txt", Errno::Notcapable);
        refuses_to_follow(&*dir, "esc", Errno::Notcapable);
        // A link that is inside where it was made, moved to where it is not.
        dir.create_dir(path("a/b")).unwrap();
        dir.symlink(target("../../file", "a/b/l"), path("a/b/l")).unwrap();
        assert_eq!(read(&*dir, "a/b/l").as_deref(), Ok("file"));
        dir.rename(path("a/b/l"), &*dir, path("l")).unwrap();
        refuses_to_follow(&*dir, "l", Errno::Notcapable);
        // Or with its directory.
        dir.symlink(target("../../outside", "a/b/out"), path("a/b/out")).unwrap();
        dir.rename(path("a/b"), &*dir, path("b")).unwrap();
        refuses_everywhere(&*dir, "b/out/secret.txt", Errno::Notcapable);
        // Or made through a deeper handle than it is used by, and the other way round.
        let b = open_dir(&*dir, "b").unwrap();
        b.symlink(target("x/..", "d"), path("d")).unwrap();
        refuses_everywhere(b.as_ref(), "out/secret.txt", Errno::Notcapable);
        refuses_everywhere(b.as_ref(), "../outside/secret.txt", Errno::Notcapable);
        assert_eq!(tree.outside_now(), before);
    });
}

#[test]
fn hard_links_to_links_are_links() {
    everywhere(|mounted| {
        let tree = Tree::new();
        tree.link("../outside/secret.txt", "out");
        tree.link("../../file", "dir/deep");
        let dir = mounted(&tree);
        let before = tree.outside_now();
        dir.link(path("out"), false, &*dir, path("dir/hard")).unwrap();
        assert_eq!(
            dir.stat_at(path("dir/hard"), false).map(|stat| stat.filetype),
            Ok(Filetype::SymbolicLink)
        );
        // From one level down the same text leads elsewhere.
        assert_eq!(dir.stat_at(path("dir/hard"), true), Err(Errno::Noent));
        dir.link(path("dir/deep"), false, &*dir, path("hard")).unwrap();
        refuses_to_follow(&*dir, "hard", Errno::Notcapable);
        refuses_to_follow(&*dir, "out", Errno::Notcapable);
        let inner = open_dir(&*dir, "dir").unwrap();
        dir.link(path("out"), false, inner.as_ref(), path("again")).unwrap();
        refuses_to_follow(inner.as_ref(), "again", Errno::Notcapable);
        assert_eq!(tree.outside_now(), before);
    });
}

#[test]
fn magic_links_lead_nowhere() {
    in_every_mode(|options| {
        let tree = Tree::new();
        let held = std::fs::File::open(tree.outside("")).unwrap();
        let held = std::os::fd::AsRawFd::as_raw_fd(&held);
        let open = std::fs::File::open(tree.outside("secret.txt")).unwrap();
        let open = std::os::fd::AsRawFd::as_raw_fd(&open);
        let proc = HostDir::open_ambient(std::path::Path::new("/proc"), options).unwrap();
        let pid = std::process::id();
        let secret = tree.outside("secret.txt").display().to_string();
        for at in [
            format!("self/root{secret}"),
            format!("thread-self/root{secret}"),
            format!("{pid}/root{secret}"),
            format!("{pid}/root"),
            "self/root/".to_owned(),
            "self/cwd/Cargo.toml".to_owned(),
            "self/cwd".to_owned(),
            "self/cwd/.".to_owned(),
            "self/exe".to_owned(),
            "self/ns/net".to_owned(),
            format!("self/fd/{held}"),
            format!("self/fd/{held}/"),
            format!("self/fd/{held}/."),
            format!("self/fd/{held}/secret.txt"),
            format!("self/fd/{held}/../outside/secret.txt"),
            format!("self/fd/{open}"),
            format!("self/task/../fd/{open}"),
        ] {
            for answer in [
                proc.open(path(&at), OpenOptions::READ).map(drop),
                proc.open(path(&at), OpenOptions { directory: true, ..OpenOptions::READ }).map(drop),
                proc.stat_at(path(&at), true).map(drop),
                proc.set_times_at(path(&at), true, super::TIMES),
                proc.link(path(&at), true, &proc, path("taken")),
            ] {
                let refused = matches!(answer, Err(Errno::Loop | Errno::Notcapable | Errno::Noent));
                assert!(refused, "{at}: {answer:?}");
            }
        }
        // The links with a path are ordinary ones, and files of /proc are files.
        assert_eq!(proc.stat_at(path("self/fd"), true).map(|stat| stat.filetype), Ok(Filetype::Directory));
        assert!(read(&proc, "self/comm").is_ok());
    });
}
