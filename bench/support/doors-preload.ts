/**
 * Latchkey in a process that says how much memory it holds: `node --expose-gc`, with its environment as JSON, and the keys that
 * Microsoft publishes here.
 */
import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import https, { type RequestOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { startApp } from '../../src/app/app.ts';
import type { Environment } from '../../src/config/variables.ts';

type OnAnswer = (answer: IncomingMessage) => void;

const METADATA = 'https://login.botframework.com/v1/.well-known/openidconfiguration';
const KEYS = 'https://login.botframework.com/keys';
const published: Readonly<Record<string, unknown>> = {
  [METADATA]: { jwks_uri: KEYS },
  [KEYS]: { keys: JSON.parse(process.argv[3] ?? '[]') as unknown },
};
const microsoft = http.createServer((request, response) => {
  response.end(JSON.stringify(published[decodeURIComponent((request.url ?? '').slice(1))]));
});
await once(microsoft.listen(0, '127.0.0.1').unref(), 'listening');
const { port } = microsoft.address() as AddressInfo;
const outside = https.request.bind(https);
https.request = ((url: string | URL, options: RequestOptions, done: OnAnswer) =>
  Object.hasOwn(published, String(url))
    ? http.request(`http://127.0.0.1:${port}/${encodeURIComponent(String(url))}`, options, done)
    : outside(url, options, done)) as typeof https.request;

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
