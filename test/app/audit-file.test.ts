/** The audit log in a file: whole lines, each once, in order, whatever happens to the process or to the file. */
import { rmSync, writeFileSync } from 'node:fs';
import {
  appendFile,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { AuditFile } from '../../src/app/audit-file.ts';
import { newId } from '../../src/core/ids.ts';
import { type ApiToken, expiryAfter } from '../../src/engine/tokens/token.ts';
import { sealAudit } from '../../src/engine/work/seal-audit.ts';
import { insertPerson } from '../contracts/a-person.ts';
import { type TestDatabase, temporaryDatabase } from '../support/database/database.ts';

const NOW = new Date('2026-11-24T09:00:00Z');
let database: TestDatabase;
let folder: string;
let file: string;
beforeEach(async () => {
  database = await temporaryDatabase(() => NOW);
  folder = await mkdtemp(join(tmpdir(), 'latchkey-audit-'));
  file = join(folder, 'audit.jsonl');
});
afterEach(async () => {
  await database.cleanup();
  await rm(folder, { recursive: true });
});

async function audited(count: number, what = 'settings.changed'): Promise<void> {
  for (let left = count; left > 0; left -= 1)
    await database.stores.auditLog.add({ id: newId(), at: NOW, actor: { kind: 'system' }, what });
  await sealAudit({ ...database, pause: async () => undefined });
}
const event = z.object({ metadata: z.object({ sequence: z.number() }) });
const placeIn = (line: string): number => event.parse(JSON.parse(line)).metadata.sequence;
const started = () => new AuditFile({ stores: database.stores, file });
const places = async (path = file): Promise<readonly number[]> =>
  (await readFile(path, 'utf8')).trim().split('\n').map(placeIn);

test('each sealed entry is one OCSF event, with the names of who did it and to whom', async () => {
  const person = await insertPerson(database.stores);
  await database.stores.auditLog.add({
    id: newId(),
    at: NOW,
    actor: { kind: 'person', personId: person.id, via: 'slack' },
    what: 'removal.gone',
    personId: person.id,
    detail: { proof: 'asked' },
  });
  await audited(0);
  await started().write();
  const user = { uid: person.id, name: 'Ann Lee', email_addr: person.email };
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
    class_uid: 3005,
    activity_id: 2,
    type_uid: 300_502,
    time: NOW.getTime(),
    actor: { user },
    user,
    unmapped: { what: 'removal.gone', detail: { proof: 'asked' } },
  });
});

test('what a program did for someone has the name and the id of its token', async () => {
  const person = await insertPerson(database.stores);
  const token: ApiToken = {
    id: newId(),
    version: 1,
    name: 'CI',
    kind: 'service',
    ownerId: person.id,
    scopes: ['access'],
    createdAt: NOW,
    expiresAt: expiryAfter(90, NOW),
  };
  await database.stores.apiTokens.insert(token, 'hash');
  const actor = { kind: 'person', personId: person.id, via: 'web', tokenId: token.id } as const;
  await database.stores.auditLog.add({ id: newId(), at: NOW, actor, what: 'grant.started' });
  await audited(0);
  await started().write();
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
    actor: {
      app_name: 'API token CI',
      user: { uid: person.id, name: 'Ann Lee', credential_uid: token.id },
    },
  });
});

test('a process that starts again goes on behind the last line', async () => {
  await audited(3);
  await started().write();
  await audited(2);
  await started().write();
  expect(await places()).toEqual([1, 2, 3, 4, 5]);
});

test('half a line that a crash left is cut off and written whole', async () => {
  await audited(3);
  await started().write();
  await truncate(file, (await readFile(file)).length - 10);
  await started().write();
  expect(await places()).toEqual([1, 2, 3]);
});

test('a file that was rotated away begins behind its last line, also after a restart', async () => {
  await audited(3);
  const running = started();
  await running.write();
  await rename(file, `${file}.1`);
  await audited(1);
  await running.write();
  expect(await places()).toEqual([4]);
  await rename(file, `${file}.2`);
  await audited(1);
  await started().write();
  expect(await places()).toEqual([5]);
});

test('a process that died between the line and its note writes no line twice', async () => {
  await audited(2);
  await started().write();
  await writeFile(`${file}.position`, '{"sequence":1}\n');
  await audited(1);
  await started().write();
  expect(await places()).toEqual([1, 2, 3]);
});

test('what someone else wrote at its end stays, and the next entries follow it', async () => {
  await audited(1);
  await started().write();
  await appendFile(file, 'a note\n');
  await audited(1);
  await started().write();
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  expect(lines[1]).toBe('a note');
  expect(placeIn(lines[2] ?? '')).toBe(2);
});

test('two processes with one file write each line once, also at the same moment', async () => {
  const [one, other] = [started(), started()];
  for (let n = 0; n < 5; n += 1) {
    await audited(2);
    await Promise.all([one.write(), other.write()]);
    await one.write();
    await other.write();
  }
  await audited(1);
  await other.write();
  await one.write();
  expect(await places()).toEqual(Array.from({ length: 11 }, (_, at) => at + 1));
  expect(await readdir(folder)).not.toContain('audit.jsonl.lock');
});

test('a lock that is held now is respected, and that of a dead process is not', async () => {
  await audited(1);
  await writeFile(`${file}.lock`, '');
  await started().write();
  expect(await readdir(folder)).not.toContain('audit.jsonl');
  const longAgo = new Date(Date.now() - 61_000);
  await utimes(`${file}.lock`, longAgo, longAgo);
  await started().write();
  expect(await places()).toEqual([1]);
});

test('a lock that another process takes over in the same moment is theirs', async () => {
  await audited(1);
  await writeFile(`${file}.lock`, '');
  const long = new Date(Date.now() - 10 * 60_000);
  await utimes(`${file}.lock`, long, long);
  let looks = 0;
  const late = new AuditFile({
    stores: database.stores,
    get file() {
      looks += 1;
      if (looks === 2) {
        rmSync(`${file}.lock`);
        writeFileSync(`${file}.lock`, 'theirs');
      }
      return file;
    },
  });
  await late.write();
  expect(await readdir(folder)).toEqual(['audit.jsonl.lock']);
  expect(await readFile(`${file}.lock`, 'utf8')).toBe('theirs');
});

test('a lock that a dead process left under a clock that was ahead is not held for years', async () => {
  await audited(1);
  await writeFile(`${file}.lock`, '');
  const ahead = new Date(Date.now() + 365 * 24 * 60 * 60_000);
  await utimes(`${file}.lock`, ahead, ahead);
  await started().write();
  expect(await places()).toEqual([1]);
});

test('an entry that someone damaged in the database stops none of the others', async () => {
  await audited(3);
  await database.db('audit_log').where({ seq: 2 }).update({ detail: 'no JSON' });
  await started().write();
  expect(await places()).toEqual([1, 2, 3]);
});

/** The database as it was once `count` entries were sealed: the others never happened. */
async function restored(count: number): Promise<void> {
  await database.db('audit_chain').where('seq', '>', count).delete();
  await database.db('audit_log').where('seq', '>', count).delete();
}
const whats = async (): Promise<readonly string[]> =>
  (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((text) => z.object({ activity_name: z.string() }).parse(JSON.parse(text)).activity_name);

test('after a restore of an older database, what happens then follows what was written', async () => {
  await audited(3);
  await started().write();
  await restored(1);
  await audited(1, 'hook.added');
  await started().write();
  expect(await places()).toEqual([1, 2, 3, 2]);
  await audited(3, 'hook.deleted');
  await started().write();
  await started().write();
  expect(await places()).toEqual([1, 2, 3, 2, 3, 4, 5]);
  expect((await whats()).slice(3)).toEqual([
    'hook.added',
    'hook.deleted',
    'hook.deleted',
    'hook.deleted',
  ]);
});

test('a restore of a database that is older by many entries is found, too', async () => {
  await audited(1500);
  await started().write();
  await restored(2);
  await audited(2, 'hook.added');
  await started().write();
  expect((await places()).slice(1500)).toEqual([3, 4]);
});

test('after a restore, a file that was just rotated goes on as well', async () => {
  await audited(3);
  await started().write();
  await rename(file, `${file}.1`);
  await restored(1);
  await audited(1, 'hook.added');
  await started().write();
  expect(await places()).toContain(2);
});
