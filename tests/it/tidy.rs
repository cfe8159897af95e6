//! The layers know only what they may, and files stay small and say what they are.

use std::path::{Path, PathBuf};

/// Who may name whom. A layer that is not here may name none of them; the crate's root names all.
const LAYERS: &[(&str, &[&str])] = &[
    ("abi", &[]),
    ("span", &[]),
    ("system", &["abi"]),
    ("guest", &["abi", "span"]),
    ("vfs", &["abi", "span"]),
    ("stdio", &["abi", "span", "system", "vfs"]),
    ("fds", &["abi", "stdio", "vfs"]),
    ("process", &["abi", "fds", "guest", "stdio", "system", "vfs"]),
    ("calls", &["abi", "fds", "guest", "process", "span", "stdio", "system", "vfs"]),
    ("trace", &["abi", "guest", "process"]),
    ("engine", &["abi", "calls", "fds", "guest", "process", "span", "stdio", "system", "trace", "vfs"]),
    (
        "node",
        &["abi", "calls", "engine", "fds", "guest", "process", "span", "stdio", "system", "trace", "vfs"],
    ),
    (
        "lib",
        &[
            "abi", "calls", "engine", "fds", "guest", "node", "process", "span", "stdio", "system", "trace",
            "vfs",
        ],
    ),
];

/// Which layers may name what of others: an engine has one door, and the operating system few.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("libc", &["engine", "span", "vfs", "node"]),
    ("rustix", &["engine", "system", "stdio", "vfs", "node"]),
    ("napi", &["node"]),
    ("napi_sys", &["node"]),
    ("napi_derive", &["node"]),
    ("wasm_encoder", &["node"]),
    ("wasmer", &["engine"]),
    ("wasmer_middlewares", &["engine"]),
    ("wasmer_types", &["engine"]),
    ("wasmer_wasix", &["engine"]),
    ("tokio", &["engine"]),
    ("virtual_fs", &["vfs", "engine"]),
];

/// The longest a file may be, lines: what is longer is two things.
const MOST_LINES: usize = 500;

#[test]
fn layers_name_only_what_they_may() {
    let mut faults = Vec::new();
    for (file, code) in sources(&["src"]) {
        let layer = layer_of(&file);
        let Some((_, may)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
            faults.push(format!("{}: the layer {layer} is not in the list", file.display()));
            continue;
        };
        for (number, line) in code.lines().enumerate() {
            let line = line.split("//").next().unwrap_or_default();
            let place = format!("{}:{}", file.display(), number + 1);
            for named in paths_after(line, "crate::") {
                if named != layer && is_module(&named) && !may.contains(&named.as_str()) {
                    faults.push(format!("{place}: {layer} may not name {named}"));
                }
            }
            for (outside, layers) in OUTSIDE {
                if names(line, outside) && !layers.contains(&layer.as_str()) {
                    faults.push(format!("{place}: {layer} may not name {outside}"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn files_are_small_and_say_what_they_are() {
    let mut faults = Vec::new();
    for (file, code) in sources(&["src", "tests"]) {
        let lines = code.lines().count();
        if lines > MOST_LINES {
            faults.push(format!("{}: {lines} lines", file.display()));
        }
        if !code.starts_with("//! ") {
            faults.push(format!("{}: the first line does not say what it is", file.display()));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Whether a layer of that name exists, so that `crate::some_macro!` is none.
fn is_module(name: &str) -> bool {
    let src = root().join("src");
    src.join(name).is_dir() || src.join(format!("{name}.rs")).is_file()
}

/// The first part of each path that follows `prefix`, also in a list of them: `crate::{abi, span}`.
fn paths_after(line: &str, prefix: &str) -> Vec<String> {
    let word = |text: &str| {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
    };
    line.match_indices(prefix)
        .flat_map(|(at, _)| {
            let rest = &line[at + prefix.len()..];
            match rest.strip_prefix('{') {
                Some(list) => list.split(',').map(word).collect(),
                None => vec![word(rest)],
            }
        })
        .filter(|name| !name.is_empty())
        .collect()
}

/// Whether a line names a crate: as the start of a path, or alone in a `use`.
fn names(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = &line[at + name.len()..];
        let starts = before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':' && c != '"');
        starts && (after.starts_with("::") || after.starts_with(';') && line.trim_start().starts_with("use "))
    })
}

fn layer_of(file: &Path) -> String {
    let first = file.components().nth(1).unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// Every Rust file beneath these directories of the repository: its path from there, and its text.
fn sources(dirs: &[&str]) -> Vec<(PathBuf, String)> {
    let mut open: Vec<_> = dirs.iter().map(|dir| root().join(dir)).collect();
    let mut found = Vec::new();
    while let Some(at) = open.pop() {
        if at.is_dir() {
            open.extend(std::fs::read_dir(&at).unwrap().map(|entry| entry.unwrap().path()));
        } else if at.extension().is_some_and(|extension| extension == "rs") {
            let code = std::fs::read_to_string(&at).unwrap();
            found.push((at.strip_prefix(root()).unwrap().to_path_buf(), code));
        }
    }
    assert!(found.len() > 10, "the sources are elsewhere");
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
