/** Whose codes count, and for how long. RFC 6238 has the codes; the library that reads them is not tested here. */
import { beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { changePerson, deactivate, reactivate } from '../../../src/engine/people/change-person.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import {
  type BegunEnrolment,
  beginEnrolment,
  confirmAuthenticator,
  declineAuthenticator,
  proveAuthenticator,
  removeAuthenticator,
  unlockAuthenticator,
} from '../../../src/engine/step-up/enrol.ts';
import { checkOf } from '../../../src/engine/step-up/totp.ts';
import { useCode } from '../../../src/engine/step-up/use-code.ts';
import { type TestChat, testChat } from '../../support/chat.ts';
import { codeAt } from '../../support/given/authenticator.ts';
import { ofKind, present } from '../../support/given/outcomes.ts';

const STEP = 30_000;

let chat: TestChat;
let ada: Person;
let ann: Person;
beforeEach(async () => {
  chat = await testChat();
  ada = await chat.person({ email: 'ada@example.com', role: 'admin' });
  ann = await chat.person({ email: 'ann@example.com' });
});

const transact = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
  chat.services.transact(work);
const now = () => new Date(chat.clock);
const pageOf = ({ id: personId }: Person) => ({ id: newId(), personId, openedAt: now() });
/** What a page shows; the page of a new link, unless a test names one. */
const shown = (page: ReturnType<typeof pageOf>) => transact((tx) => beginEnrolment(tx, page));
const begin = async (page = pageOf(ann)): Promise<BegunEnrolment> => present(await shown(page));
const prove = ({ id, key }: BegunEnrolment, typed = codeAt(key, now())) =>
  transact((tx) => proveAuthenticator(tx, { id, personId: ann.id, typed }));
const by = (admin: Person) =>
  ({
    kind: 'admin',
    admin,
    actor: { kind: 'person', personId: admin.id, via: 'slack' },
  }) as const;
const type = (typed: string | undefined) =>
  transact((tx) => useCode(tx, { kind: 'person', personId: ann.id, via: 'slack' }, typed));
interface Heard {
  readonly admin?: Person;
  readonly check?: string;
  readonly code?: string;
}
const confirm = (
  { id, key }: BegunEnrolment,
  { admin = ada, check = checkOf(key), code }: Heard = {},
) => transact((tx) => confirmAuthenticator(tx, id, { ...by(admin), check, code }));
const audit = async () =>
  (await chat.services.stores.auditLog.list({ offset: 0, limit: 50 })).map(({ what }) => what);

/** An authenticator whose codes count, half a minute after the last code was typed. */
async function active(): Promise<BegunEnrolment & { readonly recoveryCodes: readonly string[] }> {
  const begun = await begin();
  const proven = ofKind('proven', await prove(begun));
  await confirm(begun);
  chat.clock += STEP;
  return { ...begun, recoveryCodes: proven.recovery };
}

const operator = { actor: { kind: 'operator', user: 'root' } } as const;
type Ends = (tx: Transaction, person: Person, id: string) => Promise<unknown>;

describe('a code', () => {
  test('counts once', async () => {
    const { key } = await active();
    const code = codeAt(key, now());
    expect(await type(code)).toBeUndefined();
    expect(await type(code)).toBe('used');
  });

  test('counts with a space in it, and half a minute early or late', async () => {
    const { key } = await active();
    const early = codeAt(key, new Date(chat.clock + STEP));
    chat.clock += 2 * STEP;
    expect(await type(`${early.slice(0, 3)} ${early.slice(3)}`)).toBeUndefined();
  });

  test('is too old after a minute', async () => {
    const { key } = await active();
    const code = codeAt(key, now());
    chat.clock += 2 * STEP;
    expect(await type(code)).toBe('wrong');
  });

  test('that proved the app does not also count', async () => {
    const begun = await begin();
    const code = codeAt(begun.key, now());
    await prove(begun, code);
    await confirm(begun);
    expect(await type(code)).toBe('used');
  });

  test('of someone else does not count', async () => {
    await active();
    const foreign = await begin(pageOf(ada));
    expect(await type(codeAt(foreign.key, now()))).toBe('wrong');
  });

  test.each(['', '   ', undefined])(
    'that nobody typed is missing (%j), and not counted',
    async (typed) => {
      await active();
      for (let n = 0; n < 6; n += 1) expect(await type(typed)).toBe('missing');
    },
  );
});

describe('an authenticator that can not be read', () => {
  const damage = async () =>
    void (await chat.database.db('authenticators').update({ content: 'damaged' }));

  test('takes no code, counts none as wrong, and stays as it is stored', async () => {
    const { id, key } = await active();
    await damage();
    for (let n = 0; n < 6; n += 1) expect(await type(codeAt(key, now()))).toBe('unread');
    await transact(async (tx) => {
      const found = await tx.authenticators.find(id);
      if (found) await tx.authenticators.save({ ...found, wrong: 1 });
    });
    expect(await chat.database.db('authenticators').select('content', 'wrong')).toEqual([
      { content: 'damaged', wrong: 1 },
    ]);
  });

  test('is not confirmed, but declined, and its page shows nothing', async () => {
    const page = pageOf(ann);
    const begun = await begin(page);
    await prove(begun);
    await damage();
    expect(await confirm(begun)).toEqual({ kind: 'unread' });
    expect(await transact((tx) => beginEnrolment(tx, page))).toBeUndefined();
    expect(await transact((tx) => declineAuthenticator(tx, begun.id, by(ada)))).toMatchObject({
      kind: 'done',
    });
  });

  test('of a page that is still open takes no code', async () => {
    const begun = await begin();
    await damage();
    expect(await prove(begun)).toEqual({ kind: 'over' });
  });
});

describe('five wrong codes in a row', () => {
  const lock = async () => {
    for (let n = 0; n < 4; n += 1) expect(await type('000000')).toBe('wrong');
    expect(await type('x'.repeat(30))).toBe('locked');
  };

  test('lock it: a right one counts no more, until another admin unlocks it', async () => {
    const { id, key } = await active();
    await lock();
    expect(await type(codeAt(key, now()))).toBe('locked');
    expect(await transact((tx) => unlockAuthenticator(tx, id, by(ada)))).toMatchObject({
      kind: 'done',
    });
    expect(await type(codeAt(key, now()))).toBeUndefined();
    expect(await audit()).toContain('authenticator.locked');
  });

  test('are counted from the last right one', async () => {
    const { key } = await active();
    for (let n = 0; n < 4; n += 1) await type('000000');
    await type(codeAt(key, now()));
    expect(await type('000000')).toBe('wrong');
  });

  test('on the page end what it showed', async () => {
    const begun = await begin();
    for (let n = 0; n < 4; n += 1) expect(await prove(begun, '000000')).toEqual({ kind: 'wrong' });
    expect(await prove(begun, '000000')).toEqual({ kind: 'over' });
    expect(await prove(begun)).toEqual({ kind: 'over' });
  });
});

describe('a recovery code', () => {
  test('counts once, however it is typed', async () => {
    const { recoveryCodes } = await active();
    const [first = ''] = recoveryCodes;
    expect(new Set(recoveryCodes).size).toBe(8);
    expect(await type(` ${first.toUpperCase().replace('-', ' ')}`)).toBeUndefined();
    expect(await type(first)).toBe('wrong');
    expect(await audit()).toContain('authenticator.recovery-used');
  });
});

describe('an authenticator', () => {
  test('counts once another admin has confirmed it', async () => {
    const begun = await begin();
    expect(await type(codeAt(begun.key, now()))).toBe('none');
    await prove(begun);
    chat.clock += STEP;
    expect(await type(codeAt(begun.key, now()))).toBe('waiting');
    expect((await confirm(begun)).kind).toBe('done');
    expect(await type(codeAt(begun.key, now()))).toBeUndefined();
  });

  test('is confirmed by nobody for themselves, nor by anyone who is no admin', async () => {
    await transact(async (tx) => {
      const current = await tx.people.find(ann.id);
      if (current) await tx.people.save({ ...current, role: 'admin' });
    });
    const begun = await begin();
    await prove(begun);
    const cy = await chat.person({ email: 'cy@example.com' });
    for (const person of [ann, cy])
      expect((await confirm(begun, { admin: person })).kind).toBe('not-yours');
  });

  test('that no code has proven is not confirmed', async () => {
    expect((await confirm(await begin())).kind).toBe('over');
  });

  test('goes on counting while a new one waits, and ends when that one is confirmed', async () => {
    const old = await active();
    const next = await begin();
    await prove(next);
    chat.clock += STEP;
    expect(await type(codeAt(old.key, now()))).toBeUndefined();
    await confirm(next);
    chat.clock += STEP;
    expect(await type(codeAt(old.key, now()))).toBe('wrong');
    expect(await type(codeAt(next.key, now()))).toBeUndefined();
  });

  test('that is declined is gone, and the one before stays', async () => {
    const old = await active();
    const next = await begin();
    await prove(next);
    await transact((tx) => declineAuthenticator(tx, next.id, by(ada)));
    expect((await confirm(next)).kind).toBe('over');
    chat.clock += STEP;
    expect(await type(codeAt(old.key, now()))).toBeUndefined();
  });

  test('has one key for a page that is opened twice, and another for the next page', async () => {
    const page = pageOf(ann);
    const first = await begin(page);
    expect((await begin(page)).key).toBe(first.key);
    chat.clock += 1000;
    expect((await begin()).key).not.toBe(first.key);
    expect(await prove(first)).toEqual({ kind: 'over' });
  });

  test('is not shown by a page that was opened before: someone else may have that one open', async () => {
    const before = pageOf(ann);
    await begin(before);
    chat.clock += 1000;
    const begun = await begin();
    expect(await shown(before)).toBeUndefined();
    await prove(begun);
    expect(await shown(before)).toBeUndefined();
    expect((await confirm(begun)).kind).toBe('done');
  });

  test('is not shown again once a code has proven it', async () => {
    const page = pageOf(ann);
    await prove(await begin(page));
    expect(await shown(page)).toBeUndefined();
  });

  test('is confirmed only by who has heard what its page showed, also where another admin has set one up since', async () => {
    const theirs = await begin();
    await prove(theirs);
    chat.clock += 1000;
    const foreign = await begin();
    await prove(foreign);
    const check = checkOf(theirs.key);
    expect(await confirm(foreign, { check })).toEqual({ kind: 'wrong-check' });
    expect((await confirm(foreign, { check: checkOf(foreign.key).toUpperCase() })).kind).toBe(
      'done',
    );
  });

  test('takes a code of the admin who confirms it, where they have an authenticator', async () => {
    const first = await begin(pageOf(ada));
    const typed = codeAt(first.key, now());
    await transact((tx) => proveAuthenticator(tx, { id: first.id, personId: ada.id, typed }));
    await transact((tx) =>
      confirmAuthenticator(tx, first.id, {
        kind: 'operator',
        ...operator,
        check: checkOf(first.key),
      }),
    );
    chat.clock += STEP;
    const begun = await begin();
    await prove(begun);
    expect(await confirm(begun)).toEqual({ kind: 'needs-code', problem: 'missing' });
    expect(await confirm(begun, { code: '000000' })).toEqual({
      kind: 'needs-code',
      problem: 'wrong',
    });
    // Someone who has taken over the account of an admin without one can't, either.
    const cy = await chat.person({ email: 'cy@example.com', role: 'admin' });
    expect(await confirm(begun, { admin: cy })).toEqual({ kind: 'needs-code', problem: 'none' });
    expect((await confirm(begun, { code: codeAt(first.key, now()) })).kind).toBe('done');
  });

  test.each([
    ['is removed', (tx, _, id) => removeAuthenticator(tx, id, by(ada))],
    [
      'ends with their role',
      (tx, bo) => changePerson(tx, bo, { ...operator, details: { role: 'other' } }),
    ],
    ['ends since they leave', (tx, bo) => deactivate(tx, bo, operator)],
  ] as const satisfies readonly (readonly [string, Ends])[])(
    'of an admin that %s leaves nobody who confirms one without a code',
    async (_, ends) => {
      const bo = await chat.person({ email: 'bo@example.com', role: 'admin' });
      const first = await begin(pageOf(bo));
      const typed = codeAt(first.key, now());
      await transact((tx) => proveAuthenticator(tx, { id: first.id, personId: bo.id, typed }));
      expect((await confirm(first)).kind).toBe('done');
      await transact(async (tx) => ends(tx, (await tx.people.find(bo.id)) ?? bo, first.id));
      const begun = await begin();
      await prove(begun);
      expect(await confirm(begun)).toEqual({ kind: 'needs-code', problem: 'none' });
      const byOperator = async (check: string) => {
        const confirming = { kind: 'operator', ...operator, check } as const;
        return (await transact((tx) => confirmAuthenticator(tx, begun.id, confirming))).kind;
      };
      expect(await byOperator(checkOf(first.key))).toBe('wrong-check'); // It may be someone else's page.
      expect(await byOperator(checkOf(begun.key))).toBe('done');
    },
  );

  test('ends when its person leaves, and does not count when they are back', async () => {
    const { key } = await active();
    await transact(async (tx) => {
      const left = await deactivate(tx, ann, operator);
      if (left.ok) await reactivate(tx, left.person, operator);
    });
    expect(await type(codeAt(key, now()))).toBe('none');
    expect(await audit()).toContain('authenticator.removed');
  });

  test('that another admin removes no longer counts', async () => {
    const { id, key } = await active();
    await transact((tx) => removeAuthenticator(tx, id, by(ada)));
    expect(await type(codeAt(key, now()))).toBe('none');
  });
});
