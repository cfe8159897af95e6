'use strict';
// The same calls as promises, with callbacks, as streams and as FileHandles: the same answers as node:fs gives on a disk.
const assert = require('node:assert/strict');
const { test } = require('node:test');
const { pipeline } = require('node:stream/promises');
const { promisify } = require('node:util');
const { MemoryFileSystem } = require('../..');
const { same } = require('./differential');

same('promises: names and whole files', async ({ fs, at, call }) => {
  const { promises } = fs;
  const step = async (act) => {
    const answer = act();
    call(Object.assign(() => answer, { toString: () => String(act) }));
    await answer.catch(() => {});
  };
  await step(() => promises.mkdir(at('/a/b'), { recursive: true }));
  await step(() => promises.writeFile(at('/a/f'), 'content'));
  await step(() => promises.appendFile(at('/a/f'), '+'));
  await step(() => promises.readFile(at('/a/f'), 'utf8'));
  await step(() => promises.readFile(at('/a/none'), 'utf8'));
  // Node 26 says where, too.
  await step(() => promises.readFile(at('/a')).catch(({ code, syscall }) => [code, syscall]));
  await step(() => promises.stat(at('/a/f')));
  await step(() => promises.lstat(at('/none')));
  await step(() => promises.access(at('/none')));
  await step(() => promises.copyFile(at('/a/f'), at('/a/g')));
  await step(() => promises.readdir(at('/a')));
  await step(() => promises.readdir(at('/a'), { withFileTypes: true }));
  await step(() => promises.symlink('f', at('/a/l')));
  await step(() => promises.readlink(at('/a/l')));
  await step(() => promises.realpath(at('/a/l')));
  await step(() => promises.truncate(at('/a/g'), 2));
  await step(() => promises.chmod(at('/a/g'), 0o600));
  await step(() => promises.utimes(at('/a/g'), 1, 2));
  await step(() => promises.stat(at('/a/g')));
  await step(() => promises.rmdir(at('/a')));
  await step(() => promises.rm(at('/a'), { recursive: true }));
  await step(() => promises.readdir(at('/')));
  await step(() => promises.writeFile(at('/s'), ['one', Buffer.from('two')]));
  await step(() => promises.readFile(at('/s'), 'utf8'));
  await step(() => promises.readFile(at('/s'), { signal: AbortSignal.abort() }).catch(({ name, code }) => [name, code]));
});

same('promises: wrong arguments are rejections', async ({ fs, at, call }) => {
  call(() => fs.promises.readFile(undefined).catch(({ code }) => code));
  call(() => fs.promises.writeFile(at('/f'), 5).catch(({ code }) => code));
  call(() => fs.promises.open(at('/f'), 'nonsense').catch(({ code }) => code));
});

same('FileHandle', async ({ fs, at, call }) => {
  const handle = await fs.promises.open(at('/f'), 'w+');
  const note = async (act) => {
    const answer = await act().catch((error) => error);
    call(() => {
      if (answer instanceof Error) throw answer;
      return answer;
    });
  };
  await note(() => handle.write('hello world'));
  await note(() => handle.write(Buffer.from('HELLO'), 0, 5, 0));
  await note(async () => (await handle.read(Buffer.alloc(5), 0, 5, 0)).buffer);
  await note(async () => (await handle.read({ buffer: Buffer.alloc(4), position: 1 })).bytesRead);
  await note(() => handle.writeFile('!'));
  await note(() => handle.appendFile('?'));
  await note(() => handle.readFile('utf8'));
  await note(async () => (await handle.writev([Buffer.from('ab'), Buffer.from('cd')], 0)).bytesWritten);
  await note(async () => (await handle.readv([Buffer.alloc(3), Buffer.alloc(3)], 0)).bytesRead);
  await note(async () => (await handle.stat()).size);
  await note(() => handle.truncate(4));
  await note(() => handle.sync());
  await note(() => handle.datasync());
  await note(() => handle.chmod(0o600));
  await note(() => handle.utimes(1, 2));
  await note(() => fs.promises.readFile(handle, 'utf8'));
  await note(async () => typeof handle.fd);
  await note(() => handle.close());
  await note(async () => handle.fd);
  await note(() => handle.close());
  await note(() => handle.read().catch(({ code, syscall }) => [code, syscall]));
  await note(async () => fs.readFileSync(at('/f'), 'utf8'));
  const lines = await fs.promises.open(at('/lines'), 'w+');
  await lines.writeFile('one\ntwo\nthree');
  const reader = await fs.promises.open(at('/lines'));
  const read = [];
  for await (const line of reader.readLines()) read.push(line);
  call(() => read);
  await lines.close();
});

same('callbacks', async ({ fs, at, call }) => {
  const run = (name, ...args) => new Promise((resolve) => {
    try {
      fs[name](...args, (...answers) => resolve(answers));
    } catch (error) {
      resolve([error]);
    }
  });
  const note = async (...args) => {
    const answers = await run(...args);
    call(() => answers);
    return answers;
  };
  await note('mkdir', at('/d'));
  await note('mkdir', at('/d/e/f'), { recursive: true });
  await note('writeFile', at('/f'), 'content');
  await note('readFile', at('/f'), 'utf8');
  await note('readFile', at('/none'));
  await note('stat', at('/f'));
  await note('exists', at('/f'));
  await note('exists', at('/none'));
  await note('readdir', at('/'));
  await note('rename', at('/f'), at('/g'));
  await note('realpath', at('/g'));
  await note('unlink', at('/none'));
  const [, fd] = await run('open', at('/g'), 'r+');
  await note('read', fd, Buffer.alloc(3), 0, 3, 0);
  await note('write', fd, Buffer.from('xyz'), 0, 3, 0);
  await note('fstat', fd);
  await note('close', fd);
  await note('rm', at('/d'), { recursive: true });
  call(() => fs.stat(at('/f')));
  call(() => fs.readFile(5.5, () => {}));
});

test('callbacks come later, and util.promisify fits them', async () => {
  const memory = new MemoryFileSystem({ '/f': 'x' });
  let later = false;
  const reading = new Promise((resolve) => memory.readFile('/f', (error, data) => resolve([later, String(data)])));
  later = true;
  assert.deepEqual(await reading, [true, 'x']);
  assert.equal(String(await promisify(memory.readFile)('/f')), 'x');
});

same('streams', async ({ fs, at, call }) => {
  const text = 'a line of text\n'.repeat(20_000);
  await pipeline([text], fs.createWriteStream(at('/big')));
  call(() => fs.statSync(at('/big')).size);
  const collect = async (stream) => {
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    return chunks.map(String).join('');
  };
  const whole = await collect(fs.createReadStream(at('/big')));
  call(() => whole === text);
  const part = await collect(fs.createReadStream(at('/big'), { start: 5, end: 20, encoding: 'hex' }));
  call(() => part);
  await pipeline(['more'], fs.createWriteStream(at('/big'), { flags: 'r+', start: 3 }));
  call(() => fs.readFileSync(at('/big'), 'utf8').slice(0, 20));
  await pipeline(['end'], fs.createWriteStream(at('/big'), { flags: 'a' }));
  call(() => fs.readFileSync(at('/big'), 'utf8').slice(-6));
  const failed = await collect(fs.createReadStream(at('/none'))).catch((error) => error);
  call(() => {
    throw failed;
  });
  await pipeline(fs.createReadStream(at('/big')), fs.createWriteStream(at('/copy')));
  call(() => fs.readFileSync(at('/copy')).equals(fs.readFileSync(at('/big'))));
});

test('a FileHandle closes itself at the end of its block', { skip: Symbol.asyncDispose === undefined }, async () => {
  const memory = new MemoryFileSystem({ '/f': 'x' });
  const handle = await memory.promises.open('/f');
  await handle[Symbol.asyncDispose]();
  assert.equal(handle.fd, -1);
});

test('what is taken out of a filesystem stays with it', async () => {
  const memory = new MemoryFileSystem({ '/f': 'mine' });
  const { readFileSync, promises: { readFile }, existsSync } = memory;
  assert.equal(readFileSync('/f', 'utf8'), 'mine');
  assert.equal(await readFile('/f', 'utf8'), 'mine');
  assert.deepEqual(['/f', '/g'].filter(existsSync), ['/f']);
  assert.equal(memory.readFileSync, readFileSync);
  assert.equal(readFileSync.name, 'readFileSync');
});

test('a derived class, and a user, may have calls of their own', async () => {
  class Shouting extends MemoryFileSystem {
    readFileSync(...args) {
      return super.readFileSync(...args).toString().toUpperCase();
    }
  }
  const memory = new Shouting({ '/f': 'quiet' });
  assert.equal(memory.readFileSync('/f'), 'QUIET');
  assert.equal(memory.readFileSync('/f'), 'QUIET');
  assert.equal(await memory.promises.readFile('/f'), 'QUIET');
  const other = new MemoryFileSystem({ '/f': 'x' });
  other.readFileSync = () => 'replaced';
  assert.equal(other.readFileSync('/f'), 'replaced');
  assert.equal(await other.promises.readFile('/f'), 'replaced');
});
