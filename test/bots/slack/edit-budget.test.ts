import { beforeEach, describe, expect, test } from 'vitest';
import { EditBudget } from '../../../src/bots/slack/edit-budget.ts';

let now = 0;
let processes = 1;
let budget: EditBudget;
/** Edits where it is allowed. */
function take(message: string): number {
  const wait = budget.waitFor(message);
  if (wait === 0) budget.spend(message);
  return wait;
}
beforeEach(() => {
  now = 1_000_000;
  processes = 1;
  budget = new EditBudget(
    40,
    () => processes,
    () => now,
  );
});

describe('the allowance of edits', () => {
  test('lets a message be edited once in three seconds', () => {
    expect(take('a')).toBe(0);
    now += 1000;
    expect(take('a')).toBe(2000);
    now += 2000;
    expect(take('a')).toBe(0);
  });
  test('gives all messages together so many a minute', () => {
    for (let index = 0; index < 40; index++) {
      expect(take(`m${index}`)).toBe(0);
      now += 100;
    }
    expect(take('one more')).toBe(60_000 - 4000);
    now += 60_000 - 4000;
    expect(take('one more')).toBe(0);
    expect(take('and another')).toBe(100);
  });
  test('is shared with the processes that there are, and with those that come', () => {
    for (let index = 0; index < 13; index++) expect(take(`m${index}`)).toBe(0);
    processes = 3;
    expect(take('one more')).toBe(60_000);
    processes = 2;
    expect(take('one more')).toBe(0);
  });
  test('leaves each process one edit a minute, however many they are', () => {
    processes = 100;
    expect(take('a')).toBe(0);
    expect(take('b')).toBe(60_000);
  });
  test('counts an edit that a person waits for, without holding it up', () => {
    for (let index = 0; index < 45; index++) budget.spend('clicked');
    expect(take('other')).toBe(60_000);
  });
  test('takes nothing for an edit that waits', () => {
    take('a');
    take('a');
    now += 3000;
    expect(take('a')).toBe(0);
  });
});
