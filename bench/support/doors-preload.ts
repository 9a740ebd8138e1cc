/**
 * For Latchkey's main process, before its own code (`--expose-gc --import`): it says how much memory it holds, and gets the keys that
 * Microsoft publishes from here, which `MICROSOFT_KEYS` has as JSON.
 */
import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import https, { type RequestOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

type OnAnswer = (answer: IncomingMessage) => void;

const METADATA = 'https://login.botframework.com/v1/.well-known/openidconfiguration';
const KEYS = 'https://login.botframework.com/keys';
const { MICROSOFT_KEYS: keys } = process.env;

if (keys !== undefined) {
  delete process.env['MICROSOFT_KEYS']; // The processes and threads that it starts load this file, too, and need none of it.
  const published: Readonly<Record<string, unknown>> = {
    [METADATA]: { jwks_uri: KEYS },
    [KEYS]: { keys: JSON.parse(keys) as unknown },
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

  process.on('message', () => {
    for (let n = 0; n < 3; n += 1) globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    process.send?.({ megabytes: (heapUsed + external) / 1e6 });
  });
}
