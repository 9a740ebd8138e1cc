import { beforeEach, expect, test } from 'vitest';
import type { Http } from '../../src/engine/ports/http.ts';
import { Tries, type TrySession, type TryWanted } from '../../src/try/tries.ts';
import type { Words } from '../../src/try/words.ts';

const now = new Date('2026-11-24T12:00:00Z');
const MINUTE = 60_000;
const wanted: TryWanted = {
  name: 'Fernboard',
  manifestText: JSON.stringify({
    execute: [{ url: 'https://a.example.com/1' }, { url: 'https://a.example.com/2' }],
  }),
  part: 'execute',
  dryRun: false,
  inputs: {
    person: {
      person: {
        id: 'ann',
        version: 1,
        email: 'ann@example.com',
        firstName: 'Ann',
        lastName: 'Lee',
        role: 'new_hire',
        active: true,
        stored: {},
      },
      others: [],
    },
    secrets: {},
    form: {},
    people: [],
  },
};
const words: Words = {
  useSync: '',
  useExecute: '',
  addPart: '',
  noSuchPart: () => '',
  noPerson: '',
  noSecrets: () => '',
  noToken: '',
  noAnswer: '',
  noFact: '',
};

/** How long tries were given, in milliseconds. */
let limits: number[];
let timeOut: AbortController;
let errors: unknown[];

beforeEach(() => {
  limits = [];
  timeOut = new AbortController();
  errors = [];
});

function triesOver(send: Http['send']): { readonly tries: Tries; readonly sent: string[] } {
  /** Addresses that were sent to. */
  const sent: string[] = [];
  let ids = 0;
  const tries = new Tries({
    env: {
      http: {
        send(request, ...rest) {
          sent.push(request.url);
          return send(request, ...rest);
        },
      },
      now: () => now,
      newId: () => `id-${(ids += 1)}`,
      randomBytes: (size) => new Uint8Array(size),
      pause: async () => undefined,
      words,
    },
    limit(ms) {
      limits.push(ms);
      return timeOut.signal;
    },
    onError: (error) => errors.push(error),
  });
  return { tries, sent };
}

const session = (given: Partial<TrySession> = {}): TrySession => ({
  id: 'session-1',
  expiresAt: new Date(now.getTime() + 60 * MINUTE),
  mayGoOn: async () => true,
  ...given,
});
const fine: Http['send'] = async () => ({ kind: 'answer', status: 200, headers: {}, text: '{}' });
const never: Http['send'] = () => new Promise(() => undefined);

/** Waits until it has ended, or until its second request is under way. */
async function settled(tries: Tries, until: 'ended' | 'second request' = 'ended') {
  for (;;) {
    const trying = tries.of('session-1');
    const isThere = until === 'ended' ? trying?.state !== 'running' : trying?.doing.includes('/2');
    if (isThere) return trying;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('a try has five minutes, or what is left of its session', () => {
  const { tries } = triesOver(never);
  tries.start(session(), wanted);
  tries.start(session({ id: 's-2', expiresAt: new Date(now.getTime() + MINUTE) }), wanted);
  expect(limits).toEqual([5 * MINUTE, MINUTE]);
});

test('when its time is over nothing more is sent', async () => {
  const { tries, sent } = triesOver(async (...call) => {
    timeOut.abort();
    return fine(...call);
  });
  tries.start(session(), wanted);
  expect(await settled(tries)).toMatchObject({ state: 'stopped' });
  expect(sent).toEqual(['https://a.example.com/1']);
  expect(errors).toEqual([]);
});

test('one runs at a time in a session, and side by side in two', async () => {
  const { tries } = triesOver(never);
  expect(tries.start(session(), wanted).kind).toBe('started');
  expect(tries.start(session(), wanted).kind).toBe('busy');
  expect(tries.start(session({ id: 'session-2' }), wanted).kind).toBe('started');
  tries.stop('session-1');
  expect(await settled(tries)).toMatchObject({ state: 'stopped' });
  expect(tries.start(session(), wanted).kind).toBe('started');
});

test('someone who loses the permission sends nothing more', async () => {
  let asked = 0;
  const { tries, sent } = triesOver(fine);
  tries.start(session({ mayGoOn: async () => (asked += 1) === 1 }), wanted);
  expect(await settled(tries)).toMatchObject({ state: 'stopped' });
  expect(sent).toEqual(['https://a.example.com/1']);
});

test('what was answered is there while the rest is under way', async () => {
  const { tries } = triesOver((request, ...rest) =>
    request.url.endsWith('1') ? fine(request, ...rest) : never(request, ...rest),
  );
  tries.start(session(), wanted);
  expect(await settled(tries, 'second request')).toMatchObject({
    state: 'running',
    doing: 'POST https://a.example.com/2 …',
    steps: [{ method: 'POST', url: 'https://a.example.com/1', status: 200 }],
  });
});

test('what breaks inside Latchkey ends the try with a sentence, and is logged for its operator', async () => {
  const { tries } = triesOver(() => Promise.reject(new Error('It went boom')));
  tries.start(session(), wanted);
  const ended = await settled(tries);
  expect(ended?.state).toBe('ended');
  expect(ended?.result?.status).toBe('failed');
  expect(JSON.stringify(ended)).not.toContain('went boom');
});
