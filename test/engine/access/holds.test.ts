/** Holds: why access is there, and until when. It is removed when the last one has ended. */
import { beforeEach, describe, expect, test } from 'vitest';
import { accessSources } from '../../../src/engine/access/due-access.ts';
import { giveBackAccess } from '../../../src/engine/access/give-back.ts';
import { startGrant } from '../../../src/engine/access/grant.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { policyKey } from '../../../src/engine/requests/access-request.ts';
import { createRequest } from '../../../src/engine/requests/create-request.ts';
import { decideRequest } from '../../../src/engine/requests/decide-request.ts';
import { defaultPolicy, type Policy, policyOf } from '../../../src/engine/settings/settings.ts';
import { DAY, HOUR, MINUTE, type TestEngine, testEngine } from '../../support/engine.ts';
import { firstOf, ofKind, present } from '../../support/given/outcomes.ts';
import { accessSince } from '../../support/has-access.ts';
import { fire } from '../../support/tick.ts';

let engine: TestEngine;
let person: Person;
let boss: Person;
beforeEach(async () => {
  engine = await testEngine();
  boss = await engine.person({ email: 'boss@example.com' });
  person = await engine.person({ managerEmail: boss.email });
  engine.party.on('POST /users', { json: {} });
  engine.party.on('DELETE /users', { status: 204 });
});

const app = (policy: Partial<Policy> = {}): Promise<Integration> =>
  engine
    .integration({
      execute: [{ url: `${engine.party.url}/users` }],
      revoke: [{ method: 'DELETE', url: `${engine.party.url}/users` }],
    })
    .then((integration) =>
      engine.transact((tx) =>
        tx.integrations.save({
          ...integration,
          settings: { policy: { ...defaultPolicy, ...policy } },
        }),
      ),
    );

async function grant(
  integration: Integration,
  forDays?: number,
  source?: 'sequence',
): Promise<void> {
  const { actor } = engine;
  const wish = { actor, person, integration, form: {} };
  await engine.transact((tx) =>
    startGrant(tx, { ...wish, ...(forDays && { hours: forDays * 24 }), ...(source && { source }) }),
  );
  await engine.runJobs();
}

const ask = (integration: Integration, forDays: number) =>
  engine.transact((tx) =>
    createRequest(tx, {
      actor: { kind: 'person', personId: person.id, via: 'slack' },
      requester: person,
      person,
      integration,
      hours: forDays && forDays * 24,
      content: { reason: 'A project', form: {}, answers: [], facts: {} },
    }),
  );

async function approve(integration: Integration, requestId: string) {
  const decided = await approveOnly(integration, requestId);
  await engine.runJobs();
  return decided;
}

async function approveOnly(integration: Integration, requestId: string) {
  const current = await engine.stores.integrations.find(integration.id);
  return engine.transact((tx) =>
    decideRequest(tx, {
      requestId,
      verdict: 'approve',
      rules: policyKey(policyOf(current ?? integration)),
      by: boss,
      actor: { kind: 'person', personId: boss.id, via: 'slack' },
    }),
  );
}

const open = (integration: Integration) => engine.stores.holds.openAt(person.id, integration.id);
const sent = () => engine.party.requests.map(({ method }) => method);
async function days(count: number): Promise<void> {
  for (let day = 0; day < count; day += 1) await engine.tick(DAY);
}

describe('a hold that ends', () => {
  test('is warned of when a tenth of its time is left, once', async () => {
    await grant(await app(), 10);
    await engine.tick(9 * DAY - MINUTE);
    expect(engine.holdNotices).toEqual([]);
    await engine.tick(2 * MINUTE);
    await engine.tick(MINUTE);
    expect(engine.holdNotices).toHaveLength(1);
  });

  test('of one day is warned of some hours before, and not within its first minute', async () => {
    await grant(await app(), 1);
    await engine.tick(MINUTE);
    expect(engine.holdNotices).toEqual([]);
    await engine.tick(22 * HOUR);
    expect(engine.holdNotices).toHaveLength(1);
  });

  test('begins the removal, which proves that it is gone', async () => {
    const integration = await app();
    await grant(integration, 7);
    await engine.tick(7 * DAY + MINUTE);
    await engine.tick(MINUTE);
    expect(await engine.removal(person, integration)).toMatchObject({
      state: 'gone',
      causes: [{ kind: 'expired' }],
    });
    expect(sent()).toEqual(['POST', 'DELETE']);
  });

  test('ends at its tick, however many end with it', async () => {
    const integration = await app();
    const endsAt = new Date(engine.now().getTime() + HOUR);
    const { actor, stores } = engine;
    for (let n = 0; n < 120; n += 1)
      await stores.holds.insert({
        id: `h${n}`,
        version: 1,
        personId: person.id,
        integrationId: integration.id,
        source: 'by-hand',
        givenBy: actor,
        startedAt: engine.now(),
        endsAt,
      });
    await engine.tick(HOUR + MINUTE);
    expect(await open(integration)).toEqual([]);
  });

  test('is not warned of where the person is known not to have it', async () => {
    const integration = await app();
    await grant(integration, 7);
    await engine.transact(async (tx) => {
      const access = await tx.access.find(person.id, integration.id);
      if (access) await tx.access.put({ ...access, state: 'none' });
    });
    await engine.tick(6.5 * DAY);
    expect(engine.holdNotices).toEqual([]);
  });

  test('that has nobody to warn stands in nobody’s way, a hundred times', async () => {
    const integration = await app();
    await engine.transact(async (tx) => {
      for (let n = 0; n < 100; n += 1)
        await tx.holds.insert({
          id: engine.newId(),
          version: 1,
          personId: boss.id,
          integrationId: integration.id,
          source: 'by-hand',
          givenBy: engine.actor,
          startedAt: engine.now(),
          endsAt: new Date(engine.now().getTime() + 7 * DAY),
        });
      await tx.access.put(
        accessSince(engine.now(), {
          personId: boss.id,
          integrationId: integration.id,
          state: 'none',
          reason: 'It said so.',
        }),
      );
    });
    engine.clock.advance(MINUTE);
    await grant(integration, 7);
    await engine.tick(6.5 * DAY);
    await engine.tick(MINUTE);
    expect(engine.holdNotices.map(({ personId }) => personId)).toEqual([person.id]);
  });
});

describe('of several holds', () => {
  test('the end of one removes nothing while another remains', async () => {
    const integration = await app();
    await grant(integration, 7);
    await engine.later(HOUR);
    await grant(integration, 30);
    await days(8);
    expect(sent()).not.toContain('DELETE');
    await days(24);
    expect(sent().filter((method) => method === 'DELETE')).toHaveLength(1);
  });

  test('the end of the last one is warned of, also where another one ends in these days', async () => {
    const integration = await app();
    await grant(integration, 30);
    await engine.later(HOUR);
    await grant(integration, 31);
    await days(29);
    expect(engine.holdNotices.map(({ endsAt }) => endsAt)).toEqual([
      new Date('2026-12-25T10:00:00.000Z'),
    ]);
  });

  test('two that end at once are warned of once', async () => {
    const integration = await app();
    await grant(integration, 30);
    const [first] = await open(integration);
    await engine.transact(async (tx) => {
      if (first) await tx.holds.insert({ ...first, id: engine.newId(), source: 'kept' });
    });
    await days(29);
    expect(engine.holdNotices).toHaveLength(1);
  });

  test('what a sequence gives without an end outlives the end of a trial', async () => {
    const integration = await app();
    await grant(integration, 7);
    await engine.later(HOUR);
    await grant(integration, undefined, 'sequence');
    await days(10);
    expect(sent()).not.toContain('DELETE');
    expect((await open(integration)).map(({ source }) => source)).toEqual(['sequence']);
  });

  test('the end of one cancels its grant where that is not through yet', async () => {
    const integration = await app();
    const wish = { actor: engine.actor, person, integration };
    await grant(integration);
    engine.party.on('POST /users', { status: 500 });
    const form = { team: 'web' };
    await engine.transact((tx) => startGrant(tx, { ...wish, form, hours: 1 }));
    await engine.runJobs();
    engine.party.on('POST /users', { json: {} });
    await engine.tick(HOUR);
    await engine.tick(HOUR);
    expect(sent()).toEqual(['POST', 'POST']);
    expect(await engine.stores.runs.unfinished(person.id, integration.id)).toBeUndefined();
    expect(await open(integration)).toHaveLength(1);
  });

  test('one whose grant gives nothing leaves no access behind that has ended beside it', async () => {
    engine.party.on('GET /ready', { json: {} }, { status: 500 });
    const integration = await engine.integration({
      execute: [
        { method: 'GET', url: `${engine.party.url}/ready` },
        { url: `${engine.party.url}/users` },
      ],
      revoke: [{ method: 'DELETE', url: `${engine.party.url}/users` }],
    });
    await grant(integration, 1);
    await engine.tick(DAY - MINUTE);
    await grant(integration);
    await engine.tick(2 * MINUTE);
    expect(sent()).not.toContain('DELETE'); // It is tried once more.
    await engine.tick(HOUR);
    expect(await open(integration)).toEqual([]);
    expect(sent().at(-1)).toBe('DELETE');
    await engine.tick(MINUTE);
    expect(await engine.removal(person, integration)).toMatchObject({
      state: 'gone',
      causes: [{ kind: 'expired' }],
    });
  });

  test('one whose grant gives nothing leaves alone what nobody granted here', async () => {
    engine.party.on('GET /ready', { status: 500 });
    const integration = await engine.integration({
      execute: [{ method: 'GET', url: `${engine.party.url}/ready` }],
      revoke: [{ method: 'DELETE', url: `${engine.party.url}/users` }],
    });
    await engine.transact((tx) =>
      tx.access.put(
        accessSince(engine.now(), {
          personId: person.id,
          integrationId: integration.id,
          reason: 'It said so.',
        }),
      ),
    );
    await grant(integration);
    await engine.later(2 * HOUR);
    expect(await open(integration)).toEqual([]);
    expect(await engine.stores.removals.latest(person.id, integration.id)).toBeUndefined();
  });

  test('Revoke ends all', async () => {
    const integration = await app();
    await grant(integration, 7);
    await grant(integration);
    await engine.revoke(person, integration);
    expect(await open(integration)).toEqual([]);
  });
});

describe('a grant that fails for good', () => {
  test('before it has sent anything is no reason any more', async () => {
    engine.party.on('GET /nobody', { status: 500 });
    const integration = await engine.integration({
      execute: [{ method: 'GET', url: `${engine.party.url}/nobody` }],
    });
    await grant(integration, 7);
    expect(await open(integration)).toHaveLength(1); // It is tried once more.
    await engine.later(2 * HOUR);
    expect(await open(integration)).toEqual([]);
  });

  test('after it may have given access keeps its end, which removes what it made', async () => {
    engine.party.on('POST /users', { status: 500 });
    const integration = await app();
    await grant(integration, 7);
    await engine.later(2 * HOUR);
    expect(await open(integration)).toHaveLength(1);
    await days(8);
    expect(sent()).toContain('DELETE');
  });
});

describe('an extension', () => {
  test('moves the end of its hold, which is warned of again', async () => {
    const integration = await app();
    await grant(integration, 7);
    await engine.tick(6.5 * DAY);
    const asked = ofKind('requested', await ask(integration, 3));
    expect(asked.request.kind).toBe('extend');
    await approve(integration, asked.request.id);
    await engine.tick(2 * DAY);
    expect(sent()).toEqual(['POST']);
    await engine.tick(DAY);
    expect(engine.holdNotices).toHaveLength(2);
  });

  test('by hours of an access of days is not warned of at once again', async () => {
    const integration = await app();
    await grant(integration, 30);
    await engine.tick(28 * DAY);
    const asked = ofKind('requested', await ask(integration, 1 / 6));
    await approve(integration, asked.request.id);
    await engine.tick(MINUTE);
    expect(engine.holdNotices).toHaveLength(1);
    expect((await open(integration))[0]?.warnedAt).toBeDefined();
  });

  test('of an end that passed while nothing looked has its hours from now on', async () => {
    const integration = await app();
    await grant(integration, 1);
    const asked = ofKind('requested', await ask(integration, 1 / 12));
    engine.clock.advance(DAY + 6 * HOUR);
    await approve(integration, asked.request.id);
    const until = new Date(engine.now().getTime() + 2 * HOUR);
    expect(await open(integration)).toMatchObject([{ endsAt: until }]);
  });

  test('of a grant that waits past its end adds to the time that begins with it', async () => {
    const integration = await app();
    await engine.grant(person, integration);
    const wish = { actor: engine.actor, person, integration, form: { TEAM: 'b' }, hours: 24 };
    ofKind('deferred', await engine.transact((tx) => startGrant(tx, wish)));
    const [, waits] = await open(integration);
    await engine.transact(async (tx) => {
      const [endless] = await tx.holds.openAt(person.id, integration.id);
      if (endless) await tx.holds.save({ ...endless, ended: { at: tx.now, why: 'revoked' } });
    });
    const asked = ofKind('requested', await ask(integration, 1 / 12));
    engine.clock.advance(3 * DAY);
    await approveOnly(integration, asked.request.id);
    const until = new Date(present(waits?.endsAt).getTime() + 2 * HOUR);
    expect((await open(integration)).map(({ endsAt }) => endsAt)).toEqual([until]);
  });

  test('goes never beyond now and the longest time, however often it is asked for', async () => {
    const integration = await app({ approvers: { kind: 'automatic' }, longestHours: 7 * 24 });
    for (let n = 0; n < 52; n += 1) {
      expect((await ask(integration, 7)).kind).toBe('requested');
      await engine.later(MINUTE);
    }
    const ends = (await open(integration)).map(({ endsAt }) => endsAt?.getTime() ?? 0);
    expect(Math.max(...ends)).toBeLessThanOrEqual(engine.now().getTime() + 7 * DAY);
  });

  test('takes no time away where the policy allows less by now', async () => {
    const integration = await app();
    await grant(integration, 30);
    const asked = ofKind('requested', await ask(integration, 7));
    const [before] = await open(integration);
    await engine.transact(async (tx) => {
      const policy = { ...defaultPolicy, longestHours: 7 * 24 };
      const now = await tx.integrations.find(integration.id);
      if (now) await tx.integrations.save({ ...now, settings: { policy } });
    });
    await approve(integration, asked.request.id);
    expect((await open(integration))[0]?.endsAt).toEqual(before?.endsAt);
  });

  test('that waits is withdrawn with the access that is given back: no approval grants it again', async () => {
    const integration = await app();
    await grant(integration, 7);
    await engine.later(HOUR);
    const asked = ofKind('requested', await ask(integration, 30));
    await engine.transact((tx) => giveBackAccess(tx, { person, integration, actor: engine.actor }));
    expect((await engine.stores.requests.find(asked.request.id))?.state).toBe('withdrawn');
    await engine.later(HOUR);
    expect(sent()).toEqual(['POST', 'DELETE']);
  });

  test('of what was revoked since is refused: the approval would grant it again', async () => {
    const integration = await app();
    await grant(integration, 7);
    await engine.later(HOUR);
    const asked = ofKind('requested', await ask(integration, 30));
    await engine.later(HOUR);
    await engine.revoke(person, integration);
    await engine.later(HOUR);
    expect((await approve(integration, asked.request.id)).kind).toBe('refused');
    expect(sent()).toEqual(['POST', 'DELETE']);
    expect(await open(integration)).toEqual([]);
  });

  test('of what has expired since is granted again, after the removal that is under way', async () => {
    const integration = await app();
    await grant(integration, 7);
    const asked = ofKind('requested', await ask(integration, 30));
    engine.clock.advance(7 * DAY);
    await fire(engine, accessSources);
    expect((await approve(integration, asked.request.id)).kind).toBe('decided');
    await engine.later(HOUR);
    expect(sent()).toEqual(['POST', 'DELETE', 'POST']);
    const [hold] = await open(integration);
    expect(hold?.endsAt?.getTime()).toBeGreaterThan(engine.now().getTime() + 29 * DAY);
  });

  test('of what was given without an end in between changes nothing', async () => {
    const integration = await app();
    await grant(integration, 7);
    await engine.later(HOUR);
    const asked = ofKind('requested', await ask(integration, 30));
    await grant(integration);
    await engine.later(HOUR);
    const before = sent().length;
    await approve(integration, asked.request.id);
    expect(sent()).toHaveLength(before);
    await days(10);
    expect(sent()).not.toContain('DELETE');
  });
});

describe('access for a time that was granted while the clock was years ahead', () => {
  const grantAhead = async (integration: Integration): Promise<void> => {
    engine.clock.advance(3650 * DAY);
    await grant(integration, 2);
    engine.clock.advance(-3650 * DAY);
  };

  test('ends that long after the clock was set right', async () => {
    const integration = await app();
    await grantAhead(integration);
    await engine.tick();
    const [hold] = await open(integration);
    expect(hold?.endsAt).toEqual(new Date(engine.now().getTime() + 2 * DAY));
    expect(await engine.audited()).toContain('access.moved');
    await days(3);
    expect(await open(integration)).toEqual([]);
  });

  test('is due at one time, however often it is looked for: what fails then lets the others go first', async () => {
    await grantAhead(await app());
    const source = present(accessSources.find(({ name }) => name === 'hold-put-off'));
    const due = async () => {
      const found: unknown[] = [];
      for await (const each of source.due(engine.stores, engine.now())) found.push(each);
      return found;
    };
    const first = await due();
    engine.clock.advance(HOUR);
    expect(first).toHaveLength(1);
    expect(await due()).toEqual(first);
  });

  test('ends on the day that was chosen since, where that has no length', async () => {
    const integration = await app();
    engine.clock.advance(3650 * DAY);
    await grant(integration);
    engine.clock.advance(-3650 * DAY);
    const [hold] = await open(integration);
    if (!hold) throw new Error('There is no hold');
    const endsAt = new Date(engine.now().getTime() + 14 * DAY);
    await engine.stores.holds.setEnd([hold], endsAt); // As a rule does that lets go.
    await engine.tick();
    expect((await open(integration))[0]?.endsAt).toEqual(endsAt);
  });

  test('keeps the end that a rule has set, which has no length', async () => {
    const integration = await app();
    engine.clock.advance(20 * DAY);
    await grant(integration);
    engine.clock.advance(-20 * DAY);
    const [hold] = await open(integration);
    if (!hold) throw new Error('There is no hold');
    const endsAt = new Date(engine.now().getTime() + 30 * DAY);
    const rule = { source: 'rule', ruleId: 'rule', ruleItemId: 'item' } as const;
    await engine.stores.holds.save({ ...hold, ...rule, endsAt });
    await engine.tick();
    expect((await open(integration))[0]?.endsAt).toEqual(endsAt);
  });

  test('stays as it is where more have it than are read at once, however many people there are', async () => {
    const integration = await app();
    await grantAhead(integration);
    const [hold] = await open(integration);
    const row = await engine.db<{ id: string }>('people').where({ id: person.id }).first();
    if (!hold) throw new Error('There is no hold');
    const others = Array.from({ length: 6000 }, (_, n) => ({
      ...row,
      id: `p${n}`,
      email: `p${n}@example.com`,
    }));
    await engine.db.batchInsert('people', others, 500);
    for (let n = 0; n < 150; n += 1)
      await engine.stores.holds.insert({ ...hold, id: engine.newId(), personId: `p${n}` });
    await engine.tick();
    expect((await open(integration))[0]?.endsAt).toEqual(hold.endsAt);
  });

  test('stays as it is where that is so of very many: then the clock of now may be wrong', async () => {
    const integration = await app();
    await grantAhead(integration);
    const hold = firstOf(await open(integration));
    for (let n = 0; n < 6; n += 1) {
      const { id: personId } = await engine.person({ email: `p${n}@example.com` });
      await engine.stores.holds.insert({ ...hold, id: engine.newId(), personId });
    }
    await engine.tick();
    expect((await open(integration))[0]?.endsAt).toEqual(hold.endsAt);
  });
});
