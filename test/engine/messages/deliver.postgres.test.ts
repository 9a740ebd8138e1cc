/** Several processes that share PostgreSQL and are all told to send the same messages, at the same moment. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type DeliveryDeps, sendDelivery } from '../../../src/engine/messages/deliver.ts';
import { createMailer } from '../../../src/mail/smtp.ts';
import { createStores } from '../../../src/store/stores.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { type MailServer, startMailServer } from '../../support/peers/mail-server.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';
import { waitingMessages } from './waiting-messages.ts';

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
  const ids = await waitingMessages(database, MESSAGES, { type: 'email', to: 'ann@example.com' });
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
