import { beforeEach, describe, expect, test } from 'vitest';
import { issueLink } from '../../../src/engine/links/links.ts';
import { openSession } from '../../../src/engine/links/web-sessions.ts';
import { changePerson, deactivate, reactivate } from '../../../src/engine/people/change-person.ts';
import {
  type LinkedBy,
  linkChatUser,
  unlinkChatUser,
} from '../../../src/engine/people/chat-links.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { ensureAdmins } from '../../../src/engine/people/people.ts';
import { startedRun, type TestEngine, testEngine } from '../../support/engine.ts';

let engine: TestEngine;
let grace: Person;
beforeEach(async () => {
  engine = await testEngine();
  grace = await engine.person();
});

const GRACE_IN_SLACK = { platform: 'slack', tenant: 'T0COMPANY', userId: 'U0GRACE' } as const;
const IN_TEAMS = { platform: 'teams', tenant: 'tenant', userId: 'object-id' } as const;

const link = (
  person: Pick<Person, 'id'>,
  user: { platform: 'slack' | 'teams'; tenant: string; userId: string } = GRACE_IN_SLACK,
  linkedBy: LinkedBy = 'by-hand',
) =>
  engine.transact((tx) =>
    linkChatUser(tx, { ...user, personId: person.id }, { linkedBy, ...engine }),
  );
const linksOf = async ({ id }: Person) =>
  (await engine.stores.identities.ofPerson(id)).map(({ platform, userId }) => [platform, userId]);
const audited = async () =>
  (await engine.stores.auditLog.list({ offset: 0, limit: 10 }, { what: 'identity' })).map(
    ({ what, detail }) => ({ what, ...detail }),
  );
const change = async (work: typeof deactivate | typeof reactivate) =>
  engine.transact(async (tx) => work(tx, (await tx.people.find(grace.id)) ?? grace, engine));

describe('a link by an address that nobody has confirmed', () => {
  const promote = (role: 'admin' | 'auditor' | 'manager') =>
    engine.transact(async (tx) => {
      const person = (await tx.people.find(grace.id)) ?? grace;
      return changePerson(tx, person, { details: { role }, ...engine });
    });

  test.each(['unconfirmed-address', 'mail-address'] as const)(
    'ends when its person gets rights over others: %s',
    async (linkedBy) => {
      await link(grace, GRACE_IN_SLACK, linkedBy);
      await promote('manager');
      expect(await linksOf(grace)).toHaveLength(1);
      await promote('auditor');
      expect(await linksOf(grace)).toEqual([]);
      expect(await link(grace, GRACE_IN_SLACK, linkedBy)).toEqual({ kind: 'admin' });
      expect(await link(grace, GRACE_IN_SLACK, 'by-hand')).toMatchObject({ kind: 'linked' });
    },
  );

  test('ends when ADMIN_EMAILS names its person', async () => {
    await link(grace, GRACE_IN_SLACK, 'unconfirmed-address');
    await engine.transact((tx) => ensureAdmins(tx, [grace.email]));
    expect(await linksOf(grace)).toEqual([]);
  });

  test.each(['confirmed-address', 'by-hand'] as const)(
    'stays when it has been confirmed since: %s',
    async (linkedBy) => {
      await link(grace, GRACE_IN_SLACK, 'unconfirmed-address');
      expect(await link(grace, GRACE_IN_SLACK, linkedBy)).toMatchObject({ kind: 'already' });
      expect(await audited()).toHaveLength(2);
      await promote('admin');
      expect(await linksOf(grace)).toHaveLength(1);
    },
  );

  test.each(['confirmed-address', 'by-hand'] as const)('one that is %s stays', async (linkedBy) => {
    await link(grace, GRACE_IN_SLACK, linkedBy);
    await promote('admin');
    expect(await linksOf(grace)).toHaveLength(1);
  });
});

describe('a link', () => {
  test.each([
    ['by-hand', 'by hand'],
    ['confirmed-address', 'by a confirmed address'],
    ['unconfirmed-address', "by an address that isn't confirmed"],
    ['mail-address', 'by the mail address of their profile'],
  ] as const)('%s is audited with how it came about', async (linkedBy, how) => {
    expect(await link(grace, GRACE_IN_SLACK, linkedBy)).toMatchObject({ kind: 'linked' });
    expect(await audited()).toEqual([{ what: 'identity.linked', ...GRACE_IN_SLACK, how }]);
  });

  test('is made once: the same again changes and audits nothing', async () => {
    await link(grace);
    expect(await link(grace)).toMatchObject({ kind: 'already' });
    expect(await audited()).toHaveLength(1);
  });

  test('takes nobody else’s chat user', async () => {
    const bo = await engine.person({ email: 'bo@example.com' });
    await link(grace);
    expect(await link(bo)).toEqual({ kind: 'user-taken' });
    expect(await linksOf(bo)).toEqual([]);
  });

  test.each(['by-hand', 'confirmed-address', 'unconfirmed-address'] as const)(
    '%s gives nobody a second chat user of one platform',
    async (linkedBy) => {
      await link(grace);
      const second = { ...GRACE_IN_SLACK, userId: 'U0SECOND' };
      expect(await link(grace, second, linkedBy)).toEqual({ kind: 'person-taken' });
      expect(await link(grace, IN_TEAMS, linkedBy)).toMatchObject({ kind: 'linked' });
      expect(await linksOf(grace)).toHaveLength(2);
    },
  );

  test('in a workspace that the company has left hinders nobody with a confirmed address', async () => {
    await link(grace, { ...GRACE_IN_SLACK, tenant: 'T0OLD' });
    expect(await link(grace, GRACE_IN_SLACK, 'confirmed-address')).toMatchObject({
      kind: 'linked',
    });
  });

  test('by an address that is not confirmed makes nobody an admin; by hand it does', async () => {
    const root = await engine.person({ email: 'root@example.com', role: 'admin' });
    expect(await link(root, GRACE_IN_SLACK, 'unconfirmed-address')).toEqual({ kind: 'admin' });
    expect(await link(root, GRACE_IN_SLACK, 'mail-address')).toEqual({ kind: 'admin' });
    expect(await linksOf(root)).toEqual([]);
    expect(await link(root)).toMatchObject({ kind: 'linked' });
  });

  test('leads to nobody who has left or was erased', async () => {
    await change(deactivate);
    expect(await link(grace)).toEqual({ kind: 'gone' });
    expect(await link({ id: 'nobody' })).toEqual({ kind: 'gone' });
  });

  test('of two chat users who claim one person at once is one', async () => {
    const second = { ...GRACE_IN_SLACK, userId: 'U0SECOND' };
    const outcomes = await Promise.all([link(grace), link(grace, second)]);
    expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['linked', 'person-taken']);
    expect(await linksOf(grace)).toHaveLength(1);
  });
});

describe('a leaver', () => {
  const card = { view: 'person', payload: '{}', topic: 'x' };
  const address = { platform: 'slack', key: 'D0GRACE' } as const;
  beforeEach(async () => {
    await link(grace);
    await link(grace, IN_TEAMS);
    await engine.transact(async (tx) => {
      await tx.conversations.put({ personId: grace.id, address, lastWroteAt: engine.now() });
      const postedAt = engine.now();
      await tx.messages.put({ id: 'm1', card, readerId: grace.id, address, shown: '', postedAt });
    });
  });

  test('is no chat user any more, and has no conversation', async () => {
    await change(deactivate);
    expect(await linksOf(grace)).toEqual([]);
    expect(await engine.stores.conversations.latest(grace.id)).toBeUndefined();
    expect((await audited()).filter(({ what }) => what === 'identity.unlinked')).toHaveLength(2);
  });

  test('has no form, no link and no page open any more', async () => {
    const { stores, transact } = engine;
    const wanted = { purpose: 'secrets', subject: 'fernboard', personId: grace.id } as const;
    const { issued, session } = await transact(async (tx) => {
      const createdAt = engine.now();
      await tx.formSessions.insert({ id: 'form-1', form: '{}', personId: grace.id, createdAt });
      return {
        issued: await issueLink(tx, wanted),
        session: (await openSession(tx, { ...wanted, id: 'link-1' }, (text) => text)).session,
      };
    });
    await change(deactivate);
    expect(await stores.formSessions.find('form-1', engine.now())).toBeUndefined();
    expect(await stores.links.find(issued.id)).toBeUndefined();
    expect(await stores.webSessions.find(session.id)).toBeUndefined();
  });

  test('has no message left that a link in an email would show to the next person with their address', async () => {
    const app = await engine.integration({ execute: [{ url: `${engine.party.url}/users` }] });
    const run = startedRun(await engine.grant(grace, app));
    const to = grace.email;
    await engine.transact((tx) =>
      tx.deliveries.insert({
        id: 'd1',
        version: 1,
        runId: run.id,
        position: 0,
        createdAt: engine.now(),
        attempts: 1,
        outgoing: {
          notification: { type: 'email', to, subject: 'Hello', message: 'Your key is 1234' },
          secret: true,
          shownTo: to,
        },
        body: 'kept',
        state: 'sent',
        finishedAt: engine.now(),
        via: 'email-link',
      }),
    );
    await change(deactivate);
    expect(await engine.stores.deliveries.find('d1')).toMatchObject({
      body: 'dropped',
      outgoing: { notification: { message: '' } },
    });
  });

  test('still has what they were shown followed, so that it stops showing what is none of their business', async () => {
    await change(deactivate);
    expect(await engine.stores.messages.find('m1')).toBeDefined();
  });

  test('is linked again when they are back, and nothing follows them to where they were', async () => {
    await change(deactivate);
    await change(reactivate);
    expect(await linksOf(grace)).toEqual([]);
    expect(await engine.stores.messages.find('m1')).toBeUndefined();
    const other = { ...GRACE_IN_SLACK, userId: 'U0NEW' };
    expect(await link(grace, other, 'confirmed-address')).toMatchObject({ kind: 'linked' });
  });
});

test('an end of a link is for the person who has it', async () => {
  const bo = await engine.person({ email: 'bo@example.com' });
  await link(grace);
  const ended = (personId: string) =>
    engine.transact((tx) => unlinkChatUser(tx, { ...GRACE_IN_SLACK, personId }, engine));
  expect(await ended(bo.id)).toBe(false);
  expect(await ended(grace.id)).toBe(true);
});

test('with a link end the pages and links that its chat user has, but for what was emailed', async () => {
  const { stores, transact } = engine;
  await link(grace);
  const wanted = { purpose: 'secrets', subject: 'fernboard', personId: grace.id } as const;
  const { issued, emailed, session } = await transact(async (tx) => ({
    issued: await issueLink(tx, wanted),
    emailed: await issueLink(tx, { ...wanted, purpose: 'emailed' }),
    session: (await openSession(tx, { ...wanted, id: 'link-1' }, (text) => text)).session,
  }));
  await transact((tx) => unlinkChatUser(tx, { ...GRACE_IN_SLACK, personId: grace.id }, engine));
  expect(await stores.links.find(issued.id)).toBeUndefined();
  expect(await stores.webSessions.find(session.id)).toBeUndefined();
  expect(await stores.links.find(emailed.id)).toBeDefined();
});
