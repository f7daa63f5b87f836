// Plugins of esbuild that leave out of a bundle what the AWS SDK holds but nobody here uses.
import { readFile } from 'node:fs/promises';

/**
 * A function has its credentials in its environment
 * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html). The SDK looks in profiles, at SSO and at
 * the metadata of machines as well, and holds three clients more for that.
 */
export const environmentCredentials = {
  name: 'environment-credentials',
  setup(build) {
    build.onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, ({ resolveDir }) => ({
      path: 'environment-credentials',
      namespace: 'environment-credentials',
      pluginData: resolveDir,
    }));
    build.onLoad({ filter: /./, namespace: 'environment-credentials' }, ({ pluginData }) => ({
      contents: "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';",
      resolveDir: pluginData,
    }));
  },
};

/**
 * The schemas of a client, one object for each of its hundreds of structures, have keys such as `[_B]: 0` beside
 * `const _B = "Bucket"`. To esbuild a computed key may have an effect, and an object with one is never left out: the
 * keys are written as what they are.
 */
export const literalKeys = {
  name: 'literal-keys',
  setup(build) {
    build.onLoad(
      { filter: /[\\/]@aws-sdk[\\/]client-[^\\/]+[\\/]dist-es[\\/]schemas[\\/].*\.js$/ },
      async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const values = new Map(
          Array.from(text.matchAll(/^const (\w+) = ("[^"\\]*");$/gm), ([, name, value]) => [name, value]),
        );
        const contents = text.replace(/\[(\w+)\]:/g, (key, name) =>
          values.has(name) ? `${values.get(name)}:` : key,
        );
        return { contents, loader: 'js' };
      },
    );
  },
};

/**
 * Only S3's SelectObjectContent answers with a stream of events, and nothing here asks for it. The code for them hangs
 * on a dynamic import, which keeps esbuild from leaving out what that code shares with the rest.
 */
export const noEventStreams = {
  name: 'no-event-streams',
  setup(build) {
    build.onResolve({ filter: /^@smithy\/core\/event-streams$/ }, () => ({
      path: 'no-event-streams',
      namespace: 'no-event-streams',
    }));
    build.onLoad({ filter: /./, namespace: 'no-event-streams' }, () => ({
      contents: `
        export const resolveEventStreamSerdeConfig = (config) => config;
        export const eventStreamSerdeProvider = () => {
          throw new Error('no event streams are read here');
        };`,
    }));
  },
};

/** Of its package.json a client needs its version, which it tells AWS. */
export const versionOnly = {
  name: 'version-only',
  setup(build) {
    build.onLoad({ filter: /[\\/]@aws-sdk[\\/]client-[^\\/]+[\\/]package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

/** What SHA is done with where Node was built without its own crypto, which no Lambda function has to do without. */
export const nativeHashes = {
  name: 'native-hashes',
  setup(build) {
    build.onResolve({ filter: /^\.\/Sha(1|256)Js$/ }, ({ path }) => ({ path, namespace: 'native-hashes' }));
    build.onLoad({ filter: /./, namespace: 'native-hashes' }, ({ path }) => ({
      contents: `export const ${path.slice(2)} = undefined;`,
    }));
  },
};
