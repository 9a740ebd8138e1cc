/** A fresh process that sends the requests of durable runs with bare got, and reports how long that took. */
import { Agent } from 'node:http';
import { got } from 'got';
import { z } from 'zod';

const given = z.object({
  url: z.string(),
  runs: z.number(),
  atOnce: z.number(),
  keepAlive: z.boolean(),
});

const { url, runs, atOnce, keepAlive } = given.parse(JSON.parse(process.argv[2] ?? 'null'));
const agent = new Agent({ keepAlive, maxSockets: atOnce });
let next = 0;

async function work(): Promise<void> {
  while (next < runs) {
    const who = `p${next}`;
    next += 1;
    for (const step of [0, 1])
      await got.post(`${url}/writes/${step}?who=${who}`, {
        json: { user: who },
        agent: { http: agent },
      });
  }
}

const began = performance.now();
await Promise.all(Array.from({ length: atOnce }, work));
process.send?.({ seconds: (performance.now() - began) / 1000 }, () => process.exit(0));
