import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import {
  firstToken,
  readTokenAnswer,
  refreshedToken,
} from '../../../src/engine/calls/token-answer.ts';
import type { HttpAnswer } from '../../../src/engine/ports/http.ts';

const now = new Date('2026-11-24T12:00:00.000Z');
const inSeconds = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);

describe('when a token expires', () => {
  test.each([
    [{ expires_in: 3600 }, inSeconds(3600)],
    [{ expires_in: '3600' }, inSeconds(3600)],
    [{ expires_in: ' 90.5 ' }, inSeconds(90.5)],
    [{ expires_at: '2026-11-24T13:00:00Z' }, inSeconds(3600)],
    [{ expires_at: now.getTime() / 1000 + 60 }, inSeconds(60)],
    [{ expires_at: String(now.getTime() / 1000 + 60) }, inSeconds(60)],
    [{ expires_at: now.getTime() + 60_000 }, inSeconds(60)],
    // A saved answer says when; how long is of its own time.
    [{ expires_at: '2026-11-24T13:00:00Z', expires_in: 7200 }, inSeconds(3600)],
    [{ expires_at: 'some day', expires_in: 60 }, inSeconds(60)],
  ])('%j', (answer, expiresAt) => {
    expect(firstToken('i', answer, now).expiresAt).toEqual(expiresAt);
  });

  test.each<JsonObject>([
    {},
    { expires_in: 0 },
    { expires_in: '0' },
    { expires_in: -1 },
    { expires_in: null },
    { expires_in: 'never' },
    { expires_in: 1e300 },
    { expires_in: Number.MAX_SAFE_INTEGER },
    { expires_at: '' },
    { expires_at: [1] },
  ])('is not known from %j, so it is good until it is refused', (answer) => {
    expect(firstToken('i', answer, now).expiresAt).toBeUndefined();
  });

  test('an answer to a refresh that names no time keeps how long, and not until when', () => {
    const saved = { expires_at: '2026-11-24T12:01:00Z', expires_in: 600, access_token: 'a' };
    const before = firstToken('i', saved, inSeconds(-600));
    const after = refreshedToken(before, { access_token: 'b' }, now);
    expect(after.expiresAt).toEqual(inSeconds(600));
    expect(after.answer).toEqual({ expires_in: 600, access_token: 'b' });
  });
});

describe('a refresh', () => {
  test.each<JsonObject>([{}, { refresh_token: null }, { refresh_token: '' }])(
    'with %j for a refresh token keeps the old one',
    (newer) => {
      const before = firstToken('i', { access_token: 'a', refresh_token: 'r' }, now);
      const after = refreshedToken(before, { access_token: 'b', ...newer }, now);
      expect(after.answer).toEqual({ access_token: 'b', refresh_token: 'r' });
    },
  );

  test('takes away the failure before it, the lease, and the wish to be connected again', () => {
    const before = {
      ...firstToken('i', { access_token: 'a' }, now),
      state: 'reconnect' as const,
      version: 7,
      generation: 3,
      failure: { at: now, why: 'It broke.' },
      leasedUntil: now,
    };
    expect(refreshedToken(before, { access_token: 'b' }, now)).toEqual({
      integrationId: 'i',
      version: 7,
      generation: 4,
      state: 'connected',
      answer: { access_token: 'b' },
      refreshedAt: now,
    });
  });
});

test('a description that goes on for ever is cut, between characters', () => {
  const error_description = '😀'.repeat(500);
  const read = readTokenAnswer(
    {
      kind: 'answer',
      status: 400,
      headers: {},
      text: JSON.stringify({ error: 'e', error_description }),
    },
    (text) => text,
    'Asana',
  );
  expect(read.ok || read.detail).toBe(`The app answered with status 400: e, ${'😀'.repeat(197)}….`);
});

describe('a token of more than 16 KB', () => {
  const answered = (body: unknown): HttpAnswer => ({
    kind: 'answer',
    status: 200,
    headers: {},
    text: JSON.stringify(body),
  });
  test.each([
    (token: string) => ({ access_token: token }),
    (token: string) => ({ access_token: 'a', data: { session: token } }),
  ])('is not taken, so that it need not be looked for', (bodyOf) => {
    const taken = (length: number) =>
      readTokenAnswer(answered(bodyOf('x'.repeat(length))), (text) => text, 'Asana');
    expect(taken(16 * 1024)).toMatchObject({ ok: true });
    expect(taken(16 * 1024 + 1)).toEqual({
      ok: false,
      why: "The answer has a token of more than 16 KB, which Latchkey doesn't accept.",
      invalidGrant: false,
    });
  });
});
