/**
 * `import 'preopen/register'`, or `node --import preopen/register app.js`: `wasi` and `node:wasi` mean preopen from then
 * on, in this thread and in the Workers that inherit the flag.
 *
 * Prefer `--require preopen/register` for a program that starts Workers from strings (`eval: true`): Node runs those
 * before what `--import` names.
 *
 * @module preopen/register
 */
export {};
