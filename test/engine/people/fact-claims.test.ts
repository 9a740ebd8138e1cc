/** Who confirms a fact about a person, and that nothing else makes it one. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { addIntegration } from '../../../src/engine/integrations/integrations.ts';
import { deactivate, reactivate } from '../../../src/engine/people/change-person.ts';
import type { Actor, Person } from '../../../src/engine/people/directory.ts';
import {
  askInChat,
  changeFacts,
  confirmClaim,
  type Facts,
  factClaimSource,
  keepFacts,
  rejectClaim,
  settleKnown,
} from '../../../src/engine/people/fact-claims.ts';
import { claimJobs } from '../../../src/store/queue/queue.ts';
import { type TestDatabase, temporaryDatabase } from '../../support/database/database.ts';
import { fire } from '../../support/tick.ts';

const NAME = 'GITHUB_USERNAME';
const octocat: Facts = { [NAME]: 'octocat' };
const OPERATOR: Actor = { kind: 'operator', user: 'root' };

let clock: Date;
let database: TestDatabase;
let ann: Person;
let bo: Person;
let ada: Person;

const deps = { now: () => clock, newId, randomBytes: (size: number) => new Uint8Array(size) };

beforeEach(async () => {
  clock = new Date('2026-11-25T09:00:00Z');
  database = await temporaryDatabase(deps.now);
  ada = await aPerson('Ada', { role: 'admin' });
  bo = await aPerson('Bo');
  ann = await aPerson('Ann', { managerId: bo.id });
  const manifest = JSON.stringify({
    extra_user_info: [{ id: NAME, name: 'GitHub username' }],
    execute: [{ url: 'https://api.example.com/{{GITHUB_USERNAME}}' }],
  });
  await database.transact((tx) =>
    addIntegration(tx, { name: 'GitHub', manifest, secrets: {} }, { ...deps, actor: OPERATOR }),
  );
});

afterEach(() => database.cleanup());

async function aPerson(firstName: string, about: Partial<Person> = {}): Promise<Person> {
  const person: Person = {
    id: newId(),
    version: 1,
    email: `${firstName.toLowerCase()}@example.com`,
    firstName,
    lastName: '',
    role: 'other',
    active: true,
    stored: {},
    ...about,
  };
  await database.stores.people.insert(person);
  return person;
}

const as = ({ id }: Person): Actor => ({ kind: 'person', personId: id, via: 'slack' });
const types = (actor: Actor, facts = octocat, about = ann) =>
  database.transact((tx) => keepFacts(tx, { personId: about.id, facts, actor }));
const by = (person: Person) => ({ person, actor: as(person) });
const open = async () => {
  const claim = await database.stores.factClaims.find(ann.id, NAME);
  return { personId: ann.id, name: NAME, at: claim?.at.getTime() ?? 0 };
};
const confirms = async (person: Person) => {
  const ref = await open();
  return database.transact((tx) => confirmClaim(tx, ref, by(person)));
};
const rejects = async (person: Person, instead?: string) => {
  const ref = { ...(await open()), ...(instead !== undefined && { instead }) };
  return database.transact((tx) => rejectClaim(tx, ref, by(person)));
};
const storedOf = async ({ id }: Person) => (await database.stores.people.find(id))?.stored;
const claimsOf = ({ id }: Person) => database.stores.factClaims.of(id);
const isInChat = (person: Person) =>
  database.stores.identities.insert({
    platform: 'slack',
    tenant: 'T1',
    userId: person.id,
    personId: person.id,
    linkedAt: clock,
  });
const questions = () =>
  claimJobs(database.db, {
    lane: 'chat',
    limit: 9,
    now: clock,
    leaseMs: 1000,
    workerId: 'w',
  });
const audited = async () =>
  (await database.stores.auditLog.list({ offset: 0, limit: 100 }))
    .filter(({ what }) => what.startsWith('fact.'))
    .map(({ what, detail }) => [what, detail])
    .toReversed();

describe('a fact is confirmed by being typed', () => {
  test.each([
    ['by the person', () => as(ann)],
    ['by an admin', () => as(ada)],
    ['at the command line', () => OPERATOR],
  ])('%s', async (_, actor) => {
    expect(await types(actor())).toEqual({ kind: 'kept', waiting: [] });
    expect(await storedOf(ann)).toEqual(octocat);
    expect(await claimsOf(ann)).toEqual([]);
    expect(await audited()).toEqual([['fact.entered', { names: NAME }]]);
  });
});

describe('a fact that someone else typed', () => {
  test.each([
    ['a manager', () => as(bo)],
    ['nobody known', (): Actor => ({ kind: 'system' })],
  ])('%s: waits, and is in nothing that is rendered', async (_, actor) => {
    expect(await types(actor())).toEqual({ kind: 'kept', waiting: [NAME] });
    expect(await storedOf(ann)).toEqual({});
    expect(await claimsOf(ann)).toMatchObject([{ name: NAME, value: 'octocat' }]);
    expect(await audited()).toEqual([['fact.typed', { names: NAME }]]);
  });

  test('waits also where an admin keeps what someone else had typed', async () => {
    await database.transact((tx) =>
      keepFacts(tx, { personId: ann.id, facts: octocat, actor: as(ada), typedById: bo.id }),
    );
    expect(await storedOf(ann)).toEqual({});
  });

  test('is theirs once they confirm it', async () => {
    await isInChat(ann);
    await types(as(bo));
    expect(await confirms(ann)).toEqual({ kind: 'confirmed' });
    expect(await storedOf(ann)).toEqual(octocat);
    expect(await claimsOf(ann)).toEqual([]);
    expect(await audited()).toContainEqual(['fact.confirmed', { names: NAME }]);
  });

  test('is confirmed by nobody else: not by who typed it, and not by an admin while they are in chat', async () => {
    await isInChat(ann);
    await types(as(bo));
    expect(await confirms(bo)).toEqual({ kind: 'not-yours' });
    expect(await confirms(ada)).toEqual({ kind: 'not-yours' });
    expect(await rejects(bo, 'mine')).toEqual({ kind: 'not-yours' });
    expect(await storedOf(ann)).toEqual({});
    expect(await claimsOf(ann)).toHaveLength(1);
  });

  test('is confirmed by an admin for someone who is not in chat, or has left', async () => {
    await types(as(bo));
    expect(await confirms(bo)).toEqual({ kind: 'not-yours' });
    expect(await confirms(ada)).toEqual({ kind: 'confirmed' });
    await isInChat(ann);
    await types(as(bo), { OTHER: 'x' });
    const left = await database.stores.people.find(ann.id);
    await database.transact((tx) => deactivate(tx, left ?? ann, { ...deps, actor: as(ada) }));
    const [claim] = await claimsOf(ann);
    const ref = { personId: ann.id, name: 'OTHER', at: claim?.at.getTime() ?? 0 };
    expect(await database.transact((tx) => confirmClaim(tx, ref, by(ada)))).toEqual({
      kind: 'confirmed',
    });
  });

  test('is dropped where they say no, or replaced by what they say instead', async () => {
    await types(as(bo));
    expect(await rejects(ann)).toEqual({ kind: 'rejected' });
    expect(await claimsOf(ann)).toEqual([]);
    expect(await storedOf(ann)).toEqual({});
    await types(as(bo));
    expect(await rejects(ann, ' ann-lee ')).toEqual({ kind: 'confirmed' });
    expect(await claimsOf(ann)).toEqual([]);
    expect(await storedOf(ann)).toEqual({ [NAME]: 'ann-lee' });
  });

  test('is another one when something else was typed since: an old answer confirms nothing', async () => {
    await types(as(bo));
    const old = await open();
    clock = new Date(clock.getTime() + 1);
    await types(as(bo), { [NAME]: 'hexacat' });
    expect(await database.transact((tx) => confirmClaim(tx, old, by(ann)))).toEqual({
      kind: 'over',
    });
    expect(await storedOf(ann)).toEqual({});
  });

  test('is asked once, however often the same is typed', async () => {
    await types(as(bo));
    const first = await open();
    clock = new Date(clock.getTime() + 1);
    await types(as(bo), { [NAME]: ' octocat ' });
    expect(await open()).toEqual(first);
    expect(await audited()).toHaveLength(1);
  });

  test('changes nothing that is known, and is over when the person types it themselves', async () => {
    await types(as(bo));
    await types(as(ann), { [NAME]: 'ann-lee' });
    expect(await claimsOf(ann)).toEqual([]);
    expect(await types(as(bo))).toEqual({ kind: 'kept', waiting: [] });
    expect(await storedOf(ann)).toEqual({ [NAME]: 'ann-lee' });
    expect(await confirms(ann)).toEqual({ kind: 'over' });
  });

  test('is over when an import has brought the fact', async () => {
    await types(as(bo));
    const known = await database.stores.people.save({ ...ann, stored: { [NAME]: 'hexacat' } });
    await database.transact((tx) => settleKnown(tx, [known]));
    expect(await claimsOf(ann)).toEqual([]);
  });

  test('is dropped when someone who had left comes back', async () => {
    await types(as(bo));
    const back = { ...deps, actor: as(ada) };
    await database.transact(async (tx) => {
      const left = await deactivate(tx, (await tx.people.find(ann.id)) ?? ann, back);
      if (left.ok) await reactivate(tx, left.person, back);
    });
    expect(await claimsOf(ann)).toEqual([]);
  });

  test('is asked again where they can be asked in chat since', async () => {
    await types(as(bo));
    const asked = { name: 'fact.ask', payload: { personId: ann.id, name: NAME } };
    expect(await questions()).toMatchObject([asked]);
    expect(await questions()).toEqual([]);
    await database.transact((tx) => askInChat(tx, ann.id));
    expect(await questions()).toMatchObject([asked]);
  });
});

describe('a fact that nobody answers', () => {
  const tick = (days: number) => {
    clock = new Date(clock.getTime() + days * 24 * 60 * 60_000);
    return fire({ ...database, now: () => clock }, [factClaimSource]);
  };

  test('is dropped after 90 days', async () => {
    await types(as(bo));
    expect(await tick(90)).toBe(0);
    expect(await claimsOf(ann)).toHaveLength(1);
    expect(await tick(1)).toBe(1);
    expect(await claimsOf(ann)).toEqual([]);
    expect(await audited()).toContainEqual(['fact.expired', { names: NAME }]);
  });

  test('counts from when it was typed the last time', async () => {
    await types(as(bo));
    await tick(60);
    await types(as(bo), { [NAME]: 'hexacat' });
    expect(await tick(60)).toBe(0);
    expect(await tick(31)).toBe(1);
  });
});

describe('a value that another person has confirmed', () => {
  beforeEach(() => types(as(bo), { [NAME]: 'OctoCat' }, bo));

  test('is refused for anyone who types it, in upper or lower case; only admins read whose it is', async () => {
    expect(await types(as(ann))).toEqual({
      kind: 'taken',
      name: NAME,
      why: 'Someone else already has octocat as GitHub username. Check the spelling, or ask a Latchkey admin.',
    });
    expect(await types(as(ada))).toEqual({
      kind: 'taken',
      name: NAME,
      why: 'Bo (bo@example.com) already has octocat as GitHub username. Check the spelling, or change it on their card first.',
    });
    expect(await storedOf(ann)).toEqual({});
    expect(await claimsOf(ann)).toEqual([]);
  });

  test('refuses everything that was typed with it', async () => {
    await types(as(ann), { ...octocat, A: 'a', Z: 'z' });
    expect(await storedOf(ann)).toEqual({});
  });

  test('is not confirmed where it was typed before that', async () => {
    await database.stores.factClaims.put({
      personId: ann.id,
      name: NAME,
      value: 'octocat',
      at: clock,
    });
    expect(await confirms(ann)).toMatchObject({ kind: 'taken' });
    expect(await claimsOf(ann)).toHaveLength(1);
  });

  test('is free again when an admin has emptied it there', async () => {
    await database.transact((tx) =>
      changeFacts(tx, { personId: bo.id, facts: { [NAME]: '' }, actor: as(ada) }),
    );
    expect(await storedOf(bo)).toEqual({});
    expect(await audited()).toContainEqual(['fact.removed', { names: NAME }]);
    expect(await types(as(ann))).toMatchObject({ kind: 'kept' });
  });

  test('is no reason to refuse what people may share, like a size', async () => {
    const manifest = JSON.stringify({
      extra_user_info: [{ id: 'SHIRT', name: 'T-shirt size' }],
      execute: [{ url: 'https://api.example.com/shirts', data: { order: { size: '{{SHIRT}}' } } }],
    });
    await database.transact((tx) =>
      addIntegration(tx, { name: 'Shirts', manifest, secrets: {} }, { ...deps, actor: OPERATOR }),
    );
    for (const person of [bo, ann])
      expect(await types(as(person), { SHIRT: 'M' }, person)).toMatchObject({ kind: 'kept' });
  });

  test.each([
    ['an address', { execute: [{ url: 'https://api.example.com/{{BADGE}}' }] }],
    ['a check', { exists: { url: 'https://api.example.com/', expected: '{{BADGE}}' } }],
    ['a revoke', { revoke: [{ url: 'https://api.example.com/', data: { b: '{{BADGE}}' } }] }],
    [
      'a recipient',
      {
        post_execute_notification: {
          type: 'email',
          to: '{{BADGE}}',
          subject: 'Hello',
          message: 'Hi',
        },
      },
    ],
  ])('is one account where the fact is in %s', async (_, part) => {
    const told = { url: 'https://api.example.com/', data: { badge: '{{BADGE}}' } };
    const manifest = JSON.stringify({
      extra_user_info: [{ id: 'BADGE', name: 'Badge' }],
      execute: [told],
      ...part,
    });
    await database.transact((tx) =>
      addIntegration(tx, { name: 'Badges', manifest, secrets: {} }, { ...deps, actor: OPERATOR }),
    );
    await types(as(bo), { BADGE: '4711' }, bo);
    expect(await types(as(ann), { BADGE: '4711' })).toMatchObject({ kind: 'taken' });
  });

  test('is their own to type again', async () => {
    expect(await types(as(bo), octocat, bo)).toMatchObject({ kind: 'kept' });
  });
});
