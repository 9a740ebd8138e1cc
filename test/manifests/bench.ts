/**
 * Tries a ready-made manifest against a scripted double of its API. The manifest is the one that is shipped: its
 * requests go to the real addresses, and only the last piece of wire is bent to a server on this machine.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type Json, type JsonObject, parseJson, stringifyJson } from '../../src/core/json.ts';
import { createTokens, redirectUrls } from '../../src/engine/calls/oauth.ts';
import { generateSecret } from '../../src/engine/calls/outcome.ts';
import { describeRequest } from '../../src/engine/calls/request.ts';
import { optionsFrom } from '../../src/engine/integrations/form.ts';
import { parseManifest } from '../../src/engine/manifest/parse.ts';
import type { OptionsAnswer } from '../../src/engine/ports/chat-stores.ts';
import type { Http } from '../../src/engine/ports/http.ts';
import type { OAuthToken } from '../../src/engine/ports/integration-stores.ts';
import type { RandomBytes } from '../../src/engine/ports/time-and-chance.ts';
import { buildVariables } from '../../src/engine/templates/variables.ts';
import { readPerson } from '../../src/try/command/person-file.ts';
import { terminalWords } from '../../src/try/command/words.ts';
import { withFixture } from '../../src/try/fixture.ts';
import type { TryResult } from '../../src/try/result.ts';
import { tryManifest } from '../../src/try/try-manifest.ts';
import { temporaryMemory } from '../support/database/memory.ts';
import { ok } from '../support/given/outcomes.ts';
import { localHttp } from '../support/given/worker.ts';

/** A request as the API's documentation has it. */
export interface Expected {
  readonly method: string;
  readonly url: string;
  /** Headers of this request that differ from those of the file. */
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, or a form as an object of texts under `form`. */
  readonly body?: Json;
  readonly form?: Readonly<Record<string, string>>;
}

/** What the API answers, as its documentation has it. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Json;
}

export interface Exchange {
  readonly request: Expected;
  readonly answer: Answer;
}

/** What a request came as. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Json;
  readonly form?: Readonly<Record<string, string>>;
  /** Of a multipart body: its text. */
  readonly parts?: string;
}

export interface Setting {
  /** The manifest's name, without `.json`. */
  readonly name: string;
  readonly secrets: Readonly<Record<string, string>>;
  readonly oauth?: JsonObject;
  readonly form?: Readonly<Record<string, string | readonly string[]>>;
  /** More about the person. */
  readonly person?: JsonObject;
  /** What is stored with the person. */
  readonly stored?: JsonObject;
  /** Addresses of people who exist already. */
  readonly people?: readonly string[];
}

export type Part = 'execute' | 'exists' | 'revoke' | 'sync' | 'accounts';

const PERSON = {
  email: 'ann.lee@example.com',
  first_name: 'Ann',
  last_name: 'Lee',
  start: '2026-11-30',
};

const MANIFESTS = new URL('../../manifests/', import.meta.url);

const manifestText = (name: string): Promise<string> =>
  readFile(new URL(`${name}.json`, MANIFESTS), 'utf8');

/** The same bytes each time, so that a generated password is known. */
const randomBytes: RandomBytes = (size) => Uint8Array.from({ length: size }, (_, i) => i * 11 + 5);
export const GENERATED = generateSecret(randomBytes);

/** Tries one part of a manifest. The answers are given in turn; what came is given back beside the result. */
export async function attempt(
  part: Part,
  setting: Setting,
  answers: readonly Answer[],
): Promise<Attempted> {
  return attemptText(await manifestText(setting.name), part, setting, answers);
}

export interface Attempted {
  readonly result: TryResult;
  readonly received: readonly Received[];
}

/** The same for a manifest's text. */
export async function attemptText(
  text: string,
  part: Part,
  setting: Setting,
  answers: readonly Answer[],
): Promise<Attempted> {
  const double = await startDouble(answers);
  let clock = Date.parse('2026-11-25T09:00:00Z');
  let ids = 0;
  const newId = () => `id-${++ids}`;
  const about = { ...PERSON, ...setting.person, stored: setting.stored ?? {} };
  const person = ok(readPerson(about, 'person'));
  const people = (setting.people ?? []).map((email) => readPerson({ email }, 'people'));
  const result = await tryManifest(
    { name: setting.name, manifestText: text, options: { part } },
    {
      ...(part !== 'sync' && { person: person.value }),
      secrets: setting.secrets,
      ...(setting.oauth && { oauth: setting.oauth }),
      form: part === 'execute' ? (setting.form ?? {}) : {},
      people: people.flatMap((each) => (each.ok ? [each.value] : [])),
    },
    {
      words: terminalWords,
      http: double.http,
      now: () => new Date(clock),
      newId,
      randomBytes,
      pause: async (ms) => {
        clock += ms;
      },
      progress: () => {},
      openMemory: temporaryMemory,
    },
  );
  return { result, received: double.received };
}

/** Fetches the options of one field, as an opened form does. */
export async function fetchOptions(
  fieldId: string,
  setting: Setting,
  answer: Answer,
): Promise<{ readonly options: OptionsAnswer; readonly received: readonly Received[] }> {
  const parsed = parseManifest(await manifestText(setting.name));
  const field = parsed.ok ? parsed.manifest.form.find(({ id }) => id === fieldId) : undefined;
  if (!parsed.ok || !field?.request) throw new Error(`${fieldId} fetches no options`);
  const double = await startDouble([answer]);
  const variables = buildVariables({ secrets: setting.secrets, oauth: setting.oauth });
  const described = ok(describeRequest(field.request, variables, parsed));
  const came = await double.http.send(described.request, { timeoutMs: 5000, maxBytes: 100_000 });
  if (came.kind === 'failed') throw new Error(came.message);
  return {
    options: optionsFrom(field, parseJson(came.text), (text) => text),
    received: double.received,
  };
}

const PUBLIC_URL = 'https://latchkey.example.com';

/** Connects an integration as its admin would. @returns where they sign in, and how the token was asked for */
export async function connect(
  setting: Setting,
  code: string | undefined,
  answer: Answer,
): Promise<{
  readonly signInAt: string;
  readonly token: OAuthToken | undefined;
  readonly received: readonly Received[];
}> {
  const text = await manifestText(setting.name);
  const parsed = parseManifest(text);
  if (!parsed.ok || !parsed.manifest.oauth) throw new Error(`${setting.name} has no oauth`);
  const double = await startDouble([answer]);
  let ids = 0;
  const env = {
    http: double.http,
    now: () => new Date('2026-11-25T09:00:00Z'),
    newId: () => `id-${++ids}`,
    randomBytes,
    pause: async () => {},
    progress: () => {},
    openMemory: temporaryMemory,
  };
  const inputs = { secrets: setting.secrets, form: {}, people: [] };
  const redirectUrlOf = redirectUrls(PUBLIC_URL);
  const { exchanged, redirectUrl } = await withFixture(
    { name: setting.name, manifestText: text, inputs },
    env,
    async (fixture) => {
      const tokens = createTokens({ ...env, ...fixture, redirectUrlOf });
      const { id } = fixture.integration;
      return {
        exchanged: await tokens.exchangeCode(id, { code }, { kind: 'system' }),
        redirectUrl: redirectUrlOf(id),
      };
    },
  );
  const described = describeRequest(
    {
      url: parsed.manifest.oauth.authenticateUrl,
      method: 'GET',
      headers: {},
      castDataToJson: false,
    },
    buildVariables({ secrets: setting.secrets, redirectUrl }),
    { ...parsed, ownHeadersOnly: true },
  );
  return {
    signInAt: described.ok ? described.request.url : described.error,
    token: exchanged.ok ? exchanged.token : undefined,
    received: double.received,
  };
}

// ---------------------------------------------------------------- the double

/** A server that gives its answers in turn, and the way to it from any address. */
async function startDouble(
  answers: readonly Answer[],
): Promise<{ readonly http: Http; readonly received: readonly Received[] }> {
  const received: Received[] = [];
  let origin = '';
  const answerTo = async (request: IncomingMessage, response: ServerResponse) => {
    const text = await readBody(request);
    const answer = answers[received.length] ?? { status: 500, body: 'No answer is left' };
    received.push(asReceived(request, origin, text));
    reply(response, answer);
  };
  const server = createServer((request, response) => {
    void answerTo(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const local = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const real = localHttp();
  return {
    received,
    http: {
      send(request, limits, streams) {
        const { origin: wanted } = new URL(request.url);
        origin = wanted;
        return real.send({ ...request, url: request.url.replace(wanted, local) }, limits, streams);
      },
    },
  };
}

/** Headers of the wire, and those that Latchkey sends everywhere. */
const OWN_HEADERS = [
  'host',
  'connection',
  'accept-encoding',
  'content-length',
  'transfer-encoding',
  'user-agent',
  'idempotency-key',
];

function asReceived(request: IncomingMessage, origin: string, text: string): Received {
  const headers = Object.fromEntries(
    Object.entries(request.headers)
      .filter(([name]) => !OWN_HEADERS.includes(name))
      .map(([name, value]) => [name, withoutBoundary(String(value))]),
  );
  const type = headers['content-type'] ?? '';
  const isForm = type.includes('x-www-form-urlencoded');
  const isMultipart = type.startsWith('multipart/');
  return {
    method: request.method ?? '',
    url: `${origin}${request.url ?? ''}`,
    headers,
    ...(text !== '' && isForm && { form: Object.fromEntries(new URLSearchParams(text)) }),
    ...(isMultipart && { parts: text }),
    ...(text !== '' && !isForm && !isMultipart && { body: parseJson(text) }),
  };
}

/** The boundary between parts is another each time. */
const withoutBoundary = (value: string): string => value.replace(/; boundary=.*$/, '');

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // Node's requests give buffers.
  return Buffer.concat(chunks).toString('utf8');
}

function reply(response: ServerResponse, { status, headers = {}, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body === undefined ? undefined : stringifyJson(body));
}
