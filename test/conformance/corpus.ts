/** The corpus: one file for each part of the language, each a list of cases. See README.md beside it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  isJsonObject,
  type Json,
  type JsonObject,
  parseJson,
  stringifyJson,
} from '../../src/core/json.ts';
import type { Part } from '../../src/try/parts.ts';
import type { ScriptedAnswer } from './scripted-server.ts';

export interface ExpectedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: Json;
  /** A subset; null is a header that may not be there. */
  readonly headers?: Readonly<Record<string, Json>>;
  /** JSON, or the exact text. */
  readonly body?: Json;
}

export interface Case {
  readonly name: string;
  readonly part?: Part;
  readonly manifest: JsonObject;
  readonly person?: JsonObject;
  readonly secrets?: JsonObject;
  readonly form?: JsonObject;
  readonly people?: Json;
  readonly script: readonly ScriptedAnswer[];
  readonly expect: {
    readonly status: string;
    readonly error?: {
      readonly code?: string;
      readonly step?: number;
      readonly says?: string;
    } | null;
    /** All requests that may come, in order. */
    readonly requests?: readonly ExpectedRequest[];
    /** Of each request its Idempotency-Key: equal labels are equal keys, null is none. */
    readonly idempotency?: readonly (string | null)[];
    /** Of each step how often it was sent. */
    readonly tries?: readonly number[];
    readonly stored?: Json;
    readonly deliveries?: Json;
    readonly people?: Json;
    readonly oauth?: Json;
    /** Texts that some warning each has in it; an empty list is no warning at all. */
    readonly warnings?: readonly string[];
    /** Texts that the whole result has, or may not have, in it. */
    readonly shows?: readonly string[];
    readonly hides?: readonly string[];
    /** Seconds between sendings in all. The clock begins at 640 ms and moves with pauses only. */
    readonly waitedSeconds?: number;
  };
  /** Whether it is tried as a command, too: then it has no long waits. */
  readonly cli?: boolean;
}

export interface CorpusFile {
  readonly name: string;
  readonly cases: readonly Case[];
}

export function readCorpus(): readonly CorpusFile[] {
  const folder = import.meta.dirname;
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({
      name: name.replace('.json', ''),
      // The corpus is written for this type; a case that isn't fails as a test.
      cases: parseJson(readFileSync(join(folder, name), 'utf8')) as unknown as readonly Case[],
    }));
}

/** `[[BASE]]` and the like (and `[[ISO+60]]`, the time in a minute), for the addresses of this test. */
export type Addresses = Readonly<Record<'BASE' | 'OTHER' | 'HOST' | 'DEAD', string>>;

const ANN: JsonObject = { email: 'ann@example.com', first_name: 'Ann', last_name: 'Lee' };

/** What a case leaves out, and its addresses filled in. The server's own is the value `BASE` of every manifest. */
export function prepared(
  given: Case,
  addresses: Addresses,
  now: Date,
): Case & { readonly secrets: JsonObject } {
  const filled = parseJson(
    stringifyJson(given as unknown as Json)
      .replaceAll(/\[\[(BASE|OTHER|HOST|DEAD)\]\]/g, (_, name: keyof Addresses) => addresses[name])
      .replaceAll(/\[\[ISO\+(\d+)\]\]/g, (_, seconds: string) =>
        new Date(now.getTime() + Number(seconds) * 1000).toISOString(),
      ),
  ) as unknown as Case;
  const asked = filled.manifest['initial_data_form'];
  const base = { id: 'BASE', name: "The scripted server's address", secret: false };
  return {
    ...filled,
    manifest: {
      ...filled.manifest,
      initial_data_form: [base, ...(Array.isArray(asked) ? (asked as readonly Json[]) : [])],
    },
    ...(filled.part === 'sync' ? {} : { person: filled.person ?? ANN }),
    secrets: { BASE: addresses.BASE, ...(isJsonObject(filled.secrets) ? filled.secrets : {}) },
  };
}
