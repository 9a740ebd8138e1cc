/**
 * What the pages of all Teams clients of a test worker share: a browser context, whose pages have one process, and one address of
 * their script. So its nine megabytes are compiled once, and not for each person (decision 190).
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext } from 'playwright-core';
import { present } from '../given/outcomes.ts';
import { openBrowser } from './browser.ts';

export interface TeamsBrowser {
  readonly context: BrowserContext;
  /** Where the pages of all clients have their script from: `http://127.0.0.1:41234` */
  readonly scriptOrigin: string;
  /** Has the script, from this client where it hasn't yet. */
  keepScript(client: string): Promise<void>;
}

let opened: Promise<TeamsBrowser> | undefined;

/** It ends with the worker. One that failed to open is opened anew by the next file. */
export function teamsBrowser(): Promise<TeamsBrowser> {
  opened ??= open().catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}

async function open(): Promise<TeamsBrowser> {
  let script: Promise<string> | undefined;
  const server = createServer(async ({ url }, response) => {
    const [type, content] = url === '/' ? ['html', ''] : ['javascript', await script];
    response.setHeader('content-type', `text/${type}; charset=utf-8`).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const scriptOrigin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser = await openBrowser();
  const context = await browser.newContext({ viewport: { width: 1280, height: 1000 } });
  // A process ends with its last page, and forgets what it compiled.
  await (await context.newPage()).goto(scriptOrigin);
  return {
    context,
    scriptOrigin,
    async keepScript(client) {
      script ??= scriptOf(client).catch((error: unknown) => {
        script = undefined; // The next client is asked.
        throw error;
      });
      await script;
    },
  };
}

async function scriptOf(client: string): Promise<string> {
  const page = await (await fetch(client)).text();
  const path = present(/src="[^"]*(\/static\/[^"]+)"/.exec(page)?.[1]);
  return (await fetch(new URL(path, client))).text();
}
