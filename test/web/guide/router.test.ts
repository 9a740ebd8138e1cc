/** The guide to manifests as pages. */
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Listening, listen } from '../../../src/web/listen.ts';
import { createWebApp } from '../../../src/web/server.ts';

const BASE = '/latchkey';
const PATHS = ['/manifest-guide', '/manifest-guide/reference', '/manifest-guide/recipes'];

let server: Listening;
const pages = new Map<string, string>();
beforeAll(async () => {
  const app = createWebApp({
    health: { ready: async () => [] },
    metrics: new Registry(),
    site: { base: BASE, chats: [] },
    onError: () => undefined,
  });
  server = await listen(app, { host: '127.0.0.1', port: 0 });
  for (const path of PATHS) {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`);
    pages.set(`${BASE}${path}`, (await answer.text()).replaceAll('&#x2F;', '/'));
  }
});
afterAll(() => server.close(0));

const all = (html: string, pattern: RegExp) =>
  Array.from(html.matchAll(pattern), ([, one]) => one ?? '');

test('anyone reads the guide, the reference and the recipes', () => {
  const [guide, reference, recipes] = [...pages.values()];
  expect(guide).toContain('<h1 id="write-a-manifest">Write a manifest</h1>');
  expect(reference).toContain('<code>status_code</code></td>');
  expect(recipes).toContain('<h2 id="find-an-id-by-email">');
});

test('each link of them leads to a page and a place that is there', () => {
  const dead = [...pages].flatMap(([path, html]) =>
    all(html, /href="([^"]+)"/g).filter((href) => {
      const { pathname, hash } = new URL(href, `https://example.com${path}`);
      const target = pages.get(pathname);
      return target === undefined || (hash !== '' && !target.includes(`id="${hash.slice(1)}"`));
    }),
  );
  expect(dead).toEqual([]);
});

test('no mark of Markdown is left outside code', () => {
  for (const html of pages.values()) {
    const said = html
      .replaceAll(/<style>[^]*?<\/style>|<pre>[^]*?<\/pre>|<code>[^]*?<\/code>/g, '')
      .replaceAll(/<[^>]+>/g, '');
    expect(all(said, /(\*\*|`|\]\(|^#+ |^\||^- )/gm)).toEqual([]);
  }
});
