/** The examples of docs/api.md call a real server, as they stand there. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endpoints } from '../../src/web/api/endpoints.ts';
import { type TestApi, testApi } from '../support/browser/api.ts';

const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);

let api: TestApi;
let env: Record<string, string>;
beforeEach(async () => {
  api = await testApi();
  const ada = await api.chat.person({ email: 'ada@example.com', role: 'admin' });
  await api.chat.person({ email: 'ann@example.com' });
  await api.chat.person({ email: 'ben@example.com', role: 'admin' });
  env = {
    PATH: process.env['PATH'] ?? '',
    URL: api.url.replace('/api/v1', ''),
    TOKEN: await api.token(ada),
    INTEGRATION: await api.chat.integration('Figma', {
      execute: [{ url: 'https://api.example.com/u' }],
    }),
  };
});
afterEach(() => api.close());

const run = async (block: string | undefined): Promise<unknown> =>
  JSON.parse((await promisify(execFile)('sh', ['-ec', block ?? ''], { env })).stdout);

test('the example that reads has a page and the cursor of the next one', async () => {
  expect(await run(blocks[0])).toMatchObject({
    items: [{ email: 'ada@example.com' }, { email: 'ann@example.com' }],
    next: expect.any(String) as string,
  });
});

test('the example that requests makes one request, however often it runs', async () => {
  const first = await run(blocks[1]);
  expect(first).toMatchObject({ hours: 4, integrationId: env['INTEGRATION'] });
  expect(await run(blocks[1])).toEqual(first);
});

test('the page names every address', () => {
  const unnamed = endpoints.filter(
    ({ path }) => !page.includes(path) && !page.includes(path.replace(/^.*(?=\/deny)/, '')),
  );
  expect(unnamed.map(({ path }) => path)).toEqual([]);
  expect(blocks).toHaveLength(2);
});
