/** Events on their way to other systems: one that hangs keeps no other one waiting, and a worker that is killed loses none. */
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../../../demo/free-port.ts';
import { type App, startApp } from '../../../src/app/app.ts';
import {
  addEndpoint,
  deleteEndpoint,
  sendTest,
} from '../../../src/engine/event-endpoints/change-endpoint.ts';
import {
  type EventEndpoint,
  MAX_ENDPOINTS,
} from '../../../src/engine/event-endpoints/event-endpoint.ts';
import { type Receiver, startReceiver } from '../../engine/event-endpoints/receiver.ts';
import { testCompany } from '../../support/company/company.ts';
import { ofKind } from '../../support/given/outcomes.ts';
import { migratedPostgres } from '../../support/peers/postgres.ts';
import { until } from '../../support/until.ts';

const ALLOW_PRIVATE_HOSTS = '127.0.0.1';
const jobsFolder = new URL('../../../dist/src/jobs/', import.meta.url);

const onSqlite = () => testCompany({ ALLOW_PRIVATE_HOSTS });
const onPostgres = async () => {
  const database = await migratedPostgres();
  const environment = {
    DATABASE_URL: database.url,
    LATCHKEY_KEYS: randomBytes(32).toString('base64url'),
    ADMIN_EMAILS: 'ada@example.com',
    LOG_LEVEL: 'silent',
    PORT: String(await freePort(0)),
    ALLOW_PRIVATE_HOSTS,
  };
  const app = await startApp(environment, jobsFolder);
  await app.workerReady();
  return {
    app,
    async stop() {
      await app.stop();
      await database.cleanup();
    },
  };
};

describe.each([
  ['SQLite', onSqlite],
  ['PostgreSQL', onPostgres],
] as const)('on %s', (_name, open) => {
  let opened: { readonly app: App; stop(): Promise<void> };
  let receiver: Receiver;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened?.stop());
  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(async () => {
    await receiver.close();
    const actor = { kind: 'system' } as const;
    await opened.app.foundation.transact(async (tx) => {
      for (const endpoint of await tx.eventEndpoints.list())
        await deleteEndpoint(tx, endpoint, { actor });
    });
  });

  const add = (name: string, url: string) =>
    opened.app.foundation.transact(async (tx) => {
      const fields = { name, url, kinds: ['request'] };
      const by = { actor: { kind: 'system' }, isRevealed: true } as const;
      return ofKind('added', await addEndpoint(tx, fields, by)).endpoint;
    });
  const send = (endpoint: EventEndpoint) =>
    opened.app.foundation.transact(async (tx) => {
      const now = await tx.eventEndpoints.find(endpoint.id);
      return now && sendTest(tx, now);
    });
  const ids = () => receiver.received.map(({ headers }) => headers['webhook-id']);

  test('all endpoints but one hang, and that one gets its events while they do', async () => {
    const hung: ServerResponse[] = [];
    receiver.answer = (response, request) => {
      if (request.url?.startsWith('/in/hangs')) hung.push(response);
      else response.writeHead(204).end();
    };
    for (let n = 1; n < MAX_ENDPOINTS; n += 1)
      await send(await add(`Hangs ${n}`, `${receiver.url}/hangs/${n}`));
    await until(() => hung.length === MAX_ENDPOINTS - 1);
    const good = await add('Good', receiver.url);
    const sent = await send(good);
    await until(() => ids().includes(sent?.id));
    expect(hung.filter(({ destroyed }) => destroyed)).toEqual([]);
    for (const response of hung) response.end();
  });

  test('what a killed worker was sending comes again, with the same ids', async () => {
    const held: ServerResponse[] = [];
    receiver.answer = (response) => void held.push(response);
    const endpoint = await add('SIEM', receiver.url);
    const sent = [await send(endpoint), await send(endpoint), await send(endpoint)];
    const wanted = sent.map((delivery) => delivery?.id);
    await until(() => held.length > 0);
    receiver.answer = (response) => void response.writeHead(204).end();
    const before = ids();
    receiver.received.length = 0;
    process.kill(await opened.app.workerReady(), 'SIGKILL');
    await until(() => wanted.every((id) => ids().includes(id)));
    expect(wanted).toEqual(expect.arrayContaining(before));
    const { eventDeliveries } = opened.app.foundation.stores;
    await until(async () => (await eventDeliveries.countWaiting(endpoint.id, 9)) === 0);
  });
});
