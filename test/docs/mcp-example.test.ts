/** docs/mcp.md names every tool, and its example calls a real server, as it stands there. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestApi, testApi } from '../support/browser/api.ts';

const page = readFileSync(new URL('../../docs/mcp.md', import.meta.url), 'utf8');

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
});
afterEach(() => api.close());

test('the example lists the tools, and the page names each of them with its scope', async () => {
  const [, block = ''] = /^```sh\n([\s\S]*?)^```$/m.exec(page) ?? [];
  const ada = await api.chat.person({ email: 'ada@example.com', role: 'admin' });
  const listed = async (scope: 'read' | 'request' | 'audit') => {
    const env = {
      PATH: process.env['PATH'] ?? '',
      URL: api.url.replace('/api/v1', ''),
      TOKEN: await api.token(ada, [scope]),
    };
    const { stdout } = await promisify(execFile)('sh', ['-ec', block], { env });
    const { result } = JSON.parse(stdout) as {
      readonly result: { readonly tools: readonly { readonly name: string }[] };
    };
    return result.tools.map(({ name }) => name);
  };
  for (const scope of ['read', 'request', 'audit'] as const) {
    const rows = page.split('\n').filter((line) => line.endsWith(`| \`${scope}\` |`));
    const named = rows.flatMap((row) =>
      [...row.matchAll(/`((?:list|get|describe|prepare)_\w+)`/g)].map(([, name]) => name),
    );
    expect(named).toEqual(await listed(scope));
  }
});
