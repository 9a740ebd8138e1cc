import { test } from 'vitest';
import { appendFileSync } from 'node:fs';
import { temporaryDatabase } from './support/database/database.ts';
import { live } from './support/year/lives.ts';
const [from, to] = (process.env['SEEDS'] ?? '1-10').split('-').map(Number) as [number, number];
test('x', { timeout: 230_000 }, async () => {
  const end = Date.now() + 200_000;
  let n = 0;
  for (let seed = from; seed <= to && Date.now() < end; seed += 1) {
    const database = await temporaryDatabase();
    n = seed;
    try {
      const { problems, log } = await live(database, seed);
      if (problems.length > 0) appendFileSync('/var/tmp/h/t-clock/x/lives.log', `SEED ${seed}\n  ${problems.join('\n  ')}\n    ${log.join('\n    ')}\n`);
    } catch (e) { appendFileSync('/var/tmp/h/t-clock/x/lives.log', `SEED ${seed} threw ${(e as Error).stack}\n`); }
    await database.cleanup();
  }
  appendFileSync('/var/tmp/h/t-clock/x/lives.log', `lived to ${n}\n`);
});
