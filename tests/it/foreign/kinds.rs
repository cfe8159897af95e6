//! Filesystems of virtual-fs that others wrote, each with what can be said of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use preopen::vfs::foreign::{Foreign, Limits};
use preopen::vfs::tree::TreeDir;
use virtual_fs::{
    EmptyFileSystem, FileSystem, MountFileSystem, OverlayFileSystem, PassthruFileSystem, TmpFileSystem,
    WebcVolumeFileSystem, mem_fs, static_fs::StaticFileSystem,
};
use webc::v3::write::{DirEntry, Directory, FileEntry, SymlinkEntry, Writer};
use webc::v3::{ChecksumAlgorithm, SignatureAlgorithm, Timestamps};
use webc::{Container, PathSegment, Version};

/// A filesystem as the trait has it.
pub type Any = Arc<dyn FileSystem + Send + Sync>;

/// How one is made.
pub type Make = fn() -> Any;

/// Mounts it with the limits that are usual.
#[track_caller]
pub fn mount(fs: &Any) -> TreeDir<Foreign> {
    Foreign::mount(Arc::clone(fs), Limits::default()).unwrap()
}

/// An empty filesystem of virtual-fs's in memory.
pub fn memory() -> Any {
    Arc::new(mem_fs::FileSystem::default())
}

/// Filesystems that take everything, by name, and how an empty one is made.
pub const WRITABLE: &[(&str, Make)] = &[
    ("MemFS", memory),
    ("TmpFileSystem", || Arc::new(TmpFileSystem::new())),
    ("PassthruFileSystem", || Arc::new(PassthruFileSystem::new_arc(memory()))),
    ("MountFileSystem", || {
        let mounts = MountFileSystem::new();
        mounts.mount("/", memory()).unwrap();
        Arc::new(mounts)
    }),
    ("OverlayFileSystem", || {
        Arc::new(OverlayFileSystem::new(mem_fs::FileSystem::default(), [EmptyFileSystem::default()]))
    }),
];

/// An empty one of each.
pub fn writable() -> Vec<(&'static str, Any)> {
    WRITABLE.iter().map(|(name, make)| (*name, make())).collect()
}

/// A package's volume: `readme` (`read me`), `bin/tool` (`tool`), `link` to `bin/tool`.
pub fn volume() -> Any {
    Arc::new(WebcVolumeFileSystem::new(package().get_volume("atom").unwrap()))
}

/// The same, with a MemFS over it that takes the changes.
pub fn layers() -> Any {
    let lower = WebcVolumeFileSystem::new(package().get_volume("atom").unwrap());
    Arc::new(OverlayFileSystem::new(mem_fs::FileSystem::default(), [lower]))
}

/// What older packages are read with: `lib/data` (`static`).
pub fn fixed() -> Any {
    use webc::v1::{DirOrFile, Volume, WebC};
    let files = [(DirOrFile::File(Path::new("lib/data").to_path_buf()), b"static".to_vec())];
    // What is parsed borrows the bytes, for as long as the process lives.
    let bytes: &'static [u8] = Volume::serialize_files(files.into_iter().collect()).leak();
    let parse = || Volume::parse(bytes).unwrap();
    let package = WebC {
        version: 1,
        checksum: None,
        signature: None,
        manifest: webc::metadata::Manifest::default(),
        atoms: parse(),
        volumes: [("atom".to_owned(), parse())].into_iter().collect(),
    };
    let block: &'static [u8] = package.get_volumes_as_fileblock().leak();
    Arc::new(StaticFileSystem::init(block, "tests").unwrap())
}

fn package() -> Container {
    let times = Timestamps::default();
    let name = |name: &str| PathSegment::parse(name).unwrap();
    let link = |to: &'static str| DirEntry::Symlink(SymlinkEntry::borrowed(to, times));
    let file = |bytes: &'static [u8]| DirEntry::File(FileEntry::borrowed(bytes, times));
    let bin = Directory::new(BTreeMap::from([(name("tool"), file(b"tool"))]), times);
    let root = BTreeMap::from([
        (name("readme"), file(b"read me")),
        (name("bin"), DirEntry::Dir(bin)),
        (name("link"), link("bin/tool")),
    ]);
    let mut writer = Writer::new(ChecksumAlgorithm::Sha256)
        .write_manifest(&webc::metadata::Manifest::default())
        .unwrap()
        .write_atoms(BTreeMap::new())
        .unwrap();
    writer.write_volume("atom", Directory::new(root, times)).unwrap();
    let bytes = writer.finish(SignatureAlgorithm::None).unwrap();
    Container::from_bytes_and_version(bytes, Version::V3).unwrap()
}
