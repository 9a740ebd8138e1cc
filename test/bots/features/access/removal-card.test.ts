import { beforeEach, describe, expect, test } from 'vitest';
import { accessCard } from '../../../../src/bots/features/access/access-card.ts';
import { grantAccess } from '../../../../src/bots/features/access/grant-access.ts';
import {
  confirmRemoved,
  retryRemovalNow,
} from '../../../../src/bots/features/access/removal-actions.ts';
import { removalCard } from '../../../../src/bots/features/access/removal-card.ts';
import { revokeAccess } from '../../../../src/bots/features/access/revoke-access.ts';
import type { OpenRemoval, Proof } from '../../../../src/engine/access/removals/removal.ts';
import { closeAsGone, withdrawRemoval } from '../../../../src/engine/access/removals/removals.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { offboardingTopic } from '../../../../src/engine/work/topics.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { begunRemoval, inState } from '../../../support/removals.ts';
import { teamIn } from '../../../support/team.ts';

const SYSTEM = { kind: 'system' } as const;
const DAY = 24 * 60 * 60_000;

let chat: TestChat;
let ada: Person;
let boss: Person;
let ann: Person;
let integrationId: string;
let removal: OpenRemoval;

beforeEach(async () => {
  chat = await testChat();
  ({ admin: ada, boss, ann } = await teamIn(chat));
  integrationId = await chat.integration('Fernboard', {
    execute: [{ url: 'https://api.example.com/u' }],
    revoke: [{ method: 'DELETE', url: 'https://api.example.com/u' }],
  });
  removal = await begunRemoval(chat, ann, integrationId, ada);
});

const cardFor = async (reader: Person): Promise<string> => {
  const { payload } = removalCard.with({ removalId: removal.id });
  return textOf(await removalCard.render(payload, await liveReader(chat, reader.email)));
};
const accessFor = async (reader: Person): Promise<string> => {
  const { payload } = accessCard.with({ personId: ann.id, page: 0, askedAt: 0 });
  return textOf(await accessCard.render(payload, await liveReader(chat, reader.email)));
};
const stuck = () =>
  inState(chat, removal, {
    state: 'stuck',
    tries: 2,
    why: 'It answered 500.',
    retryAt: new Date(chat.clock + 60 * 60_000),
  });
const close = (proof: Omit<Proof, 'at'>): Promise<unknown> =>
  chat.services.transact((tx) =>
    closeAsGone(tx, removal, {
      proof: { ...proof, at: chat.services.now() },
      canAsk: false,
      ...chat.services,
      actor: SYSTEM,
    }),
  );

describe('a removal', () => {
  test('is what Revoke shows', async () => {
    const { payload } = revokeAccess.with({ personId: ann.id, integrationId });
    const reply = await revokeAccess.submit(payload, {}, await chat.turn(boss.email));
    expect(reply).toMatchObject({ kind: 'show', card: { view: 'removal' } });
  });

  test.each([
    ['waiting', '… Removing Fernboard from Ann Lee\nStarting in a moment.'],
    ['revoking', '… Removing Fernboard from Ann Lee\nLatchkey is revoking the access'],
    [
      'checking',
      '… Removing Fernboard from Ann Lee\nLatchkey is checking whether the access is gone.',
    ],
    ['by-hand', "⚠ Fernboard has to be removed from Ann Lee by hand\nThere's a task"],
  ] as const)('that is %s says so, and who began it', async (state, text) => {
    await inState(chat, removal, { state });
    const card = await cardFor(boss);
    expect(card).toContain(text);
    expect(card).toContain('Reason: revoked by Ada on 25 Nov 2026.');
  });

  test('that checks whether it is gone says when it looks again', async () => {
    const dueAt = new Date(chat.services.now().getTime() + 3_600_000);
    await inState(chat, removal, { state: 'checking', dueAt });
    expect(await cardFor(boss)).toMatch(
      /checking whether [^]*\nIt continues on 25 Nov 2026, 10:00\./,
    );
  });

  test('that is stuck says why, how often it was tried, and when it is tried again', async () => {
    await stuck();
    expect(await cardFor(boss)).toContain(
      '⚠ Fernboard is not removed from Ann Lee yet\nIt answered 500.\nTried 2 times so far. Latchkey tries again on 25 Nov 2026, 10:00.',
    );
  });

  test.each([
    [{ kind: 'asked' }, 'the app reports no access.'],
    [{ kind: 'revoked' }, "revoked; Latchkey can't check this app."],
    [{ kind: 'done', byId: 'ada' }, 'done by hand by Ada.'],
    [{ kind: 'confirmed', byId: 'ada' }, "Ada checked: it's gone."],
  ] as const)('that is gone names its proof: %o', async (proof, text) => {
    await close('byId' in proof ? { ...proof, byId: ada.id } : proof);
    const card = await cardFor(ada);
    expect(card).toContain('✓ Ann Lee no longer has Fernboard');
    expect(card).toContain(`Gone since 25 Nov 2026, 09:00: ${text}`);
    expect(card).not.toContain('[');
  });

  test('that was withdrawn says when', async () => {
    await chat.services.transact((tx) => withdrawRemoval(tx, removal, { actor: SYSTEM }));
    expect(await cardFor(ada)).toContain(
      'Not removed: Latchkey withdrew the removal on 25 Nov 2026, 09:00.',
    );
  });

  test('that was withdrawn is drawn again on the card of the offboarding that began it', async () => {
    const cause = { kind: 'offboarding', id: 'o1', by: SYSTEM, at: chat.services.now() } as const;
    removal = await inState(chat, removal, { causes: [cause] });
    const touched = await chat.services.transact(async (tx) => {
      await withdrawRemoval(tx, removal, { actor: SYSTEM });
      return [...tx.invalidated];
    });
    expect(touched).toContain(offboardingTopic('o1'));
  });

  test('that a last day began names that day', async () => {
    const offboarding = {
      id: 'o1',
      version: 1,
      personId: ann.id,
      state: 'running',
      endDate: '2026-11-01',
      createdAt: chat.services.now(),
    } as const;
    await chat.services.stores.offboardings.insert(offboarding);
    const cause = { kind: 'offboarding', id: 'o1', by: SYSTEM, at: chat.services.now() } as const;
    await inState(chat, removal, { causes: [cause] });
    expect(await cardFor(boss)).toContain('their last day was 1 Nov 2026');
  });

  test('of what never was there does not say that it is gone', async () => {
    await close({ kind: 'asked', neverThere: true });
    expect(await cardFor(boss)).toBe(
      [
        '✓ Ann Lee has no access to Fernboard',
        'As of 25 Nov 2026, 09:00: the app reports no access.',
        'Reason: revoked by Ada on 25 Nov 2026.',
      ].join('\n'),
    );
  });

  test('is not for the person themselves', async () => {
    expect(await cardFor(ann)).toContain("You can't see this removal");
  });
});

describe('Retry now', () => {
  const press = async () =>
    retryRemovalNow.press(
      retryRemovalNow.with({ removalId: removal.id }).payload,
      await chat.turn(boss.email),
    );

  test('looks at one that is stuck at once', async () => {
    await stuck();
    expect(await cardFor(boss)).toContain('[Retry now]');
    expect(await press()).toEqual({ kind: 'nothing' });
    const now = await chat.services.stores.removals.find(removal.id);
    expect(now).toMatchObject({ state: 'stuck', dueAt: chat.services.now(), tries: 2 });
    expect(now?.retryAt).toBeUndefined();
  });

  test('says that another one has moved on', async () => {
    const reply = await press();
    expect(reply.kind === 'say' && textOf(reply.card)).toContain(
      'This removal is already further along',
    );
  });
});

describe('"I checked: it\'s gone"', () => {
  test('is there for admins, who are asked once more, and named', async () => {
    await stuck();
    expect(await cardFor(boss)).not.toContain('I checked');
    expect(await cardFor(ada)).toContain("[I checked: it's gone…]");
    const { payload } = confirmRemoved.with({ removalId: removal.id });
    const opened = await confirmRemoved.press(payload, await chat.turn(ada.email));
    expect(opened.kind).toBe('open');
    await confirmRemoved.submit(payload, {}, await chat.turn(ada.email));
    expect(await cardFor(ada)).toContain("Ada checked: it's gone.");
  });

  test('changes nothing where it is gone already', async () => {
    await close({ kind: 'asked' });
    const { payload } = confirmRemoved.with({ removalId: removal.id });
    const reply = await confirmRemoved.submit(payload, {}, await chat.turn(ada.email));
    expect(reply.kind === 'say' && textOf(reply.card)).toContain(
      'This removal is already further along',
    );
    expect(await cardFor(ada)).toContain('the app reports no access.');
  });
});

describe('the access card', () => {
  test('of what is being removed offers no grant', async () => {
    await inState(chat, removal, { state: 'revoking' });
    expect(await accessFor(boss)).toContain('Fernboard · … Being revoked\n[View removal]');
  });

  test('of what is stuck says why, and offers to grant it anyway', async () => {
    await stuck();
    expect(await accessFor(boss)).toContain(
      'Fernboard · ⚠ Not removed yet. It answered 500. Next try: 25 Nov 2026, 10:00.\n[View removal] [Grant anyway…]',
    );
  });

  test('tells the person nothing that someone else has to do', async () => {
    await inState(chat, removal, { state: 'by-hand', why: 'Remove it in Fernboard itself.' });
    const card = await accessFor(ann);
    expect(card).toContain('Your access');
    expect(card).toContain('Fernboard · ⚠ Being removed by hand');
    expect(card).not.toContain('itself');
  });

  test('says that a grant waits for the end of the removal, which can be cancelled', async () => {
    await inState(chat, removal, { state: 'revoking' });
    const { payload } = grantAccess.with({ personId: ann.id, integrationId });
    await grantAccess.submit(payload, {}, await chat.turn(boss.email));
    expect(await accessFor(boss)).toContain(
      'Fernboard · … Being revoked · a grant is waiting for this\n[View removal] [Cancel]',
    );
  });

  test('says what holds it', async () => {
    await chat.services.transact((tx) => withdrawRemoval(tx, removal, { actor: SYSTEM }));
    const { payload } = grantAccess.with({ personId: ann.id, integrationId });
    await grantAccess.submit(payload, { days: '7' }, await chat.turn(boss.email));
    await grantAccess.submit(payload, { days: '17' }, await chat.turn(boss.email));
    expect(await accessFor(boss)).toContain('until 12 Dec 2026; also by hand, until 2 Dec 2026');
    await grantAccess.submit(payload, { days: '27' }, await chat.turn(boss.email));
    expect(await accessFor(boss)).toContain(
      'until 22 Dec 2026; also by hand, until 12 Dec 2026; by hand, until 2 Dec 2026',
    );
  });
});

describe('a grant of what is stuck', () => {
  const call = () => grantAccess.with({ personId: ann.id, integrationId }).payload;

  test('asks why, and withdraws the removal', async () => {
    await stuck();
    const reply = await grantAccess.press(call(), await chat.turn(boss.email));
    const form = reply.kind === 'open' && (await reply.form);
    expect(form && 'fields' in form && Object.keys(form.fields)).toEqual([
      'days',
      'otherLength',
      'reason',
    ]);
    await grantAccess.submit(call(), { reason: 'A project' }, await chat.turn(boss.email));
    expect(await chat.services.stores.removals.open(ann.id, integrationId)).toBeUndefined();
    expect(await chat.services.stores.runs.unfinishedOf(ann.id)).toHaveLength(1);
    expect(await chat.services.stores.removals.latest(ann.id, integrationId)).toMatchObject({
      state: 'withdrawn',
      why: 'A project',
    });
  });

  test('without a reason is refused', async () => {
    await stuck();
    const reply = await grantAccess.submit(call(), {}, await chat.turn(boss.email));
    expect(reply.kind === 'say' && textOf(reply.card)).toContain('give a reason');
    expect(await chat.services.stores.removals.open(ann.id, integrationId)).toBeDefined();
  });
});

test('Revoke says what ends by it', async () => {
  await chat.services.transact((tx) => withdrawRemoval(tx, removal, { actor: SYSTEM }));
  const grant = grantAccess.with({ personId: ann.id, integrationId }).payload;
  await grantAccess.submit(grant, {}, await chat.turn(boss.email));
  chat.clock += DAY;
  await grantAccess.submit(grant, { days: '7' }, await chat.turn(boss.email));
  const { payload } = revokeAccess.with({ personId: ann.id, integrationId });
  const reply = await revokeAccess.press(payload, await chat.turn(boss.email));
  const form = reply.kind === 'open' && (await reply.form);
  expect(JSON.stringify(form && 'intro' in form && form.intro)).toContain(
    'Reason for the access: by hand, since 25 Nov 2026; by hand, until 3 Dec 2026.',
  );
});
