//! The kernel and the walk give the same answers, error by error, and leave the same trees; and where nothing leads out,
//! these are the answers that a program of the host's gets.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;

use preopen::abi::{Errno, Filetype};
use preopen::vfs::host::{HostDir, MountOptions, Resolution, filestat, from_host};
use preopen::vfs::{Access, Dir, LinkTarget, OpenOptions, Opened, SetTime, SetTimes};
use proptest::prelude::*;

use crate::support::{Tree, alone, names, open_dir, path, read, snapshot};

#[derive(Clone, Debug)]
enum Planted {
    Dir(String),
    File(String),
    Link { target: String, at: String },
}

#[derive(Clone, Debug)]
enum Call {
    Open { at: String, options: OpenOptions },
    Stat { at: String, follow: bool },
    ReadLink(String),
    SetTimes { at: String, follow: bool },
    CreateDir(String),
    RemoveDir(String),
    Unlink(String),
    Symlink { target: String, at: String },
    Link { from: String, follow: bool, to: String },
    Rename { from: String, to: String },
}

/// A path of few names, so that paths meet; some end in slashes or dots.
fn paths() -> impl Strategy<Value = String> {
    let component = prop_oneof![
        8 => prop::sample::select(vec!["a", "b", "f", "l", "m"]),
        2 => Just(".."),
        1 => Just("."),
        1 => Just("missing"),
    ];
    let separator = prop_oneof![8 => Just("/"), 1 => Just("//"), 1 => Just("/./")];
    let ending =
        prop_oneof![8 => Just(""), 2 => Just("/"), 1 => Just("//"), 1 => Just("/."), 1 => Just("/..")];
    (prop::collection::vec((component, separator), 1..6), ending).prop_map(|(components, ending)| {
        let last = components.len() - 1;
        let parts = components.iter().enumerate();
        let joined: String = parts
            .map(|(n, (name, separator))| [*name, if n < last { separator } else { "" }].concat())
            .collect();
        joined + ending
    })
}

/// Where a link may lead: mostly inside, some out, and some from the host's root.
fn targets() -> impl Strategy<Value = String> {
    let start = prop_oneof![8 => Just(""), 2 => Just("../"), 1 => Just("../outside/"), 1 => Just("/")];
    (start, paths()).prop_map(|(start, path)| format!("{start}{path}"))
}

fn trees() -> impl Strategy<Value = Vec<Planted>> {
    let planted = prop_oneof![
        paths().prop_map(Planted::Dir),
        paths().prop_map(Planted::File),
        (targets(), paths()).prop_map(|(target, at)| Planted::Link { target, at }),
        (targets(), prop::sample::select(vec!["l", "m", "a/l", "a/m", "a/b/l"]))
            .prop_map(|(target, at)| Planted::Link { target, at: at.to_owned() }),
    ];
    prop::collection::vec(planted, 0..16)
}

fn calls() -> impl Strategy<Value = Call> {
    let access = prop::sample::select(vec![Access::Read, Access::Write, Access::ReadWrite]);
    let options = (any::<[bool; 5]>(), access).prop_map(
        |([follow, directory, create, exclusive, truncate], access)| OpenOptions {
            follow,
            access,
            directory,
            create,
            exclusive,
            truncate,
        },
    );
    prop_oneof![
        4 => (paths(), options).prop_map(|(at, options)| Call::Open { at, options }),
        4 => (paths(), any::<bool>()).prop_map(|(at, follow)| Call::Stat { at, follow }),
        1 => paths().prop_map(Call::ReadLink),
        1 => (paths(), any::<bool>()).prop_map(|(at, follow)| Call::SetTimes { at, follow }),
        1 => paths().prop_map(Call::CreateDir),
        1 => paths().prop_map(Call::RemoveDir),
        1 => paths().prop_map(Call::Unlink),
        1 => (targets(), paths()).prop_map(|(target, at)| Call::Symlink { target, at }),
        1 => (paths(), any::<bool>(), paths()).prop_map(|(from, follow, to)| Call::Link { from, follow, to }),
        2 => (paths(), paths()).prop_map(|(from, to)| Call::Rename { from, to }),
    ]
}

/// Plants what can be planted. A link goes only where no other leads: this is the host's own code.
fn plant(tree: &Tree, what: &[Planted]) {
    std::fs::create_dir_all(tree.root("a/b")).unwrap();
    let dir = tree.mount(MountOptions { resolution: Resolution::Openat2, ..MountOptions::default() });
    for planted in what {
        match planted {
            Planted::Dir(at) => drop(dir.create_dir(path(at))),
            Planted::File(at) => drop(crate::support::write(&dir, at, at)),
            Planted::Link { target, at } => {
                let parent = tree.root(at).parent().map(std::path::Path::to_path_buf);
                let (real, root) =
                    (parent.and_then(|parent| parent.canonicalize().ok()), tree.root("").canonicalize());
                if real.is_some_and(|real| real.starts_with(root.unwrap())) {
                    let _ = std::os::unix::fs::symlink(target, tree.root(at));
                }
            }
        }
    }
}

/// Makes a call and says all that its answer tells.
fn make(dir: &HostDir, call: &Call) -> String {
    match call {
        Call::Open { at, options } => match dir.open(path(at), *options) {
            Ok(Opened::File(file)) => format!("file of {} bytes", file.stat().unwrap().size),
            Ok(Opened::Dir(dir)) => format!("directory of {:?}", names(dir.as_ref())),
            Ok(Opened::Special(_)) => panic!("nothing special was planted"),
            Err(errno) => format!("{errno:?}"),
        },
        Call::Stat { at, follow } => {
            let stat = dir.stat_at(path(at), *follow);
            format!("{:?}", stat.map(|stat| (stat.filetype, stat.nlink, stat.size)))
        }
        Call::ReadLink(at) => {
            let mut buf = [0; 100];
            let len = dir.read_link(path(at), &mut buf);
            format!("{:?}", len.map(|len| buf[..len].to_vec()))
        }
        Call::SetTimes { at, follow } => {
            let times = SetTimes { access: None, modified: Some(SetTime::At(1_000_000_000)) };
            format!("{:?}", dir.set_times_at(path(at), *follow, times))
        }
        Call::CreateDir(at) => format!("{:?}", dir.create_dir(path(at))),
        Call::RemoveDir(at) => format!("{:?}", dir.remove_dir(path(at))),
        Call::Unlink(at) => format!("{:?}", dir.unlink(path(at))),
        Call::Symlink { target, at } => match LinkTarget::new(format!("{target}\0").as_bytes(), path(at)) {
            Ok(target) => format!("{:?}", dir.symlink(target, path(at))),
            Err(errno) => format!("{errno:?}"),
        },
        Call::Link { from, follow, to } => format!("{:?}", dir.link(path(from), *follow, dir, path(to))),
        Call::Rename { from, to } => format!("{:?}", dir.rename(path(from), dir, path(to))),
    }
}

/// Makes a call as a program of the host's would, which nothing confines.
fn ask_the_host(dir: &OwnedFd, call: &Call) -> String {
    use rustix::fs::{AtFlags, Mode, OFlags, Timespec, Timestamps, UTIME_OMIT, fstat, statat};
    fn said<T: std::fmt::Debug>(answer: rustix::io::Result<T>) -> String {
        format!("{:?}", answer.map_err(from_host))
    }
    let nofollow = |follow| if follow { AtFlags::empty() } else { AtFlags::SYMLINK_NOFOLLOW };
    match call {
        Call::Open { at, options } => {
            let OpenOptions { follow, access, directory, create, exclusive, truncate } = *options;
            let mut flags = OFlags::NONBLOCK;
            flags |= match access {
                Access::Read => OFlags::RDONLY,
                Access::Write => OFlags::WRONLY,
                Access::ReadWrite => OFlags::RDWR,
            };
            flags.set(OFlags::DIRECTORY, directory);
            flags.set(OFlags::NOFOLLOW, !follow);
            flags.set(OFlags::CREATE, create);
            flags.set(OFlags::EXCL, create && exclusive);
            flags.set(OFlags::TRUNC, truncate);
            match rustix::fs::openat(dir, at, flags, Mode::from_raw_mode(0o666)) {
                Ok(fd) => {
                    let stat = filestat(&fstat(&fd).unwrap());
                    if stat.filetype == Filetype::RegularFile {
                        return format!("file of {} bytes", stat.size);
                    }
                    let mut names: Vec<_> = rustix::fs::Dir::read_from(&fd)
                        .unwrap()
                        .map(|entry| entry.unwrap().file_name().to_str().unwrap().to_owned())
                        .filter(|name| name != "." && name != "..")
                        .collect();
                    names.sort();
                    format!("directory of {names:?}")
                }
                Err(errno) => format!("{:?}", from_host(errno)),
            }
        }
        Call::Stat { at, follow } => said(statat(dir, at, nofollow(*follow)).map(|stat| {
            let stat = filestat(&stat);
            (stat.filetype, stat.nlink, stat.size)
        })),
        Call::ReadLink(at) => said(rustix::fs::readlinkat(dir, at, []).map(|target| target.into_bytes())),
        Call::SetTimes { at, follow } => {
            let times = Timestamps {
                last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
                last_modification: Timespec { tv_sec: 1, tv_nsec: 0 },
            };
            said(rustix::fs::utimensat(dir, at, &times, nofollow(*follow)))
        }
        Call::CreateDir(at) => said(rustix::fs::mkdirat(dir, at, Mode::from_raw_mode(0o777))),
        Call::RemoveDir(at) => said(rustix::fs::unlinkat(dir, at, AtFlags::REMOVEDIR)),
        Call::Unlink(at) => said(rustix::fs::unlinkat(dir, at, AtFlags::empty())),
        Call::Symlink { target, at } => match LinkTarget::new(format!("{target}\0").as_bytes(), path(at)) {
            Ok(_) => said(rustix::fs::symlinkat(target, dir, at)),
            Err(errno) => format!("{errno:?}"),
        },
        Call::Link { from, follow, to } => {
            let follow = if *follow { AtFlags::SYMLINK_FOLLOW } else { AtFlags::empty() };
            said(rustix::fs::linkat(dir, from, dir, to, follow))
        }
        Call::Rename { from, to } => said(rustix::fs::renameat(dir, from, dir, to)),
    }
}

/// A tree without the times.
fn shape(tree: &Tree) -> BTreeMap<String, String> {
    let timeless = |(path, what): (String, String)| (path, what.split(" mtime").next().unwrap().to_owned());
    snapshot(&tree.root("")).into_iter().map(timeless).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_kernel_and_the_walk_and_the_host_agree(
        planted in trees(),
        calls in prop::collection::vec(calls(), 1..24),
    ) {
        let trees = [Tree::new(), Tree::new(), Tree::new()];
        let outside = trees.each_ref().map(Tree::outside_now);
        for tree in &trees {
            plant(tree, &planted);
        }
        prop_assert_eq!(&trees.each_ref().map(Tree::outside_now), &outside);
        let mount = |tree: &Tree, resolution| tree.mount(MountOptions { resolution, ..MountOptions::default() });
        let (kernel, walk) = (mount(&trees[0], Resolution::Openat2), mount(&trees[1], Resolution::Walk));
        let host = OwnedFd::from(std::fs::File::open(trees[2].root("")).unwrap());
        for call in &calls {
            let answer = make(&kernel, call);
            prop_assert_eq!(&answer, &make(&walk, call), "{:?}", call);
            // A file with a slash behind it is no directory, also to who would create it: as node:wasi says, not Linux.
            let file_as_dir = matches!(call, Call::Open { at, options } if options.create && at.ends_with('/'));
            // What would lead out is not tried on the host.
            let untried = answer.contains("Notcapable");
            if !untried && (!file_as_dir || answer != "Notdir") {
                prop_assert_eq!(answer, ask_the_host(&host, call), "{:?}", call);
            }
        }
        prop_assert_eq!(shape(&trees[0]), shape(&trees[1]));
        prop_assert_eq!(shape(&trees[0]), shape(&trees[2]));
        prop_assert_eq!(trees.each_ref().map(Tree::outside_now), outside);
    }
}

/// The same mount, resolved both ways.
fn both(tree: &Tree) -> [HostDir; 2] {
    [Resolution::Openat2, Resolution::Walk]
        .map(|resolution| tree.mount(MountOptions { resolution, ..MountOptions::default() }))
}

#[test]
fn directories_that_may_not_be_searched() {
    use std::os::unix::fs::PermissionsExt;
    let tree = Tree::new();
    std::fs::create_dir(tree.root("closed")).unwrap();
    std::fs::write(tree.root("closed/file"), "file").unwrap();
    tree.link("closed/../file", "through");
    std::fs::set_permissions(tree.root("closed"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let mounts = both(&tree);
    // The superuser may search everything; a thread of it can stop being one.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            if rustix::process::geteuid().is_root() {
                rustix::thread::set_thread_uid(rustix::process::Uid::from_raw(65534)).unwrap();
            }
            for at in [
                "closed/file",
                "closed/missing",
                "closed/.",
                "closed/..",
                "closed/../file",
                "closed/./x",
                "through",
            ] {
                for mount in &mounts {
                    assert_eq!(mount.stat_at(path(at), true), Err(Errno::Acces), "{at}");
                }
            }
            for mount in &mounts {
                assert!(mount.stat_at(path("closed"), true).is_ok());
                assert!(mount.stat_at(path("closed/"), true).is_ok());
            }
        });
    });
}

#[test]
fn long_and_deep_paths() {
    let tree = Tree::new();
    let deep = vec!["d"; 100].join("/");
    std::fs::create_dir_all(tree.root(&deep)).unwrap();
    std::fs::write(tree.root(&format!("{deep}/file")), "deep").unwrap();
    let [kernel, walk] = both(&tree);
    for dir in [&kernel, &walk] {
        assert_eq!(read(dir, &format!("{deep}/file")).as_deref(), Ok("deep"));
        let back = vec![".."; 40].join("/");
        let there = format!("{deep}/{back}/{}/file", vec!["d"; 40].join("/"));
        assert_eq!(read(dir, &there).as_deref(), Ok("deep"));
        assert!(open_dir(dir, &"./".repeat(2000)).is_ok());
        assert!(open_dir(dir, &"d/../".repeat(800)).is_ok());
        let name = "n".repeat(256);
        assert_eq!(dir.stat_at(path(&name), true), Err(Errno::Nametoolong));
        assert_eq!(dir.create_dir(path(&name)), Err(Errno::Nametoolong));
        assert_eq!(dir.stat_at(path(&format!("{name}/x")), true), Err(Errno::Nametoolong));
    }
    // Where the two differ: the walk keeps 64 handles to go back by.
    let far = format!("{deep}/{}/file", vec![".."; 70].join("/"));
    assert_eq!(kernel.stat_at(path(&far), true), Err(Errno::Noent));
    assert_eq!(walk.stat_at(path(&far), true), Err(Errno::Nametoolong));
    let out = format!("{deep}/{}", vec![".."; 101].join("/"));
    assert_eq!(kernel.stat_at(path(&out), true), Err(Errno::Notcapable));
    assert_eq!(walk.stat_at(path(&out), true), Err(Errno::Nametoolong));
}

#[test]
fn a_process_without_descriptors_left() {
    if !alone("sandbox::parity::a_process_without_descriptors_left") {
        return;
    }
    use rustix::process::{Resource, Rlimit, setrlimit};
    let tree = Tree::new();
    let deep = vec!["d"; 60].join("/");
    std::fs::create_dir_all(tree.root(&deep)).unwrap();
    let [kernel, walk] = both(&tree);
    let few = rustix::io::dup(rustix::stdio::stdin()).unwrap();
    let limit = u64::try_from(std::os::fd::AsRawFd::as_raw_fd(&few)).unwrap();
    drop(few);
    // Room for three more. The walk gives up the handles behind it.
    setrlimit(Resource::Nofile, Rlimit { current: Some(limit + 3), maximum: Some(4096) }).unwrap();
    for dir in [&kernel, &walk] {
        assert!(dir.stat_at(path(&deep), true).is_ok());
        let held: Vec<_> = std::iter::from_fn(|| open_dir(dir, "d").ok()).collect();
        assert_eq!(held.len(), 3);
        assert_eq!(dir.open(path("d"), OpenOptions::READ).err(), Some(Errno::Mfile));
        assert_eq!(dir.stat_at(path("d/d"), true), Err(Errno::Mfile));
        assert_eq!(read(dir, "file"), Err(Errno::Mfile));
        assert!(dir.stat_at(path("d"), true).is_ok());
    }
}
