import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import {
  changeEndpoint,
  deleteEndpoint,
  rotateSecret,
  sendAgain,
  sendTest,
  turnEndpoint,
} from '../../../src/engine/event-endpoints/change-endpoint.ts';
import type { EventEndpoint } from '../../../src/engine/event-endpoints/event-endpoint.ts';
import { eventKinds } from '../../../src/engine/event-endpoints/event-kinds.ts';
import { sendEvents } from '../../../src/engine/event-endpoints/send-events.ts';
import { endpointWork } from '../../../src/engine/event-endpoints/wake-endpoint.ts';
import { freed } from '../../../src/engine/work/leased.ts';
import { ocsfOf } from '../../../src/engine/work/ocsf.ts';
import { createVault } from '../../../src/store/vault/vault.ts';
import { createRetention } from '../../../src/store/work/retention.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../support/engine.ts';
import { firstOf, present } from '../../support/given/outcomes.ts';
import { leaks } from '../../support/leaks.ts';
import { type EndpointLab, endpointLab } from './endpoint-lab.ts';

let lab: EndpointLab;
beforeEach(async () => {
  lab = await endpointLab();
});
afterEach(() => lab.close());

/** The library checks the time, too. */
const verify = (secret: string, body: string, headers: Readonly<Record<string, string>>) => {
  const real = Date.now;
  Date.now = () => lab.engine.now().getTime();
  try {
    return new Webhook(secret).verify(body, { ...headers });
  } finally {
    Date.now = real;
  }
};

const types = () => lab.receiver.received.map(({ event }) => event.type);

const emails = () =>
  lab.receiver.received
    .map(({ event }) => (event.data['person'] as { readonly email: string }).email)
    .toSorted();

async function granted(step: object = {}) {
  const { engine } = lab;
  const person = await engine.person({
    email: 'ann@example.com',
    firstName: 'Ann',
    lastName: 'Lee',
  });
  engine.party.on('POST /accounts', { status: 201 });
  const integration = await engine.integration({
    execute: [{ ...step, url: `${engine.party.url}/accounts`, method: 'POST' }],
  });
  await engine.granted(person, integration);
  return { person, integration };
}

describe('an event', () => {
  test('of a grant says who got which app and by whom, signed as the standard says', async () => {
    const endpoint = await lab.add({ kinds: ['access'] });
    const { person, integration } = await granted();
    await lab.work(endpoint);
    const [got] = lab.receiver.received;
    expect(types()).toEqual(['access.granted']);
    expect(verify(endpoint.secret, got?.body ?? '', got?.headers ?? {})).toEqual({
      type: 'access.granted',
      timestamp: lab.engine.now().toISOString(),
      data: {
        by: { kind: 'system' },
        person: { id: person.id, name: 'Ann Lee', email: 'ann@example.com' },
        app: { id: integration.id, name: 'Asana' },
        run: expect.any(String) as string,
      },
    });
    expect(got?.headers).toMatchObject({ 'content-type': 'application/json' });
    expect(await lab.deliveries(endpoint)).toMatchObject([
      { state: 'sent', status: 204, attempts: 1 },
    ]);
    expect(await lab.now(endpoint)).toMatchObject({ state: 'idle', lastSentAt: lab.engine.now() });
  });

  test('of a grant that a condition stopped says so', async () => {
    const endpoint = await lab.add({ kinds: ['access'] });
    await granted({ continue_if: { response_notation: 'state', value: 'ready' } });
    await lab.work(endpoint);
    expect(types()).toEqual(['access.grant-failed']);
  });

  test('of a run that was purged before it was read comes all the same', async () => {
    const endpoint = await lab.add({ kinds: ['access'] });
    await granted();
    const vault = createVault([new Uint8Array(32)]); // It signs only what goes of the audit log.
    const retention = createRetention(lab.engine.db, undefined, { vault });
    const later = new Date(lab.engine.now().getTime() + DAY);
    while ((await retention.deleteSome('runs', later)) > 0);
    expect(await lab.engine.db('runs').select('id')).toEqual([]);
    await lab.work(endpoint);
    expect(types()).toEqual(['access.granted']);
  });

  test('of the audit log carries what the file of the audit log has', async () => {
    const endpoint = await lab.add({ kinds: ['audit'] });
    await lab.engine.person({ email: 'ann@example.com' });
    await lab.work(endpoint);
    const [got] = lab.receiver.received;
    const last = firstOf(await lab.engine.stores.auditChain.entriesAfter(endpoint.readSeq, 1));
    const people = await lab.engine.stores.people.findMany([last.entry.personId ?? '']);
    expect(got?.event.data).toEqual(
      JSON.parse(
        JSON.stringify(
          ocsfOf({
            ...last,
            version: '1.2.3',
            person: (id) => people.find((each) => each.id === id),
            integration: () => undefined,
            token: () => undefined,
          }),
        ),
      ),
    );
  });

  test('comes only where it is wanted', async () => {
    const endpoint = await lab.add({ kinds: ['request'] });
    await granted();
    await lab.work(endpoint);
    expect(types()).toEqual([]);
    expect(await lab.deliveries(endpoint)).toEqual([]);
  });

  test('has data as its schema says, and nothing else', async () => {
    const endpoint = await lab.add();
    await granted();
    await lab.work(endpoint);
    expect(types()).toContain('integration.added');
    for (const { event } of lab.receiver.received) {
      const schemas = eventKinds.filter(({ kind }) => kind === event.type);
      const fitting = schemas.filter(({ data }) => data.safeParse(event.data).success);
      expect(fitting.map(({ data }) => data.parse(event.data))).toContainEqual(event.data);
    }
  });

  test('costs nothing where there is no endpoint', async () => {
    await granted();
    expect(await lab.engine.db('event_deliveries').select('id')).toEqual([]);
  });
});

test('a replaced secret signs for a day beside the new one', async () => {
  const endpoint = await lab.add();
  const rotated = await lab.engine.transact((tx) =>
    rotateSecret(tx, endpoint, { actor: lab.engine.actor, isRevealed: true }),
  );
  const sent = async () => {
    await lab.engine.transact((tx) => sendTest(tx, rotated));
    await lab.work(endpoint);
    const got = lab.receiver.received.findLast(({ event }) => event.type === 'endpoint.test');
    if (!got) throw new Error('No test came');
    return got;
  };
  const both = await sent();
  for (const { secret } of [endpoint, rotated])
    expect(verify(secret, both.body, both.headers)).toMatchObject({ type: 'endpoint.test' });
  lab.engine.clock.advance(DAY + SECOND);
  const one = await sent();
  expect(() => verify(endpoint.secret, one.body, one.headers)).toThrow('No matching signature');
  expect(verify(rotated.secret, one.body, one.headers)).toMatchObject({ type: 'endpoint.test' });
  expect((await lab.now(endpoint))?.before).toBeUndefined(); // It isn't kept either.
});

test('neither the secrets nor the address are readable in the database, whatever was answered', async () => {
  const own = await endpointLab({ ownFile: true });
  onTestFinished(() => own.close());
  const { transact, actor } = own.engine;
  const url = `${own.receiver.url}/s3cr3t-path?key=t0ps3cret-value`;
  const endpoint = await own.add({ url });
  const rotated = await transact((tx) => rotateSecret(tx, endpoint, { actor, isRevealed: true }));
  await transact((tx) => sendTest(tx, rotated));
  const said = JSON.stringify([url, endpoint.secret, rotated.secret]);
  own.receiver.answer = (response) => void response.writeHead(410).end(said);
  await own.work(endpoint);
  expect(await own.now(endpoint)).toMatchObject({ state: 'off', why: 'gone' });
  const secrets = {
    'the secret': rotated.secret.slice('whsec_'.length),
    'the one before': endpoint.secret.slice('whsec_'.length),
    'the path': 's3cr3t-path',
    'the query': 't0ps3cret-value',
  };
  expect(leaks(secrets, { database: own.engine.databaseBytes() })).toEqual([]);
});

describe('an endpoint', () => {
  const failing = (status: number, body = '', headers = {}) => {
    lab.receiver.answer = (response) => void response.writeHead(status, headers).end(body);
  };
  const test1 = async (kinds = ['request']) => {
    const endpoint = await lab.add({ kinds });
    const delivery = present(await lab.engine.transact((tx) => sendTest(tx, endpoint)));
    return { endpoint, delivery };
  };
  const only = async (endpoint: Parameters<EndpointLab['deliveries']>[0]) =>
    firstOf(await lab.deliveries(endpoint));

  test('that fails gets the same event with the same id again, with longer and longer pauses, for ten tries', async () => {
    const { endpoint, delivery } = await test1();
    failing(500, '<html>\n  <h1>Oops</h1></html>');
    const pauses: number[] = [];
    for (let tries = 1; tries <= 10; tries += 1) {
      await lab.work(endpoint);
      expect(lab.receiver.received).toHaveLength(tries);
      const { dueAt, attempts } = await only(endpoint);
      if ((await lab.now(endpoint))?.state === 'off' || !dueAt) break;
      expect(attempts).toBe(tries);
      pauses.push(dueAt.getTime() - lab.engine.now().getTime());
      lab.engine.clock.advance(pauses.at(-1) ?? 0);
    }
    expect(pauses).toEqual([
      5 * SECOND,
      5 * MINUTE,
      30 * MINUTE,
      ...[2, 5, 10, 14, 20, 24].map((n) => n * HOUR),
    ]);
    expect(new Set(lab.receiver.received.map(({ headers }) => headers['webhook-id']))).toEqual(
      new Set([delivery.id]),
    );
    expect(await only(endpoint)).toMatchObject({
      status: 500,
      answer: '<html> <h1>Oops</h1></html>',
    });
    const off = await lab.now(endpoint);
    expect(off).toMatchObject({ state: 'off', why: 'failing' });
    expect(lab.emitted.filter(({ kind }) => kind === 'event-endpoint-off')).toEqual([
      { kind: 'event-endpoint-off', endpointId: endpoint.id },
    ]);
    // It waits: once the endpoint is on again, the event comes, too.
    lab.receiver.answer = (response) => void response.writeHead(204).end();
    const { actor, transact } = lab.engine;
    if (off) await transact((tx) => turnEndpoint(tx, off, { isOn: true, actor }));
    await lab.work(endpoint);
    expect(await only(endpoint)).toMatchObject({ id: delivery.id, state: 'sent' });
  });

  test('is not sent anything before the pause is over', async () => {
    const { endpoint } = await test1();
    failing(500);
    await lab.work(endpoint);
    lab.engine.clock.advance(4 * SECOND);
    await lab.work(endpoint);
    expect(lab.receiver.received).toHaveLength(1);
  });

  test('that is gone is turned off at once', async () => {
    const { endpoint } = await test1();
    failing(410);
    await lab.work(endpoint);
    expect(await lab.now(endpoint)).toMatchObject({ state: 'off', why: 'gone' });
    expect(await only(endpoint)).toMatchObject({ state: 'waiting', status: 410 });
    expect(await lab.engine.audited()).toContain('event-endpoint.off');
  });

  test('that was gone goes on where it stopped when it is on again', async () => {
    const endpoint = await lab.add({ kinds: ['person'] });
    failing(410);
    await lab.engine.person({ email: 'ann@example.com' });
    await lab.work(endpoint);
    await lab.engine.person({ email: 'bob@example.com' });
    await lab.work(endpoint);
    lab.receiver.received.length = 0;
    lab.receiver.answer = (response) => void response.writeHead(204).end();
    lab.engine.clock.advance(5 * SECOND);
    await lab.engine.transact(async (tx) => {
      const off = await tx.eventEndpoints.find(endpoint.id);
      if (off) await turnEndpoint(tx, off, { isOn: true, actor: lab.engine.actor });
    });
    await lab.work(endpoint);
    expect(emails()).toEqual(['ann@example.com', 'bob@example.com']);
  });

  test.each([
    [429, '120', 120 * SECOND],
    [503, '120', 120 * SECOND],
    [503, String(400 * 24 * 3600), DAY],
    [503, 'soon', 5 * SECOND],
    [500, '120', 5 * SECOND],
  ])(
    'that answers %i with Retry-After %s waits as it asks, within bounds',
    async (status, asked, pause) => {
      const { endpoint } = await test1();
      failing(status, '', { 'retry-after': asked });
      await lab.work(endpoint);
      const { dueAt } = await only(endpoint);
      expect((dueAt?.getTime() ?? 0) - lab.engine.now().getTime()).toBe(pause);
    },
  );

  test('that asks for a pause gets nothing else either before it is over', async () => {
    const endpoint = await lab.add({ kinds: ['person'] });
    failing(429, '', { 'retry-after': '600' });
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f'])
      await lab.engine.person({ email: `${name}@example.com` });
    await lab.work(endpoint);
    expect(lab.receiver.received).toHaveLength(4); // Those that were on their way.
    lab.receiver.answer = (response) => void response.writeHead(204).end();
    lab.engine.clock.advance(9 * MINUTE);
    await lab.engine.person({ email: 'g@example.com' });
    await lab.work(endpoint);
    expect(lab.receiver.received).toHaveLength(4);
    lab.engine.clock.advance(MINUTE);
    await lab.engine.runJobs();
    await lab.work(endpoint);
    expect(lab.receiver.received).toHaveLength(4 + 7);
    expect(await lab.now(endpoint)).toMatchObject({ state: 'idle' });
  });

  test('that asked for a pause gets events at once at another address', async () => {
    const { endpoint } = await test1();
    failing(429, '', { 'retry-after': '600' });
    await lab.work(endpoint);
    lab.receiver.answer = (response) => void response.writeHead(204).end();
    await lab.engine.transact(async (tx) => {
      const now = await tx.eventEndpoints.find(endpoint.id);
      const to = { name: 'SIEM', url: `${endpoint.url}/new`, kinds: ['person'] };
      if (now) await changeEndpoint(tx, now, { to, actor: lab.engine.actor });
    });
    await lab.engine.person({ email: 'ann@example.com' });
    await lab.work(endpoint);
    expect(types()).toEqual(['endpoint.test', 'endpoint.test', 'person.added']);
  });

  test('that is on again gets at once what waits, with all tries', async () => {
    const endpoint = await lab.add({ kinds: ['person'] });
    failing(500);
    for (const name of ['ann', 'bob', 'cleo']) {
      await lab.engine.person({ email: `${name}@example.com` });
      for (let tries = 0; tries < 3; tries += 1) {
        await lab.work(endpoint);
        lab.engine.clock.advance(5 * MINUTE);
      }
    }
    const turn = (isOn: boolean) =>
      lab.engine.transact(async (tx) => {
        const now = await tx.eventEndpoints.find(endpoint.id);
        if (now) await turnEndpoint(tx, now, { isOn, actor: lab.engine.actor });
      });
    await turn(false);
    lab.receiver.received.length = 0;
    lab.receiver.answer = (response) =>
      void response.writeHead(lab.receiver.received.length === 3 ? 500 : 204).end();
    await turn(true);
    await lab.work(endpoint);
    expect(emails()).toEqual(['ann@example.com', 'bob@example.com', 'cleo@example.com']);
    const waiting = (await lab.deliveries(endpoint)).filter(({ state }) => state === 'waiting');
    expect(waiting).toMatchObject([{ attempts: 1 }]);
  });

  test('that fails for five days is turned off, and goes on where it stopped when it is on again', async () => {
    const endpoint = await lab.add({ kinds: ['person'] });
    failing(503, '', { 'retry-after': String(24 * 3600) });
    await lab.engine.person({ email: 'ann@example.com' });
    for (let day = 0; day <= 5; day += 1) {
      await lab.work(endpoint);
      lab.engine.clock.advance(DAY);
    }
    const off = await lab.now(endpoint);
    expect(off).toMatchObject({ state: 'off', why: 'failing' });
    await lab.engine.person({ email: 'bob@example.com' });
    await lab.work(endpoint);
    expect(lab.receiver.received).toHaveLength(6);
    lab.receiver.answer = (response) => void response.writeHead(200).end('thanks');
    if (off)
      await lab.engine.transact((tx) =>
        turnEndpoint(tx, off, { isOn: true, actor: lab.engine.actor }),
      );
    await lab.work(endpoint);
    expect(await lab.deliveries(endpoint)).toMatchObject([{ state: 'sent' }, { state: 'sent' }]);
  });

  test('that an admin turned off gets nothing of what happened meanwhile', async () => {
    const endpoint = await lab.add({ kinds: ['person'] });
    const turn = (isOn: boolean) =>
      lab.engine.transact(async (tx) => {
        const now = await tx.eventEndpoints.find(endpoint.id);
        if (now) await turnEndpoint(tx, now, { isOn, actor: lab.engine.actor });
      });
    await turn(false);
    await lab.engine.person({ email: 'ann@example.com' });
    await lab.work(endpoint);
    await turn(true);
    await lab.engine.person({ email: 'bob@example.com' });
    await lab.work(endpoint);
    expect(lab.receiver.received.map(({ event }) => event.data['person'])).toMatchObject([
      { email: 'bob@example.com' },
    ]);
  });

  test('that takes other events is not turned off for one that it never takes', async () => {
    const endpoint = await lab.add({ kinds: ['person', 'integration'] });
    lab.receiver.answer = (response, _request, { event }) =>
      void response.writeHead(event.type === 'person.added' ? 400 : 200).end();
    await lab.engine.person({ email: 'ann@example.com' });
    await lab.work(endpoint);
    await lab.engine.integration({ execute: [{ url: 'https://example.com' }] });
    lab.engine.clock.advance(SECOND);
    for (;;) {
      await lab.work(endpoint);
      const next = await lab.now(endpoint);
      if (next?.state !== 'waiting') break;
      lab.engine.clock.advance(next.dueAt.getTime() - lab.engine.now().getTime());
    }
    expect(await lab.now(endpoint)).toMatchObject({ state: 'idle' });
    expect((await lab.deliveries(endpoint)).map(({ state }) => state).toSorted()).toEqual([
      'failed',
      'sent',
    ]);
  });

  test('that redirects is not followed, to wherever', async () => {
    const { endpoint } = await test1();
    failing(302, '', { location: lab.engine.party.url });
    await lab.work(endpoint);
    expect(lab.engine.party.requests).toEqual([]);
    expect(await only(endpoint)).toMatchObject({
      state: 'waiting',
      attempts: 1,
      answer: expect.stringContaining('redirected') as string,
    });
  });

  test('that answers without end is read to a bound, and its status counts', async () => {
    const { endpoint } = await test1();
    lab.receiver.answer = (response) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(16_384)));
      };
      response.on('drain', more);
      response.on('error', () => undefined);
      more();
    };
    await lab.work(endpoint);
    const { state, answer } = await only(endpoint);
    expect({ state, length: answer?.length }).toEqual({ state: 'sent', length: 200 });
  });

  test('that repeats the secret doesn’t have it in the log', async () => {
    const { endpoint } = await test1();
    failing(400, `bad key ${endpoint.secret}`);
    await lab.work(endpoint);
    expect((await only(endpoint)).answer).toBe('bad key whsec_•••SECRET•••');
  });

  test.each([
    ['the key without its prefix', ({ secret }: EventEndpoint) => secret.slice('whsec_'.length)],
    ['the path of its address', () => '/in/s3cr3t-path/s3cr3t%2Dpart?key=t0ps3cret'],
    ['a part of the path', () => 'no app at s3cr3t-path'],
    ['a part of the path, decoded', () => 'no app at s3cr3t-part'],
    ['a value of its query', () => 'key t0ps3cret is over'],
    ['a value far behind spaces', ({ secret }: EventEndpoint) => ' '.repeat(780) + secret],
  ])('that repeats %s doesn’t have it in the log', async (_what, said) => {
    const url = `${lab.receiver.url}/s3cr3t-path/s3cr3t%2Dpart?key=t0ps3cret`;
    const endpoint = await lab.add({ kinds: ['request'], url });
    await lab.engine.transact((tx) => sendTest(tx, endpoint));
    failing(404, `Cannot POST ${said(endpoint)}`);
    await lab.work(endpoint);
    const { answer = '' } = await only(endpoint);
    expect(answer).toMatch(/^Cannot POST .*•••/);
    expect(answer).not.toMatch(/s3cr3t|t0ps3cret/);
    expect(answer).not.toContain(endpoint.secret.slice('whsec_'.length, 20));
  });

  test('at an address that may not be called is sent nothing', async () => {
    const endpoint = await lab.add({ url: 'https://10.0.0.1/in' });
    await lab.engine.transact((tx) => sendTest(tx, endpoint));
    await lab.work(endpoint);
    expect(await only(endpoint)).toMatchObject({ state: 'waiting', attempts: 1 });
  });

  test('that is deleted while it is being sent to ends without a trace', async () => {
    const { endpoint } = await test1();
    lab.receiver.answer = (response) =>
      void lab.engine
        .transact((tx) => deleteEndpoint(tx, endpoint, { actor: lab.engine.actor }))
        .then(() => response.end());
    await lab.work(endpoint);
    expect(lab.receiver.received).toHaveLength(1);
    expect(await lab.now(endpoint)).toBeUndefined();
    expect(await lab.engine.db('event_deliveries').select('id')).toEqual([]);
  });

  test('gets an event again, with the same id, whose worker died before it could record it', async () => {
    const { endpoint, delivery } = await test1();
    const dying = lab.deps('dead');
    let transactions = 0;
    await expect(
      sendEvents(endpoint.id, {
        ...dying,
        transact: (work) => {
          transactions += 1;
          if (transactions > 1) throw new Error('killed');
          return dying.transact(work);
        },
      }),
    ).rejects.toThrow('killed');
    await lab.work(endpoint);
    expect(lab.receiver.received).toHaveLength(1); // Its lease still holds.
    await lab.engine.transact(await freed(endpointWork, 'dead', lab.engine.stores));
    await lab.work(endpoint);
    expect(lab.receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([
      delivery.id,
      delivery.id,
    ]);
    expect(await only(endpoint)).toMatchObject({ state: 'sent' });
  });

  test('gets a delivery again that an admin sends again', async () => {
    const { endpoint } = await test1();
    await lab.work(endpoint);
    const again = async () => {
      const delivery = await only(endpoint);
      return lab.engine.transact((tx) => sendAgain(tx, delivery, { actor: lab.engine.actor }));
    };
    expect(await again()).toBe(true);
    expect(await again()).toBe(false); // It waits already.
    await lab.work(endpoint);
    expect(lab.receiver.received).toHaveLength(2);
    expect(await lab.engine.audited()).toContain('event-endpoint.redelivered');
  });
});

test('of many entries at once only some wait as deliveries, and all of them arrive', async () => {
  const endpoint = await lab.add({ kinds: ['audit'] });
  const { actor, transact, db, clock } = lab.engine;
  const waiting = () => lab.engine.stores.eventDeliveries.countWaiting(endpoint.id, 2000);
  // So many failed before, and wait for their next try.
  const dueAt = new Date(lab.engine.now().getTime() + HOUR);
  await transact(async (tx) => {
    const before = { version: 1, endpointId: endpoint.id, kind: 'endpoint.test' as const };
    const ids = Array.from({ length: 750 }, () => tx.newId());
    await tx.eventDeliveries.insertMany(
      ids.map((id) => ({ ...before, id, at: tx.now, state: 'waiting', dueAt, attempts: 1 })),
    );
  });
  const what = 'settings.changed' as const;
  await transact((tx) => tx.auditAll(Array.from({ length: MANY }, () => ({ actor, what }))));
  lab.receiver.answer = (response) => void response.writeHead(503, { 'retry-after': '300' }).end();
  await lab.work(endpoint);
  expect(await waiting()).toBe(1000); // The rest is safe in the audit log.
  expect(await db('jobs').where({ name: 'events.send' }).select('id')).toHaveLength(1);
  const failed = lab.receiver.received.map(({ headers }) => headers['webhook-id']);
  lab.receiver.received.length = 0;
  lab.receiver.answer = (response) => void response.writeHead(204).end();
  clock.advance(5 * MINUTE);
  await lab.work(endpoint);
  const arrived = new Set(lab.receiver.received.map(({ headers }) => headers['webhook-id']));
  expect(arrived.size).toBe(MANY);
  expect(failed.filter((id) => !arrived.has(id))).toEqual([]);
  expect(await waiting()).toBe(750);
});

/** More than there is room for. */
const MANY = 300;
