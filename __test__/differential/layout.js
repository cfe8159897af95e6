'use strict';
// Where things lie in the guest's one page of memory.

/** How large it is. */
const SIZE = 65536;
/** The descriptors that the guest remembers, u32 each: what calls opened is passed on from here. */
const SLOTS = 256;
const SLOT_COUNT = 16;
/** A cookie of fd_readdir's, u64. */
const COOKIE = SLOTS + 4 * SLOT_COUNT;
/** From here on each call has its own: filled with sentinels, then with what the plan plants. */
const SCRATCH = 1024;
/** '?': what memory is that nobody wrote. */
const SENTINEL = 0x3f;

/** What the slots hold first: the standard streams, both preopens, and then nothing that is open. */
const FIRST = Array.from({ length: SLOT_COUNT }, (_, slot) => (slot < 5 ? slot : 99));

module.exports = { COOKIE, FIRST, SCRATCH, SENTINEL, SIZE, SLOTS, SLOT_COUNT };
