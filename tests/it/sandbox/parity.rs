//! The kernel and the walk give the same answers, error by error, and leave the same trees; and where nothing leads out,
//! these are the answers that a program of the host's gets.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;

use preopen::abi::Errno;
use preopen::vfs::host::{HostDir, MountOptions, Resolution};
use preopen::vfs::{Access, Dir, OpenOptions};
use proptest::prelude::*;

use super::asked::{Call, Text, ask_the_host, is_as_on_the_host, make};
use crate::support::{Tree, alone, open_dir, path, read, snapshot};

#[derive(Clone, Debug)]
enum Planted {
    Dir(String),
    File(String),
    Link { target: String, at: String },
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
    let texts = || paths().prop_map(|path| Text(path.into_bytes()));
    let to = || targets().prop_map(|target| Text(target.into_bytes()));
    let modified = 1_000_000_000;
    prop_oneof![
        4 => (texts(), options).prop_map(|(at, options)| Call::Open { at, options }),
        4 => (texts(), any::<bool>()).prop_map(|(at, follow)| Call::Stat { at, follow }),
        1 => texts().prop_map(Call::ReadLink),
        1 => (texts(), any::<bool>()).prop_map(move |(at, follow)| Call::SetTimes { at, follow, modified }),
        1 => (texts(), any::<bool>()).prop_map(|(at, follow)| Call::SetMode { at, follow, mode: 0o750 }),
        1 => texts().prop_map(Call::CreateDir),
        1 => texts().prop_map(Call::RemoveDir),
        1 => texts().prop_map(Call::Unlink),
        1 => (to(), texts(), any::<bool>()).prop_map(|(target, at, by_host)| Call::Symlink { target, at, by_host }),
        1 => (texts(), any::<bool>(), texts()).prop_map(|(from, follow, to)| Call::Link { from, follow, to }),
        2 => (texts(), texts()).prop_map(|(from, to)| Call::Rename { from, to }),
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
            let answer = make(&kernel, &kernel, call);
            prop_assert_eq!(&answer, &make(&walk, &walk, call), "{:?}", call);
            if is_as_on_the_host(call, &answer) {
                prop_assert_eq!(answer, ask_the_host(&host, &host, call), "{:?}", call);
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
