// Plugins of esbuild that leave out of a bundle what got holds but nobody here uses.
import { readFile } from 'node:fs/promises';

/** Features that got has behind an option which src/http.ts never sets, and who does them. */
const UNUSED = {
  'cacheable-lookup': 'export default class {}',
  'cacheable-request': 'export default class {}; export class CacheError extends Error {}',
  'form-data-encoder': 'export const isFormData = () => false; export class FormDataEncoder {}',
  'http2-wrapper': 'export default {};',
};

/** No cache of answers or of names, no forms, no HTTP/2: 70 kB with all that these need in turn. */
export const plainRequests = {
  name: 'plain-requests',
  setup(build) {
    const filter = new RegExp(`^(${Object.keys(UNUSED).join('|')})$`);
    build.onResolve({ filter }, ({ path }) => ({ path, namespace: 'plain-requests' }));
    build.onLoad({ filter: /./, namespace: 'plain-requests' }, ({ path }) => ({ contents: UNUSED[path] }));
  },
};

/**
 * Got checks values with `is.string(value)`, of which esbuild keeps the object of all checks; of `isString(value)`, which
 * the same package exports, it keeps that one.
 */
export const namedChecks = {
  name: 'named-checks',
  setup(build) {
    const imported = /^import is(?:, \{[^}]*\})? from '@sindresorhus\/is';$/m;
    build.onLoad({ filter: /[\\/]got[\\/]dist[\\/]source[\\/].*\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const contents = text
        .replace(imported, (line) => `${line}\nimport * as checks from '@sindresorhus/is';`)
        .replace(/\b(is|assert)\.([a-z])/g, (_, kind, letter) => `checks.${kind}${letter.toUpperCase()}`);
      return { contents: imported.test(text) ? contents : text, loader: 'js' };
    });
    build.onLoad(
      { filter: /[\\/]@sindresorhus[\\/]is[\\/]distribution[\\/]index\.js$/ },
      async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const contents = text
          .replace(/\$\{is\(value\)\}/g, '$${detect(value)}')
          .replace('const is = Object.assign(', 'const is = /* @__PURE__ */ Object.assign(');
        return { contents, loader: 'js' };
      },
    );
  },
};
