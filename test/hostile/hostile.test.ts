/** A hundred hostile inputs of each kind, or more; `npm run bench -- hostile` takes as many as one likes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryMemory } from '../support/database/memory.ts';
import {
  attackCsv,
  attackManifests,
  attackPages,
  attackRuns,
  attackSlack,
  attackTeams,
  flood,
} from './attacks.ts';
import { SECRET } from './corpus.ts';
import { failuresIn, type Lab, openLab } from './lab.ts';

/** The same inputs every time, so that what is found stays found. */
const SEED = 9;

test('hostile manifests are taken, or refused with a place and a sentence for each mistake', () => {
  expect(attackManifests(250, SEED).problems).toEqual([]);
});

test('hostile files of people are read row by row, or refused with a sentence', async () => {
  expect((await attackCsv(400, SEED)).problems).toEqual([]);
});

test('hostile answers of third parties end in a word, and the secret that they got is shown nowhere', async () => {
  expect((await attackRuns(100, SEED, temporaryMemory)).problems).toEqual([]);
});

describe('a Latchkey that runs', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(() => lab.close());

  // Bolt refuses some only after three seconds, which the others don't wait for.
  test.concurrent('acknowledges or refuses whatever Slack is made to say', async () => {
    expect((await attackSlack(lab, 100, SEED)).problems).toEqual([]);
  });

  test.concurrent('takes or refuses whatever Teams is made to say', async () => {
    expect((await attackTeams(lab, 100, SEED)).problems).toEqual([]);
  });

  test.concurrent('answers whatever a browser or a webhook sends with a page or a code', async () => {
    expect((await attackPages(lab, 100, SEED)).problems).toEqual([]);
  });

  test('tells one person who writes without end that it is too much', async () => {
    await flood(lab, 150);
    await expect(lab.told("You're going too fast")).resolves.toBeUndefined();
  });

  test('still lives afterwards, nothing of ours failed inside, and its log has no secret', async () => {
    expect((await lab.send('/healthz')).text).toBe('ok');
    expect(failuresIn(lab.log())).toEqual([]);
    expect(lab.log()).not.toContain(SECRET);
  });
});
