// Where the types of Node are installed, the calls of a FileSystem have them. An ES module.

import type fs from 'node:fs';
import type { Readable } from 'node:stream';
import { MemoryFileSystem } from 'preopen';

const memory = new MemoryFileSystem();
const bytes: Buffer = memory.readFileSync('/a');
const text: string = memory.readFileSync('/a', { encoding: 'utf8' });
const stats: fs.Stats = memory.statSync('/a');
const exact: fs.BigIntStats = memory.statSync('/a', { bigint: true });
const entries: fs.Dirent[] = memory.readdirSync('/', { withFileTypes: true, recursive: true });
const first: string | undefined = memory.mkdirSync('/x/y', { recursive: true });
const promised: Promise<string> = memory.promises.readFile('/a', 'utf8');
const archive: Readable = memory.toTarStream();
const later: Promise<MemoryFileSystem> = MemoryFileSystem.fromTar(archive);
memory.toDirectory(new URL('file:///tmp/x'));
const taken: Pick<typeof fs, 'readFileSync' | 'readFile' | 'writeFile' | 'mkdir' | 'stat' | 'readdir'> = memory;
memory.readFile('/a', (error, data: Buffer) => void [error, data]);
// @ts-expect-error the arguments are checked
memory.writeFileSync(5.5, {});

export { archive, bytes, entries, exact, first, later, promised, stats, taken, text };
