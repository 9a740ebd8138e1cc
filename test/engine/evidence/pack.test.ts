/** A pack of evidence: what is in it, and that any change of it is found. */
import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { unzipSync, zipSync } from 'fflate';
import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { newId } from '../../../src/core/ids.ts';
import { startGrant } from '../../../src/engine/access/grant.ts';
import type { Scope } from '../../../src/engine/evidence/evidence.ts';
import { makePack } from '../../../src/engine/evidence/pack.ts';
import { type PackChange, verifyPack } from '../../../src/engine/evidence/verify-pack.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { rulesKey } from '../../../src/engine/requests/access-request.ts';
import { createRequest } from '../../../src/engine/requests/create-request.ts';
import { decideRequest } from '../../../src/engine/requests/decide-request.ts';
import { closeReview } from '../../../src/engine/reviews/reviews.ts';
import { startReview } from '../../../src/engine/reviews/start-review.ts';
import { readHead, readKey, signedHead } from '../../../src/engine/work/audit-head.ts';
import { sealAudit } from '../../../src/engine/work/seal-audit.ts';
import { DAY, HOUR, MINUTE, type TestEngine, testEngine } from '../../support/engine.ts';
import { requested } from '../../support/given/added.ts';
import { ofKind, present } from '../../support/given/outcomes.ts';
import { accessSince } from '../../support/has-access.ts';

const containing = (text: string) => expect.stringContaining(text) as string;
const matching = (pattern: RegExp) => expect.stringMatching(pattern) as string;

let engine: TestEngine;
let person: Person;
let app: Integration;
beforeEach(async () => {
  engine = await testEngine();
  person = await engine.person({ firstName: '=Bo', email: 'bo@example.com' });
  const url = `${engine.party.url}/users`;
  app = await engine.integration({
    exists: { method: 'GET', url, expected: '{{email}}' },
    execute: [{ url }],
    revoke: [{ method: 'DELETE', url }],
  });
  engine.party.on('POST /users', { json: { id: 7, note: 'welcome <b>' } });
  engine.party.on('GET /users', { json: [{ email: person.email }] });
  await engine.granted(person, app);
  engine.party.on('DELETE /users', { json: { deleted: true } });
  engine.party.on('GET /users', { json: [] });
  await engine.later(DAY);
  await engine.revoke(person, app);
  await engine.later(MINUTE);
  await seal();
});

const seal = () => sealAudit({ ...engine, pause: async () => undefined });

async function pack(about: Partial<Scope> = {}): Promise<Uint8Array> {
  const before = new Date(engine.now().getTime() + 1);
  const scope = { from: new Date(engine.now().getTime() - 30 * DAY), before, ...about };
  const pieces: Uint8Array[] = [];
  for await (const piece of makePack(scope, { ...engine, now: engine.now(), by: 'Ada' }))
    pieces.push(piece);
  (await import('node:fs')).writeFileSync('/tmp/pack.zip', Buffer.concat(pieces));
  return Buffer.concat(pieces);
}

const jsonLine = z.record(z.string(), z.unknown());
const aboutPack = z.object({ head: z.string(), key: z.string() });

const filesOf = (zip: Uint8Array): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(unzipSync(zip)).map(([name, bytes]) => [name, Buffer.from(bytes).toString()]),
  );
const linesOf = (text = ''): readonly Readonly<Record<string, unknown>>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => jsonLine.parse(JSON.parse(line)));

test('it has a line for the access and one for its removal, with who, why, proof and what the app answered', async () => {
  const files = filesOf(await pack());
  expect(linesOf(files['access.jsonl'])).toEqual([
    expect.objectContaining({
      person: containing('bo@example.com'),
      integration: app.name,
      source: 'by-hand',
      'granted by': containing('ada@example.com'),
      ended: matching(/^2026-11-25T/),
      'ended because': 'revoked',
      outcome: 'succeeded',
      "the app's answer": containing('200 {"id":7,"note":"welcome <b>"}'),
    }),
  ]);
  expect(linesOf(files['removals.jsonl'])).toEqual([
    expect.objectContaining({
      state: 'gone',
      proof: 'asked',
      'proven by': 'Latchkey',
      'last check': matching(/^none at /),
      "the app's answer": matching(/^DELETE .*200/),
    }),
  ]);
});

test('the line of an access that was extended says who requested more time, why, and who approved it', async () => {
  const { actor, admin, transact } = engine;
  engine.party.on('GET /users', { json: [{ email: person.email }] });
  const grant = { actor, person, integration: app, form: {}, answers: [], hours: 24 };
  await transact((tx) => startGrant(tx, grant));
  await engine.runJobs();
  const content = { reason: 'The audit', form: {}, answers: [], facts: {} };
  const own = { kind: 'person', personId: person.id, via: 'slack' } as const;
  const wish = { actor: own, requester: person, person, integration: app, hours: 48, content };
  const made = ofKind('requested', await transact((tx) => createRequest(tx, wish)));
  const { request } = made;
  const press = { kind: 'person', personId: admin.id, via: 'slack' } as const;
  const rules = rulesKey(request, app);
  const verdict = { requestId: request.id, verdict: 'approve', rules, by: admin } as const;
  const decided = await transact((tx) => decideRequest(tx, { ...verdict, actor: press }));
  expect(decided).toMatchObject({ kind: 'decided', request: { kind: 'extend' } });
  const [before, extended] = linesOf(filesOf(await pack())['access.jsonl']);
  expect(before).toMatchObject({ until: '', approvals: '' });
  expect(extended).toMatchObject({
    until: new Date(engine.now().getTime() + 72 * HOUR).toISOString(),
    approvals: matching(
      /^more time requested by .*bo@example.com.* at .* \(The audit\): approve by .*ada@example.com.* in slack$/,
    ),
  });
});

test('so does that line after many later ones of the same access', async () => {
  const { actor, admin, stores, transact } = engine;
  const access = { personId: person.id, integrationId: app.id };
  const hold = {
    ...access,
    id: engine.newId(),
    version: 1,
    source: 'by-hand',
    givenBy: actor,
    startedAt: engine.now(),
    endsAt: new Date(engine.now().getTime() + DAY),
  } as const;
  await transact((tx) => tx.holds.insert(hold));
  const content = { reason: 'The audit', form: {}, answers: [], facts: {} };
  const extension = {
    ...access,
    id: engine.newId(),
    version: 1,
    kind: 'extend',
    requestedById: admin.id,
    createdAt: engine.now(),
    state: 'approved',
    decidedAt: engine.now(),
  } as const;
  await transact((tx) => tx.requests.insert(extension, content));
  await engine.later(DAY);
  const at = engine.now();
  await transact((tx) => tx.holds.save({ ...hold, ended: { at, why: 'expired' } }));
  for (let later = 0; later < 10; later += 1)
    await transact((tx) =>
      tx.holds.insert({
        ...hold,
        id: engine.newId(),
        startedAt: new Date(at.getTime() + (later + 1) * MINUTE),
        ended: { at: new Date(at.getTime() + (later + 2) * MINUTE), why: 'revoked' },
      }),
    );
  await engine.later(HOUR);
  const line = linesOf(filesOf(await pack())['access.jsonl']).find(
    (each) => each['hold'] === hold.id,
  );
  expect(line?.['approvals']).toMatch(
    /^more time requested by .* \(The audit\): no approval needed$/,
  );
  expect((await stores.holds.of(person.id, app.id)).map(({ id }) => id)).not.toContain(hold.id);
});

test('a text that is damaged, or whose key is lost, is said in its place, and the others are there', async () => {
  const other = await engine.person({ email: 'cleo@example.com' });
  engine.party.on('GET /users', { json: [{ email: other.email }] });
  const content = { reason: 'The audit', form: {}, answers: [], facts: {} };
  const own = { kind: 'person', personId: other.id, via: 'slack' } as const;
  const wish = { actor: own, requester: other, person: other, integration: app, content };
  const made = await requested(engine.transact, wish);
  const press = { kind: 'person', personId: engine.admin.id, via: 'slack' } as const;
  const verdict = { requestId: made.id, verdict: 'approve', by: engine.admin } as const;
  const rules = rulesKey(made, app);
  const said = { ...verdict, rules, reason: 'Go on', actor: press };
  await engine.transact((tx) => decideRequest(tx, said));
  await engine.runJobs();
  const [, granted] = linesOf(filesOf(await pack())['access.jsonl']);
  expect(granted).toMatchObject({ reason: 'The audit', approvals: containing('(Go on)') });
  for (const [table, column] of [
    ['access_requests', 'content'],
    ['verdicts', 'reason'],
    ['run_steps', 'response_text'],
  ] as const)
    await engine.db(table).update({ [column]: 'damaged' });
  const [before, damaged] = linesOf(filesOf(await pack())['access.jsonl']);
  expect(before).toMatchObject({ person: containing('bo@'), "the app's answer": "can't be read" });
  expect(damaged).toMatchObject({
    person: containing('cleo@'),
    reason: "can't be read",
    approvals: matching(/^approve by .*ada@example.com.*can't be read/),
    "the app's answer": "can't be read",
  });
});

test('its table of the audit log says who did it, from where, and by which run', async () => {
  const rows: readonly Readonly<Record<string, string>>[] = parse(
    filesOf(await pack({ personId: person.id }))['audit.csv'] ?? '',
    { bom: true, columns: true },
  );
  expect(rows.find(({ what }) => what === 'grant.started')).toMatchObject({
    who: containing('ada@example.com'),
    'from where': 'in Slack',
    run: matching(/./),
  });
});

test('a check after the access was granted again says nothing of its removal', async () => {
  await engine.later(DAY);
  engine.party.on('GET /users', { json: [{ email: person.email }] });
  await engine.grant(person, app);
  await engine.later(MINUTE);
  const [removal] = linesOf(filesOf(await pack())['removals.jsonl']);
  expect(removal).toMatchObject({ state: 'gone', 'last check': '', "the check's answer": '' });
});

/** Had it for an hour, so many times from now on. */
async function hadIt(times: number): Promise<void> {
  for (let n = 0; n < times; n += 1) {
    const startedAt = engine.now();
    engine.clock.advance(HOUR);
    await engine.stores.holds.insert({
      id: newId(),
      version: 1,
      personId: person.id,
      integrationId: app.id,
      source: 'request',
      givenBy: engine.actor,
      startedAt,
      ended: { at: engine.now(), why: 'expired' },
    });
  }
}

test('a check after the access was granted again says nothing of its removal, however often it was since', async () => {
  engine.clock.advance(HOUR);
  await hadIt(1);
  const found = present(await engine.stores.access.find(person.id, app.id));
  await engine.stores.access.put({ ...found, checkedAt: engine.now() });
  await hadIt(40);
  const [removal] = linesOf(filesOf(await pack())['removals.jsonl']);
  expect(removal).toMatchObject({ 'last check': '', "the check's answer": '' });
});

test("a review's pack has every reason for an access, however many there were", async () => {
  await hadIt(251);
  const found = present(await engine.stores.access.find(person.id, app.id));
  await engine.stores.access.put({ ...found, state: 'has' });
  const { actor, admin, transact } = engine;
  const wanted = { name: 'Autumn', startedBy: admin, actor, dueDate: '2027-12-10' };
  const review = await transact((tx) => startReview(tx, wanted));
  const files = filesOf(await pack({ reviewId: review?.id }));
  expect(linesOf(files['access.jsonl'])).toHaveLength(252);
});

test('its CSV has the same, and runs no formula in a spreadsheet', async () => {
  const files = filesOf(await pack());
  const rows = parse(files['access.csv'] ?? '', { columns: true, bom: true });
  expect(rows).toEqual([expect.objectContaining({ person: matching(/^'=Bo/) })]);
});

test('its page has no script and shows what was typed as text', async () => {
  const { 'index.html': page = '' } = filesOf(await pack());
  expect(page).toContain('welcome &lt;b&gt;');
  expect(page).not.toMatch(/<script|<b>/);
});

test('its sealed part leads from its first entry to the head, which the key has signed', async () => {
  const files = filesOf(await pack({ personId: person.id }));
  const about = aboutPack.parse(JSON.parse(files['pack.json'] ?? ''));
  const head = readHead(about.head);
  expect(await engine.stores.auditChain.head()).toMatchObject({ seq: head?.seq, link: head?.link });
  expect(readKey(about.key)).toBe(await engine.stores.auditChain.publicKey());
  const entries = linesOf(files['audit.jsonl']);
  expect(entries.length).toBeGreaterThan(2);
  expect(new Set(entries.map((entry) => entry['personId']))).toEqual(new Set([person.id]));
});

test('it holds only what its scope names', async () => {
  const other = await engine.person({ email: 'else@example.com' });
  const text = Object.values(filesOf(await pack({ personId: other.id }))).join('\n');
  expect(text).not.toContain('bo@example.com');
});

/** Of Sales, where Cy has the app. Someone elsewhere has it, too. */
async function reviewOfSales() {
  const cy = await engine.person({ email: 'cy@example.com' });
  const other = await engine.person({ email: 'else@example.com' });
  for (const { id: personId } of [cy, other])
    await engine.stores.access.put(accessSince(engine.now(), { personId, integrationId: app.id }));
  await engine.transact((tx) => tx.people.save({ ...cy, department: 'Sales' }));
  const started = await engine.transact((tx) =>
    startReview(tx, {
      name: 'Autumn',
      dueDate: '2026-12-09',
      actor: engine.actor,
      startedBy: engine.admin,
      scope: { department: 'Sales' },
    }),
  );
  await seal();
  return started?.id;
}

test("a review's pack has its verdicts, and of the audit log only what is about its accesses", async () => {
  const reviewId = await reviewOfSales();
  const files = filesOf(await pack({ reviewId }));
  expect(linesOf(files['review.jsonl'])).toMatchObject([{ person: containing('cy@example.com') }]);
  expect(linesOf(files['audit.jsonl'])).toMatchObject([{ what: 'review.started' }]);
  expect(Object.values(files).join('\n')).not.toMatch(/bo@example|else@example/);
  expect(verifyPack(await pack({ reviewId })).changes).toEqual([]);
});

test('the page of a review calls nothing removed access but what was removed', async () => {
  const { 'index.html': page = '' } = filesOf(await pack({ reviewId: await reviewOfSales() }));
  const [, removed = '', review = ''] =
    /<h2>Removed access(.*)<h2>Access review(.*)/s.exec(page) ?? [];
  expect(removed).not.toContain('cy@example.com');
  expect(review).toContain('cy@example.com');
});

test('the page of a review begins with who started it and who closed it, and when', async () => {
  const reviewId = present(await reviewOfSales());
  const started = engine.now().toISOString();
  const factsOf = async () => {
    const { 'index.html': page = '' } = filesOf(await pack({ reviewId }));
    return /<dl>(.*)<\/dl>/s.exec(page)?.[1];
  };
  expect(await factsOf()).toMatch(
    new RegExp(`${started}.*<dt>Started by</dt><dd>Ada &lt;.*It is still open`, 's'),
  );
  await engine.later(HOUR);
  await engine.transact((tx) => closeReview(tx, reviewId, { kind: 'operator', user: 'night' }));
  await seal();
  const facts = await factsOf();
  expect(facts).toContain(`<dt>Review closed</dt><dd>${engine.now().toISOString()}</dd>`);
  expect(facts).toContain('<dt>Closed by</dt><dd>night</dd>');
});

test('of a review that started before the period of the pack, it does not say who started it', async () => {
  const reviewId = present(await reviewOfSales());
  await engine.later(HOUR);
  const { 'index.html': page = '' } = filesOf(await pack({ reviewId, from: engine.now() }));
  expect(page).toContain('<dt>Review started</dt>');
  expect(page).not.toContain('<dt>Started by</dt>');
});

test('a pack that nobody changed is verified, also after an erasure and a purge', async () => {
  expect(verifyPack(await pack()).changes).toEqual([]);
  await engine.db('audit_log').where('seq', 2).update({ detail: null, salt: null });
  await engine.db('audit_log').where('seq', 3).delete();
  const later = verifyPack(await pack());
  expect(later.changes).toEqual([]);
  expect(later.key).toBe(await engine.stores.auditChain.publicKey());
});

test('a pack that someone else made and signed is found by the key that was kept elsewhere', async () => {
  const own = await pack();
  const key = await engine.stores.auditChain.publicKey();
  const other = await testEngine();
  expect(verifyPack(own, { key: await other.stores.auditChain.publicKey() }).changes).toEqual([
    { kind: 'signature', file: 'digests.txt' },
  ]);
  expect(verifyPack(own, { key }).changes).toEqual([]);
});

test('a head that was kept elsewhere finds that the log was cut off before the pack was made', async () => {
  const head = await signedHead(engine.stores.auditChain);
  if (!head) throw new TypeError('Nothing is sealed');
  const newer = await pack();
  await engine.db('audit_log').where('seq', '>', 2).delete();
  await engine.db('audit_chain').where('seq', '>', 2).delete();
  expect(verifyPack(await pack(), { heads: [head] }).changes).toEqual([]); // Made within the minute of the head.
  await engine.later(HOUR);
  expect(verifyPack(await pack(), { heads: [head] }).changes).toEqual([
    { kind: 'entry', change: { kind: 'cut-off', seq: 3 } },
  ]);
  const nobodys = await pack({ personId: newId() }); // It has no place of the chain at all.
  expect(verifyPack(nobodys, { heads: [head] }).changes).toEqual([
    { kind: 'entry', change: { kind: 'cut-off', seq: 3 } },
  ]);
  expect(verifyPack(newer, { heads: [head] }).changes).toEqual([]);
  expect(verifyPack(newer, { heads: [{ ...head, sealedAt: 1 }] }).changes).toEqual([
    { kind: 'entry', change: { kind: 'unsigned-head', seq: head.seq } },
  ]);
});

test('200 random changes of what is in it are all found, with the file and the line that they touch first', async () => {
  const files = filesOf(await pack());
  const names = Object.keys(files).filter((name) => !/^(digests|signature)/.test(name));
  fc.assert(
    fc.property(changeOf(names), fc.nat(), fc.nat(), ({ kind, file }, one, other) => {
      const lines = (files[file] ?? '').split('\n').slice(0, -1);
      const [at, next] = [one % lines.length, other % lines.length];
      const changed = [...lines];
      let first: PackChange | undefined = { kind: 'line', file, line: at + 1 };
      switch (kind) {
        case 'edit':
          changed[at] = `${lines[at]} `;
          break;
        case 'drop':
          changed.splice(at, 1);
          break;
        case 'insert':
          changed.splice(at, 0, 'inserted');
          break;
        case 'reorder':
          [changed[at], changed[next]] = [lines[next] ?? '', lines[at] ?? ''];
          first =
            lines[at] === lines[next]
              ? undefined
              : { kind: 'line', file, line: Math.min(at, next) + 1 };
          break;
        case 'truncate':
          changed.splice(at);
          break;
        case 'remove-file':
          first = { kind: 'file', file, why: 'missing' };
          break;
      }
      if (!first) return;
      const { [file]: _, ...others } = files;
      const text = changed.map((line) => `${line}\n`).join('');
      const zip = zipOf(kind === 'remove-file' ? others : { ...files, [file]: text });
      expect(verifyPack(zip).changes[0]).toEqual(first);
    }),
    { numRuns: 200, seed: 24 },
  );
});

test('200 random changes of its bytes are all found', async () => {
  const zip = await pack();
  fc.assert(
    fc.property(fc.nat(zip.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = new Uint8Array(zip);
      changed[at] = (changed[at] ?? 0) ^ flip;
      expect(verifyPack(changed).changes).not.toEqual([]);
    }),
    { numRuns: 200, seed: 24 },
  );
});

test('a pack that says it has thousands of files is none', async () => {
  const zip = Buffer.from(await pack());
  const end = zip.lastIndexOf('PK\u0005\u0006', undefined, 'latin1');
  zip.writeUInt16LE(0xfffe, end + 8); // Where ZIP has the number of its files.
  expect(verifyPack(zip).changes).toEqual([{ kind: 'no-pack' }]);
});

const KINDS = ['edit', 'drop', 'insert', 'reorder', 'truncate', 'remove-file'] as const;
const changeOf = (files: readonly string[]) =>
  fc.record({ kind: fc.constantFrom(...KINDS), file: fc.constantFrom(...files) });

const zipOf = (files: Readonly<Record<string, string>>): Uint8Array =>
  zipSync(
    Object.fromEntries(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])),
  );
