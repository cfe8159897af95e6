'use strict';
// What files hold, through open ones and by name: the same answers as node:fs gives on a disk.
const { same } = require('./differential');

const FLAGS = ['r', 'rs', 'r+', 'rs+', 'w', 'wx', 'w+', 'wx+', 'a', 'ax', 'as', 'a+', 'ax+', 'as+', 'sr', 'xw', 'sa'];

same('openSync: every flag, on what is there and what is not', ({ fs, at, call }) => {
  fs.mkdirSync(at('/dir'));
  for (const flag of FLAGS) {
    fs.writeFileSync(at('/file'), 'content');
    fs.rmSync(at('/new'), { force: true });
    for (const path of ['/file', '/new', '/dir', '/dir/', '/file/', '/none/x']) {
      call(() => {
        const fd = fs.openSync(at(path), flag);
        const tries = [
          () => fs.readSync(fd, Buffer.alloc(3)),
          () => fs.writeSync(fd, 'XY'),
          () => fs.writeSync(fd, 'Z', 1),
          () => fs.ftruncateSync(fd, 5),
          () => fs.fstatSync(fd).isFile(),
          () => fs.readSync(fd, Buffer.alloc(9), 0, 9, 0),
        ];
        const answers = tries.map((act) => {
          try {
            return act();
          } catch (error) {
            return error.message;
          }
        });
        fs.closeSync(fd);
        return answers;
      });
      if (path === '/file') call(() => fs.readFileSync(at('/file'), 'latin1'));
    }
  }
});

same('openSync: numbers, and modes of what is made', ({ fs, at, call }) => {
  const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY, O_DIRECTORY, O_NOFOLLOW, O_APPEND } = fs.constants;
  fs.mkdirSync(at('/dir'));
  fs.writeFileSync(at('/f'), 'content');
  fs.symlinkSync('f', at('/l'));
  const open = (path, flags, mode) => fs.closeSync(fs.openSync(at(path), flags, mode));
  call(() => open('/new', O_CREAT | O_WRONLY, 0o600) ?? fs.statSync(at('/new')).mode);
  call(() => open('/new2', O_CREAT | O_RDWR, 0o777) ?? fs.statSync(at('/new2')).mode);
  call(() => open('/new3', 'w', '640') ?? fs.statSync(at('/new3')).mode);
  call(() => open('/f', 'w', 0o600) ?? fs.statSync(at('/f')).mode);
  call(() => open('/f', O_CREAT | O_EXCL | O_WRONLY));
  call(() => open('/l', O_CREAT | O_EXCL | O_WRONLY, 0o600));
  call(() => open('/l', O_RDONLY | O_NOFOLLOW));
  call(() => open('/l', O_CREAT | O_WRONLY, 0o600));
  call(() => open('/f', O_RDONLY | O_DIRECTORY));
  call(() => open('/dir', O_RDONLY | O_DIRECTORY));
  call(() => open('/dir', O_RDWR));
  call(() => open('/f', O_RDONLY | O_TRUNC) ?? fs.readFileSync(at('/f'), 'utf8'));
  call(() => open('/f', O_APPEND | O_WRONLY));
  call(() => open('/f'));
});

same('reading and writing at positions', ({ fs, at, call }) => {
  const fd = fs.openSync(at('/f'), 'w+');
  const buffer = Buffer.alloc(10, '.');
  call(() => fs.writeSync(fd, 'hello world'));
  call(() => fs.writeSync(fd, Buffer.from('abcdef'), 1, 3));
  call(() => fs.writeSync(fd, Buffer.from('abcdef'), 1, 3, 0));
  call(() => fs.writeSync(fd, 'é', 20, 'latin1'));
  call(() => fs.writeSync(fd, '4142', null, 'hex'));
  call(() => fs.writeSync(fd, Buffer.from('opt'), { offset: 1, length: 2, position: 30 }));
  call(() => fs.writeSync(fd, new Uint16Array([0x4443, 0x4645])));
  call(() => fs.writeSync(fd, new DataView(new ArrayBuffer(2)), 0, 2));
  call(() => fs.readSync(fd, buffer));
  call(() => fs.readSync(fd, buffer, 0, 5, 0) + buffer.toString('latin1'));
  call(() => fs.readSync(fd, buffer, 2, 3, 6) + buffer.toString('latin1'));
  call(() => fs.readSync(fd, buffer, { position: 1, length: 4, offset: 5 }) + buffer.toString('latin1'));
  call(() => fs.readSync(fd, buffer, { position: 1n }) + buffer.toString('latin1'));
  call(() => fs.readSync(fd, buffer, 0, 10, 1000));
  call(() => fs.readSync(fd, buffer, 0, 0, 0));
  call(() => fs.readSync(fd, buffer, 0, 11, 0));
  call(() => fs.readSync(fd, buffer, 11, 1, 0));
  call(() => fs.readSync(fd, buffer, -1, 1, 0));
  call(() => fs.readSync(fd, buffer, 0, -1, 0));
  call(() => fs.readSync(fd, buffer, 0, 1, -2));
  call(() => fs.readSync(fd, buffer, 0, 1, 1.5));
  call(() => fs.readSync(fd, Buffer.alloc(0), 0, 1, 0));
  call(() => fs.readSync(fd, 'text'));
  call(() => fs.writeSync(fd, {}));
  call(() => fs.writeSync(fd, buffer, 11));
  call(() => fs.writeSync(fd, buffer, 0, 11));
  call(() => fs.writevSync(fd, [Buffer.from('one'), new Uint8Array([50]), Buffer.alloc(0)], 0));
  call(() => fs.readvSync(fd, [buffer, new Uint8Array(3)], 0) + buffer.toString('latin1'));
  call(() => fs.writevSync(fd, [Buffer.from('end')]));
  call(() => fs.readvSync(fd, 'text'));
  call(() => fs.readFileSync(at('/f')));
  call(() => fs.fstatSync(fd));
  call(() => fs.fstatSync(fd, { bigint: true }).size);
  call(() => fs.ftruncateSync(fd, 3) ?? fs.readFileSync(at('/f'), 'utf8'));
  call(() => fs.ftruncateSync(fd, 6) ?? fs.readFileSync(at('/f'), 'latin1'));
  call(() => fs.ftruncateSync(fd) ?? fs.statSync(at('/f')).size);
  call(() => fs.ftruncateSync(fd, -5) ?? fs.statSync(at('/f')).size);
  call(() => fs.ftruncateSync(fd, 1.5));
  call(() => fs.fchmodSync(fd, 0o600) ?? fs.fstatSync(fd).mode);
  call(() => fs.futimesSync(fd, 5, 6.5) ?? fs.fstatSync(fd).mtimeMs);
  call(() => fs.fsyncSync(fd));
  call(() => fs.fdatasyncSync(fd));
  call(() => fs.closeSync(fd));
  for (const name of ['fstatSync', 'closeSync', 'fsyncSync', 'fdatasyncSync', 'ftruncateSync']) call(() => fs[name](1e9));
  call(() => fs.readSync(1e9, buffer));
  call(() => fs.writeSync(1e9, 'x'));
  call(() => fs.fchmodSync(1e9, 0));
  call(() => fs.futimesSync(1e9, 0, 0));
  call(() => fs.readFileSync(1e9));
  call(() => fs.writeFileSync(1e9, 'x'));
});

same('an open file outlives its name, and keeps its place', ({ fs, at, call }) => {
  fs.writeFileSync(at('/f'), '0123456789');
  const [one, two] = [fs.openSync(at('/f'), 'r'), fs.openSync(at('/f'), 'r+')];
  const buffer = Buffer.alloc(4);
  call(() => fs.readSync(one, buffer) + buffer.toString());
  fs.unlinkSync(at('/f'));
  fs.writeFileSync(at('/f'), 'another');
  call(() => fs.writeSync(two, 'abcdef'));
  call(() => fs.readSync(one, buffer) + buffer.toString());
  call(() => fs.fstatSync(one).nlink);
  call(() => fs.readFileSync(one, 'utf8'));
  call(() => fs.readFileSync(one, 'utf8'));
  call(() => fs.readFileSync(at('/f'), 'utf8'));
  call(() => fs.writeFileSync(two, 'XY'));
  call(() => fs.appendFileSync(two, 'Z'));
  call(() => fs.readSync(one, buffer, 0, 4, 6) + buffer.toString());
  fs.closeSync(one);
  fs.closeSync(two);
});

same('whole files: encodings, flags, modes, kinds of data', ({ fs, at, call }) => {
  fs.mkdirSync(at('/dir'));
  const data = ['text', 'ünï €', '', Buffer.from([0, 255, 128]), new Uint8Array([1, 2]), new Uint16Array([1, 2]), new DataView(new ArrayBuffer(3)), new Float64Array(1)];
  for (const each of data) {
    call(() => fs.writeFileSync(at('/f'), each) ?? fs.readFileSync(at('/f')));
    call(() => fs.appendFileSync(at('/f'), each) ?? fs.readFileSync(at('/f')));
  }
  for (const bad of [undefined, null, 5, {}, [1], true, new ArrayBuffer(1), { toString: () => 'x' }]) {
    call(() => fs.writeFileSync(at('/f'), bad));
    call(() => fs.appendFileSync(at('/f'), bad));
  }
  for (const encoding of ['utf8', 'UTF-8', 'utf-8', 'latin1', 'hex', 'base64', 'base64url', 'ascii', 'utf16le', 'ucs2', 'binary']) {
    call(() => fs.writeFileSync(at('/e'), '4a4b', encoding) ?? fs.readFileSync(at('/e')));
    call(() => fs.readFileSync(at('/e'), encoding));
    call(() => fs.readFileSync(at('/e'), { encoding }));
  }
  call(() => fs.readFileSync(at('/e'), { encoding: null }));
  call(() => fs.readFileSync(at('/e'), { encoding: 'buffer' }));
  call(() => fs.writeFileSync(at('/bytes'), Buffer.from([0xff, 0xfe, 0x41, 0xc3])) ?? fs.readFileSync(at('/bytes'), 'utf8'));
  call(() => fs.writeFileSync(at('/lone'), 'a\ud800b') ?? fs.readFileSync(at('/lone')));
  call(() => fs.writeFileSync(at('/m'), 'x', { mode: 0o600 }) ?? fs.statSync(at('/m')).mode);
  call(() => fs.writeFileSync(at('/m'), 'y', { mode: 0o777 }) ?? fs.statSync(at('/m')).mode);
  call(() => fs.writeFileSync(at('/m'), 'z', { flag: 'wx' }));
  call(() => fs.writeFileSync(at('/m'), 'z', { flag: 'a' }) ?? fs.readFileSync(at('/m'), 'utf8'));
  call(() => fs.writeFileSync(at('/m'), 'Z', { flag: 'r+' }) ?? fs.readFileSync(at('/m'), 'utf8'));
  call(() => fs.writeFileSync(at('/m'), 'Z', { flag: 'r' }));
  call(() => fs.readFileSync(at('/m'), { flag: 'w' }));
  call(() => fs.readFileSync(at('/made'), { flag: 'a+' }));
  call(() => fs.writeFileSync(at('/dir'), 'x'));
  call(() => fs.writeFileSync(at('/none/x'), 'x'));
  call(() => fs.readFileSync(at('/dir')));
  call(() => fs.readFileSync(at('/dir'), 'utf8'));
  call(() => fs.readFileSync(at('/none'), 'utf8'));
  call(() => fs.appendFileSync(at('/app'), 'x', { mode: 0o600 }) ?? fs.statSync(at('/app')).mode);
});

same('truncateSync, copyFileSync', ({ fs, at, call }) => {
  fs.mkdirSync(at('/dir'));
  fs.writeFileSync(at('/f'), 'content', { mode: 0o640 });
  call(() => fs.truncateSync(at('/f'), 3) ?? fs.readFileSync(at('/f'), 'utf8'));
  call(() => fs.truncateSync(at('/f'), 5) ?? fs.readFileSync(at('/f'), 'latin1'));
  call(() => fs.truncateSync(at('/none'), 5));
  call(() => fs.truncateSync(at('/dir'), 5));
  call(() => fs.copyFileSync(at('/f'), at('/g')) ?? [fs.readFileSync(at('/g')), fs.statSync(at('/g')).mode]);
  call(() => fs.copyFileSync(at('/f'), at('/g'), fs.constants.COPYFILE_EXCL));
  call(() => fs.copyFileSync(at('/f'), at('/f')) ?? fs.readFileSync(at('/f')));
  call(() => fs.copyFileSync(at('/none'), at('/h')));
  call(() => fs.copyFileSync(at('/f'), at('/none/h')));
  call(() => fs.truncateSync(at('/f')) ?? fs.statSync(at('/f')).size);
  call(() => fs.truncateSync(at('/f'), 'x'));
});

same('a hole reads as zeros', ({ fs, at, call }) => {
  const fd = fs.openSync(at('/hole'), 'w+');
  call(() => fs.writeSync(fd, 'end', 100_000));
  call(() => fs.fstatSync(fd).size);
  const buffer = Buffer.alloc(8, 'x');
  call(() => fs.readSync(fd, buffer, 0, 8, 99_995) + buffer.toString('latin1'));
  call(() => fs.copyFileSync(at('/hole'), at('/copy')) ?? fs.readFileSync(at('/copy')).equals(fs.readFileSync(at('/hole'))));
  fs.closeSync(fd);
});
