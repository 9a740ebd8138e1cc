/** Everybody may knock at these doors; `npm run bench -- doors` knocks 2,000 times at each. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse } from './doors.ts';

/** At each; enough to go through every kind of forgery several times. */
const TIMES = 60;
/** At Teams’ door; every second one of them once cost 37 KB for good. */
const FORGED_TOKENS = 600;
/** Megabytes: what is loaded and compiled late, and counters of clients; those tokens would be 11. */
const MAX_GROWTH = 8;
const STORY_MS = 120_000;

let house: House;
beforeAll(async () => {
  house = await openHouse();
}, STORY_MS);
afterAll(() => house?.close());

test(
  'a stranger is refused at every public route, and nothing of it is written',
  async () => {
    const before = await house.rows();
    for (const door of house.doors) expect(await house.knockAt(door, TIMES)).toEqual([]);
    expect(await house.rows()).toEqual(before);
  },
  STORY_MS,
);

test(
  'forged tokens of Teams leave nothing in memory',
  async () => {
    const teams = house.doors.filter(({ name }) => name.startsWith('/api/messages'));
    for (const door of teams) await house.knockAt(door, FORGED_TOKENS / 4);
    const before = await house.held();
    for (const door of teams) expect(await house.knockAt(door, FORGED_TOKENS)).toEqual([]);
    expect((await house.held()) - before).toBeLessThan(MAX_GROWTH);
  },
  STORY_MS,
);
