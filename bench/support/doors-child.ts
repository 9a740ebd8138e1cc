/**
 * Latchkey in a process that says how much memory it holds: `node --expose-gc`, with its environment as JSON, and the keys that
 * Microsoft publishes here.
 */
import { startApp } from '../../src/app/app.ts';
import type { Environment } from '../../src/config/variables.ts';

const METADATA = 'https://login.botframework.com/v1/.well-known/openidconfiguration';
const KEYS = 'https://login.botframework.com/keys';
const published: Readonly<Record<string, unknown>> = {
  [METADATA]: { jwks_uri: KEYS },
  [KEYS]: { keys: JSON.parse(process.argv[3] ?? '[]') as unknown },
};
const outside = globalThis.fetch;
globalThis.fetch = async (url, options) => {
  const answer = typeof url === 'string' ? published[url] : undefined;
  return answer === undefined ? outside(url, options) : Response.json(answer);
};

const app = await startApp(JSON.parse(process.argv[2] ?? '{}') as Environment);
await app.workerReady();

process.on('message', (word) => {
  if (word === 'measure') {
    for (let n = 0; n < 3; n += 1) globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    process.send?.({ megabytes: (heapUsed + external) / 1e6 });
  } else void app.stop().then(() => process.disconnect());
});
process.send?.({ url: app.url });
