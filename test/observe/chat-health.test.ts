import { expect, test } from 'vitest';
import { ChatHealth } from '../../src/observe/chat-health.ts';

let now = new Date('2026-11-24T12:00:00.000Z');
const later = (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1000);
};

function after(...outcomes: readonly string[]): ChatHealth {
  const health = new ChatHealth(() => now);
  for (const outcome of outcomes) health.heard('teams', outcome);
  return health;
}

test('a platform that did not answer three times in a row is out of reach', () => {
  expect(after('unreachable', 'unreachable').isUnreachable('teams')).toBe(false);
  expect(after('unreachable', 'unreachable', 'unreachable').isUnreachable('teams')).toBe(true);
  expect(after('unreachable', 'unreachable', 'unreachable').isUnreachable('slack')).toBe(false);
});

test('an answer of any kind shows that it is there', () => {
  const health = after('unreachable', 'unreachable', 'unreachable', 'rate-limited');
  expect(health.isUnreachable('teams')).toBe(false);
});

test('after two minutes without a call it gets another chance', () => {
  const health = after('unreachable', 'unreachable', 'unreachable');
  later(119);
  expect(health.isUnreachable('teams')).toBe(true);
  later(2);
  expect(health.isUnreachable('teams')).toBe(false);
});
