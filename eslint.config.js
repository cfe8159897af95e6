'use strict';

const js = require('@eslint/js');

/** What Node and the WebAssembly of its engine put into every module. */
const globals = Object.fromEntries(
  [
    'AbortController',
    'AbortSignal',
    'Buffer',
    'TextDecoder',
    'TextEncoder',
    'URL',
    'WebAssembly',
    'clearInterval',
    'clearTimeout',
    'console',
    'fetch',
    'gc',
    'performance',
    'process',
    'queueMicrotask',
    'setImmediate',
    'setInterval',
    'setTimeout',
    'structuredClone',
  ].map((name) => [name, 'readonly']),
);
const commonjs = { __dirname: 'readonly', __filename: 'readonly', exports: 'writable', module: 'readonly', require: 'readonly' };

module.exports = [
  { ignores: ['**/node_modules/', 'target/', '.runtimes/', '.tools/', '.ci/', 'fuzz/'] },
  js.configs.recommended,
  {
    files: ['**/*.js', '**/*.cjs'],
    languageOptions: { ecmaVersion: 2023, sourceType: 'commonjs', globals: { ...globals, ...commonjs } },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { ecmaVersion: 2023, sourceType: 'module', globals },
  },
  {
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': ['error', { destructuring: 'all' }],
      strict: ['error', 'global'],
    },
  },
  {
    files: ['lib/**', 'index.js'],
    rules: { 'max-lines': ['error', 300] },
  },
];
