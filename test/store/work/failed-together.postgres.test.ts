/** PostgreSQL refuses every statement of a transaction after one that failed. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { together } from '../../../src/core/together.ts';
import type { Actor } from '../../../src/engine/people/directory.ts';
import { addPerson } from '../../../src/engine/people/people.ts';
import { temporaryPostgres } from '../../support/peers/postgres.ts';

const actor: Actor = { kind: 'operator', user: 'root' };

let opened: Awaited<ReturnType<typeof temporaryPostgres>>;
beforeEach(async () => {
  opened = await temporaryPostgres();
});
afterEach(() => opened.cleanup());

/** The first insert into `people` ends as the victim of a deadlock. */
const victimOnce = () =>
  opened.db.raw(`
    create sequence tries;
    create function victim() returns trigger language plpgsql as $$ begin
      if nextval('tries') = 1 then raise exception using errcode = '40P01'; end if;
      return new;
    end $$;
    create trigger victim before insert on people for each row execute function victim();
  `);

test('a transaction runs again after a deadlock in one part while an earlier part goes on', async () => {
  await victimOnce();
  const { transact, stores } = opened;
  let tries = 0;
  await transact(async (tx) => {
    tries += 1;
    const goOn = async () => {
      for (let left = 20; left > 0; left -= 1) await tx.people.find('none');
    };
    await together([goOn(), addPerson(tx, { email: 'ada@x.io', role: 'admin' }, { actor })]);
  });
  expect(tries).toBe(2);
  expect(await stores.people.admins()).toHaveLength(1);
});

test('every statement after the one that failed fails with its error', async () => {
  const codes: unknown[] = [];
  const note = (error: unknown) => codes.push((error as { readonly code?: unknown }).code);
  await opened.db
    .transaction(async (tx) => {
      await tx.raw("do $$ begin raise exception using errcode = '40P01'; end $$").catch(note);
      await tx('people').first().catch(note);
      await Promise.all([tx('people').first(), tx('settings').first()]).catch(note);
      throw new Error('undone');
    })
    .catch(() => undefined);
  expect(codes).toEqual(['40P01', '40P01', '40P01']);
});
