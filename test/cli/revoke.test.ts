/** `latchkey revoke` where no worker runs: it works on the removal to its end, or says what is left. */
import { beforeEach, expect, test } from 'vitest';
import { revokeOne } from '../../src/cli/grant.ts';
import { whatOfAccess } from '../../src/cli/integrations/change-integration.ts';
import type { Integration, Person } from '../../src/engine/people/directory.ts';
import { changeWorkspaceSettings } from '../../src/engine/settings/workspace-settings.ts';
import { endedOnce } from '../support/ended-once.ts';
import { HOUR, type TestEngine, testEngine } from '../support/engine.ts';
import { capturedOutput } from './captured.ts';

let engine: TestEngine;
let person: Person;
let captured: ReturnType<typeof capturedOutput>;

beforeEach(async () => {
  engine = await testEngine();
  captured = capturedOutput();
  person = await engine.person();
  engine.party.on('POST /members', { json: {} });
  engine.party.on('DELETE /members', { json: {} });
  engine.party.on('GET /members', { json: ['grace@example.com'] });
});

const manifest = (rest: object = {}) => ({
  exists: { method: 'GET', url: `${engine.party.url}/members`, expected: '{{email}}' },
  execute: [{ url: `${engine.party.url}/members`, data: { email: '{{email}}' } }],
  revoke: [{ method: 'DELETE', url: `${engine.party.url}/members` }],
  ...rest,
});

async function granted(wanted: object = manifest()): Promise<Integration> {
  const integration = await engine.integration(wanted as Record<string, unknown>);
  await engine.granted(person, integration);
  return integration;
}

const isGone = () => engine.party.on('GET /members', { json: [] });

const revoke = (integration: Integration, transact = engine.transact) =>
  revokeOne(
    { person, integration },
    {
      ...engine,
      transact,
      output: captured.output,
      config: { timeZone: 'UTC' },
      pause: async (ms: number) => engine.clock.advance(ms),
    },
  );

test('it revokes, asks the app, and says that the access is gone', async () => {
  const integration = await granted();
  isGone();
  const code = await revoke(integration);
  expect(captured.stderr()).toMatch(/revoking\n1\. DELETE .* done, status 200\n {2}checking/);
  expect(code).toBe(0);
  expect(captured.stdout()).toBe('Grace Hopper no longer has Asana (checked: no access).\n');
  expect((await engine.removal(person, integration)).state).toBe('gone');
});

test('one whose revoke fails is stuck, and it says when Latchkey tries again', async () => {
  const integration = await granted();
  engine.party.on('DELETE /members', { status: 400 });
  expect(await revoke(integration)).toBe(1);
  expect(captured.stdout()).toBe('');
  expect(captured.stderr()).toMatch(
    /Asana is stuck: The last try failed.*\nLatchkey tries again at \S+ when it runs/,
  );
  engine.party.on('DELETE /members', { json: {} });
  isGone();
  engine.clock.advance(2 * HOUR);
  expect(await revoke(integration)).toBe(0);
});

test('one whose app is at a private address says so, which one, and what allows it', async () => {
  const integration = await granted();
  const revokes = [{ method: 'DELETE', url: 'http://10.1.2.3/members' }];
  await engine.newManifest(integration, manifest({ revoke: revokes }));
  expect(await revoke(integration)).toBe(1);
  expect(captured.stderr()).toContain(
    'Asana is stuck: The last try failed. Asana is at a private address that Latchkey may not call. A Latchkey admin has to allow it.',
  );
  expect(captured.stderr()).toContain('add 10.1.2.3 to ALLOW_PRIVATE_HOSTS');
});

test('one that the manifest can not revoke is a task, and the exit code says that it is not gone', async () => {
  const integration = await granted(manifest({ revoke: [] }));
  expect(await revoke(integration)).toBe(1);
  expect(captured.stdout()).toContain('Asana has to be removed by hand. A task is open for');
});

test('a task by hand is named in English, also where the workspace reads German', async () => {
  await engine.transact((tx) => changeWorkspaceSettings(tx, { dateLanguage: 'de' }));
  const integration = await granted(manifest({ revoke: [] }));
  expect(await revoke(integration)).toBe(1);
  expect(captured.stdout()).toContain(': Remove Asana from Grace Hopper, due');
});

test('one that the app still lists after the revoke is not said to be gone', async () => {
  const integration = await granted();
  expect(await revoke(integration)).toBe(1);
  expect(captured.stdout()).toBe('');
  expect(captured.stderr()).toContain('still shows the access');
  expect(captured.stderr()).toContain('when it runs');
});

test('a deletion is refused until it is said what becomes of access', () => {
  const asana = { name: 'Asana' };
  expect(() => whatOfAccess(asana, 12, {})).toThrow('12 people have access');
  expect(() => whatOfAccess(asana, 1, { keepAccess: true, removeAccess: true })).toThrow(
    'not both',
  );
  expect(whatOfAccess(asana, 12, { removeAccess: true })).toBe('remove');
  expect(whatOfAccess(asana, 12, { keepAccess: true })).toBe('keep');
  expect(whatOfAccess(asana, 0, {})).toBe('keep');
});

test('one whose transaction the database ended in favour of another is begun again', async () => {
  const integration = await granted();
  isGone();
  expect(await revoke(integration, endedOnce(engine.transact))).toBe(0);
});
