/**
 * Random lives of one person among a few apps, where rules, requests, sequences, moves, reviews, offboarding and rehires meet. After
 * each move and after quiet weeks, what Latchkey says is held against itself and the apps.
 */
import { randomBytes } from 'node:crypto';
import { openDatabase } from '../src/store/database.ts';
import { createStores } from '../src/store/stores.ts';
import { createVault } from '../src/store/vault/vault.ts';
import { unitOfWork } from '../src/store/work/unit-of-work.ts';
import { type Lived, live } from '../test/support/year/lives.ts';
import type { Figure } from './support/figure.ts';
import { type Databases, postgresDatabases, sqliteDatabases } from './support/fresh-databases.ts';

const LIVES = 400;
const PROGRESS = 25;

/** `npm run bench -- lives [LIVES [FIRST_SEED]] [sqlite|postgres]`: half of them on each; progress and problems go to standard error. */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const [lives = LIVES, first = 1] = args.filter((each) => /^\d+$/.test(each)).map(Number);
  const opening = {
    ...(!args.includes('postgres') && { SQLite: sqliteDatabases }),
    ...(!args.includes('sqlite') && { PostgreSQL: postgresDatabases }),
  };
  const figures: Figure[] = [];
  const kinds = Object.entries(opening);
  for (const [at, [name, open]] of kinds.entries()) {
    const databases = await open();
    const count = Math.ceil(lives / kinds.length);
    try {
      figures.push(await liveAll(databases, { name, count, first: first + at * count }));
    } finally {
      await databases.end();
    }
  }
  return figures;
}

async function liveAll(
  databases: Databases,
  { name, count, first }: { readonly name: string; readonly count: number; readonly first: number },
): Promise<Figure> {
  const began = performance.now();
  let bad = 0;
  for (let n = 0; n < count; n += 1) {
    if (n % PROGRESS === 0) process.stderr.write(`${n} of ${count} lived, ${bad} bad\n`);
    const { problems, log } = await liveIn(await databases.create(), first + n);
    if (problems.length === 0) continue;
    bad += 1;
    process.stderr.write(`seed ${first + n}: ${problems.join('; ')}\n  ${log.join('\n  ')}\n`);
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  return {
    what: `lives, ${name}: ${count} in ${seconds} s; in which something was untrue`,
    value: String(bad),
    aim: '0',
  };
}

async function liveIn(url: string, seed: number): Promise<Lived> {
  const db = openDatabase(url);
  const vault = createVault([randomBytes(32)]);
  const now = () => new Date(); // Of the stores alone: it expires nothing that a life needs.
  try {
    const env = {
      db,
      vault,
      stores: createStores(db, vault),
      transact: unitOfWork(db, vault, { now }),
    };
    return await live(env, seed);
  } finally {
    await db.destroy();
  }
}
