/** A database of the first release is brought up to date, and Latchkey goes on with what is in it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Foundation, openFoundation, requireKeys } from '../../../src/app/foundation.ts';
import { readConfig } from '../../../src/config/config.ts';
import type { Environment } from '../../../src/config/variables.ts';
import { accessOf } from '../../../src/engine/access/access-overview.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { policyKey } from '../../../src/engine/requests/access-request.ts';
import { decideRequest } from '../../../src/engine/requests/decide-request.ts';
import { policyOf } from '../../../src/engine/settings/settings.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { startFleet } from '../../support/company/fleet.ts';
import {
  KEY_OF_0_2_0,
  load020,
  load020IntoPostgres,
} from '../../support/database/release-0.2.0.ts';
import { present } from '../../support/given/outcomes.ts';
import { emptyPostgres } from '../../support/peers/postgres.ts';

const TIMEOUT = { timeout: 120_000, interval: 50 };
const workerFile = pathToFileURL(resolve('dist/src/jobs/worker-process.js'));

let cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
  cleanups = [];
});
const later = (cleanup: () => Promise<unknown>) => void cleanups.push(cleanup);

async function onSqlite(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-release-'));
  later(() => rm(folder, { recursive: true, force: true }));
  const url = `sqlite:${join(folder, 'latchkey.sqlite')}`;
  const db = openDatabase(url);
  await load020(db);
  await db.destroy();
  return url;
}

async function onPostgres(): Promise<string> {
  const { url, cleanup } = await emptyPostgres();
  later(cleanup);
  await load020IntoPostgres(url);
  return url;
}

describe.each([
  ['SQLite', onSqlite],
  ['PostgreSQL', onPostgres],
])('a database of 0.2.0 on %s', (_, load) => {
  test('is migrated; an access is shown, a removal done, a request approved', async () => {
    const members = new Set(['ben@company.example', 'noor@company.example']);
    const host = await startFernboard(members);
    const environment: Environment = {
      DATABASE_URL: await load(),
      LATCHKEY_KEYS: KEY_OF_0_2_0,
      ALLOW_PRIVATE_HOSTS: '127.0.0.0/8',
      LOG_LEVEL: 'fatal',
    };
    const foundation = await opened(environment);
    expect(await requireKeys(foundation)).toBeUndefined();
    await migrate(foundation.db);

    const { stores, transact } = foundation;
    const fernboard = present(await stores.integrations.findByName('Fernboard'));
    expect(await stores.secrets.all(fernboard.id)).toMatchObject({ TOKEN: 'fern-pearl' });
    await stores.secrets.put(fernboard.id, 'HOST', host);

    const ben = await personOf(foundation, 'ben');
    const { rows } = await accessOf(stores, ben, { offset: 0, limit: 10 });
    expect(rows).toMatchObject([
      { integration: { name: 'Fernboard' }, holds: [{ personId: ben.id }] },
    ]);

    const [cleo, mia] = [await personOf(foundation, 'cleo'), await personOf(foundation, 'mia')];
    const request = await stores.requests.openFor(cleo.id, fernboard.id);
    const decided = await transact((tx) =>
      decideRequest(tx, {
        requestId: request?.id ?? '',
        verdict: 'approve',
        rules: policyKey(policyOf(fernboard)),
        by: mia,
        actor: { kind: 'person', personId: mia.id, via: 'slack' },
      }),
    );
    expect(decided).toMatchObject({ kind: 'decided', request: { state: 'approved' } });

    const fleet = await startFleet(1, environment, workerFile);
    later(() => fleet.stop());
    await vi.waitUntil(async () => members.has('cleo@company.example'), TIMEOUT);
    await vi.waitUntil(async () => !members.has('noor@company.example'), TIMEOUT);
    const removals = () => foundation.db('removals').pluck('state');
    await vi.waitUntil(async () => (await removals()).join() === 'gone', TIMEOUT);
    expect([...members].toSorted()).toEqual(['ben@company.example', 'cleo@company.example']);
  });
});

async function opened(environment: Environment): Promise<Foundation> {
  const read = readConfig(environment);
  if (!read.ok) throw new TypeError(read.problems.map(({ message }) => message).join());
  const foundation = await openFoundation(read.config);
  later(() => foundation.close());
  return foundation;
}

async function personOf({ stores }: Foundation, name: string): Promise<Person> {
  const person = await stores.people.findByEmail(`${name}@company.example`);
  if (!person) throw new Error(`${name} is gone`);
  return person;
}

/** Takes the secret of the fixture alone. @returns its host and port */
async function startFernboard(members: Set<string>): Promise<string> {
  const server = createServer((request, response) => {
    const email = new URL(request.url ?? '', 'http://x').searchParams.get('email') ?? '';
    let body = '';
    request.on('data', (part: Buffer) => {
      body += part.toString();
    });
    request.on('end', () => {
      if (request.headers.authorization !== 'Bearer fern-pearl') {
        response.writeHead(401).end();
        return;
      }
      if (request.method === 'POST')
        members.add((JSON.parse(body) as { readonly email: string }).email);
      if (request.method === 'DELETE') members.delete(email);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ there: members.has(email) }));
    });
  });
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  later(
    () =>
      new Promise((done) => {
        server.close(done);
        server.closeAllConnections();
      }),
  );
  const address = server.address();
  return `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}
