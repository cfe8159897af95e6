'use strict';
// Every attack of the list, in guests off the thread.
const { skip } = require('../helpers/engine');
const { declareAttacks } = require('../attacks/declare.js');

if (!skip) declareAttacks('engine');
