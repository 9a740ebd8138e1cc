/**
 * Workers that die at any point of sending a message, twice in a row: what a killed process leaves behind is simulated by one that
 * never goes on. A message arrives, or admins find it in *Messages not sent*.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type DeliveryDeps, sendDelivery } from '../../../src/engine/messages/deliver.ts';
import { deliveryWork } from '../../../src/engine/messages/deliveries.ts';
import type { UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import { giveUpJob } from '../../../src/engine/work/give-up.ts';
import { newWorker, wakeOverdue } from '../../../src/engine/work/leased.ts';
import { takeOver } from '../../../src/jobs/take-over.ts';
import { createJobDriver, type JobDriver } from '../../../src/store/queue/job-driver.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';
import type { TestDatabase } from '../../support/database/database.ts';
import { workerOn } from '../../support/given/worker.ts';
import { idleJobs } from '../../support/idle-jobs.ts';
import { until } from '../../support/until.ts';
import { waitingMessages } from './waiting-messages.ts';

const points = [
  'its job is claimed',
  'before it is taken',
  'after it is taken',
  'before it is sent',
  'after it is sent',
  'before that is stored',
  'after that is stored',
] as const;
type Point = (typeof points)[number] | 'before it is given up' | 'after it is given up';

/** What is stored as sent isn't sent again, so no second worker gets that far. */
const LAST = 'after that is stored';
const everySequence: readonly (readonly Point[])[] = [
  [LAST],
  ...points.filter((point) => point !== LAST).flatMap((point) => [[point], [point, point]]),
  ['after it is taken', 'after it is taken', 'before it is given up'],
  ['after it is sent', 'after it is sent', 'after it is given up'],
];

describe.each(bothDatabases)('on %s', (_database, open) => {
  const now = () => new Date();
  let database: TestDatabase;
  let jobs: JobDriver;
  let arrived: string[];
  /** What is still to come, of each message. */
  let deaths: Map<string, Point[]>;
  let workers = 0;
  beforeEach(async () => {
    database = await open(now);
    jobs = createJobDriver(database.db);
    arrived = [];
  });
  afterEach(() => database.cleanup());

  /** A worker with so many messages under way, which dies when all of them hang, or when nothing is left to do. */
  async function work(atOnce: number): Promise<void> {
    const { stores } = database;
    workers += 1;
    const workerId = `worker-${workers}`;
    let hanging = 0;
    const reachOf = (id: string) => (point: Point) => {
      const [next, ...later] = deaths.get(id) ?? [];
      if (point !== next) return Promise.resolve();
      deaths.set(id, later);
      hanging += 1;
      return new Promise<void>(() => undefined);
    };
    const runner = jobs.createRunner({
      workerId,
      slots: { interactive: 0, chat: atOnce, imports: 0, events: 0, background: 0 },
      handlers: {
        ...idleJobs,
        async 'delivery.send'({ deliveryId }) {
          const reach = reachOf(deliveryId);
          const between =
            (before: Point, after: Point): UnitOfWork =>
            async (unit) => {
              await reach(before);
              const result = await database.transact(unit);
              await reach(after);
              return result;
            };
          const ways = [
            between('before it is taken', 'after it is taken'),
            between('before that is stored', 'after that is stored'),
          ];
          const messenger: DeliveryDeps['messenger'] = {
            toPerson: () => Promise.reject(new Error('It goes to a channel')),
            async toChannel(_channel, message) {
              await reach('before it is sent');
              if (message.kind === 'plain') arrived.push(message.text);
              await reach('after it is sent');
              return { kind: 'sent' };
            },
          };
          await reach('its job is claimed');
          await sendDelivery(deliveryId, {
            ...newWorker(workerId),
            stores,
            transact: (unit) => (ways.shift() ?? database.transact)(unit),
            now,
            mailer: undefined,
            findTexts: async () => undefined,
            timeZone: 'UTC',
            messenger,
          });
        },
      },
      async giveUp(job) {
        const reach = reachOf(job.name === 'delivery.send' ? job.payload.deliveryId : '');
        await reach('before it is given up');
        await giveUpJob(job, workerOn({ ...database, now }, workerId));
        await reach('after it is given up');
      },
      now,
      log: () => undefined,
    });
    runner.start();
    await until(async () => hanging === atOnce || (await isOver()));
    const releaseJobsOf = (of: string) => jobs.releaseJobsOf(of, now());
    await takeOver(workerId, { ...database, now, releaseJobsOf });
    await runner.drain(0);
  }

  const isOver = async () => (await jobs.waiting({ after: 0, limit: 1 })).length === 0;

  /** After a death a job begins alone, so that the next one is its own. */
  async function workUntilOver(): Promise<void> {
    while (!(await isOver())) await work(1);
  }

  test('a message arrives, or is listed as one that was not sent', async () => {
    const count = everySequence.length;
    const ids = await waitingMessages(database, count, { type: 'chat', to: '#it' });
    deaths = new Map(ids.map((id, n) => [id, [...(everySequence[n] ?? [])]]));
    for (const deliveryId of ids)
      await database.transact((tx) =>
        tx.queue.push('delivery.send', { deliveryId }, { lane: 'chat' }),
      );
    await work(count);
    await workUntilOver();
    // As the sweep a minute later does.
    await wakeOverdue(deliveryWork, new Date(now().getTime() + 1), database);
    await workUntilOver();
    const { deliveries } = await database.stores.deliveries.unsent(new Date(0), {
      offset: 0,
      limit: 1000,
    });
    const listed = new Set(deliveries.map(({ id }) => id));
    const lost: (readonly Point[])[] = [];
    for (const [n, sequence] of everySequence.entries()) {
      const id = ids[n] ?? '';
      const delivery = await database.stores.deliveries.find(id);
      const hasArrived = arrived.includes(`Number ${n}`);
      if (delivery?.state === 'sent' ? !hasArrived : !listed.has(id)) lost.push(sequence);
    }
    expect(lost).toEqual([]);
    expect([...deaths.values()].flat()).toEqual([]); // Each has been died.
  });
});
