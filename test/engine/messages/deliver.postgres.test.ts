/** Several processes that share PostgreSQL and are all told to send the same messages, at the same moment. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { type DeliveryDeps, sendDelivery } from '../../../src/engine/messages/deliver.ts';
import { createMailer } from '../../../src/mail/smtp.ts';
import { createStores } from '../../../src/store/stores.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { type MailServer, startMailServer } from '../../support/peers/mail-server.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';

const noon = new Date('2026-11-24T12:00:00.000Z');
const MESSAGES = 20;
/** A process gives a mail server a few at once; the others wait for a second. Far fewer seconds than messages are needed. */
const SECONDS = 20;
let clock: Date;
const now = () => clock;

let database: TestPostgres;
let server: MailServer;
beforeEach(async () => {
  clock = noon;
  database = await temporaryPostgres(now);
  server = await startMailServer();
});
afterEach(async () => {
  await server.stop();
  await database.cleanup();
});

/** A run with this many emails that wait. @returns their ids */
async function waiting(count: number): Promise<readonly string[]> {
  const { stores } = database;
  const [personId, integrationId, manifestVersionId, runId] = [newId(), newId(), newId(), newId()];
  await stores.people.insert({
    id: personId,
    version: 1,
    email: 'ann@example.com',
    firstName: 'Ann',
    lastName: '',
    role: 'other',
    active: true,
    stored: {},
  });
  const created = { createdAt: noon };
  await stores.integrations.insert({
    id: integrationId,
    version: 1,
    name: 'Asana',
    enabled: true,
    manifestVersionId,
    ...created,
  });
  await stores.integrations.insertVersion({
    id: manifestVersionId,
    integrationId,
    number: 1,
    manifest: '{}',
    savedBy: { kind: 'system' },
    ...created,
  });
  await stores.runs.insert(
    {
      id: runId,
      version: 1,
      kind: 'execute',
      integrationId,
      personId,
      manifestVersionId,
      startedBy: { kind: 'system' },
      attempt: 1,
      state: 'queued',
      dueAt: noon,
      ...created,
    },
    { form: {}, generated: {} },
  );
  const ids = Array.from({ length: count }, () => newId());
  for (const [position, id] of ids.entries()) {
    const notification = {
      type: 'email',
      to: 'ann@example.com',
      subject: `Number ${position}`,
      message: 'Hi',
    } as const;
    await stores.deliveries.insert({
      id,
      version: 1,
      runId,
      position,
      attempts: 0,
      outgoing: { notification, secret: false, shownTo: notification.to },
      body: 'kept',
      state: 'waiting',
      dueAt: noon,
      ...created,
    });
  }
  return ids;
}

/** What a process of its own has. */
function worker(workerId: string): DeliveryDeps {
  const db = database.connect();
  const absent = async () => ({ kind: 'refused', why: 'There is no chat.' }) as const;
  return {
    stores: createStores(db, database.vault),
    transact: unitOfWork(db, database.vault, { now }),
    now,
    workerId,
    mailer: createMailer({ smtpUrl: server.url, from: 'it@example.com' }),
    findTexts: async () => undefined,
    timeZone: 'UTC',
    messenger: { toPerson: absent, toChannel: absent },
    underWay: new Set(),
  };
}

test('each message is sent by one of them, once', async () => {
  const ids = await waiting(MESSAGES);
  const workers = ['a', 'b', 'c'].map(worker);
  for (let second = 0; second < SECONDS; second += 1) {
    clock = new Date(noon.getTime() + second * 1000);
    await Promise.all(ids.flatMap((id) => workers.map((deps) => sendDelivery(id, deps))));
  }

  const sent = server.mails.map(({ messageId }) => messageId).toSorted();
  expect(sent).toEqual(ids.map((id) => `<${id}@example.com>`).toSorted());
  const found = await Promise.all(ids.map((id) => database.stores.deliveries.find(id)));
  expect(found.map((delivery) => [delivery?.state, delivery?.attempts])).toEqual(
    ids.map(() => ['sent', 1]),
  );
});
