/** A token that expires, shared by processes on one database. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Configured, RotatingToken } from '../../../src/bots/live/rotating-token.ts';
import type { Renewal } from '../../../src/bots/view/renewal.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';
import { until } from '../../support/until.ts';

const HOUR = 60 * 60_000;
const FIRST = { platform: 'slack', token: 'xoxe.xoxb-0', refreshToken: 'xoxe-0' } as const;

describe.each(bothDatabases)('on %s', (_, open) => {
  let database: Awaited<ReturnType<typeof open>>;
  let now: number;
  /** The refresh tokens that were used. */
  let used: string[];
  let answer: (refreshToken: string) => Promise<Renewal> | Renewal;
  let lost: string[];
  beforeEach(async () => {
    database = await open();
    now = Date.parse('2026-11-28T12:00:00Z');
    used = [];
    lost = [];
    answer = (refreshToken) => {
      const next = Number(refreshToken.split('-')[1]) + 1;
      return {
        kind: 'renewed',
        token: `xoxe.xoxb-${next}`,
        refreshToken: `xoxe-${next}`,
        expiresInMs: 12 * HOUR,
      };
    };
  });
  afterEach(() => database.cleanup());

  const process = (
    configured: Configured = FIRST,
    store = database.stores.chatTokens,
  ): RotatingToken =>
    new RotatingToken(configured, {
      store,
      now: () => new Date(now),
      pause: async (ms) => {
        now += ms;
      },
      async renew(refreshToken) {
        used.push(refreshToken);
        return answer(refreshToken);
      },
      onLost: (sentence) => lost.push(sentence),
    });

  test('the first one is renewed at once, and what renews it next is stored, sealed', async () => {
    expect(await process().get()).toBe('xoxe.xoxb-1');
    expect(await process().get()).toBe('xoxe.xoxb-1');
    expect(used).toEqual(['xoxe-0']);
    const rows = JSON.stringify(await database.db('chat_tokens'));
    expect(rows).not.toMatch(/xoxe\.xoxb|xoxe-\d/);
  });

  test('it is renewed half an hour before its end, with what came with it', async () => {
    const token = process();
    await token.get();
    now += 11.5 * HOUR - 1;
    expect(await token.get()).toBe('xoxe.xoxb-1');
    now += 1;
    expect(await token.get()).toBe('xoxe.xoxb-2');
    expect(used).toEqual(['xoxe-0', 'xoxe-1']);
  });

  test('many calls of many processes renew it once', async () => {
    const processes = [process(), process(), process()];
    const got = await Promise.all(processes.flatMap((each) => [each.get(), each.get()]));
    expect(new Set(got)).toEqual(new Set(['xoxe.xoxb-1']));
    expect(used).toEqual(['xoxe-0']);
  });

  test('one that is called expired too early is renewed once, by the process that hears it first', async () => {
    const [one, other] = [process(), process()];
    await one.get();
    await other.get();
    const got = [await one.get('xoxe.xoxb-1'), await other.get('xoxe.xoxb-1')];
    expect(got).toEqual(['xoxe.xoxb-2', 'xoxe.xoxb-2']);
    expect(used).toEqual(['xoxe-0', 'xoxe-1']);
  });

  test('while one process renews it ahead, others use the one that is still good', async () => {
    const [one, other] = [process(), process()];
    await one.get();
    await other.get();
    now += 11.5 * HOUR;
    let finish: (renewal: Renewal) => void = () => {};
    answer = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    const renewing = one.get();
    await until(() => used.length >= 2);
    expect(await other.get()).toBe('xoxe.xoxb-1');
    finish({ kind: 'renewed', token: 'xoxe.xoxb-9', refreshToken: 'xoxe-9', expiresInMs: HOUR });
    expect(await renewing).toBe('xoxe.xoxb-9');
  });

  test('where Slack does not answer, it is used until its end, and asked for again after a pause', async () => {
    const token = process();
    await token.get();
    now += 11.5 * HOUR;
    answer = () => ({ kind: 'failed', why: 'Slack could not be reached' });
    expect(await token.get()).toBe('xoxe.xoxb-1');
    expect(await token.get()).toBe('xoxe.xoxb-1');
    expect(used).toHaveLength(2);
    now += HOUR;
    await expect(token.get()).rejects.toMatchObject({
      code: 'unreachable',
      message: 'Slack could not be reached',
    });
  });

  test('what Slack gave is not lost while the database is away', async () => {
    const { chatTokens } = database.stores;
    let failures = 0;
    const flaky: typeof chatTokens = {
      ...chatTokens,
      async save(token) {
        if (token.token !== FIRST.token && (failures += 1) <= 2) throw new Error('It is away');
        return chatTokens.save(token);
      },
    };
    expect(await process(FIRST, flaky).get()).toBe('xoxe.xoxb-1');
    expect(await process().get()).toBe('xoxe.xoxb-1');
    expect(used).toHaveLength(1);
  });

  test('one that lives for an hour is not renewed with each call', async () => {
    answer = () => ({
      kind: 'renewed',
      token: 'xoxe.xoxb-1',
      refreshToken: 'xoxe-1',
      expiresInMs: HOUR,
    });
    const token = process();
    await token.get();
    await token.get();
    expect(used).toHaveLength(1);
  });

  test('storing it is given up where the database stays away, also after another process has changed the row', async () => {
    const { chatTokens } = database.stores;
    let saves = 0;
    const away: typeof chatTokens = {
      ...chatTokens,
      async save(token) {
        if (token.token === FIRST.token) return chatTokens.save(token);
        saves += 1;
        if (saves <= 11) return undefined;
        if (saves > 100) throw new TypeError('It never ends');
        throw new Error('It is away');
      },
    };
    await expect(process(FIRST, away).get()).rejects.toThrow('It is away');
    expect(saves).toBe(11 + 31); // Every two seconds, for a minute.
  });

  test('a refresh token that is lost is said once, with what to do; a new pair begins again', async () => {
    const [one, other] = [process(), process()];
    await one.get();
    now += 11.5 * HOUR;
    answer = () => ({ kind: 'lost' });
    expect(await one.get()).toBe('xoxe.xoxb-1');
    expect(await other.get()).toBe('xoxe.xoxb-1');
    now += HOUR;
    await expect(other.get()).rejects.toMatchObject({ code: 'removed' });
    expect(lost).toEqual([expect.stringContaining('SLACK_REFRESH_TOKEN')]);
    expect(used).toHaveLength(2);

    answer = () => ({
      kind: 'renewed',
      token: 'xoxe.xoxb-n1',
      refreshToken: 'xoxe-n1',
      expiresInMs: 12 * HOUR,
    });
    const reinstalled = process({ ...FIRST, token: 'xoxe.xoxb-n0', refreshToken: 'xoxe-n0' });
    expect(await reinstalled.get()).toBe('xoxe.xoxb-n1');
    expect(used.at(-1)).toBe('xoxe-n0');
    // It began with the older pair, and follows.
    expect(await one.get()).toBe('xoxe.xoxb-n1');
  });

  test('after a failure the others fail at once, with its reason, until the pause has ended', async () => {
    answer = () => ({ kind: 'failed', why: 'The client secret is wrong' });
    const began = now;
    const calls = [process(), process(), process()].map((each) => each.get());
    const why = { code: 'unreachable', message: 'The client secret is wrong' };
    const ends = await Promise.allSettled(calls);
    expect(ends).toMatchObject(ends.map(() => ({ status: 'rejected', reason: why })));
    expect(used).toHaveLength(1);
    expect(now - began).toBeLessThan(1000);
    now += 45_001;
    await expect(process().get()).rejects.toMatchObject(why);
    expect(used).toHaveLength(2);
  });

  test('an older process that begins again does not put its older pair back', async () => {
    await process().get();
    const newer = process({ ...FIRST, token: 'xoxe.xoxb-50', refreshToken: 'xoxe-50' });
    expect(await newer.get()).toBe('xoxe.xoxb-51');
    expect(await process().get()).toBe('xoxe.xoxb-51');
    expect(used).toEqual(['xoxe-0', 'xoxe-50']);
  });

  test('while what Slack gave is stored, no other process tries the old refresh token', async () => {
    const one = process();
    await one.get();
    now += 11.5 * HOUR;
    const { chatTokens } = database.stores;
    let others: Promise<string> | undefined;
    const away: typeof chatTokens = {
      ...chatTokens,
      async save(token) {
        if (token.token !== 'xoxe.xoxb-2' || others) return chatTokens.save(token);
        now += 45_001; // The database has said nothing for so long.
        others = process().get();
        expect(await others).toBe('xoxe.xoxb-1');
        throw new Error('It is away');
      },
    };
    expect(await process(FIRST, away).get()).toBe('xoxe.xoxb-2');
    expect(used).toEqual(['xoxe-0', 'xoxe-1']);
  });

  test('what Slack gave replaces what another process stored after it had found the old one used', async () => {
    const one = process();
    await one.get();
    now += 11.5 * HOUR;
    let finish: (renewal: Renewal) => void = () => {};
    answer = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    const renewing = one.get();
    await until(() => used.length >= 2);
    now += 105_001; // The lease has ended, and the time to store what came of it.
    answer = () => ({ kind: 'lost' });
    expect(await process().get()).toBe('xoxe.xoxb-1');
    finish({
      kind: 'renewed',
      token: 'xoxe.xoxb-2',
      refreshToken: 'xoxe-2',
      expiresInMs: 12 * HOUR,
    });
    expect(await renewing).toBe('xoxe.xoxb-2');
    expect(await process().get()).toBe('xoxe.xoxb-2');
  });
});
