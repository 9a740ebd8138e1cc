/** `apply` on either database, killed after each of its transactions. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { addPerson } from '../../../src/engine/people/people.ts';
import type { UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';
import { commandsOn, everything } from './fixture.ts';

class Killed extends Error {}

describe.each(bothDatabases)('on %s', (_, open) => {
  async function opened() {
    const now = () => new Date('2026-11-24T09:00:00Z');
    const database = await open(now);
    onTestFinished(() => database.cleanup());
    const actor = { kind: 'system' } as const;
    for (const [email, firstName] of [
      ['ann@example.com', 'Ann'],
      ['bo@example.com', 'Bo'],
    ] as const)
      await database.transact((tx) => addPerson(tx, { email, firstName, lastName: '' }, { actor }));
    let isDeadly = false;
    const transact: UnitOfWork = async (work) => {
      const done = await database.transact(work);
      if (isDeadly) throw new Killed();
      return done;
    };
    const commands = await commandsOn({ db: database.db, stores: database.stores, transact, now });
    await commands.write(everything);
    return {
      ...commands,
      /** @returns whether it was killed, which is after its first transaction */
      async applyKilled(): Promise<boolean> {
        isDeadly = true;
        try {
          await commands.apply({ yes: true });
          return false;
        } catch (error) {
          if (!(error instanceof Killed)) throw error;
          return true;
        } finally {
          isDeadly = false;
        }
      },
    };
  }

  test('each transaction leaves what can be exported, and the next apply goes on', async () => {
    const [whole, killed] = [await opened(), await opened()];
    expect((await whole.apply({ yes: true })).code).toBe(0);
    await whole.export();
    const other = await opened();
    let kills = 0;
    for (; await killed.applyKilled(); kills += 1)
      expect((await killed.apply({ dryRun: true })).err).not.toContain('Error');
    expect(kills).toBe(7);
    expect(await killed.apply()).toMatchObject({ code: 0, out: 'Nothing to change.\n' });
    await killed.export();
    const files = await whole.files();
    expect(await killed.files()).toEqual(files);
    await other.write(files);
    expect((await other.apply({ yes: true })).code).toBe(0);
    await other.export();
    expect(await other.files()).toEqual(files);
  });
});
