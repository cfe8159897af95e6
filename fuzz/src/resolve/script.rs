//! An input of the target: a tree, and calls in it.

use std::path::Path;

use crate::files::calls::Step;
use crate::files::letters::Letters;
use crate::files::planted::{Planted, read};

/// The most calls. With what is planted, they cannot make a tree deeper than 64.
const MOST: usize = 32;

/// The most moves of a race.
const MOST_MOVES: usize = 8;

/// What somebody else does to the tree meanwhile, again and again, to what was planted, by number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Move {
    /// Takes it out of the tree, and brings it back.
    OutAndBack(usize),
    /// Swaps it with another.
    Swap(usize, usize),
}

/// A tree, and calls in it. In a race there are moves, too.
#[derive(Debug)]
pub(crate) struct Script {
    /// Whether the calls are also made where openat2(2) is not there or refused, and not only by a walk that was asked for: on
    /// threads of their own, which on a busy machine take far longer to answer.
    pub(crate) filtered: bool,
    pub(crate) planted: Vec<Planted>,
    pub(crate) moves: Vec<Move>,
    pub(crate) steps: Vec<Step>,
}

impl Script {
    /// Reads an input. It begins with `!` for a race, `*` for filtered threads, or anything else. In a race, moves follow the tree up to a `;`: `o` out and back, by number; `x` swap, two numbers.
    pub(crate) fn read(input: &[u8], base: &Path) -> Self {
        let mut letters = Letters::new(input, base);
        // Races take a while, so few inputs are one by chance.
        let first = letters.byte();
        let (races, filtered) = (first == b'!', first == b'*' || first % 16 == 5);
        let planted = read(&mut letters);
        let mut moves = Vec::new();
        while races && !planted.is_empty() && moves.len() < MOST_MOVES && !letters.is_empty() {
            moves.push(match letters.one_of(&[(b'o', b'o'), (b'x', b'x'), (b';', b';')]) {
                b'o' => Move::OutAndBack(letters.below(planted.len())),
                b'x' => Move::Swap(letters.below(planted.len()), letters.below(planted.len())),
                _ => break,
            });
        }
        let mut steps = Vec::new();
        while steps.len() < MOST && !letters.is_empty() {
            steps.push(Step::read(&mut letters));
        }
        Self { filtered, planted, moves, steps }
    }
}
