import { beforeEach, expect, test } from 'vitest';
import { grantTask, revokeOne } from '../../src/cli/grant.ts';
import { addManual } from '../../src/engine/integrations/integrations.ts';
import type { Integration, Person } from '../../src/engine/people/directory.ts';
import { finishTask } from '../../src/engine/tasks/manual.ts';
import type { Task } from '../../src/engine/tasks/task.ts';
import { type TestEngine, testEngine } from '../support/engine.ts';
import { firstOf } from '../support/given/outcomes.ts';
import { capturedOutput } from './captured.ts';

let engine: TestEngine;
let opened: Task[];
let person: Person;
let integration: Integration;
let captured: ReturnType<typeof capturedOutput>;

beforeEach(async () => {
  opened = [];
  engine = await testEngine({
    async onEvent(_tx, event) {
      if (event.kind === 'task-opened') opened.push(event.task);
    },
  });
  captured = capturedOutput();
  await engine.person({ email: 'boss@example.com', firstName: 'Bo', lastName: 'Boss' });
  person = await engine.person({ managerEmail: 'boss@example.com' });
  const { actor } = engine;
  const added = await engine.transact((tx) =>
    addManual(tx, { name: 'Badge', assignee: { kind: 'manager' } }, { actor }),
  );
  if (!added.ok) throw new Error('It was not added');
  ({ integration } = added);
});

const session = () => ({
  ...engine,
  output: captured.output,
  config: { timeZone: 'UTC' },
  pause: async () => undefined,
});

test('a grant by hand says who has the task, and opens it', async () => {
  await grantTask({ person, integration, hours: 30 * 24 }, session());
  expect(captured.stdout()).toBe(
    'Badge is done by hand. A task is open for Bo Boss <boss@example.com>: Grant Badge to Grace Hopper, due on 2026-11-27.\n',
  );
  expect(opened).toHaveLength(1);
  const { tasks } = await engine.stores.tasks.list({ state: 'open' }, { offset: 0, limit: 9 });
  expect(tasks.map(({ hours }) => hours)).toEqual([30 * 24]);
});

test('a revoke of what was still to be granted by hand says that its task was cancelled', async () => {
  await grantTask({ person, integration }, session());
  expect(await revokeOne({ person, integration }, session())).toBe(0);
  expect(captured.stdout()).toContain('was still to be granted by hand; its task was cancelled');
});

/** Bo has given it. */
async function given(): Promise<void> {
  await grantTask({ person, integration }, session());
  const { stores, transact } = engine;
  const { tasks } = await stores.tasks.list({ state: 'open' }, { offset: 0, limit: 9 });
  const task = firstOf(tasks);
  const by = { person: engine.admin, actor: engine.actor };
  await transact((tx) => finishTask(tx, task, by));
}

test('a revoke by hand says who has the task', async () => {
  await given();
  expect(await revokeOne({ person, integration }, session())).toBe(0);
  expect(captured.stdout()).toContain(
    'Badge is done by hand. A task is open for Bo Boss <boss@example.com>: Remove Badge from Grace Hopper',
  );
});

test('a grant while someone removes it needs a reason', async () => {
  await given();
  await revokeOne({ person, integration }, session());
  await expect(grantTask({ person, integration }, session())).rejects.toThrow(
    'give a reason; that ends the removal. Add it with --reason TEXT.',
  );
  await grantTask({ person, integration, reason: 'She stays' }, session());
  expect(await engine.stores.removals.open(person.id, integration.id)).toBeUndefined();
});
