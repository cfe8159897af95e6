// The public types, from an ES module: what must compile does, and what must not is marked.

import preopen, {
  CapturedOutput,
  FileSystem,
  MemoryFileSystem,
  Module,
  OverlayFileSystem,
  Pool,
  WASI,
  WasiTrap,
  compile,
  run,
  spawn,
  type Chunk,
  type FileSystemProvider,
  type FinalizeBindingsOptions,
  type MemoryFileSystemUsage,
  type OverlayChange,
  type OverlayCommitError,
  type PreopenedDirectory,
  type PreopenedFile,
  type PreopenedFileSystem,
  type RunOptions,
  type RunReason,
  type RunResult,
  type SocketInfo,
  type SpawnedGuest,
  type StandardInput,
  type StandardOutput,
  type TraceEvent,
  type TraceValue,
  type TrapFrame,
  type WASIOptions,
} from 'preopen';
import 'preopen/register';

const directory: PreopenedDirectory = { path: './data', readOnly: true, specialFiles: false };
const options: WASIOptions = {
  version: 'preview1',
  args: ['app', '--flag'] as const,
  env: { HOME: '/', EMPTY: undefined },
  preopens: { '/data': directory, '/tmp': './tmp' },
  stdin: 0,
  stdout: 1,
  stderr: 2,
  returnOnExit: false,
  sockets: [3, '127.0.0.1:0', { fd: 4 }, { address: '::1', port: 80 }],
  maxFds: 64,
  dotEntries: true,
  trace: 'stderr',
};
const told: WASIOptions = {
  version: 'preview1',
  trace(event) {
    const { name, args, errno, result, duration, text }: TraceEvent = event;
    const line: string = `${name} ${errno ?? '?'} ${duration.toFixed(3)} ${text}`;
    const path: TraceValue | undefined = args['path'];
    if (typeof path === 'string') throw new Error(`${line} ${path} ${String(result['opened_fd'])}`);
  },
};

const file: PreopenedFile = { file: './app.conf', readOnly: true };
const provider: FileSystemProvider = {
  openSync: (path, flags) => path.length + flags.length,
  closeSync(fd) {
    void fd.toFixed();
  },
  readSync: (_fd, _buffer, _offset, length, position) => length + position,
  lstatSync: () => ({ isFile: () => true, size: 1n }),
};
const whole: FileSystemProvider = { readFileSync: () => 'text', statSync: () => ({ mode: 0o100644, size: 4 }) };
const mounted: PreopenedFileSystem = { filesystem: provider, readOnly: true };
new WASI({ version: 'preview1', preopens: { '/etc/app.conf': file, '/js': provider, '/whole': whole, '/ro': mounted } });
// @ts-expect-error neither openSync nor readFileSync
const none: FileSystemProvider = { statSync: () => ({}) };
// @ts-expect-error a misspelt permission
new WASI({ version: 'preview1', preopens: { '/': { file: './x', readonly: true } } });

const wasi: WASI = new WASI(options);
const same: WASI = new preopen.WASI({ version: 'unstable' });

declare const instance: { exports: Record<string, unknown> };
const code: number = wasi.start(instance);
const nothing: void = wasi.initialize(instance);
wasi.finalizeBindings(instance);
const bindings: FinalizeBindingsOptions = { memory: {} };
wasi.finalizeBindings(instance, bindings);
const imports: object = wasi.getImportObject();
const errno: unknown = wasi.wasiImport['sched_yield']?.();
const [socket]: SocketInfo[] = wasi.sockets;
const port: number | undefined = socket?.port;
wasi.close();
wasi[Symbol.dispose]();
{
  using scoped = new WASI({ version: 'preview1' });
  scoped.getImportObject();
}

const later: Promise<number> = wasi.startAsync(instance);
const ready: Promise<void> = wasi.initializeAsync(instance);

const captured = new CapturedOutput({ limit: 1024 });
const inputs: StandardInput[] = [0, '', 'text', new Uint8Array(1), new DataView(new ArrayBuffer(1)), new ArrayBuffer(1), () => null, () => 'next',
  (): Chunk | undefined => undefined, (async function* () { yield 'later'; })()];
const outputs: StandardOutput[] = [1, 'inherit', 'ignore', 'capture', captured, (chunk) => { chunk.subarray(1); }, async (chunk: Uint8Array) => chunk.length,
  { write: (chunk) => chunk.length > 0, on() {} }];
for (const stdin of inputs) for (const stdout of outputs) new WASI({ version: 'preview1', stdin, stdout, stderr: stdout, maxOutput: Infinity });
const both: CapturedOutput | undefined = wasi.stdout ?? wasi.stderr;
const said: [Uint8Array, string, boolean, number, number, number] = [captured.bytes(), captured.text(), captured.truncated, captured.dropped, captured.length, captured.limit];
captured.clear();
// @ts-expect-error it is the guest that writes
wasi.stdout = captured;
// @ts-expect-error there is no such kind
new WASI({ version: 'preview1', stdout: 'pipe' });
// @ts-expect-error a chunk is bytes
new WASI({ version: 'preview1', stdout: (chunk: string) => chunk.length });
// @ts-expect-error a number is no chunk
new WASI({ version: 'preview1', stdin: () => 5 });
// @ts-expect-error nor is a promise
new WASI({ version: 'preview1', stdin: async () => 'late' });

class Derived extends WASI {
  override finalizeBindings(target: object): void {
    super.finalizeBindings(target, {});
  }
}
new Derived(options).start(instance);

// @ts-expect-error a version is needed
new WASI({});
// @ts-expect-error there is no such version
new WASI({ version: 'preview2' });
// @ts-expect-error permissions are booleans
new WASI({ version: 'preview1', preopens: { '/': { path: '.', readOnly: 'yes' } } });
// @ts-expect-error the path is what a preopen is about
new WASI({ version: 'preview1', preopens: { '/': { readOnly: true } } });
// @ts-expect-error a typing slip in a permission is found
new WASI({ version: 'preview1', preopens: { '/': { path: '.', readonly: true } } });
// @ts-expect-error an address has a port
new WASI({ version: 'preview1', sockets: [{ address: '::1' }] });
// @ts-expect-error there is no other stream for it
new WASI({ version: 'preview1', trace: 'stdout' });
// @ts-expect-error it is made with new
WASI(options);
// @ts-expect-error the imports are replaced one by one
wasi.wasiImport = {};

const memory = new MemoryFileSystem({ '/a': 'text', '/b': new Uint8Array(1), '/c/': null }, { maxBytes: 100, maxInodes: 10 });
const base: FileSystem = memory;
new WASI({ version: 'preview1', preopens: { '/m': memory, '/r': { filesystem: base, readOnly: true }, '/h': './data' } });
const content: string = memory.readFileSync('/a', 'utf8');
memory.writeFileSync('/a', content);
const usage: MemoryFileSystemUsage = memory.usage;
const json: { [path: string]: string | null } = memory.toJSON();
const buffers: { [path: string]: Uint8Array | null } = memory.toJSON(undefined, undefined, undefined, true);
MemoryFileSystem.fromJSON(json, '/').fromJSON(buffers);
const copied: MemoryFileSystem = MemoryFileSystem.fromDirectory('.', { maxBytes: 5, filter: (path, entry) => entry.isFile() && path !== '' });
copied.toDirectory('./out');
const unpacked: MemoryFileSystem = MemoryFileSystem.fromTar(memory.toTar());
const untarred: Promise<MemoryFileSystem> = MemoryFileSystem.fromTar([memory.toTar()]);
void memory.promises.readFile('/a');

const overlay = new OverlayFileSystem({ lower: './project', upper: memory });
const changes: OverlayChange[] = new OverlayFileSystem({ lower: { path: '.', specialFiles: true } }).changes();
const removed: string[] = changes.filter(({ kind, type }) => kind === 'removed' && type === 'file').map(({ path }) => path);
new WASI({ version: 'preview1', preopens: { '/project': overlay, '/ro': { filesystem: overlay, readOnly: true } } });
try {
  const applied: OverlayChange[] = new OverlayFileSystem({ lower: overlay }).commit();
  void applied;
} catch (error) {
  const { code: why, path: at, done } = error as OverlayCommitError;
  void [why, at, done];
}
const upper: MemoryFileSystem = overlay.upper;

// @ts-expect-error it lies over something
new OverlayFileSystem({});
// @ts-expect-error the upper is in memory
new OverlayFileSystem({ lower: '.', upper: './upper' });
// @ts-expect-error a typing slip is found
new OverlayFileSystem({ lower: '.', uper: memory });
// @ts-expect-error a change has one of three kinds
changes[0].kind = 'renamed';

// @ts-expect-error only its kinds are made
new FileSystem();
// @ts-expect-error a typing slip in a limit is found
new MemoryFileSystem({}, { maxByte: 5 });
// @ts-expect-error a number is no content
new MemoryFileSystem({ '/a': 5 });
// @ts-expect-error a typing slip in a permission is found
new WASI({ version: 'preview1', preopens: { '/m': { filesystem: memory, readonly: true } } });

declare const stop: { aborted: boolean; reason: unknown; addEventListener(type: string, listener: () => void): void; removeEventListener(type: string, listener: () => void): void };
const everything: RunOptions = {
  version: 'wasix', args: ['app'] as const, env: { HOME: '/' }, preopens: { '/data': directory, '/m': memory }, stdin: async () => null, stdout: 'capture',
  stderr: (chunk) => chunk.length, sockets: [3], maxFds: 64, dotEntries: false, trace: 'stderr', maxOutput: 10, signal: stop, timeout: 5, fuel: 10n, maxMemory: 65536,
  maxThreads: 2, network: ['127.0.0.1:80'], engine: 'cranelift', cache: './cache', encoding: 'latin1',
  imports: { env: { log(ptr: number, length: number) { const bytes: Uint8Array = this.memory.read(ptr, length); this.memory.write(0, bytes); }, pow: Math.pow, later: async () => 5n } },
};
const ran: RunResult = await run('app.wasm', everything);
const { exitCode, stdout, reason, durationMs, fuelUsed }: { exitCode: number | null; stdout: string; reason: RunReason; durationMs: number; fuelUsed: bigint | undefined } = ran;
const asBytes: Uint8Array = (await run(new Uint8Array(8), { encoding: 'buffer' })).stdout;
const compiled: Module = await compile(new ArrayBuffer(8), { engine: 'singlepass', cache: true, metered: true, signal: stop });
const needed: string[] = compiled.imports.map(({ module, name, params }) => `${module}.${name} ${params.length} ${compiled.engine} ${compiled.version}`);
const pool = new Pool({ concurrency: 2 });
const spawned: SpawnedGuest = pool.spawn(compiled, { stdout: 'pipe', stderr: 'inherit' });
spawned.on('exit', (result) => result.stdout.length + pool.running + pool.queued + pool.concurrency);
spawned.once('error', (error) => error.message);
spawned.stdin?.end('text');
const stopped: boolean = spawned.kill() && spawned.killed;
const ended: RunResult = await spawned.exited;
{
  await using bounded = spawn('app.wasm');
  using other = spawn(compiled, { stdin: 'text' });
  void [bounded, other];
}
try {
  await pool.run(compiled);
} catch (error) {
  if (error instanceof WasiTrap) void [error.trap, error.frames.map(({ name, index, offset }: TrapFrame) => `${name} ${index} ${offset}`), error.code, error.stdout];
}
// @ts-expect-error a misspelt limit
run('app.wasm', { timout: 5 });
// @ts-expect-error only spawn() has pipes
run('app.wasm', { stdout: 'pipe' });
// @ts-expect-error the process goes on
run('app.wasm', { returnOnExit: false });
// @ts-expect-error there is no such compiler
compile('app.wasm', { engine: 'llvm' });
// @ts-expect-error compile() makes them
new Module();

export { asBytes, durationMs, ended, exitCode, fuelUsed, needed, reason, stdout, stopped };
export { code, errno, imports, later, none, nothing, port, ready, removed, same, told, unpacked, untarred, upper, usage };
