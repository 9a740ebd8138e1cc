import { beforeEach, describe, expect, test } from 'vitest';
import {
  notifyOfRemoval,
  removalNotice,
  stuckCard,
  thereAgain,
} from '../../../../src/bots/features/access/removal-notice.ts';
import type { OpenRemoval } from '../../../../src/engine/access/removals/removal.ts';
import { closeAsGone } from '../../../../src/engine/access/removals/removals.ts';
import type { Integration, Person } from '../../../../src/engine/people/directory.ts';
import type { Jobs } from '../../../../src/engine/ports/jobs.ts';
import { sequenceLab } from '../../../engine/sequences/lab.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { testEngine } from '../../../support/engine.ts';
import { begunRemoval, inState } from '../../../support/removals.ts';

const HOUR = 60 * 60_000;
const SYSTEM = { kind: 'system' } as const;

let chat: TestChat;
let ada: Person;
let bea: Person;
let ann: Person;
let ben: Person;
let integrationId: string;

beforeEach(async () => {
  chat = await testChat();
  ada = await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  bea = await chat.person({ email: 'bea@example.com', firstName: 'Bea', role: 'admin' });
  ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann', lastName: 'Lee' });
  ben = await chat.person({ email: 'ben@example.com', firstName: 'Ben', lastName: 'Fox' });
  integrationId = await chat.integration('Fernboard', {
    execute: [{ url: 'https://api.example.com/u' }],
    revoke: [{ method: 'DELETE', url: 'https://api.example.com/u' }],
  });
});

async function stuck(person: Person): Promise<OpenRemoval> {
  const removal = await begunRemoval(chat, person, integrationId, ada);
  const facts = {
    state: 'stuck',
    why: 'It answered 500.',
    notifiedAt: chat.services.now(),
  } as const;
  return inState(chat, removal, facts);
}
const notify = ({ id: removalId }: OpenRemoval, what: Jobs['removal.notify']['what']) =>
  notifyOfRemoval({ removalId, what }, chat.services);

/** Who was sent which card since it was asked last. */
async function posts(): Promise<readonly string[]> {
  const jobs = chat.database.db<{ name: string; payload: string }>('jobs');
  const posted = await jobs.clone().where({ name: 'message.post' }).orderBy('id');
  await jobs.where({ name: 'message.post' }).delete();
  const names = new Map([ada, bea, ann, ben].map(({ id, firstName }) => [id, firstName]));
  return posted.map(({ payload }) => {
    const { personId, card } = JSON.parse(payload) as { personId: string; card: { view: string } };
    return `${names.get(personId)} ${card.view}`;
  });
}
async function gone(removal: OpenRemoval, kind: 'asked' | 'nothing' = 'asked'): Promise<void> {
  await chat.services.transact((tx) =>
    closeAsGone(tx, removal, {
      proof: { kind, at: chat.services.now() },
      canAsk: false,
      ...chat.services,
      actor: { kind: 'system' },
    }),
  );
}

describe('a removal that is stuck', () => {
  test('notifies each admin, all of an integration in one message an hour', async () => {
    await notify(await stuck(ann), 'stuck');
    expect(await posts()).toEqual(['Ada stuck-removals', 'Bea stuck-removals']);
    const second = await stuck(ben);
    await notify(second, 'stuck');
    expect(await posts()).toEqual([]);
    const again = await chat.database.db('jobs').where('key', `removal-stuck-at:${integrationId}`);
    expect(again.map((job: { due_at: number }) => job.due_at)).toEqual([chat.clock + HOUR]);
    chat.clock += HOUR;
    await notify(second, 'stuck');
    expect(await posts()).toEqual(['Ada stuck-removals', 'Bea stuck-removals']);
  });

  test('that was the only one and is gone by the next hour notifies nobody', async () => {
    const removal = await stuck(ann);
    await gone(removal);
    await notify(removal, 'stuck');
    expect(await posts()).toEqual([]);
  });

  test('stands in the list with why, by person, until it is gone', async () => {
    const removal = await stuck(ann);
    await stuck(ben);
    const { payload } = stuckCard.with({ integrationId, page: 0 });
    const card = async () =>
      textOf(await stuckCard.render(payload, await liveReader(chat, ada.email)));
    expect(await card()).toContain('⚠ Stuck at Fernboard\n2 people may still have access');
    expect(await card()).toContain('Ann Lee · ⚠ Not removed yet. It answered 500.\n[View removal]');
    await gone(removal);
    expect(await card()).not.toContain('Ann Lee');
    expect(await card()).toContain('Ben Fox');
  });

  test('stays in the list while it is retried', async () => {
    const removal = await stuck(ann);
    const { payload } = stuckCard.with({ integrationId, page: 0 });
    for (const state of ['revoking', 'checking'] as const) {
      await inState(chat, removal, { state });
      const card = textOf(await stuckCard.render(payload, await liveReader(chat, ada.email)));
      expect(card).toContain('⚠ Stuck at Fernboard\n1 person may still have access');
    }
  });

  test('is in a list that follows it', async () => {
    const removal = await stuck(ann);
    await chat.services.stores.messages.put({
      id: 'm1',
      card: stuckCard.with({ integrationId, page: 0 }),
      readerId: ada.id,
      address: { platform: 'slack', key: 'x' },
      shown: '',
      postedAt: new Date(0),
    });
    await gone(removal);
    expect(await chat.database.db('jobs').where('key', 'refresh:m1')).toHaveLength(1);
  });
});

describe('access that is gone', () => {
  test('notifies the person, with who revoked it', async () => {
    const removal = await begunRemoval(chat, ann, integrationId, ada);
    await gone(removal);
    await notify(removal, 'gone');
    expect(await posts()).toEqual(['Ann removal-notice']);
    const { payload } = removalNotice.with({ removalId: removal.id });
    const card = textOf(await removalNotice.render(payload, await liveReader(chat, ann.email)));
    expect(card).toBe(
      'You no longer have Fernboard\nAda revoked it. If you still need it, ask them.',
    );
  });

  const noticeOf = async (removalId: string): Promise<string> => {
    const { payload } = removalNotice.with({ removalId });
    return textOf(await removalNotice.render(payload, await liveReader(chat, ann.email)));
  };
  const change = (facts: Partial<Integration>) =>
    chat.services.transact(async (tx) => {
      const integration = await tx.integrations.find(integrationId);
      if (integration) await tx.integrations.save({ ...integration, ...facts });
    });

  test('of an integration that was deleted says so, and sends nobody to their manager', async () => {
    const removal = await begunRemoval(chat, ann, integrationId, ada);
    const cause = { kind: 'integration-deleted', by: SYSTEM, at: chat.services.now() } as const;
    await gone(await inState(chat, removal, { causes: [cause] }));
    expect(await noticeOf(removal.id)).toBe(
      "You no longer have Fernboard\nAn admin deleted it from Latchkey, so it can't be requested any more.",
    );
  });

  test('of one that was deleted after someone had revoked it does not say that they deleted it', async () => {
    const removal = await begunRemoval(chat, ann, integrationId, ada);
    const cause = { kind: 'integration-deleted', by: SYSTEM, at: chat.services.now() } as const;
    await gone(await inState(chat, removal, { causes: [...removal.causes, cause] }));
    expect(await noticeOf(removal.id)).toContain('An admin deleted it from Latchkey');
  });

  test('that someone revoked who has left since does not send anyone to them', async () => {
    const removal = await begunRemoval(chat, ann, integrationId, ada);
    await gone(removal);
    await chat.services.transact((tx) => tx.people.save({ ...ada, active: false }));
    expect(await noticeOf(removal.id)).toBe(
      'You no longer have Fernboard\nAda revoked it. If you still need it, ask a Latchkey admin.',
    );
  });

  test('of one that is turned off says so', async () => {
    const removal = await begunRemoval(chat, ann, integrationId, SYSTEM);
    await gone(removal);
    await change({ enabled: false });
    expect(await noticeOf(removal.id)).toBe(
      "You no longer have Fernboard\nLatchkey removed it. It's turned off, so it can't be granted right now.",
    );
  });

  test('since no one decided on it in a review says so', async () => {
    const removal = await begunRemoval(chat, ann, integrationId, SYSTEM);
    const cause = { kind: 'review', id: 'r', by: SYSTEM, at: chat.services.now() } as const;
    await gone(await inState(chat, removal, { causes: [cause] }));
    expect(await noticeOf(removal.id)).toBe(
      'You no longer have Fernboard\nAn access review ended, and no one had decided whether you still need it. If you still need it, ask a Latchkey admin.',
    );
  });

  test('is not sent to the person who revoked it', async () => {
    const removal = await begunRemoval(chat, ada, integrationId, ada);
    await gone(removal);
    await notify(removal, 'gone');
    expect(await posts()).toEqual([]);
  });

  test('is not sent to someone who has left, or never had it', async () => {
    const never = await begunRemoval(chat, ben, integrationId, ada);
    await gone(never, 'nothing');
    await notify(never, 'gone');
    const lookedFor = await begunRemoval(chat, bea, integrationId, ada);
    await chat.services.transact((tx) => {
      const proof = { kind: 'asked', at: chat.services.now(), neverThere: true } as const;
      return closeAsGone(tx, lookedFor, { proof, canAsk: false, ...chat.services, actor: SYSTEM });
    });
    await notify(lookedFor, 'gone');
    const removal = await begunRemoval(chat, ann, integrationId, ada);
    await chat.services.transact(async (tx) => {
      const person = await tx.people.find(ann.id);
      if (person) await tx.people.save({ ...person, active: false });
    });
    await gone(removal);
    await notify(removal, 'gone');
    expect(await posts()).toEqual([]);
  });
});

test('access that is there again notifies admins', async () => {
  const removal = await begunRemoval(chat, ann, integrationId, ada);
  await gone(removal);
  await notify(removal, 'back');
  expect(await posts()).toEqual(['Ada there-again', 'Bea there-again']);
  const { payload } = thereAgain.with({ removalId: removal.id });
  const card = textOf(await thereAgain.render(payload, await liveReader(chat, ada.email)));
  expect(card).toContain('⚠ Ann Lee has Fernboard again');
  expect(card).toContain('[Access of Ann Lee]');
});

test('one that a sequence began notifies the person who assigned the sequence, once', async () => {
  const engine = await testEngine();
  const lab = sequenceLab(engine);
  const person = await engine.person();
  const { url } = engine.party;
  const app = await engine.integration({
    execute: [{ url: `${url}/users` }],
    revoke: [{ method: 'DELETE', url: `${url}/users` }],
  });
  await engine.granted(person, app);
  engine.party.on('DELETE /users', { status: 500 });
  const does = { kind: 'revoke', integrationId: app.id } as const;
  const items = [{ timing: { kind: 'at-once' }, does }] as const;
  await lab.assign(await lab.sequence(items, { anchor: 'assignment' }), person, 'fire');
  await lab.tick();
  const removal = await engine.removal(person, app);
  expect(removal.state).toBe('stuck');
  engine.chat.length = 0;
  for (const _ of ['first', 'again'])
    await notifyOfRemoval({ removalId: removal.id, what: 'stuck' }, engine);
  await engine.runJobs();
  const views = engine.chat.flatMap(({ name, payload }) =>
    name === 'message.post' && 'card' in payload ? payload.card.view : [],
  );
  expect(views.toSorted()).toEqual(['stuck-removals', 'timeline']);
});
