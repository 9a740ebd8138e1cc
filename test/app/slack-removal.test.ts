import { afterEach, beforeEach, expect, test } from 'vitest';
import { SlackRemoval } from '../../src/app/slack-removal.ts';
import {
  forgetSlackRemoval,
  rememberSlackRemoval,
  setUpMemory,
} from '../../src/engine/settings/set-up-memory.ts';
import { type TestDatabase, temporaryDatabase } from '../support/database/database.ts';

const noon = new Date('2026-11-25T12:00:00Z');
let database: TestDatabase;
let lines: string[];
let removal: SlackRemoval;

beforeEach(async () => {
  database = await temporaryDatabase(() => noon);
  lines = [];
  removal = new SlackRemoval({
    transact: database.transact,
    now: () => noon,
    log: { error: (line: unknown) => void lines.push(String(line)) },
    onError: (error) => void lines.push(String(error)),
  });
});
afterEach(() => database.cleanup());

async function stored(): Promise<string | null> {
  await removal.stored();
  return (await setUpMemory(database.stores)).slackRemovedAt;
}

test('is noted once, with its time', async () => {
  removal.heard('removed');
  removal.heard('removed');
  expect(await stored()).toBe(noon.toISOString());
  expect(lines).toHaveLength(1);
});

test('ends with the next call that works', async () => {
  removal.heard('removed');
  removal.heard('ok');
  expect(await stored()).toBeNull();
});

test('is noted again after another process found Slack to work', async () => {
  removal.heard('removed');
  await stored();
  await database.transact(forgetSlackRemoval);
  removal.heard('removed');
  expect(await stored()).toBe(noon.toISOString());
});

test('of an earlier process ends with the first call that works', async () => {
  await database.transact(rememberSlackRemoval);
  removal.heard('ok');
  expect(await stored()).toBeNull();
});

test.each(['gone', 'rate-limited', 'unreachable', 'refused'] as const)(
  'is neither begun nor ended by an answer that is %s',
  async (outcome) => {
    removal.heard(outcome);
    expect(await stored()).toBeNull();
    removal.heard('removed');
    removal.heard(outcome);
    expect(await stored()).toBe(noon.toISOString());
  },
);
