/** Two processes with one database: what one has acknowledged when it dies is answered by the other. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StoredInbox } from '../../../src/bots/live/inbox.ts';
import { WorkQueue } from '../../../src/core/work-queue.ts';
import { type TestDatabase, temporaryDatabase } from '../../support/database/database.ts';
import { readable } from '../../support/slack-double/readable.ts';
import type { SlackUser } from '../../support/slack-double/slack-user.ts';
import { gate, type Running, runBot } from './support.ts';

let database: TestDatabase;
let now: number;
let first: Running;
let second: Running;
let ann: SlackUser;
/** The first process has so much to do that whatever comes waits. */
let queue: WorkQueue;
/** Looks of the second process, as long after the death as it takes. */
let takeOver: () => Promise<void>;
let wakeUp: () => void;
/** What counted towards a limit. */
let counted: string[];

beforeEach(async () => {
  wakeUp = () => undefined;
  database = await temporaryDatabase();
  now = Date.UTC(2026, 10, 24, 12);
  counted = [];
  queue = new WorkQueue({ atOnce: 1, waiting: 10 });
  const inboxOf = (processId: string) =>
    new StoredInbox({
      store: database.stores.inbox,
      processId,
      now: () => new Date(now),
      later(ms, work) {
        if (ms <= 100) setImmediate(work); // Marks of what was answered.
        return () => undefined;
      },
      afterTimeAwake: () => () => undefined,
      isFree: () => queue.isFree,
      rateLimit: (_user, what) => {
        counted.push(what ?? 'click');
        return { ok: true };
      },
      onError: (error) => second.scene.errors.push(error),
    });
  first = await runBot({ now: () => now, inbox: inboxOf('first'), queue });
  const successor = inboxOf('second');
  second = await runBot({ now: () => now, double: first.double, inbox: successor });
  successor.start({ slack: second.slack.replay });
  ann = first.double.addUser('ann');
  takeOver = async () => {
    now += 11_000;
    await successor.look();
    now += 1000;
    await successor.look();
  };
});
afterEach(async () => {
  wakeUp();
  await second.stop();
  await first.stop();
  await database.cleanup();
});

/** From here on the first process begins nothing more, until it wakes up. */
const fillQueue = () => {
  const { opened, open } = gate();
  wakeUp = open;
  void queue.enter(
    'somebody',
    () => opened,
    () => undefined,
  );
};
const kept = (): Promise<readonly object[]> => database.db('inbox').select();

test('a command that waited is answered, and nothing of it can be read in the database', async () => {
  fillQueue();
  expect(await ann.command('access bob')).toMatchObject({ status: 200, body: '' });
  const [row] = await kept();
  expect(JSON.stringify(row)).not.toMatch(/bob|response_url/);
  await takeOver();
  expect(await first.double.message('Access of bob')).toMatchObject({ ephemeralFor: ann.id });
  wakeUp(); // The first one was only asleep: it does nothing more of it.
  await first.slack.stop();
  expect(first.double.workspace.messages).toHaveLength(1);
  expect([first.scene.errors, second.scene.errors]).toEqual([[], []]);
});

test('a message and Home are answered as well', async () => {
  fillQueue();
  await ann.write('access bob');
  await ann.openTab();
  await takeOver();
  expect(await first.double.message('Access of bob')).toMatchObject({ channel: ann.direct });
  expect(await first.double.home(ann, 'Hello')).toBeDefined();
});

test('a step of a workflow that waited is shown and completed', async () => {
  fillQueue();
  const run = await first.double.runStep({ app: 'Figma', person: ann.id });
  const [row] = await kept();
  expect(JSON.stringify(row)).not.toMatch(/Figma|xwfp/);
  await takeOver();
  expect(await first.double.ended(run)).toMatchObject({ state: 'completed' });
  expect(first.double.workspace.messages).toMatchObject([{ channel: ann.direct }]);
});

test('a step of a workflow, which may be anyone’s, uses up nothing of what the person may do', async () => {
  await first.double.runStep({ app: 'Figma', person: ann.id });
  await ann.command('access bob');
  expect(counted).toEqual(['workflow', 'click']);
});

test('a form whose trigger has expired is offered by a button', async () => {
  await ann.write('access bob');
  const card = await first.double.message('Access of bob');
  fillQueue();
  await ann.press(card, 'Deny');
  await takeOver();
  const offer = await second.double.message('Press the button');
  first.double.eventsUrl = second.eventsUrl;
  await ann.press(offer, 'Open the form');
  expect((await second.double.modal('Why')).view.submit?.text).toBe('Deny');
  expect(second.scene.errors).toEqual([]);
});

test('a tick in a checklist is stored', async () => {
  await ann.write('task');
  const card = await first.double.message('Order a laptop');
  fillQueue();
  await ann.press(card, 'Order it');
  await takeOver();
  await second.double.message('Ticked 0');
  expect(second.scene.done).toEqual(['ticked 0']);
});

test('what had begun is not done again, but said, with a button that does', async () => {
  await ann.write('access bob');
  const card = await first.double.message('Access of bob');
  const { opened, open } = gate();
  wakeUp = open;
  first.scene.approveReady = opened;
  await ann.press(card, 'Approve');
  await takeOver();
  const said = await second.double.nextMessage(({ blocks }) => readable(blocks).includes('Retry'));
  expect(readable(said.blocks)).toContain('Latchkey was restarted');
  expect(second.scene.done).toEqual([]);
  first.double.eventsUrl = second.eventsUrl;
  await ann.press(said, 'Retry');
  await second.double.message('Approved for bob');
  expect(second.scene.done).toEqual(['approved bob']);
});

test('a request can’t say of itself that it was stored', async () => {
  const forged = { type: 'block_actions', actions: [{}], isAsSlackSends: true, receipt: {} };
  void ann.forge(forged).catch(() => undefined); // It is not acknowledged.
  await ann.command('access afterwards', ann.direct);
  await first.double.message('Access of afterwards');
  expect(first.logged.join()).toContain('none that Slack sends');
});

test('nothing is stored of a form that was sent', async () => {
  await ann.write('access bob');
  await ann.press(await first.double.message('Access of bob'), 'Deny');
  const modal = await first.double.modal('Why');
  ann.fill(modal, { Why: 'a secret reason' });
  const before = (await kept()).length;
  await ann.submit(modal);
  await first.double.message('Denied for bob');
  expect(await kept()).toHaveLength(before);
});
