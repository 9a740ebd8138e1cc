/**
 * What a program sends that has a right token: damaged bodies, ids, parameters, cursors and headers to every address of the API, and
 * damaged messages to `/mcp`. It is someone's own program that went wrong, or a token that was found.
 */
import * as fc from 'fast-check';
import { type Json, stringifyJson } from '../../src/core/json.ts';
import type { Endpoint } from '../../src/web/api/endpoint.ts';
import { endpoints } from '../../src/web/api/endpoints.ts';
import { readTools } from '../../src/web/mcp/tools.ts';
import { judge, type Outcome, Tally } from './attacks.ts';
import { damagedText, hostileText, hostileValue, sample } from './corpus.ts';
import type { Answer, Sending } from './lab.ts';

/** Ids of what is there. */
export interface ThereIs {
  readonly person: string;
  readonly integration: string;
  readonly bundle: string;
  readonly bundleVersion: string;
  readonly request: string;
  readonly task: string;
}

export interface Programs {
  /** By path: `/api/v1/people` or `/mcp`. With a right token. */
  send(path: string, sending: Sending): Promise<Answer>;
  readonly there: ThereIs;
}

const ANSWERS = [200, 201, 202, 204, 400, 403, 404, 405, 409, 413, 415, 422];

export async function attackPrograms(
  programs: Programs,
  count: number,
  seed: number,
): Promise<Outcome> {
  const tally = new Tally();
  const calls = fc.oneof(
    { weight: 3, arbitrary: apiCall(programs.there) },
    { weight: 1, arbitrary: mcpCall(programs.there) },
  );
  for (const { path, ...sending } of sample(calls, count, seed)) {
    const input = { path, ...sending };
    judge(tally, await programs.send(path, sending), ANSWERS, input);
  }
  return tally.outcome;
}

type Call = Sending & { readonly path: string };

/** Half a character has no place in an address. */
const inAddress = (text: string): string =>
  encodeURIComponent(Buffer.from(text).toString()).slice(0, 2000);

const cursor = fc.oneof(
  hostileText,
  hostileValue.map((value) =>
    Buffer.from(stringifyJson(value).slice(0, 300)).toString('base64url'),
  ),
  fc
    .tuple(fc.constantFrom(0, -1, 8.64e15, 1e300, 1_795_511_400_000), hostileText)
    .map((place) => Buffer.from(JSON.stringify(place)).toString('base64url')),
);

/** Of every shape that some address takes: the wrong ones are refused. */
function bodiesOf(there: ThereIs): readonly Json[] {
  const { person: personId, integration: integrationId, bundleVersion: versionId } = there;
  const answers = { TEAM: 't1', NOTE: 'x' };
  return [
    { integrationId, personId, reason: 'work', hours: 5, answers, facts: { github: 'x' } },
    { integrationId, reason: 'work', answers, facts: {} },
    { versionId, personId, reason: 'work', facts: { github: 'x' } },
    { rules: 'x', comment: 'fine', hours: 3 },
    { rules: 'x', reason: 'no' },
    { integrationId, personId, exception: { reason: 'no', until: '2030-01-02' } },
    { integrationId },
    { ticked: [0, 1] },
    {},
  ];
}

/** Which of the bodies below an address takes. */
const TAKES: Readonly<Record<string, number>> = {
  '/requests': 1,
  '/bundles/{id}/request': 2,
  '/requests/{id}/approve': 4,
  '/requests/{id}/deny': 3,
  '/access/grant': 5,
  '/access/revoke': 6,
  '/access/give-back': 6,
};

/** Of the right shape, with any words in it; mostly of the one that the address takes. */
function wordy({ person: personId, integration: integrationId, bundleVersion }: ThereIs) {
  const words = hostileText.map((text) => text.slice(0, 1500));
  return fc.tuple(fc.nat(), words, words, words).map(([which, reason, note, github]) => {
    const facts = { github };
    const answers = { TEAM: 't1', NOTE: note };
    const bodies: readonly Json[] = [
      { integrationId, personId, reason, answers, facts },
      { integrationId, reason, answers, facts },
      { versionId: bundleVersion, reason, facts },
      { rules: note, reason },
      { rules: note, comment: reason },
      { integrationId, personId, answers, facts },
      { integrationId, personId, exception: { reason } },
      {},
    ];
    const any = which % bodies.length;
    return (path: string) =>
      stringifyJson(bodies[which % 4 === 0 ? any : (TAKES[path] ?? any)] ?? {});
  });
}

function apiCall(there: ThereIs): fc.Arbitrary<Call> {
  const known = fc.constantFrom(...Object.values(there));
  const id = fc.oneof(known, known, hostileText.map(inAddress), fc.constant('%00'));
  const value = fc.oneof(
    { weight: 3, arbitrary: hostileText },
    { weight: 1, arbitrary: known },
    { weight: 1, arbitrary: fc.constantFrom('open', 'has', 'request.made', '2026-11-24', '1') },
  );
  return fc
    .record({
      endpoint: fc.oneof(
        fc.constantFrom(...endpoints),
        fc.constantFrom(...endpoints.filter(({ method }) => method === 'POST')),
      ),
      id,
      // Which of its parameters are given, and what they say.
      given: fc.oneof(
        fc.constant([]),
        fc.array(fc.tuple(fc.nat(), value, cursor), { maxLength: 2 }),
      ),
      body: fc.oneof(
        damagedText(bodiesOf(there)).map((text) => () => text),
        wordy(there),
      ),
      type: fc.oneof(
        { weight: 9, arbitrary: fc.constant('application/json') },
        { weight: 1, arbitrary: fc.constantFrom('application/json; charset=utf-7', 'text/xml') },
      ),
      key: fc.oneof(fc.uuid(), fc.uuid(), fc.uuid(), fc.constantFrom('', 'k', 'x'.repeat(300))),
    })
    .map(({ endpoint, id: of, given, body, type, key }): Call => {
      const { method, path } = endpoint;
      const query = queryOf(endpoint, given);
      return {
        path: `/api/v1${path.replace('{id}', of || 'x')}${query && `?${query}`}`,
        method,
        headers: { 'idempotency-key': key, ...(method === 'POST' && { 'content-type': type }) },
        ...(method === 'POST' && { body: body(path) }),
      };
    });
}

function queryOf(
  { query }: Endpoint,
  given: readonly (readonly [at: number, value: string, cursor: string])[],
): string {
  const names = Object.keys(query.shape);
  if (names.length === 0) return '';
  return given
    .map(([at, value, place]) => {
      const name = names[at % names.length] ?? '';
      return `${name}=${inAddress(name === 'cursor' ? place : value)}`;
    })
    .join('&');
}

function mcpCall(there: ThereIs): fc.Arbitrary<Call> {
  const { person: personId, integration: integrationId } = there;
  const args = { integrationId, personId, reason: 'work', hours: 5, answers: { TEAM: 't1' } };
  const called = (name: string, given: Json): Json => ({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name, arguments: given },
  });
  const messages: readonly Json[] = [
    { jsonrpc: '2.0', id: 'a', method: 'initialize', params: { protocolVersion: '2025-06-18' } },
    { jsonrpc: '2.0', id: 2, method: 'tools/list' },
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    called('prepare_request', args),
    called('describe_request_form', { integrationId, personId }),
    ...readTools.map(({ name }) => called(name, { id: personId, limit: 3, text: 'a' })),
  ];
  const version = fc.constantFrom('2025-03-26', '2025-06-18', '2026-07-28', 'x');
  return fc
    .tuple(damagedText([...messages, messages.slice(0, 4), messages.slice(1, 9)]), version)
    .map(([body, said]): Call => {
      const headers = {
        'content-type': 'application/json',
        ...(said !== 'x' && { 'mcp-protocol-version': said }),
      };
      return { path: '/mcp', method: 'POST', headers, body };
    });
}
