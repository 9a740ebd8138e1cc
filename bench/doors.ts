/** Forged and malformed requests to every public route: nothing is let in, nothing is written, and memory stays flat. */
import { openHouse } from '../test/hostile/doors.ts';
import type { Figure } from './support/figure.ts';

const TIMES = 2000;
/** Of them, before memory is looked at: what is loaded and compiled late is there by then. */
const WARMING = 0.1;

/** `npm run bench -- doors [TIMES]` */
export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const times = Number(args[0] ?? TIMES);
  const house = await openHouse();
  try {
    const rows = await house.rows();
    const wrong: string[] = [];
    for (const door of house.doors)
      wrong.push(...(await house.knockAt(door, Math.ceil(times * WARMING))));
    const before = await house.held();
    for (const door of house.doors) {
      wrong.push(...(await house.knockAt(door, times)));
      process.stdout.write(`${door.name}: ${((await house.held()) - before).toFixed(1)} MB more\n`);
    }
    const grown = (await house.held()) - before;
    const after = await house.rows();
    const written = Object.keys(after).filter((table) => after[table] !== rows[table]);
    for (const each of wrong.slice(0, 10)) process.stdout.write(`  ${each}\n`);
    if (written.length > 0) process.stdout.write(`  written: ${written.join(', ')}\n`);
    if (wrong.length > 0 || written.length > 0) process.exitCode = 1;
    return [
      {
        what: `doors: ${times} forged and malformed requests to each of ${house.doors.length} public routes; let in, written`,
        value: `${wrong.length}, ${written.length}`,
        aim: '0 each',
      },
      {
        what: 'doors: memory of the main process after all of them, after garbage collection',
        value: `${grown.toFixed(1)} MB more`,
        aim: 'flat',
      },
    ];
  } finally {
    await house.close();
  }
}
