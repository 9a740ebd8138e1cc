/** What each reader sees of one company: the same as in chat, on either database. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startGrant } from '../../../src/engine/access/grant.ts';
import { beginRemoval } from '../../../src/engine/access/removals/begin-removal.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { createRequest } from '../../../src/engine/requests/create-request.ts';
import { startReview } from '../../../src/engine/reviews/start-review.ts';
import { type ApiAnswer, type TestApi, testApi } from '../../support/browser/api.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';
import { statementsOf } from '../../support/database/plans.ts';
import { ofKind, present } from '../../support/given/outcomes.ts';
import { hasAccess } from '../../support/has-access.ts';

const system = { kind: 'system' } as const;
const SECOND = 1000;

describe.each(bothDatabases)('on %s', (_name, open) => {
  let api: TestApi;
  let tokens: Map<string, string>;
  let people: Readonly<Record<'ada' | 'mia' | 'ann' | 'ben' | 'oda' | 'hal', Person>>;
  let fernboard: Integration;
  let lodestone: Integration;
  let requests: readonly string[];
  let review: string;

  const transact = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
    api.chat.services.transact(work);
  async function found(integrationId: string): Promise<Integration> {
    return present(await api.chat.services.stores.integrations.find(integrationId));
  }
  const request = (person: Person, integration: Integration) =>
    transact(async (tx) => {
      api.chat.clock += SECOND;
      const actor = { kind: 'person', personId: person.id, via: 'slack' } as const;
      const content = { reason: 'For work', form: {}, answers: [], facts: {} };
      const wish = { actor, requester: person, person, integration, content };
      return ofKind('requested', await createRequest(tx, wish)).request.id;
    });

  async function furnish(): Promise<void> {
    api = await testApi(open);
    tokens = new Map();
    const { chat } = api;
    const ada = await chat.person({ email: 'ada@example.com', role: 'admin' });
    const mia = await chat.person({ email: 'mia@example.com' });
    const ann = await chat.person({ email: 'ann@example.com', managerEmail: mia.email });
    const ben = await chat.person({ email: 'ben@example.com', managerEmail: ada.email });
    const oda = await chat.person({ email: 'oda@example.com' });
    const hal = await chat.person({ email: 'hal@example.com', role: 'helpdesk' });
    people = { ada, mia, ann, ben, oda, hal };
    const manifest = {
      execute: [{ url: 'https://api.example.com/u' }],
      revoke: [{ url: 'https://api.example.com/u', method: 'DELETE' }],
    };
    const first = await found(await chat.integration('Fernboard', manifest));
    lodestone = await found(await chat.integration('Lodestone', manifest));
    fernboard = await transact((tx) =>
      tx.integrations.save({ ...first, settings: { ownerIds: [oda.id] } }),
    );
    for (const person of [ann, ben]) await hasAccess(chat, person, { integrationId: fernboard.id });
    await hasAccess(chat, ann, { integrationId: lodestone.id, state: 'unknown' });
    const started = await transact((tx) =>
      startReview(tx, {
        name: 'Fernboard',
        dueDate: '2026-12-09',
        actor: system,
        startedBy: ada,
        scope: { integrationIds: [fernboard.id] },
      }),
    );
    review = started?.id ?? '';
    requests = [
      await request(ann, lodestone),
      await request(ben, lodestone),
      await request(ben, fernboard),
    ];
    for (const person of [ann, ben]) {
      chat.clock += SECOND;
      await transact((tx) =>
        startGrant(tx, { person, integration: fernboard, actor: system, form: {} }),
      );
    }
    await transact((tx) =>
      beginRemoval(tx, {
        person: ann,
        integration: lodestone,
        cause: { kind: 'revoked' },
        actor: system,
      }),
    );
  }

  const names = (answer: ApiAnswer, name: string): readonly string[] =>
    answer.body.items.map((item) => {
      const id = (item as unknown as Record<string, string>)[name];
      const who = Object.entries(people).find(([, person]) => person.id === id)?.[0];
      const app = [fernboard, lodestone].find((each) => each.id === id)?.name;
      return who ?? app ?? String(id);
    });
  /** One of each person: nobody may have twenty. */
  async function tokenOf(who: keyof typeof people): Promise<string> {
    const token = tokens.get(who) ?? (await api.token(people[who]));
    tokens.set(who, token);
    return token;
  }
  const asked = async (who: keyof typeof people, path: string) => api.get(path, await tokenOf(who));

  describe('of one company', () => {
    beforeAll(furnish);
    afterAll(() => api.close());

    test.each([
      ['ada', ['ben', 'ben', 'ann']],
      ['hal', ['ben', 'ben', 'ann']],
      ['mia', ['ann']],
      ['ann', ['ann']],
      ['ben', ['ben', 'ben']],
      ['oda', ['ben']],
    ] as const)('%s sees these requests', async (who, expected) => {
      expect(names(await asked(who, '/requests'), 'personId')).toEqual(expected);
      const opened = await Promise.all(requests.map((id) => asked(who, `/requests/${id}`)));
      expect(opened.filter(({ status }) => status === 200)).toHaveLength(expected.length);
    });

    test.each([
      ['ada', ['ben', 'ann']],
      ['mia', ['ann']],
      ['ben', ['ben']],
      ['oda', ['ben', 'ann']],
    ] as const)('%s sees these runs', async (who, expected) => {
      const listed = await asked(who, '/runs');
      expect(names(listed, 'personId')).toEqual(expected);
      for (const { id } of listed.body.items)
        expect((await asked(who, `/runs/${id}`)).status).toBe(200);
    });

    test.each([
      ['ada', ['ann Lodestone', 'ann Fernboard', 'ben Fernboard']],
      ['mia', ['ann Lodestone', 'ann Fernboard']],
      ['ben', ['ben Fernboard']],
      ['oda', []],
    ] as const)('%s sees this access', async (who, expected) => {
      const listed = await asked(who, '/access');
      const apps = names(listed, 'integrationId');
      const rows = names(listed, 'personId').map((name, at) => `${name} ${apps[at]}`);
      expect(rows.toSorted()).toEqual([...expected].toSorted());
    });

    test('an owner sees who has the app, and not why', async () => {
      const { body } = await asked('oda', `/access?integration=${fernboard.id}`);
      expect(body.items).toHaveLength(2);
      for (const item of body.items) expect(item).not.toHaveProperty('holds');
      expect((await asked('oda', `/access?integration=${lodestone.id}`)).body.items).toEqual([]);
    });

    test('access has its state, its holds and whether it is being removed', async () => {
      const path = `/access?person=${people.ann.id}&state=unknown`;
      const { body } = await asked('mia', path);
      expect(body.items).toEqual([
        expect.objectContaining({
          integrationId: lodestone.id,
          state: 'unknown',
          isBeingRemoved: true,
          holds: [],
        }),
      ]);
      const has = await asked('ann', `/access?integration=${fernboard.id}&state=has`);
      expect(has.body.items[0]).toMatchObject({
        holds: [{ source: 'by-hand', givenBy: { kind: 'system' } }, { source: 'by-hand' }],
      });
    });

    test.each([
      ['ada', 1],
      ['mia', 1],
      ['ann', 0],
      ['hal', 0],
      ['oda', 0],
    ] as const)('%s sees so many removals: %i', async (who, expected) => {
      const listed = await asked(who, '/removals?state=open');
      expect(listed.body.items).toHaveLength(expected);
      const all = await asked('ada', '/removals');
      const [removal] = all.body.items;
      expect((await asked(who, `/removals/${removal?.id}`)).status).toBe(expected ? 200 : 404);
    });

    test.each([
      ['ada', 200],
      ['oda', 200],
      ['mia', 404],
      ['hal', 404],
    ] as const)('%s asks for a review and gets %i', async (who, status) => {
      expect((await asked(who, `/reviews/${review}`)).status).toBe(status);
      expect((await asked(who, '/reviews')).body.items).toHaveLength(status === 200 ? 1 : 0);
      const items = await asked(who, `/reviews/${review}/items?limit=1`);
      expect(items.status).toBe(status);
      if (status !== 200) return;
      expect(items.body.items[0]).toMatchObject({ state: 'open' });
      expect(items.headers.get('link')).toContain(`/reviews/${review}/items?limit=1&cursor=`);
      const rest = await asked(who, `/reviews/${review}/items?cursor=${items.body.next}`);
      expect(rest.body.items).toHaveLength(1);
    });

    test.each([
      ['ada', 200],
      ['oda', 404],
      ['hal', 404],
    ] as const)('%s asks for the audit log and gets %i', async (who, status) => {
      const answer = await asked(who, '/audit?what=request.');
      expect(answer.status).toBe(status);
    });

    test('the audit log is narrowed by what was done', async () => {
      const answer = await asked('ada', '/audit?what=request.');
      expect([...new Set(names(answer, 'what'))]).toEqual(['request.made']);
    });

    test.each(['/people', '/integrations', '/access', '/requests', '/runs', '/audit'])(
      'pages of one of %s have together what one page has',
      async (path) => {
        const token = await tokenOf('ada');
        const whole = await api.get(`${path}?limit=100`, token);
        const items: unknown[] = [];
        let next: string | undefined = '';
        while (next !== undefined) {
          const page: ApiAnswer = await api.get(
            `${path}?limit=1${next && `&cursor=${next}`}`,
            token,
          );
          expect(page.body.items.length).toBeLessThan(2);
          items.push(...page.body.items);
          next = page.body.next;
        }
        expect(items.length).toBeGreaterThan(1);
        // Reading made entries of its own: none.
        expect(items).toEqual(whole.body.items);
      },
    );
  });

  describe('of a company that changes', () => {
    beforeEach(furnish);
    afterEach(() => api.close());

    test('a damaged request says so in place of what was requested', async () => {
      await api.chat.database.db('access_requests').update({ content: 'damaged' });
      const { status, body } = await asked('mia', `/requests/${requests[0]}`);
      const reason = "What was requested can't be read any more.";
      expect([status, body]).toEqual([200, expect.objectContaining({ reason, answers: [] })]);
    });

    test('who started a run sees it, in the list and alone, also when the person reports to another', async () => {
      await transact(async (tx) => {
        const { mia, ann } = people;
        const actor = { kind: 'person', personId: mia.id, via: 'slack' } as const;
        const wish = { person: ann, integration: lodestone, actor, form: { TEAM: 'x' } };
        await startGrant(tx, wish);
        await tx.people.save({ ...ann, managerId: people.ada.id });
      });
      const listed = await asked('mia', '/runs');
      expect(listed.body.items).toHaveLength(1);
      const opened = await asked('mia', `/runs/${listed.body.items[0]?.id}`);
      expect(opened.status).toBe(200);
      expect(opened.body).toEqual(listed.body.items[0]);
    });

    test('integrations have their state for who owns them, and their form for who requests them', async () => {
      const own = await asked('oda', `/integrations/${fernboard.id}`);
      expect(own.body).toMatchObject({ state: 'ready', isRequestable: true, form: [] });
      const requested = await asked('ann', `/integrations/${fernboard.id}`);
      expect(requested.body).not.toHaveProperty('state');
      expect(requested.body).not.toHaveProperty('ownerIds');
      const now = await found(lodestone.id);
      await transact((tx) => tx.integrations.save({ ...now, enabled: false }));
      expect((await asked('ann', `/integrations/${lodestone.id}`)).status).toBe(404);
      expect((await asked('ann', '/integrations')).body.items).toHaveLength(1);
      expect((await asked('ada', '/integrations')).body.items).toHaveLength(2);
    });

    test.each(['ada', 'ann'] as const)('%s reads all integrations at once', async (who) => {
      const token = await api.token(people[who]);
      const count = async () =>
        (await statementsOf(api.chat.database.db, () => api.get('/integrations', token))).length;
      await count(); // The first use of the token is written down.
      const before = await count();
      for (const name of ['Cobalt', 'Delta', 'Ember'])
        await api.chat.integration(name, { execute: [{ url: 'https://api.example.com/u' }] });
      expect(await count()).toBe(before);
    });

    test('who is made an admin, or is none any more, sees so at the next request', async () => {
      const token = await api.token(people.oda, ['audit']);
      expect((await api.get('/audit', token)).status).toBe(404);
      await transact(async (tx) => {
        const now = await tx.people.find(people.oda.id);
        if (now) await tx.people.save({ ...now, role: 'auditor' });
      });
      expect((await api.get('/audit', token)).status).toBe(200);
    });
  });
});
