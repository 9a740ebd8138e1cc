/**
 * Random plays with one person's access to one app: grants, failures, lost answers, removals of every cause, rehires, changes of
 * email. After each move, and when the app has been healthy for eight days, what Latchkey says is held against the app.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../src/store/database.ts';
import { migrate } from '../src/store/migrations.ts';
import { createStores } from '../src/store/stores.ts';
import { unitOfWork } from '../src/store/unit-of-work.ts';
import { createVault } from '../src/store/vault.ts';
import { play, shapes } from '../test/support/access-plays.ts';
import type { Figure } from './support/figure.ts';

const PLAYS = 5000;

/** `npm run bench -- plays [PLAYS] [FIRST_SEED]`: on SQLite and PostgreSQL in turn; problems go to standard error. */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const [plays, first] = [Number(args[0] ?? PLAYS), Number(args[1] ?? 1)];
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-plays-'));
  const { startPostgres } = await import('../test/support/embedded-postgres.ts');
  const server = await startPostgres(true);
  try {
    const lite = await playAll(
      `sqlite:${join(folder, 'plays.sqlite')}`,
      Math.ceil(plays / 2),
      first,
    );
    const shared = await server.createDatabase('plays');
    const pg = await playAll(shared, Math.floor(plays / 2), first);
    return [...told('SQLite', lite), ...told('PostgreSQL', pg)];
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Outcome {
  readonly plays: number;
  readonly bad: number;
  readonly seconds: number;
}

async function playAll(url: string, plays: number, first: number): Promise<Outcome> {
  const db = openDatabase(url);
  await migrate(db);
  const vault = createVault([randomBytes(32)]);
  // The clock of the stores expires nothing that a play needs.
  const stage = {
    stores: createStores(db, vault, () => new Date()),
    transact: unitOfWork(db, vault, () => new Date()),
  };
  const began = performance.now();
  let bad = 0;
  try {
    for (let n = 0; n < plays; n += 1) {
      const shape = shapes[n % shapes.length];
      const seed = first + Math.floor(n / shapes.length);
      if (!shape) throw new RangeError('There are no shapes');
      const { problems, log } = await play(stage, seed, shape);
      if (problems.length === 0) continue;
      bad += 1;
      process.stderr.write(
        `${JSON.stringify(shape)} seed ${seed}: ${problems.join('; ')}\n  ${log.join('\n  ')}\n`,
      );
    }
  } finally {
    await db.destroy();
  }
  return { plays, bad, seconds: (performance.now() - began) / 1000 };
}

const told = (name: string, { plays, bad, seconds }: Outcome): readonly Figure[] => [
  {
    what: `plays, ${name}: ${plays} in ${seconds.toFixed(0)} s; access left, or called gone while it was there`,
    value: String(bad),
    aim: '0',
  },
];
