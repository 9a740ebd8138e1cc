import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { newId } from '../../src/core/ids.ts';
import { addHook } from '../../src/engine/hooks/change-hook.ts';
import { signatureHeader } from '../../src/engine/hooks/signature.ts';
import { takeCall } from '../../src/engine/hooks/take-call.ts';
import { addPerson } from '../../src/engine/people.ts';
import { createStores } from '../../src/store/stores.ts';
import { unitOfWork } from '../../src/store/unit-of-work.ts';
import { temporaryPostgres } from '../support/postgres.ts';

const now = () => new Date('2026-11-24T09:00:00Z');

test('of the same call thirty times at once, one is recorded, and all are accepted', async () => {
  const database = await temporaryPostgres(now);
  try {
    const { stores, transact } = database;
    const by = { now, newId, randomBytes, actor: { kind: 'system' } as const };
    const sequenceId = newId();
    const hook = await transact(async (tx) => {
      await addPerson(tx, { email: 'ann@example.com' }, by);
      return addHook(tx, { sequenceId, name: 'HR', emailPath: 'email' }, by);
    });
    const body = Buffer.from('{"email":"ann@example.com"}');
    const call = { hookId: hook.id, signature: signatureHeader(hook.secret, body, now()), body };
    // Processes of their own, each with its own connections.
    const processes = Array.from({ length: 6 }, () => {
      const db = database.connect();
      const own = { stores: createStores(db, database.vault, now), now, newId };
      return { ...own, transact: unitOfWork(db, database.vault, now) };
    });
    const calls = processes.flatMap((parts) => Array.from({ length: 5 }, () => parts));
    const answers = await Promise.all(calls.map((parts) => takeCall(call, parts)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => 202));
    expect(answers.filter((answer) => answer.ok && !answer.isRepeated)).toHaveLength(1);
    const page = { offset: 0, limit: 99 };
    expect(await stores.sequenceEvents.ofSequence(sequenceId, page)).toHaveLength(1);
  } finally {
    await database.cleanup();
  }
});
