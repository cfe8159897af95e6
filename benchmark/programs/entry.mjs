// What esbuild bundles: the whole of lodash-es, 640 modules, and a use of it so that nothing is dropped.
export * from 'lodash-es';
export { default } from 'lodash-es';
