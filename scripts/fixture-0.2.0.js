/**
 * Makes `latchkey.sql` and `rows.json` in `test/fixtures/0.2.0`: a small database as Latchkey 0.2.0 left it. It was run once, on the
 * build of 0.2.0 (`npm run build && node scripts/fixture-0.2.0.js`), and is kept to say what they hold. Don't run it again
 * with a later version: then it would not be a database of 0.2.0.
 *
 * `latchkey.sql` is the SQLite database, tables included. `rows.json` is the same for PostgreSQL, where the migrations of
 * 0.2.0 make the tables. The key of both is in KEY; it protects nothing.
 *
 * Ada is an admin, Mia a manager of Ben, Cleo and Noor. Fernboard has a secret and grants over HTTP. Ben has it. Noor had it,
 * and its removal has begun. Cleo has requested it, and Mia has to approve that. A sequence grants it to Cleo on 1 March 2030.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFoundation } from '../dist/src/app/foundation.js';
import { readConfig } from '../dist/src/config/config.js';
import { startGrant } from '../dist/src/engine/access/grant.js';
import { beginRemoval } from '../dist/src/engine/access/removals/removals.js';
import { addIntegration } from '../dist/src/engine/integrations/integrations.js';
import { addPerson } from '../dist/src/engine/people/people.js';
import { createRequest } from '../dist/src/engine/requests/create-request.js';
import { advanceRun } from '../dist/src/engine/runs/advance-run.js';
import { assignSequence } from '../dist/src/engine/sequences/assign.js';
import { migrate } from '../dist/src/store/migrations.js';
import { VERSION } from '../dist/src/version.js';

if (VERSION !== '0.2.0') throw new Error(`This is ${VERSION}; the fixture is of 0.2.0`);

const KEY = Buffer.from('the key of the fixture of 0.2.0!').toString('base64url');
const FERNBOARD = {
  initial_data_form: [
    { id: 'HOST', name: 'Host', secret: false },
    { id: 'TOKEN', name: 'Token' },
  ],
  headers: { authorization: 'Bearer {{TOKEN}}' },
  execute: [{ url: 'http://{{HOST}}/members', data: { email: '{{email}}' } }],
  revoke: [{ url: 'http://{{HOST}}/members?email={{email}}', method: 'DELETE' }],
  exists: {
    url: 'http://{{HOST}}/members?email={{email}}',
    method: 'GET',
    expected: '"there":true',
  },
};

const folder = await mkdtemp(join(tmpdir(), 'latchkey-fixture-'));
const read = readConfig({
  DATABASE_URL: `sqlite:${join(folder, 'latchkey.sqlite')}`,
  LATCHKEY_KEYS: KEY,
});
const foundation = await openFoundation(read.config);
const { db, stores, transact } = foundation;
const actor = { kind: 'operator', user: 'fixture' };
try {
  await migrate(db);
  await fill();
  await writeFile('test/fixtures/0.2.0/latchkey.sql', await dump());
  await writeFile('test/fixtures/0.2.0/rows.json', await rows());
} finally {
  await foundation.close();
  await rm(folder, { recursive: true, force: true });
}

async function fill() {
  const person = async (firstName, more) => {
    const email = `${firstName.toLowerCase()}@company.example`;
    const added = await transact((tx) => addPerson(tx, { email, firstName, ...more }, { actor }));
    return added.person;
  };
  await person('Ada', { lastName: 'Lovelace', role: 'admin' });
  const mia = await person('Mia', { lastName: 'Bauer', role: 'manager' });
  const managerEmail = mia.email;
  const ben = await person('Ben', { lastName: 'Ito', managerEmail });
  const cleo = await person('Cleo', { lastName: 'Sá', managerEmail, startDate: '2030-03-01' });
  const noor = await person('Noor', { lastName: 'Haddad', managerEmail });

  const add = async (name, manifest, secrets = {}) => {
    const wish = { name, manifest: manifest && JSON.stringify(manifest), secrets };
    const added = await transact((tx) => addIntegration(tx, wish, { actor }));
    if (!added.ok) throw new Error(JSON.stringify(added.errors));
    return added.integration;
  };
  const secrets = { HOST: '127.0.0.1:9', TOKEN: 'fern-pearl' };
  const fernboard = await add('Fernboard', FERNBOARD, secrets);

  for (const who of [ben, noor]) {
    const wish = { actor, person: who, integration: fernboard, form: {} };
    const { run } = await transact((tx) => startGrant(tx, wish));
    await advanceRun(run.id, {
      ...foundation,
      http: { send: async () => ({ kind: 'answer', status: 200, headers: {}, text: '{"id":7}' }) },
      workerId: 'fixture',
      underWay: new Set(),
      breakdowns: new Map(),
    });
    const { state } = await stores.runs.find(run.id);
    if (state !== 'succeeded') throw new Error(`The grant is ${state}`);
  }
  const removing = { person: noor, integration: fernboard, cause: { kind: 'revoked' }, actor };
  await transact((tx) => beginRemoval(tx, removing));

  const content = { reason: 'For the spring plan', form: {}, answers: [], facts: {} };
  const byCleo = { kind: 'person', personId: cleo.id, via: 'slack' };
  const wish = { actor: byCleo, requester: cleo, person: cleo, integration: fernboard, content };
  await transact((tx) => createRequest(tx, wish));

  const now = foundation.now();
  const sequence = {
    id: foundation.newId(),
    version: 1,
    name: 'First day',
    anchor: 'start-date',
    isOn: true,
    isForEveryHire: false,
    createdAt: now,
  };
  await stores.sequences.insert(sequence);
  await stores.sequences.insertItem({
    id: foundation.newId(),
    version: 1,
    sequenceId: sequence.id,
    position: 0,
    timing: { kind: 'on', time: '09:00' },
    does: { kind: 'grant', integrationId: fernboard.id, form: {}, answers: [] },
  });
  const assigned = await transact((tx) =>
    assignSequence(tx, { sequence, person: cleo, actor, past: 'fire' }),
  );
  if (assigned.kind !== 'assigned') throw new Error(JSON.stringify(assigned));
}

/** Statements in the order in which SQLite was given them, then every row. */
async function dump() {
  const made = await db('sqlite_master')
    .whereNotNull('sql')
    .whereNot('name', 'like', 'sqlite%')
    .orderBy('rowid')
    .pluck('sql');
  const lines = ['PRAGMA foreign_keys = OFF', ...made];
  for (const table of await tables())
    for (const row of await db(table)) {
      const columns = Object.keys(row).map((name) => `"${name}"`);
      const values = Object.values(row).map(literal);
      lines.push(`INSERT INTO "${table}" (${columns.join(', ')}) VALUES (${values.join(', ')})`);
    }
  return `${[...lines, 'PRAGMA foreign_keys = ON'].join(';\n')};\n`;
}

function literal(value) {
  if (value === null) return 'NULL';
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;
}

/** By table, each after those that it refers to; jobs apart, since graphile-worker has its own tables. */
async function rows() {
  const found = {};
  for (const table of await tables())
    if (!/^(knex|jobs)/.test(table)) found[table] = await db(table);
  const jobs = await db('jobs').select('name', 'payload', 'lane', 'key', 'due_at');
  const filled = Object.entries(found).filter(([, each]) => each.length > 0);
  return `${JSON.stringify({ tables: Object.fromEntries(filled), jobs }, null, 2)}\n`;
}

/** The migrations made each after those that it refers to. */
function tables() {
  return db('sqlite_master')
    .where({ type: 'table' })
    .whereNot('name', 'like', 'sqlite%')
    .orderBy('rowid')
    .pluck('name');
}
