/** The pages that the Teams package names, and what every page has beside its own matter. */
import { Registry } from 'prom-client';
import { afterEach, expect, test } from 'vitest';
import { teamsAppManifest } from '../../src/bots/teams/app-package.ts';
import { type Listening, listen } from '../../src/web/listen.ts';
import type { Site } from '../../src/web/pages.ts';
import { createWebApp } from '../../src/web/server.ts';

let server: Listening | undefined;
afterEach(() => server?.close(0));

/** @returns what a browser reads at a path */
async function serving(site: Site): Promise<(path: string) => Promise<Response>> {
  const app = createWebApp({
    health: { ready: async () => [] },
    metrics: new Registry(),
    site,
    onError: () => undefined,
  });
  server = await listen(app, { host: '127.0.0.1', port: 0 });
  const { port } = server;
  return (path) => fetch(`http://127.0.0.1:${port}${path}`);
}

test('every address that the Teams package names is a page that needs no login', async () => {
  const read = await serving({ base: '/latchkey', chats: [] });
  const { developer } = teamsAppManifest({
    appId: 'c9e8c047-2a74-40a2-b28a-b162d5f5327c',
    publicUrl: 'https://example.com/latchkey',
    name: 'Latchkey',
    commands: [],
  }) as { developer: Record<string, string> };
  const { name: _name, ...addresses } = developer;
  expect(Object.keys(addresses)).toHaveLength(3);
  for (const address of Object.values(addresses)) {
    // The proxy takes our path away.
    const path = new URL(address).pathname.replace(/^\/latchkey/, '') || '/';
    expect((await read(path)).status).toBe(200);
  }
});

test('the first page leads to privacy and terms, below our own path', async () => {
  const read = await serving({ base: '/latchkey', chats: [] });
  const html = await (await read('/')).text();
  expect(addressesIn(html)).toEqual(['/latchkey/privacy', '/latchkey/terms']);
});

test('a tab names its page and Latchkey, each once', async () => {
  const read = await serving({ base: '', chats: [] });
  expect(await (await read('/')).text()).toContain('<title>Latchkey</title>');
  expect(await (await read('/privacy')).text()).toContain('<title>Privacy · Latchkey</title>');
});

test('a page that leads nowhere else leads back to the chats that are connected', async () => {
  const read = await serving({ base: '', chats: ['Slack', 'Teams'] });
  const html = await (await read('/nothing')).text();
  expect(html).toContain('>Open Slack</a>');
  expect(addressesIn(html)).toEqual([
    'https://app.slack.com/client',
    'https://teams.microsoft.com/',
  ]);
});

test('where no chat is connected it leads to none', async () => {
  const read = await serving({ base: '', chats: [] });
  expect(await (await read('/nothing')).text()).not.toContain('Open ');
});

/** Of its links. */
const addressesIn = (html: string): readonly string[] =>
  [...html.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, address = '']) =>
    address.replaceAll('&#x2F;', '/'),
  );
