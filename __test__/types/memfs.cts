// memfs is accepted as it is; apart, since only the tests have it installed.

import memfs = require('memfs');
import preopen = require('preopen');

const preopens = { '/memfs': memfs.fs, '/vol': memfs.vol, '/ro': { filesystem: memfs.vol, readOnly: true } };
new preopen.WASI({ version: 'preview1', preopens });
new preopen.OverlayFileSystem({ lower: memfs.vol });
