/**
 * `import 'preopen/register'`, or `node --import preopen/register app.js`: `wasi` and `node:wasi` mean preopen from then
 * on, in this thread and in the Workers that inherit the flag.
 *
 * @module preopen/register
 */
export {};
