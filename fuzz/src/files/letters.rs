//! From bytes to paths and choices. What has a letter of its own is written with it, so that seeds are text that one can read and
//! write; any other byte means something, too.
//!
//! A path is its components without slashes between them: `a^l/` is `a/../l/`. They end with a space, a line or the input; spaces
//! before them mean nothing.

use std::path::Path;

use super::asked::Text;

/// The longest name that there may be, and one that is longer by one.
const LONG: [usize; 2] = [255, 256];

/// The longest path that is made, bytes: a little longer than there may be.
const LONGEST: usize = 4200;

/// The most components that a path is written with.
const MOST: usize = 24;

/// How the components are written. Those of one letter stand for themselves; few, so that paths meet.
const COMPONENTS: &[(u8, &[u8])] = &[
    (b'a', b"a"),
    (b'b', b"b"),
    (b'c', b"c"),
    (b'f', b"f"),
    (b'l', b"l"),
    (b'm', b"m"),
    (b'^', b".."),
    (b'.', b"."),
    // An empty one: where it comes last the path has a slash at its end, and where it comes first it is absolute.
    (b'/', b""),
    (b'o', b"outside"),
    (b's', b"secret"),
    (b'r', b"root"),
    (b'u', "\u{fc}".as_bytes()),
    (b'U', b"\xff\xfe"),
    (b't', b"..."),
    (b'w', b".wh.a"),
];

/// What bytes without a letter of their own are: names mostly.
const OTHERS: &[u8] = b" abcflmabcflmabcflmablaf^^^../o  ";

/// Reads an input, which never ends: behind it are zeros.
pub(crate) struct Letters<'i> {
    rest: &'i [u8],
    /// What an absolute target may begin with.
    base: &'i Path,
}

impl<'i> Letters<'i> {
    pub(crate) fn new(input: &'i [u8], base: &'i Path) -> Self {
        Self { rest: input, base }
    }

    /// Whether nothing is left but zeros.
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.rest.split_off_first().copied().unwrap_or_default()
    }

    /// One of some, each of which has its letter. Spaces and lines before it are skipped.
    pub(crate) fn one_of<T: Copy>(&mut self, all: &[(u8, T)]) -> T {
        while let [b' ' | b'\n', rest @ ..] = self.rest {
            self.rest = rest;
        }
        let byte = self.byte();
        let own = all.iter().find(|(letter, _)| *letter == byte);
        own.unwrap_or(&all[usize::from(byte) % all.len()]).1
    }

    /// One of some letters, if such a letter is next: a byte that is no letter is one of them as often as not.
    pub(crate) fn take_one_of(&mut self, all: &[u8]) -> Option<u8> {
        while let [b' ' | b'\n', rest @ ..] = self.rest {
            self.rest = rest;
        }
        let next = *self.rest.first()?;
        let taken = match next {
            letter if all.contains(&letter) => letter,
            other if other >= 0xc0 => all[usize::from(other) % all.len()],
            _ => return None,
        };
        self.byte();
        Some(taken)
    }

    /// A digit, or any other byte, as a number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let byte = self.byte();
        let number = if byte.is_ascii_digit() { byte - b'0' } else { byte };
        usize::from(number) % end
    }

    /// Which of some letters are set: they are written one after the other up to a space. A byte that is no letter is a set of them.
    pub(crate) fn flags<const N: usize>(&mut self, all: [u8; N]) -> [bool; N] {
        let mut set = [false; N];
        loop {
            let byte = self.byte();
            if let Some(at) = all.iter().position(|letter| *letter == byte) {
                set[at] = true;
            } else if byte < 0x80 {
                return set;
            } else {
                return std::array::from_fn(|at| set[at] || byte >> (at % 7) & 1 == 1);
            }
        }
    }

    /// A path, or a link's target.
    pub(crate) fn path(&mut self) -> Text {
        let mut components: Vec<Vec<u8>> = Vec::new();
        while let [b' ', rest @ ..] = self.rest {
            self.rest = rest;
        }
        for _ in 0..MOST {
            let byte = match self.byte() {
                letter if letter.is_ascii_graphic() || letter == b' ' || letter == b'\n' => letter,
                other => OTHERS[usize::from(other) % OTHERS.len()],
            };
            match byte {
                b' ' | b'\n' => break,
                b'N' => components.push(vec![b'n'; LONG[0]]),
                b'O' => components.push(vec![b'n'; LONG[1]]),
                // The path twice.
                b'X' if components.len() < 4096 => components.extend_from_within(..),
                b'=' if components.is_empty() => {
                    components.push(self.base.as_os_str().as_encoded_bytes().to_vec());
                }
                letter => components.push(component(letter).to_vec()),
            }
        }
        let mut path = components.join(&b'/');
        path.truncate(LONGEST);
        Text(path)
    }

    /// The name of something that is planted, which may be any but no dots.
    pub(crate) fn name(&mut self) -> Vec<u8> {
        match self.byte() {
            b'N' => vec![b'n'; LONG[0]],
            letter => match component(letter) {
                b"" | b"." | b".." => b"a".to_vec(),
                name => name.to_vec(),
            },
        }
    }
}

fn component(letter: u8) -> &'static [u8] {
    let own = COMPONENTS.iter().find(|(own, _)| *own == letter);
    let of_others = || {
        let letter = OTHERS[usize::from(letter) % OTHERS.len()];
        COMPONENTS.iter().find(|(own, _)| *own == letter).unwrap_or(&COMPONENTS[0])
    };
    own.unwrap_or_else(of_others).1
}
