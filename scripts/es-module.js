/** What every bundle is built with: ES modules for Node, handed over to be written. */
export const esModule = {
  bundle: true,
  write: false,
  platform: 'node',
  format: 'esm',
  mainFields: ['module', 'main'],
  // Packages that are CommonJS ask for Node's modules by `require`, which an ES module does not have.
  banner: {
    js: 'import{createRequire as __cr}from"node:module";const require=__cr(import.meta.url);',
  },
  logLevel: 'warning',
};
