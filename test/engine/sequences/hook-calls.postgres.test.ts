import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { addPerson } from '../../../src/engine/people/people.ts';
import { makeSequence } from '../../../src/engine/sequences/change-sequence.ts';
import { addHook } from '../../../src/engine/sequences/hooks/change-hook.ts';
import type { Hook } from '../../../src/engine/sequences/hooks/hook.ts';
import { checkSignature } from '../../../src/engine/sequences/hooks/signature.ts';
import {
  type Call,
  type TakingCalls,
  takeCall,
} from '../../../src/engine/sequences/hooks/take-call.ts';
import { createStores } from '../../../src/store/stores.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { untilOneWaits } from '../../support/database/lock-waits.ts';
import { ok } from '../../support/given/outcomes.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';
import { signatureHeader } from '../../support/peers/signature-header.ts';

const now = () => new Date('2026-11-24T09:00:00Z');

let database: TestPostgres;
let hook: Hook;
let sequenceId: string;
beforeEach(async () => {
  database = await temporaryPostgres(now);
  const by = { actor: { kind: 'system' } as const };
  hook = await database.transact(async (tx) => {
    await addPerson(tx, { email: 'ann@example.com' }, by);
    const about = { name: 'Welcome', anchor: 'assignment', isForEveryHire: false } as const;
    const sequence = ok(await makeSequence(tx, about, by));
    sequenceId = sequence.value.id;
    return addHook(tx, { sequenceId, name: 'HR', emailPath: 'email' }, by);
  });
});
afterEach(() => database.cleanup());

/** As many processes, each with its own connections. */
const processes = (count: number): readonly TakingCalls[] =>
  Array.from({ length: count }, () => {
    const db = database.connect();
    const { vault } = database;
    const stores = createStores(db, vault);
    const refusals = { note: () => undefined };
    return { stores, transact: unitOfWork(db, vault, { now }), now, newId, refusals };
  });

function callOf(content: object): Call {
  const body = Buffer.from(JSON.stringify({ email: 'ann@example.com', ...content }));
  return { hookId: hook.id, signature: signatureHeader(hook.secret, body, now()), body };
}
const recorded = () =>
  database.stores.sequenceEvents.ofSequence(sequenceId, { offset: 0, limit: 999 });

test('of the same call thirty times at once, one is recorded, and all are accepted', async () => {
  const call = callOf({});
  const calls = processes(6).flatMap((deps) => Array.from({ length: 5 }, () => deps));
  const answers = await Promise.all(calls.map((deps) => takeCall(call, deps)));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => 202));
  expect(answers.filter((answer) => answer.ok && !answer.isRepeated)).toHaveLength(1);
  expect(await recorded()).toHaveLength(1);
});

test('of seventy calls at once, over two processes, sixty are taken in their minute', async () => {
  const calls = processes(2).flatMap((deps, process) =>
    Array.from({ length: 35 }, (_, n) => takeCall(callOf({ process, n }), deps)),
  );
  const statuses = (await Promise.all(calls)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 202)).toHaveLength(60);
  expect(statuses.filter((status) => status === 429)).toHaveLength(10);
  expect(await recorded()).toHaveLength(60);
});

test('a call waits for another one of its hook, and sees what that one has come to', async () => {
  const [one, other] = processes(2);
  if (!one || !other) throw new Error('There are no two processes');
  const call = callOf({});
  let tried = 0;
  const waiting = await one.transact(async (tx) => {
    await tx.hooks.hold(hook.id);
    const answer = takeCall(call, {
      ...other,
      transact: (work) => {
        tried += 1;
        return other.transact(work);
      },
    });
    await untilOneWaits(database.db);
    const fingerprint = checkSignature(
      { header: call.signature, body: call.body },
      [hook.secret],
      now(),
    );
    if (!fingerprint.ok) throw new Error(fingerprint.message);
    await tx.hookCalls.insert({
      ...fingerprint,
      id: newId(),
      hookId: hook.id,
      at: now(),
      why: 'No.',
    });
    return { answer };
  });
  expect(await waiting.answer).toMatchObject({ status: 409, code: 'repeated' });
  expect(tried).toBe(1);
});
