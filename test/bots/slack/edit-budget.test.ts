import { beforeEach, describe, expect, test } from 'vitest';
import { EditBudget } from '../../../src/bots/slack/edit-budget.ts';
import type { EditUrgency } from '../../../src/bots/view/platform.ts';

let now = 0;
let processes = 1;
let budget: EditBudget;
/** Edits where it is allowed. */
function take(message: string, urgency?: EditUrgency): number {
  const wait = budget.waitFor(message, urgency);
  if (wait === 0) budget.spend(message, urgency);
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
  test('lets a message be edited twice at once, with what changes together in one of them', () => {
    expect(take('a')).toBe(0);
    expect(take('a')).toBe(250);
    now += 250;
    expect(take('a')).toBe(0);
    now += 250;
    expect(take('a')).toBe(2500);
  });
  test('lets a message that changes all the time be edited once in three seconds', () => {
    const at: number[] = [];
    for (let ms = 0; ms < 130_000; ms += 250) {
      if (take('a') === 0) at.push(ms);
      now += 250;
    }
    const later = Array.from({ length: 43 }, (_, n) => (n + 1) * 3000);
    expect(at).toEqual([0, 250, ...later]);
  });
  test('lets a message that was left alone be edited twice again', () => {
    take('a');
    now += 6000;
    expect(take('a')).toBe(0);
    now += 250;
    expect(take('a')).toBe(0);
  });
  test('is three seconds at most for a message that someone presses again and again', () => {
    for (let index = 0; index < 10; index++) budget.spend('a');
    expect(take('a')).toBe(3000);
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
  test('keeps half of it for what readers look at, however many other cards change', () => {
    for (let index = 0; index < 20; index++) expect(take(`home${index}`, 'later')).toBe(0);
    expect(take('another home', 'later')).toBe(60_000);
    for (let index = 0; index < 20; index++) expect(take(`card${index}`)).toBe(0);
    expect(take('one more')).toBe(60_000);
  });
  test('keeps a quarter of it from the cards of today', () => {
    for (let index = 0; index < 30; index++) expect(take(`m${index}`, 'soon')).toBe(0);
    expect([take('of today', 'soon'), take('old', 'later'), take('pressed')]).toEqual([
      60_000, 60_000, 0,
    ]);
  });
  test('lets old cards use what nobody else does', () => {
    for (let index = 0; index < 30; index++) take(`pressed${index}`);
    for (let index = 0; index < 10; index++) expect(take(`home${index}`, 'later')).toBe(0);
    expect(take('another home', 'later')).toBe(60_000);
  });
});
