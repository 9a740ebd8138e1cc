/** The examples of docs/messages-and-events.md call a real server, as they stand there. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addPerson } from '../../src/engine/people/people.ts';
import { makeSequence } from '../../src/engine/sequences/change-sequence.ts';
import { addHook } from '../../src/engine/sequences/hooks/change-hook.ts';
import type { Hook } from '../../src/engine/sequences/hooks/hook.ts';
import { hookCalls } from '../../src/web/hooks.ts';
import { type Listening, listen } from '../../src/web/listen.ts';
import { createWebApp } from '../../src/web/server.ts';
import { type TestDatabase, temporaryDatabase } from '../support/database/database.ts';
import { ok } from '../support/given/outcomes.ts';

const guide = readFileSync(new URL('../../docs/messages-and-events.md', import.meta.url), 'utf8');
const block = (language: string): string =>
  new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(guide)?.[1] ?? '';

const now = () => new Date(); // The examples sign with the time that it is.
let database: TestDatabase;
let server: Listening;
let hook: Hook;

beforeEach(async () => {
  database = await temporaryDatabase(now);
  const by = { actor: { kind: 'system' } as const };
  hook = await database.transact(async (tx) => {
    await addPerson(tx, { email: 'ann@example.com' }, by);
    const wanted = { name: 'Welcome', anchor: 'assignment', isForEveryHire: false } as const;
    const sequence = ok(await makeSequence(tx, wanted, by));
    return addHook(tx, { sequenceId: sequence.value.id, name: 'HR', emailPath: 'email' }, by);
  });
  const app = createWebApp({
    pages: [
      hookCalls({
        ...database,
        now,
        refusals: { note: () => undefined },
        ticks: () => 0,
        client: () => 'HR',
      }),
    ],
    health: { ready: async () => [] },
    metrics: new Registry(),
    onError: (error) => {
      throw error;
    },
  });
  server = await listen(app, { host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  await server.close(0);
  await database.cleanup();
});

test.each([
  ['sh', 'sh', ['-ec']],
  ['js', process.execPath, ['--input-type=module', '-e']],
])('the example in %s is accepted', async (language, program, args) => {
  const env = {
    PATH: process.env['PATH'] ?? '',
    URL: `http://127.0.0.1:${server.port}/hooks/${hook.id}`,
    SECRET: hook.secret,
  };
  const { stdout } = await promisify(execFile)(program, [...args, block(language)], { env });
  expect(JSON.parse(stdout)).toMatchObject({ accepted: true });
  const events = await database.stores.sequenceEvents.ofSequence(hook.sequenceId, {
    offset: 0,
    limit: 9,
  });
  expect(events).toHaveLength(1);
});
