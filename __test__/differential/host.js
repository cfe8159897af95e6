'use strict';
// A child process that runs plans, one after the other, for as long as it lives; another takes its place where it dies.
const { fork } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/** How long a run may take, ms: some thousand times as long as it does. */
const PATIENCE = 60_000;

/** Files in memory, where a call that waits for the disk does not: thousands of them do here. */
const MEMORY = fs.existsSync('/dev/shm') ? '/dev/shm' : fs.realpathSync(os.tmpdir());

class Died extends Error {}

class Host {
  #child;
  #answer;

  /**
   * @param {'node' | 'preopen' | 'engine'} kind
   * @param {string} [node] the program
   * @param {string} [place] where the trees are made
   */
  constructor(kind, node = process.execPath, place = MEMORY) {
    this.kind = kind;
    this.node = node;
    this.folder = fs.mkdtempSync(path.join(place, 'preopen-differ-'));
    this.progress = path.join(this.folder, 'call');
    this.major = parseInt(/\d+/.exec(require('node:child_process').execFileSync(node, ['--version'], { encoding: 'utf8' })), 10);
  }

  async #start() {
    const execArgv = ['--no-warnings', ...(this.major < 24 ? ['--no-turbo-fast-api-calls'] : [])];
    const child = fork(path.join(__dirname, 'child.js'), [this.kind, this.folder, this.progress], { execPath: this.node, execArgv, serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#child = child;
    child.on('message', (message) => this.#answer?.resolve(message));
    child.on('exit', (code, signal) => {
      if (this.#child === child) this.#child = undefined;
      this.#answer?.reject(new Died(`${this.kind} ended with ${signal ?? code} in call ${this.#call()}`));
    });
    await this.#wait();
  }

  #wait() {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#answer = undefined;
        const call = this.#call();
        this.#child.kill('SIGKILL');
        this.#child = undefined;
        reject(new Died(`${this.kind} hangs in call ${call}`));
      }, PATIENCE);
      const settle = (how) => (value) => {
        clearTimeout(timer);
        this.#answer = undefined;
        how(value);
      };
      this.#answer = { resolve: settle(resolve), reject: settle(reject) };
    });
  }

  #call() {
    const bytes = fs.readFileSync(this.progress);
    return bytes.length < 4 ? 'none' : bytes.readUInt32LE(0);
  }

  /** Runs a plan. Throws {@link Died} where the process did not survive it. */
  async run(job) {
    if (this.#child === undefined) await this.#start();
    this.#child.send(job);
    const { result, error } = await this.#wait();
    if (error !== undefined) throw new Error(`${this.kind}: ${error}`);
    return result;
  }

  async close() {
    const child = this.#child;
    if (child !== undefined) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.disconnect();
      await ended;
    }
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

module.exports = { Died, Host };
