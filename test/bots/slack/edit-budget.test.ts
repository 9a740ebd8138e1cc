import { beforeEach, describe, expect, test } from 'vitest';
import { EditBudget } from '../../../src/bots/slack/edit-budget.ts';

let now = 0;
let budget: EditBudget;
beforeEach(() => {
  now = 1_000_000;
  budget = new EditBudget(() => now);
});

describe('the allowance of edits', () => {
  test('lets a message be edited once in three seconds', () => {
    expect(budget.take('a')).toBe(0);
    now += 1000;
    expect(budget.take('a')).toBe(2000);
    now += 2000;
    expect(budget.take('a')).toBe(0);
  });
  test('gives all messages together forty a minute', () => {
    for (let index = 0; index < 40; index++) {
      expect(budget.take(`m${index}`)).toBe(0);
      now += 100;
    }
    expect(budget.take('one more')).toBe(60_000 - 4000);
    now += 60_000 - 4000;
    expect(budget.take('one more')).toBe(0);
    expect(budget.take('and another')).toBe(100);
  });
  test('counts an edit that a person waits for, without holding it up', () => {
    for (let index = 0; index < 45; index++) budget.spend('clicked');
    expect(budget.take('other')).toBe(60_000);
  });
  test('takes nothing for a refused edit', () => {
    budget.take('a');
    budget.take('a');
    now += 3000;
    expect(budget.take('a')).toBe(0);
  });
});
