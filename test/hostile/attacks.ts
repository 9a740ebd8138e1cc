/** What is attacked, and what has to be true of every answer. Each attack takes so many inputs, and says which of them went wrong. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { newId } from '../../src/core/ids.ts';
import { type Json, stringifyJson } from '../../src/core/json.ts';
import { unreachable } from '../../src/core/unreachable.ts';
import { parsePeopleCsv } from '../../src/engine/imports/people-csv.ts';
import { checkManifest } from '../../src/engine/manifest/lint.ts';
import type { OpenMemory } from '../../src/store/memory.ts';
import { terminalWords } from '../../src/try/command/words.ts';
import { tryManifest } from '../../src/try/try-manifest.ts';
import { localHttp } from '../support/given/worker.ts';
import { LOCAL_MESSAGES } from '../support/local-teams.ts';
import { damaged, damagedText, hostileText, hostileValue, SECRET, sample } from './corpus.ts';
import type { Answer, Lab, Sending } from './lab.ts';
import { activities, csvs, interactions, manifests, slackEvents } from './templates.ts';

export interface Outcome {
  readonly inputs: number;
  /** What should not have happened, with the input. */
  readonly problems: readonly string[];
  /** How often each answer came: a status, a verdict. */
  readonly answers: Readonly<Record<string, number>>;
}

export class Tally {
  readonly #answers: Record<string, number> = {};
  readonly #problems: string[] = [];
  #inputs = 0;

  note(answer: string): void {
    this.#inputs += 1;
    this.#answers[answer] = (this.#answers[answer] ?? 0) + 1;
  }

  problem(what: string, input: unknown): void {
    const shown = stringifyJson(input as Json);
    this.#problems.push(`${what}: ${shown.slice(0, 300)}`);
  }

  get outcome(): Outcome {
    return { inputs: this.#inputs, problems: this.#problems, answers: this.#answers };
  }
}

/** What waits for a platform's own time limit doesn't hold up the rest. */
const AT_ONCE = 100;

async function each<T>(
  inputs: readonly T[],
  attack: (input: T, n: number) => Promise<void>,
  atOnce = AT_ONCE,
) {
  const queue = inputs.entries();
  const worker = async () => {
    for (const [n, input] of queue) await attack(input, n);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** They share this process with the third party that they ask. */
const RUNS_AT_ONCE = 4;

/** A manifest is taken, or refused with a place and a sentence for everything that is wrong. */
export function attackManifests(count: number, seed: number): Outcome {
  const tally = new Tally();
  for (const text of sample(damagedText(manifests), count, seed)) {
    try {
      const checked = checkManifest(text);
      tally.note(checked.ok ? 'taken' : 'refused');
      const said = [...(checked.ok ? [] : checked.errors), ...checked.warnings];
      if (!checked.ok && checked.errors.length === 0) tally.problem('refused without a word', text);
      // Without a place it is about the whole manifest.
      if (said.some(({ message }) => message === '')) tally.problem('an empty sentence', text);
    } catch (error) {
      tally.problem(`threw ${String(error)}`, text);
    }
  }
  return tally.outcome;
}

/** A file is read, row by row, or refused with a sentence. */
export async function attackCsv(count: number, seed: number): Promise<Outcome> {
  const tally = new Tally();
  const cell = fc.oneof(hostileText, fc.constantFrom('ann@example.com', '2026-11-24', 'admin'));
  const line = fc.array(cell, { maxLength: 8 }).map((cells) => cells.join(','));
  const anyText = fc.tuple(fc.constantFrom(...csvs), fc.array(line, { maxLength: 6 }));
  for (const [head, lines] of sample(anyText, count, seed)) {
    const text = [head, ...lines].join('\n');
    try {
      const parsed = await parsePeopleCsv(text);
      tally.note(parsed.ok ? 'read' : 'refused');
      if (!parsed.ok && JSON.stringify(parsed).length < 20) tally.problem('no word', text);
    } catch (error) {
      tally.problem(`threw ${String(error)}`, text);
    }
  }
  return tally.outcome;
}

/** Whatever a third party answers, a run ends with a word, and the secret that it was sent is shown nowhere. */
export async function attackRuns(
  count: number,
  seed: number,
  openMemory?: OpenMemory,
): Promise<Outcome> {
  const tally = new Tally();
  const inputs = sample(answers, count, seed);
  const server = createServer((request, response) => {
    request.resume();
    const hostile = inputs[Number(request.url?.split('/')[1])];
    request.on('end', () => (hostile ? writeHostile(response, hostile) : response.end()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const http = localHttp();
  let clock = Date.now();
  const world = {
    http,
    now: () => new Date(clock),
    newId,
    randomBytes: (size: number) => new Uint8Array(size).fill(7),
    // A pause passes at once.
    pause: async (ms: number) => {
      clock += ms;
    },
    progress: () => undefined,
    words: terminalWords,
    openMemory,
  };
  await each(
    inputs,
    async (hostile, n) => {
      const part = (['execute', 'exists', 'sync'] as const)[hostile.part];
      const manifestText = JSON.stringify((part === 'sync' ? syncOf : runOf)(`${url}/${n}`));
      const given = {
        ...(part !== 'sync' && { person: ANN }),
        secrets: { TOKEN: SECRET },
        form: {},
        people: [],
      };
      try {
        const options = { part: part ?? 'execute' };
        const result = await tryManifest({ name: 'x', manifestText, options }, given, world);
        tally.note(result.status);
        const said = stringifyJson(result);
        if (said.includes(SECRET)) tally.problem('the secret is shown', hostile.body);
        const wants = result.status === 'failed' || result.status === 'unknown';
        if (wants && !result.error?.message) tally.problem('failed without a word', hostile.body);
      } catch (error) {
        tally.problem(`threw ${String(error)}`, hostile.body);
      }
    },
    RUNS_AT_ONCE,
  );
  server.closeAllConnections();
  server.close();
  return tally.outcome;
}

interface HostileAnswer {
  readonly part: 0 | 1 | 2;
  readonly status: number;
  readonly type: string;
  readonly encoding: 'plain' | 'gzip' | 'lie' | 'cut' | 'close';
  readonly header: string;
  readonly body: string;
}

const answers: fc.Arbitrary<HostileAnswer> = fc.record({
  part: fc.constantFrom(0, 1, 2),
  status: fc.constantFrom(200, 200, 200, 201, 204, 301, 302, 400, 401, 404, 429, 500, 503, 599),
  type: fc.constantFrom(
    'application/json',
    'text/html; charset=utf-16',
    'x',
    'text/plain; charset=?',
  ),
  encoding: fc.constantFrom('plain', 'plain', 'plain', 'gzip', 'lie', 'cut', 'close'),
  header: fc.constantFrom(
    'http://10.0.0.1/',
    'file:///etc/passwd',
    '//evil.example',
    'http://127.0.0.1:1/',
    '-1',
    '99999999999',
    'never',
    '',
  ),
  body: fc.oneof(
    damagedText([
      { data: { id: 'u-1', email: 'ann@example.com' }, token: SECRET, ok: true },
      { users: [{ mail: 'bo@example.com', first: 'Bo', last: 'Berg' }], next: SECRET },
      [{ id: 1 }, { id: 2n ** 70n }],
    ]),
    // Whole, so that what follows is reached.
    fc.constant(
      stringifyJson({ data: { id: SECRET }, ok: true, users: [{ mail: 'bo@example.com' }] }),
    ),
    hostileValue.map((value) => stringifyJson(value)),
    hostileText.map((text) => `${text}${SECRET}${text}`),
  ),
});

function writeHostile(response: ServerResponse, hostile: HostileAnswer): void {
  const { status, type, encoding, header, body } = hostile;
  response.statusCode = status;
  response.setHeader('content-type', type);
  if (header !== '') response.setHeader(status >= 400 ? 'retry-after' : 'location', header);
  switch (encoding) {
    case 'gzip':
      return void response.setHeader('content-encoding', 'gzip').end(gzipSync(body));
    case 'lie':
      return void response.setHeader('content-encoding', 'gzip').end(body);
    case 'cut':
      response.setHeader('content-length', String(Buffer.byteLength(body) + 10));
      response.write(body);
      return void setImmediate(() => response.destroy());
    case 'close':
      return void response.destroy();
    case 'plain':
      return void response.end(body);
    default:
      return unreachable(encoding);
  }
}

const ANN = {
  person: {
    id: 'ann',
    version: 1,
    email: 'ann@example.com',
    firstName: 'Ann',
    lastName: 'Lee',
    role: 'other',
    active: true,
    stored: {},
  },
  others: [],
} as const;
const withSecret = {
  initial_data_form: [{ id: 'TOKEN', name: 'Token', description: 'The service' }],
  headers: { Authorization: 'Bearer {{TOKEN}}' },
};
const runOf = (url: string) => ({
  ...withSecret,
  exists: { url: `${url}/users`, method: 'GET', expected: '{{email}}' },
  execute: [
    { url: `${url}/users`, data: { mail: '{{email}}' }, store_data: { ID: 'data.id' } },
    {
      url: `${url}/users/{{responses.0.data.id}}`,
      method: 'GET',
      continue_if: { response_notation: 'ok', value: 'true' },
    },
  ],
});
const syncOf = (url: string) => ({
  ...withSecret,
  action: 'create',
  execute: [{ url: `${url}/people`, method: 'GET' }],
  data_from: 'users',
  data_structure: { email: 'mail', first_name: 'first', last_name: 'last' },
  next_page_token_from: 'next',
  next_page: `${url}/people?page={{NEXT_PAGE_TOKEN}}`,
});

/** Whatever Slack is made to say, it is acknowledged or refused in time. */
export async function attackSlack(lab: Lab, count: number, seed: number): Promise<Outcome> {
  const tally = new Tally();
  const form = fc
    .tuple(damaged(interactions), fc.boolean())
    .map(([value, isText]) => ({ kind: 'form', value, isText }) as const);
  const event = damagedText(slackEvents).map((text) => ({ kind: 'event', text }) as const);
  const command = fc
    .tuple(fc.constantFrom(...WORDS), hostileText)
    .map(([word, text]) => ({ kind: 'command', text: `${word} ${text}` }) as const);
  await each(sample(fc.oneof(form, event, command), count, seed), async (input, user) => {
    const answer =
      input.kind === 'event'
        ? await lab.fromSlack(input.text, 'application/json')
        : await lab.fromSlack(
            input.kind === 'command'
              ? commandOf(input.text, `U${user % 200}`)
              : interactionOf(input.value, input.isText),
          );
    // Bolt answers 404 after three seconds to what is no kind of event.
    judge(tally, answer, [200, 400, 401, 404, 413], input);
  });
  return tally.outcome;
}

const NOWHERE = 'http://127.0.0.1:1/nowhere';
const WORDS = ['', 'access', 'grant', 'people', 'request', 'runs', 'hire', 'integration add', 'x'];

/** One person who writes without end. */
export async function flood(lab: Lab, count: number): Promise<void> {
  const commands = Array.from({ length: count }, () => 'help');
  await each(commands, async (text) => {
    await lab.fromSlack(commandOf(text, 'U0FLOOD', lab.serviceUrl));
  });
}

const commandOf = (text: string, user: string, responseUrl = NOWHERE): string =>
  new URLSearchParams({
    command: '/latchkey',
    text,
    team_id: 'T0',
    channel_id: 'D0',
    user_id: user,
    trigger_id: newId(),
    response_url: responseUrl,
  }).toString();

function interactionOf(value: Json, isText: boolean): string {
  const payload = stringifyJson(value);
  return isText ? `payload=${payload}` : new URLSearchParams({ payload }).toString();
}

/** Whatever Teams is made to say, it is taken or refused, and an invoke is answered. */
export async function attackTeams(lab: Lab, count: number, seed: number): Promise<Outcome> {
  const tally = new Tally();
  const templates = activities(lab.serviceUrl);
  await each(sample(damagedText(templates), count, seed), async (text) => {
    const answer = await lab.send(LOCAL_MESSAGES, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: text,
    });
    judge(tally, answer, [200, 201, 202, 400, 401, 403, 413, 501], text);
  });
  return tally.outcome;
}

/** Whatever a browser sends to whatever address, it gets a page that says what is wrong, with every header that protects it. */
export async function attackPages(lab: Lab, count: number, seed: number): Promise<Outcome> {
  const tally = new Tally();
  let sent = 0;
  await each(sample(pageCalls, count, seed), async ({ path, ...sending }) => {
    sent += 1;
    const client = `198.18.${Math.floor(sent / 250) % 250}.${sent % 250}`;
    const headers = { ...sending.headers, 'x-forwarded-for': client };
    const answer = await lab.send(path, { ...sending, headers });
    judge(tally, answer, [200, 202, 204, 303, 400, 401, 403, 404, 405, 410, 413, 415, 429], {
      path,
      ...sending,
    });
    for (const header of ['content-security-policy', 'x-content-type-options'])
      if (answer.status !== 400 && answer.headers[header] === undefined)
        tally.problem(`no ${header}`, path);
    if (/<script>alert|<img src=x/.test(answer.text)) tally.problem("markup isn't escaped", path);
  });
  return tally.outcome;
}

/** Half a character has no place in a URL: it becomes one that stands for it. */
const pathPart = hostileText.map((text) =>
  encodeURIComponent(Buffer.from(text).toString()).slice(0, 2000),
);
const oddPath = fc.constantFrom('%', '%zz', '..%2f..%2fetc', '%00', '%c0%ae', 'a/b/c', "'", '');
const pageCalls: fc.Arbitrary<Sending & { readonly path: string }> = fc.record({
  path: fc
    .tuple(
      fc.constantFrom('links', 'secrets', 'oauth', 'exports', 'manifests', 'hooks', 'metrics', ''),
      fc.oneof(pathPart, oddPath),
      fc.constantFrom(
        '',
        '/file',
        '/callback',
        '/callback?state=x&code=y',
        '/save',
        '?a=1&a=2',
        '?%',
      ),
    )
    .map(([kind, subject, rest]) => `/${kind}/${subject}${rest}`),
  method: fc.constantFrom('GET', 'POST', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS'),
  headers: fc
    .record({
      'content-type': fc.constantFrom(
        'application/x-www-form-urlencoded',
        'application/json',
        'multipart/form-data; boundary=x',
        'text/plain',
        'application/json; charset=utf-7',
      ),
      cookie: fc
        .tuple(fc.constantFrom('latchkey_session', 'latchkey_link', '__Host-x'), pathPart)
        .map(([name, value]) => `${name}=${value}`),
      'x-csrf-token': pathPart,
      'sec-fetch-site': fc.constantFrom('same-origin', 'cross-site', 'none', 'x'),
      'latchkey-signature': fc.constantFrom('', 't=1,v1=aa', 't=x', 'v1=', 't=1,v1='.repeat(50)),
    })
    .map((headers): Readonly<Record<string, string>> => headers),
  body: fc.oneof(
    hostileText,
    damagedText([{ csrf: 'x', TOKEN: 'y', email: 'ann@example.com' }]),
    fc.array(fc.tuple(pathPart, pathPart), { maxLength: 40 }).map((pairs) => {
      return pairs.map(([name, value]) => `${name}[${name}][]=${value}`).join('&');
    }),
  ),
});

/** In time and of an expected kind; and it shows neither a secret, nor where in the code something went wrong. */
export function judge(
  tally: Tally,
  { status, text }: Answer,
  expected: readonly number[],
  input: Json | string | object,
): void {
  tally.note(String(status));
  if (!expected.includes(status)) tally.problem(`HTTP ${status} ${text.slice(0, 80)}`, input);
  if (text.includes(SECRET)) tally.problem('the secret is shown', input);
  if (/\bat .+\.[jt]s:\d+/.test(text)) tally.problem('a stack is shown', input);
}
