import { afterEach, beforeEach, expect, test } from 'vitest';
import { grantTask, revokeTask } from '../../src/cli/by-hand.ts';
import { CommandError } from '../../src/cli/command-error.ts';
import { addManual } from '../../src/engine/add-manual.ts';
import type { Integration, Person } from '../../src/engine/directory.ts';
import { type TestEngine, testEngine } from '../support/engine.ts';
import { capturedOutput } from './captured.ts';

let engine: TestEngine;
let person: Person;
let integration: Integration;
let captured: ReturnType<typeof capturedOutput>;

beforeEach(async () => {
  engine = await testEngine();
  captured = capturedOutput();
  await engine.person({ email: 'boss@example.com', firstName: 'Bo', lastName: 'Boss' });
  person = await engine.person({ managerEmail: 'boss@example.com' });
  const { now, newId, actor } = engine;
  const added = await engine.transact((tx) =>
    addManual(tx, { name: 'Badge', assignee: { kind: 'manager' } }, { now, newId, actor }),
  );
  if (!added.ok) throw new Error('It was not added');
  ({ integration } = added);
});
afterEach(() => engine.cleanup());

const session = () => ({ ...engine, output: captured.output, config: { timeZone: 'UTC' } });

test('a grant by hand says who has the task, and sends it', async () => {
  await grantTask({ person, integration, days: 30 }, session());
  expect(captured.stdout()).toBe(
    'Badge is done by hand. A task is open for Bo Boss <boss@example.com>: Give Badge to Grace Hopper, due on 2026-11-27.\n',
  );
  await engine.runJobs();
  expect(engine.chat.map(({ name }) => name)).toContain('message.post');
  const { tasks } = await engine.stores.tasks.list({ state: 'open' }, { offset: 0, limit: 9 });
  expect(tasks.map(({ days }) => days)).toEqual([30]);
});

test('a revoke of what had yet to be given says that its task was cancelled', async () => {
  await grantTask({ person, integration }, session());
  await revokeTask({ person, integration }, session());
  expect(captured.stdout()).toContain('had yet to be given by hand; the task for it was cancelled');
});

test('a grant while it is being taken away is refused', async () => {
  await revokeTask({ person, integration }, session());
  await expect(grantTask({ person, integration }, session())).rejects.toThrow(CommandError);
});
