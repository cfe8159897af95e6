'use strict';
// The conformance programs in the engine.
const { runOwn } = require('../../conformance/run.js');
const { engine } = require('../helpers/engine');
const { holds } = require('../helpers/conformance');

const kinds = ['host', 'memory', 'overlay', 'host, read-only'];
// All in one process, and once.
let ran;
const cases = () => (ran ??= runOwn({ under: 'engine', kinds }));

for (const kind of kinds) engine(`every case holds in the engine on the kind ${kind}`, async () => holds((await cases())[kind], kind));
