/**
 * Random plays with one person's access to one app: grants, failures, lost answers, removals of every cause, rehires, changes of
 * email. After each move, and when the app has been healthy for eight days, what Latchkey says is held against the app.
 */
import { randomBytes } from 'node:crypto';
import { openDatabase } from '../src/store/database.ts';
import { createStores } from '../src/store/stores.ts';
import { createVault } from '../src/store/vault/vault.ts';
import { unitOfWork } from '../src/store/work/unit-of-work.ts';
import { type Played, play, type Shape, shapes } from '../test/support/access-plays.ts';
import type { Figure } from './support/figure.ts';
import { type Databases, postgresDatabases, sqliteDatabases } from './support/fresh-databases.ts';

const PLAYS = 5000;
const PROGRESS = 250;

/** `npm run bench -- plays [PLAYS] [FIRST_SEED]`: on SQLite and PostgreSQL in turn; progress and problems go to standard error. */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const [plays, first] = [Number(args[0] ?? PLAYS), Number(args[1] ?? 1)];
  const sqlite = await sqliteDatabases();
  const postgres = await postgresDatabases();
  try {
    return [
      told('SQLite', await playAll(sqlite, Math.ceil(plays / 2), first)),
      told('PostgreSQL', await playAll(postgres, Math.floor(plays / 2), first)),
    ];
  } finally {
    await postgres.end();
    await sqlite.end();
  }
}

interface Outcome {
  readonly plays: number;
  readonly bad: number;
  readonly seconds: number;
}

async function playAll(databases: Databases, plays: number, first: number): Promise<Outcome> {
  const began = performance.now();
  let bad = 0;
  for (let n = 0; n < plays; n += 1) {
    if (n % PROGRESS === 0) process.stderr.write(`${n} of ${plays} played, ${bad} bad\n`);
    const shape = shapes[n % shapes.length];
    const seed = first + Math.floor(n / shapes.length);
    if (!shape) throw new RangeError('There are no shapes');
    const { problems, log } = await playIn(await databases.create(), seed, shape);
    if (problems.length === 0) continue;
    bad += 1;
    process.stderr.write(
      `${JSON.stringify(shape)} seed ${seed}: ${problems.join('; ')}\n  ${log.join('\n  ')}\n`,
    );
  }
  return { plays, bad, seconds: (performance.now() - began) / 1000 };
}

async function playIn(url: string, seed: number, shape: Shape): Promise<Played> {
  const db = openDatabase(url);
  const vault = createVault([randomBytes(32)]);
  const now = () => new Date(); // Of the stores alone: it expires nothing that a play needs.
  try {
    const stage = { stores: createStores(db, vault), transact: unitOfWork(db, vault, { now }) };
    return await play(stage, seed, shape);
  } finally {
    await db.destroy();
  }
}

const told = (name: string, { plays, bad, seconds }: Outcome): Figure => ({
  what: `plays, ${name}: ${plays} in ${seconds.toFixed(0)} s; access left, or called gone while it was there`,
  value: String(bad),
  aim: '0',
});
