/** What `latchkey grant` says of a run that it followed here, where no worker runs. */
import { beforeEach, expect, test } from 'vitest';
import { followGrant } from '../../src/cli/grant.ts';
import type { Integration, Person } from '../../src/engine/people/directory.ts';
import { changeWorkspaceSettings } from '../../src/engine/settings/workspace-settings.ts';
import { MINUTE, type TestEngine, testEngine } from '../support/engine.ts';
import { capturedOutput } from './captured.ts';

let engine: TestEngine;
let person: Person;
let captured: ReturnType<typeof capturedOutput>;

beforeEach(async () => {
  engine = await testEngine();
  captured = capturedOutput();
  person = await engine.person();
  engine.party.on('POST /members', { json: {} });
});

async function grant(): Promise<number> {
  const integration = await engine.integration({
    exists: { method: 'GET', url: `${engine.party.url}/members`, expected: '{{email}}' },
    execute: [{ url: `${engine.party.url}/members`, data: { email: '{{email}}' } }],
  });
  return follow(integration);
}

async function follow(integration: Integration): Promise<number> {
  const started = await engine.grant(person, integration);
  const deps = { ...engine, output: captured.output, config: { timeZone: 'UTC' } };
  const pause = async (ms: number) => engine.clock.advance(ms);
  return followGrant(started, { person, integration }, { ...deps, pause });
}

test('access that the app shows is there', async () => {
  engine.party.on('GET /members', { json: ['grace@example.com'] });
  expect(await grant()).toBe(0);
  expect(captured.stdout()).toBe('Grace Hopper has Asana now.\n');
});

test('access that the app does not show is not said to be there', async () => {
  engine.party.on('GET /members', { json: [] });
  expect(await grant()).toBe(1);
  expect(captured.stdout()).toBe('');
  expect(captured.stderr()).toContain(
    'Error: Every step succeeded, but Asana shows no access of Grace Hopper. Some apps show it later: see "latchkey access grace@example.com".',
  );
});

test('access that the app cannot be asked about is not confirmed', async () => {
  engine.party.on('GET /members', { status: 400 });
  expect(await grant()).toBe(0);
  expect(captured.stdout()).toBe('Grace Hopper has Asana now (not confirmed).\n');
});

test('why a grant failed is said in English, also where the workspace reads German', async () => {
  await engine.transact((tx) => changeWorkspaceSettings(tx, { dateLanguage: 'de' }));
  engine.party.on('POST /members', { status: 400 });
  expect(await grant()).toBe(1);
  expect(captured.stderr()).toContain("Error: Asana doesn't accept what was sent.");
});

test('a grant that needs a reason, since its removal is stuck, names the option', async () => {
  const url = `${engine.party.url}/members`;
  const integration = await engine.integration({
    exists: { method: 'GET', url, expected: '{{email}}' },
    execute: [{ url }],
    revoke: [{ method: 'DELETE', url }],
  });
  engine.party.on('GET /members', { json: ['grace@example.com'] });
  engine.party.on('DELETE /members', { status: 400 });
  await engine.revoke(person, integration);
  await engine.timePasses(40 * MINUTE);
  expect((await engine.removal(person, integration)).state).toBe('stuck');
  await expect(follow(integration)).rejects.toThrow(
    'give a reason; that ends the removal. Add it with --reason TEXT.',
  );
});
