import { beforeEach, describe, expect, test } from 'vitest';
import {
  accessCard,
  checkAgain,
  openAccess,
  turnAccessPage,
} from '../../../../src/bots/features/access/access-card.ts';
import { turnPickerPage } from '../../../../src/bots/features/access/pick-integration.ts';
import { cards } from '../../../../src/bots/features/features.ts';
import { noteToAsk } from '../../../../src/bots/features/whom-to-ask.ts';
import { actorOf } from '../../../../src/bots/live/context.ts';
import { explained } from '../../../../src/core/stored-sentence.ts';
import { startGrant } from '../../../../src/engine/access/grant.ts';
import { openHold } from '../../../../src/engine/access/holds.ts';
import type { AccessState, Person } from '../../../../src/engine/people/directory.ts';
import { fail, lease, succeed } from '../../../../src/engine/runs/run.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonsOf } from '../../../support/clicks.ts';
import { present } from '../../../support/given/outcomes.ts';
import { bossAndAnn } from '../../../support/team.ts';

const full = {
  exists: { url: 'https://api.example.com/u', method: 'GET' },
  execute: [{ url: 'https://api.example.com/u' }],
  revoke: [{ url: 'https://api.example.com/u', method: 'DELETE' }],
};

let chat: TestChat;
let boss: Person;
let ann: Person;
let integrationId: string;

beforeEach(async () => {
  chat = await testChat();
  ({ boss, ann } = await bossAndAnn(chat));
  integrationId = await chat.integration('Fernboard', full);
});

const cardFor = async (reader: Person, more: object = {}) => {
  const ref = accessCard.with({ personId: ann.id, page: 0, askedAt: chat.clock, ...more });
  const { stores, now } = chat.services;
  return textOf(
    await cards.find('access').render(ref.payload, {
      reader,
      stores,
      now,
      timeZone: 'UTC',
      scheduleZone: 'UTC',
    }),
  );
};
const known = (state: AccessState, reason = 'It said so.', checkedAt = new Date(chat.clock)) =>
  chat.services.transact((tx) =>
    tx.access.put({
      personId: ann.id,
      integrationId,
      state,
      reason,
      since: new Date(chat.clock),
      checkedAt,
    }),
  );

describe('a row', () => {
  test('is being checked until an answer came after the question', async () => {
    await known('has');
    expect(await cardFor(boss, { askedAt: chat.clock + 1 })).toContain('Fernboard · Checking…');
  });

  test('that has access offers Re-grant and Revoke', async () => {
    await known('has');
    const text = await cardFor(boss);
    expect(text).toContain('Fernboard · ✓ Has access (since 25 Nov 2026)');
    expect(text).toContain('[Revoke…] [Re-grant…]');
  });

  test('without access offers Grant', async () => {
    await known('none');
    expect(await cardFor(boss)).toContain('Fernboard · No access\n[Grant…]');
  });

  test('that something else vouches for says what, and waits for no answer', async () => {
    await known('none', "An admin checked: it's gone.", new Date(0));
    expect(await cardFor(boss)).toContain(
      "Fernboard · No access. An admin checked: it's gone.\n[Try again] [Grant…]",
    );
  });

  test('that is unknown says why, and offers Try again and Grant anyway', async () => {
    await known('unknown', 'It answered with status 500.');
    expect(await cardFor(boss)).toContain(
      'Fernboard · Not confirmed. It answered with status 500.\n[Try again] [Grant anyway…]',
    );
  });

  test('that is unknown tells only admins what the app answered', async () => {
    const ada = await chat.person({ email: 'ada@example.com', role: 'admin' });
    await known('unknown', explained('Fernboard gave no clear answer.', 'It answered 404.'));
    expect(await cardFor(ada)).toContain(
      'Fernboard · Not confirmed. Fernboard gave no clear answer. It answered 404.\n',
    );
    for (const reader of [boss, ann]) {
      const card = await cardFor(reader);
      expect(card).toContain('Fernboard · Not confirmed. Fernboard gave no clear answer.');
      expect(card).not.toContain('answered 404');
    }
  });

  test('without a revoke is revoked all the same: by hand', async () => {
    const { revoke: _, ...without } = full;
    integrationId = await chat.integration('Ledger', without);
    await known('has');
    expect(await cardFor(boss)).toMatch(/Ledger · ✓ Has access.*\n\[Revoke…\] \[Re-grant…\]/);
    const picker = turnPickerPage.with({ personId: ann.id, purpose: 'revoke', page: 0 });
    expect(
      JSON.stringify(await turnPickerPage.press(picker.payload, await chat.turn(boss.email))),
    ).toContain('Ledger');
  });

  test('that was granted and is unknown can be revoked', async () => {
    await chat.services.transact(async (tx) => {
      const integration = present(await tx.integrations.find(integrationId));
      const hold = {
        actor: { kind: 'system' },
        person: ann,
        integration,
        source: 'by-hand',
      } as const;
      await openHold(tx, hold, {});
    });
    await known('unknown', 'It answered with status 500.');
    expect(await cardFor(boss)).toContain('[Try again] [Revoke…] [Grant anyway…]');
  });

  test('with a run under way offers nothing', async () => {
    await known('none');
    await start();
    expect(await cardFor(boss)).toContain('Fernboard · Granting…');
    expect(await cardFor(boss)).not.toContain('[Grant');
  });

  test('whose only run waits for its turn says so, and offers Cancel', async () => {
    const run = await start();
    const { dueAt: _, ...facts } = run;
    await chat.services.transact(async (tx) => tx.runs.save({ ...facts, state: 'deferred' }));
    expect(await cardFor(boss)).toContain('Fernboard · … Waiting in the queue\n[Cancel]');
  });

  test('whose run failed says when it runs again, and offers Retry now and Cancel retry', async () => {
    const run = await start();
    const leased = lease(
      run,
      { workerId: 'w1', newestManifestVersionId: run.manifestVersionId },
      chat.services.now(),
    );
    const failed = fail(
      leased,
      { code: 'no-answer', message: 'It did not answer.' },
      chat.services.now(),
    );
    await chat.services.transact(async (tx) => tx.runs.save({ ...failed, version: 1 }));
    expect(await cardFor(boss)).toContain(
      'Fernboard · ⚠ Failed: It did not answer. Next try: 25 Nov 2026, 10:00.\n[Retry now] [Cancel retry]',
    );
  });
});

test('after a run has ended, a row is being checked until exists was asked again', async () => {
  await known('none');
  const run = await start();
  const leased = lease(
    run,
    { workerId: 'w1', newestManifestVersionId: run.manifestVersionId },
    chat.services.now(),
  );
  chat.clock += 1000;
  await chat.services.transact((tx) =>
    tx.runs.save({ ...succeed(leased, chat.services.now()), version: 1 }),
  );
  expect(await cardFor(boss, { askedAt: chat.clock - 1000 })).toContain('Fernboard · Checking…');
  await known('has');
  expect(await cardFor(boss)).toContain('✓ Has access');
});

test('an integration without exists shows what Latchkey did, and that it was not checked', async () => {
  await chat.integration('Ledger', { execute: full.execute });
  const text = await cardFor(boss);
  expect(text).toContain('Ledger · No access granted by Latchkey (not checked)\n[Grant…]');
});

test('people see their own access, and can only give it back', async () => {
  await known('has');
  const text = await cardFor(ann);
  expect(text).toContain('✓ Has access');
  expect(text.match(/\[[^\]]*\]/g)).toEqual(['[Give back…]']);
});

test('someone who has left reads that their access has ended, on whichever card they had', async () => {
  await known('has');
  const left = { ...ann, active: false };
  await chat.services.transact((tx) => tx.people.save(left));
  expect(await cardFor(left)).toBe(
    "Your access has ended\nLatchkey removes it from every app.\nIf that's wrong, let your Latchkey admin know.",
  );
  const context = { ...(await liveReader(chat, boss.email)), reader: left };
  expect(textOf(await noteToAsk("You can't see this any more", 'Only admins can.', context))).toBe(
    "Your access to Latchkey has ended\nIf that's wrong, let your Latchkey admin know.",
  );
});

test('someone who is no longer the manager sees nothing of it', async () => {
  const other = await chat.person({ email: 'other@example.com', role: 'manager' });
  const text = await cardFor(other);
  expect(text).toContain("You can't see this person's access");
  expect(text).not.toContain('Fernboard');
});

test('every button says which integration it is about to those who hear the card', async () => {
  await chat.integration('Ledger', { execute: full.execute });
  await known('none');
  const ref = accessCard.with({ personId: ann.id, page: 0, askedAt: chat.clock });
  const dates = { timeZone: 'UTC', scheduleZone: 'UTC' };
  const context = { ...chat.services, ...dates, reader: boss };
  const buttons = buttonsOf(await cards.find('access').render(ref.payload, context));
  expect(buttons.map(({ label, about }) => [label, about])).toEqual([
    ['Grant…', 'Grant: Fernboard'],
    ['Grant…', 'Grant: Ledger'],
  ]);
});

test('more integrations than fit a page are reached by Next and Previous', async () => {
  for (let n = 0; n < 12; n++) await chat.integration(`Tool ${n + 10}`, full);
  expect(await cardFor(boss)).toContain('Page 1 of 2\n[Next]');
  expect(await cardFor(boss, { page: 1 })).toContain('Page 2 of 2\n[Previous]');
});

test('opening the card asks every integration of the page once', async () => {
  const turn = await chat.turn(boss.email);
  await openAccess(ann, turn);
  await openAccess(ann, turn);
  expect(await chat.database.db('jobs').where({ name: 'access.check' })).toHaveLength(1);
});

test('Try again asks that integration alone, and shows that it is being checked', async () => {
  await known('unknown');
  const turn = await chat.turn(boss.email);
  chat.clock += 1000;
  const { payload } = checkAgain.with({
    personId: ann.id,
    page: 0,
    askedAt: chat.clock - 1000,
    integrationId,
  });
  const reply = await checkAgain.press(payload, turn);
  if (reply.kind !== 'replace' || !('view' in reply.card)) throw new Error('It replaces the card');
  const { stores, now } = chat.services;
  const card = await cards.find('access').render(reply.card.payload, {
    reader: boss,
    stores,
    now,
    timeZone: 'UTC',
    scheduleZone: 'UTC',
  });
  expect(textOf(card)).toContain('Fernboard · Checking…');
});

async function start() {
  const turn = await chat.turn(boss.email);
  const integration = present(await chat.services.stores.integrations.find(integrationId));
  const started = await chat.services.transact((tx) =>
    startGrant(tx, { actor: actorOf(turn), person: ann, integration, form: {} }),
  );
  if (started.kind !== 'started' || started.run.state !== 'queued') throw new Error(started.kind);
  return started.run;
}

const deleteIntegration = (id: string) =>
  chat.services.transact(async (tx) => {
    const integration = await tx.integrations.find(id);
    if (integration)
      await tx.integrations.save({ ...integration, deletedAt: new Date(chat.clock) });
  });

test('a page that is shown in the place of one that is gone shows what is known, since nobody asks for it', async () => {
  await known('has');
  let last = '';
  for (let n = 1; n <= 10; n += 1) last = await chat.integration(`Tool ${n}`, full);
  await deleteIntegration(last);
  chat.clock += 1000;
  const text = await cardFor(boss, { page: 1 });
  expect(text).toContain('Fernboard · ✓ Has access');
  expect(text).toContain('[Revoke…]');
});

test('turning to a page that is gone asks every integration of the one that is shown', async () => {
  const reply = await turnAccessPage.press(
    turnAccessPage.with({ personId: ann.id, page: 1 }).payload,
    await chat.turn(boss.email),
  );
  if (reply.kind !== 'replace' || !('view' in reply.card)) throw new Error('It replaces the card');
  expect(reply.card.payload).toContain('"page":0');
  expect(await chat.database.db('jobs').where({ name: 'access.check' })).toHaveLength(1);
});

test('the last page is shown where a card asks for one that is gone', async () => {
  for (let n = 1; n <= 10; n += 1) await chat.integration(`Tool ${n}`, full);
  expect(await cardFor(boss, { page: 1 })).toContain('Page 2 of 2');
  await deleteIntegration(integrationId);
  expect(await cardFor(boss, { page: 1 })).toContain('Tool 10');
  const turn = await chat.turn(boss.email);
  const picker = turnPickerPage.with({ personId: ann.id, purpose: 'grant', page: 1 });
  const picked = await turnPickerPage.press(picker.payload, turn);
  expect(JSON.stringify(picked)).toContain('Tool 10');
});
