import { registerHooks } from 'node:module';

// Loaded before the runtime client (`node --import`): gives it our HTTP client where it asks for its native one.
registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier !== './rapid-client.node') return nextResolve(specifier, context);
    const url = new URL('./rapid-client.cjs', import.meta.url).href;
    return { url, format: 'commonjs', shortCircuit: true };
  },
});
