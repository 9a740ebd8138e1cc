import { expect, test } from 'vitest';
import { ask, onceMoreAfter401 } from '../../../src/engine/calls/ask.ts';
import type { Context } from '../../../src/engine/calls/context.ts';
import type { Tokens } from '../../../src/engine/calls/oauth.ts';
import { parseManifest } from '../../../src/engine/manifest/parse.ts';
import { ok, present } from '../../support/given/outcomes.ts';

const [old, newer] = [{ id: 'old' }, { id: 'newer' }] as unknown as readonly [Context, Context];

/** Sends with a token of which the app takes those in `good`. @param renewed what the refresh gives */
async function sendTo(good: readonly Context[], renewed: Context | undefined) {
  const sent: Context[] = [];
  const refreshes: Context[] = [];
  const tokens = {
    renewed: async (context: Context) => {
      refreshes.push(context);
      return renewed;
    },
  } as Tokens;
  const status = await onceMoreAfter401<number>(
    old,
    async (context) => {
      sent.push(context);
      return good.includes(context) ? 200 : 401;
    },
    { tokens, isRefused: (code) => code === 401 },
  );
  return { status, sent, refreshes };
}

test('a request that is taken is sent once, and no token is refreshed', async () => {
  expect(await sendTo([old], newer)).toEqual({ status: 200, sent: [old], refreshes: [] });
});

test('a request that is refused is sent once more with a newer token', async () => {
  const both = [old, newer];
  expect(await sendTo([newer], newer)).toEqual({ status: 200, sent: both, refreshes: [old] });
});

test('a request that is refused twice is not sent a third time', async () => {
  expect(await sendTo([], newer)).toMatchObject({ status: 401, sent: [old, newer] });
});

test('a request that is refused stays so where no newer token can be had', async () => {
  expect(await sendTo([newer], undefined)).toMatchObject({ status: 401, sent: [old] });
});

test.each([
  [401, true],
  [429, true],
  [503, true],
  [404, false],
])(
  'of a question whose answer %i broke off, the status counts where it says enough: %s',
  async (status, isEnough) => {
    const text = '{"execute":[{"url":"https://api.example.com/users","method":"GET"}]}';
    const { manifest } = ok(parseManifest(text));
    const context = {
      manifest,
      variables: () => ({}),
      redact: (shown: string) => shown,
    } as unknown as Context;
    const begun = { status, headers: { 'retry-after': '120' } };
    const broken = {
      kind: 'failed',
      code: 'connection-lost',
      message: 'The connection broke.',
      maySent: true,
      begun,
    } as const;
    const asked = await ask(present(manifest.execute[0]), context, {
      http: { send: async () => broken },
      tokens: {
        fresh: async () => ({ ok: true, context }),
        renewed: async () => undefined,
      } as unknown as Tokens,
      limits: { timeoutMs: 1000, maxBytes: 1000 },
    });
    const expected = isEnough ? { kind: 'answer', ...begun, text: '' } : broken;
    expect(asked).toMatchObject({ kind: 'asked', answer: expected });
  },
);
