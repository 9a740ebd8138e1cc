/** docs/event-endpoints.md: its table of events is the one in the code, and its receiver takes what Latchkey sends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { freePort } from '../../demo/free-port.ts';
import { AUDIT, eventKinds } from '../../src/engine/event-endpoints/event-kinds.ts';
import { secretOf, signedHeaders } from '../../src/engine/event-endpoints/sign.ts';
import { until } from '../support/until.ts';

const PAGE = 'docs/event-endpoints.md';
const TABLE = /(\| event \| when \| data \|\n\|---\|---\|---\|\n)[\s\S]*?(?=<!-- end -->)/;
const page = () => readFileSync(PAGE, 'utf8');

const shape = z.object({ properties: z.record(z.string(), z.unknown()) });

function tableOfKinds(): string {
  const lines = eventKinds.map(({ kind, when, data }) => {
    const { properties } = shape.parse(z.toJSONSchema(data));
    const parts = Object.keys(properties).map((name) => `\`${name}\``);
    return `| \`${kind}\` | ${when} | ${kind === AUDIT ? 'one event of OCSF' : parts.join(', ')} |\n`;
  });
  return lines.join('');
}

test('the page lists every kind of event with what it carries', () => {
  const wanted = page().replace(TABLE, (_all, head: string) => head + tableOfKinds());
  if (process.env['UPDATE'] !== undefined) writeFileSync(PAGE, wanted);
  expect(page()).toBe(wanted);
  expect(TABLE.test(page())).toBe(true);
});

test('its receiver takes a signed event in time, and no other', async () => {
  const code = /^```js\n([\s\S]*?)^```$/m.exec(page())?.[1] ?? '';
  expect(code.trim().split('\n').length).toBeLessThanOrEqual(15);
  const secret = secretOf(new Uint8Array(32).fill(7));
  const port = await freePort(0);
  const receiver = spawn(process.execPath, ['--input-type=module', '-e', code], {
    env: { SECRET: secret, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  receiver.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const url = `http://127.0.0.1:${port}`;
  const body = JSON.stringify({ type: 'access.granted', data: { name: 'Zoë' } });
  const post = (headers: Readonly<Record<string, string>>, sent = body) =>
    fetch(url, { method: 'POST', headers, body: sent }).then(({ status }) => status);
  try {
    await until(() =>
      post({}).then(
        () => true,
        () => false,
      ),
    );
    const now = new Date();
    const old = new Date(now.getTime() - 10 * 60_000);
    const another = secretOf(new Uint8Array(32).fill(8));
    expect(await post(signedHeaders({ id: 'one', body }, [another, secret], now))).toBe(204);
    expect(await post(signedHeaders({ id: 'two', body }, [another], now))).toBe(401);
    expect(await post(signedHeaders({ id: 'three', body }, [secret], old))).toBe(401);
    expect(await post(signedHeaders({ id: 'four', body }, [secret], now), `${body} `)).toBe(401);
    await until(() => printed.includes('\n'));
    expect(printed).toBe('one access.granted\n');
  } finally {
    receiver.kill();
    await once(receiver, 'exit');
  }
});
