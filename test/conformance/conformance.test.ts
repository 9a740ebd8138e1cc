/** Every case of the corpus, through the engine in memory and against a real server; some as a command, too. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TryOptions, tryFile } from '../../src/cli/try.ts';
import { newId } from '../../src/core/ids.ts';
import { type Json, parseJson, stringifyJson } from '../../src/core/json.ts';
import { parseAllowList } from '../../src/http/address-guard.ts';
import { createHttp } from '../../src/http/got-http.ts';
import type { TryEnv } from '../../src/try/env.ts';
import { exitCodeOf, type TryResult } from '../../src/try/result.ts';
import { runCommand, runCommandProcess } from '../support/command-line.ts';
import { temporaryMemory } from '../support/database/memory.ts';
import { ok } from '../support/given/outcomes.ts';
import { type Addresses, type Case, prepared, readCorpus } from './corpus.ts';
import { type ScriptedServer, scriptedServer } from './scripted-server.ts';
import { expectOutcome } from './verdict.ts';

const corpus = readCorpus();
const ALLOWED = '127.0.0.1 localhost';

/** In the middle of a second, which headers of answers can't say. */
const START = Date.parse('2026-11-24T09:00:00.640Z');

/** Only a wait moves it on: no case takes the time that it is about, nor depends on what the machine takes. A command has the time. */
let clock: number | undefined;
const now = (): Date => new Date(clock ?? Date.now());

let server: ScriptedServer;
let addresses: Addresses;
let folder: string;

beforeAll(async () => {
  server = await scriptedServer(now);
  const host = `127.0.0.1:${server.port}`;
  addresses = {
    BASE: `http://${host}`,
    // The same server by another name is another origin.
    OTHER: `http://localhost:${server.port}`,
    HOST: host,
    DEAD: 'http://127.0.0.1:1', // None gets it who asks for any port.
  };
  folder = await mkdtemp(join(tmpdir(), 'latchkey-conformance-'));
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

describe.each(corpus)('$name', ({ cases }) => {
  test.each(cases)('$name', async (given) => {
    clock = START;
    const ready = prepared(given, addresses, now());
    const { manifest, options } = await written(ready);
    server.follow(ready.script);
    const result = await tryFile(manifest, options, world());
    expect(result).toMatchObject({ status: ready.expect.status });
    expectOutcome(ready, result, server.received, clock - START);
  });
});

describe('as a command', () => {
  const chosen = corpus.flatMap(({ cases }) => cases.filter(({ cli }) => cli === true));

  test('a tenth of the corpus is tried as a command', () => {
    const all = corpus.flatMap(({ cases }) => cases).length;
    expect(all).toBeGreaterThanOrEqual(150);
    expect(chosen.length).toBeGreaterThanOrEqual(all / 10);
  });

  test.each(chosen)('$name', async (given) => {
    clock = undefined;
    const ready = prepared(given, addresses, now());
    const { manifest, options } = await written(ready);
    server.follow(ready.script);
    const run = given === chosen[0] ? runCommandProcess : runCommand;
    const environment = { PATH: process.env['PATH'], ALLOW_PRIVATE_HOSTS: ALLOWED };
    const { code, out, err } = await run(commandLine(manifest, options), environment);
    const result = parseJson(out) as unknown as TryResult; // Judged value by value below.
    expectOutcome(ready, result, server.received);
    expect(code).toBe(exitCodeOf(result));
    expect(err).toBe('');
  });
});

function world(): TryEnv {
  const allowed = ok(parseAllowList(ALLOWED));
  return {
    http: createHttp({ allowPrivateHosts: allowed.list, userAgent: 'Latchkey/test' }),
    now,
    newId,
    publicUrl: 'https://latchkey.example.com',
    randomBytes: (size) => randomBytes(size),
    pause: async (ms) => {
      clock = now().getTime() + ms;
    },
    progress: () => undefined,
    openMemory: temporaryMemory,
  };
}

/** The files of a case, as `latchkey try` reads them. */
async function written(
  given: Case,
): Promise<{ readonly manifest: string; readonly options: TryOptions }> {
  const put = async (name: string, json: Json): Promise<string> => {
    const file = join(folder, `${name}.json`);
    await writeFile(file, stringifyJson(json));
    return file;
  };
  const options: Record<string, string> = {};
  for (const key of ['person', 'secrets', 'form', 'people'] as const) {
    const json = given[key];
    if (json !== undefined) options[key] = await put(key, json);
  }
  return {
    manifest: await put('manifest', given.manifest),
    options: { ...options, ...(given.part && { part: given.part }) },
  };
}

const commandLine = (manifest: string, options: TryOptions): readonly string[] => [
  'try',
  manifest,
  ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
  '--json',
];
