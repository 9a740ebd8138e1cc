/**
 * Renders every possible request and sends none. A value from a future answer becomes a placeholder such as
 * `<responses.0.id>`. So does a missing value.
 */
import { type Json, type JsonObject, stringifyJson } from '../core/json.ts';
import { t } from '../core/translate.ts';
import { unreachable } from '../core/unreachable.ts';
import {
  type Context,
  gather,
  gatherAccountList,
  gatherSync,
  gatherText,
} from '../engine/calls/context.ts';
import { describeRequest } from '../engine/calls/request.ts';
import { firstToken } from '../engine/calls/token-answer.ts';
import { type ManifestRequest } from '../engine/manifest/request-schema.ts';
import { accountListOf, type Manifest } from '../engine/manifest/schema.ts';
import { NEXT_PAGE_NUMBER, NEXT_PAGE_OFFSET, SINCE } from '../engine/manifest/variables.ts';
import type { RunInputs } from '../engine/runs/run.ts';
import type { Variables } from '../engine/templates/variables.ts';
import type { Fixture } from './fixture.ts';
import type { Part } from './parts.ts';
import { nothingDone, refused, type TryResult, type TryStep } from './result.ts';
import { showRequest } from './show.ts';
import { triedText } from './try-text.ts';

interface DryRunWish {
  readonly part: Part;
  readonly manifest: Manifest;
  readonly manifestText: string;
  readonly form: RunInputs['form'];
  /** Ids of the form's fields that have only a placeholder. */
  readonly unanswered: readonly string[];
}

export async function dryRun(wanted: DryRunWish, fixture: Fixture): Promise<TryResult> {
  const { manifest, part } = wanted;
  const requests = requestsOf(manifest, part);
  const ready = await prepare(wanted, fixture, requests);
  if (!ready.ok) return refused('not-set-up', ready.why);

  const warnings = new Set<string>();
  const steps: TryStep[] = [];
  const savedFiles = new Set<string>();
  let error: TryResult['error'] = null;
  for (const [index, spec] of requests.entries()) {
    const described = describeRequest(spec, ready.variables, { manifest, savedFiles });
    for (const warning of described.warnings) warnings.add(warning);
    if (described.ok) {
      const { method, url } = described.request;
      steps.push({
        method,
        url: placeholdersAgain(ready.redact(url)),
        status: null,
        tries: 0,
        ms: 0,
        request: showRequest(described.request, ready.redact),
        response: null,
      });
    } else if (uses(spec, ready.pending)) {
      warnings.add(
        t`Request ${index + 1} can't be shown until the values it needs are known. ${ready.redact(described.error)}`,
      );
    } else {
      error ??= { code: 'bad-request', message: ready.redact(described.error), step: index };
    }
    if (spec.saveAsFile !== undefined) savedFiles.add(spec.saveAsFile);
  }
  return {
    ...nothingDone,
    status: error ? 'failed' : 'succeeded',
    error,
    warnings: [...warnings],
    steps,
  };
}

function requestsOf(manifest: Manifest, part: Part): readonly ManifestRequest[] {
  switch (part) {
    case 'execute':
      return manifest.execute;
    case 'revoke':
      return manifest.revoke;
    case 'exists':
      return manifest.exists ? [manifest.exists] : [];
    case 'options':
      return manifest.kind === 'provision'
        ? manifest.form.flatMap(({ request }) => request ?? [])
        : [];
    case 'sync':
      return pagesOf(manifest);
    case 'accounts':
      return pagesOf(accountListOf(manifest));
    default:
      return unreachable(part);
  }
}

/** The requests of a list, and the one of its next page. */
function pagesOf(list: Manifest | undefined): readonly ManifestRequest[] {
  if (!list) return [];
  const last = list.execute.at(-1);
  const next = list.kind === 'sync' ? list.nextPage : undefined;
  return last && next !== undefined ? [...list.execute, { ...last, url: next }] : list.execute;
}

type ReadyRequests =
  | {
      readonly ok: true;
      readonly variables: Variables;
      readonly redact: Context['redact'];
      /** Names that have only a placeholder so far. */
      readonly pending: readonly string[];
    }
  | { readonly ok: false; readonly why: string };

/** The variables so far, with a placeholder for each later one. */
async function prepare(
  { manifest, manifestText, part, form, unanswered }: DryRunWish,
  fixture: Fixture,
  requests: readonly ManifestRequest[],
): Promise<ReadyRequests> {
  const { stores, integration, person } = fixture;
  const pending = await putPlaceholders(manifest, manifestText, fixture);
  const isList = part === 'sync' || part === 'accounts';
  const gathered =
    isList || !person
      ? await (part === 'accounts' ? gatherAccountList : gatherSync)(stores, integration.id)
      : manifest.kind === 'text'
        ? await gatherText(stores, integration.id, triedText(form, person))
        : await gather(stores, {
            personId: person.id,
            integrationId: integration.id,
            inputs: { form, generated: placeholdersOf(manifest, true) },
            ...(part === 'execute' && { kind: part }),
          });
  if (!gathered.ok) return gathered;
  const stored = Object.fromEntries(
    requests.flatMap(({ storeData = {} }) =>
      Object.keys(storeData).map((key) => [key, placeholder(key)]),
    ),
  );
  const { variables, redact } = gathered.context;
  return {
    ok: true,
    variables: {
      ...variables(placeholderResponses(requests), stored),
      ...(isList && {
        NEXT_PAGE_TOKEN: placeholder('NEXT_PAGE_TOKEN'),
        [NEXT_PAGE_NUMBER]: '2',
        [NEXT_PAGE_OFFSET]: placeholder(NEXT_PAGE_OFFSET),
      }),
      ...(manifest.kind === 'sync' && manifest.since !== undefined && { [SINCE]: '' }),
    },
    redact,
    pending: ['responses', ...Object.keys(stored), ...pending, ...unanswered],
  };
}

/** Whether a request uses one of the variables, or a part of it. */
const uses = (spec: ManifestRequest, names: readonly string[]): boolean =>
  [...stringifyJson(spec as unknown as Json).matchAll(/\{\{[{&#^]?\s*([^\s{}.]+)/g)].some(
    ([, name = '']) => names.includes(name),
  );

/** Adds a value for each missing secret, and a token when there is none. @returns their names */
async function putPlaceholders(
  manifest: Manifest,
  manifestText: string,
  { stores, integration: { id, createdAt } }: Fixture,
): Promise<readonly string[]> {
  const secrets = await stores.secrets.all(id);
  const unset = Object.keys(placeholdersOf(manifest, false)).filter(
    (name) => !Object.hasOwn(secrets, name),
  );
  for (const name of unset)
    await stores.secrets.put(id, name, placeholderSecret(name, manifestText));
  if (!manifest.oauth || (await stores.oauth.find(id))) return unset;
  const answer = new Map<string, NestedValues>();
  for (const [path, rest = ''] of manifestText.matchAll(/oauth\.([\w.-]+)/g))
    put(answer, rest.split('.'), placeholder(path));
  await stores.oauth.put(firstToken(id, asJson(answer) as JsonObject, createdAt));
  return [...unset, 'oauth'];
}

/** @param generated values that Latchkey generates, or values that people enter */
const placeholdersOf = (
  { initialDataForm }: Manifest,
  generated: boolean,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    initialDataForm
      .filter((item) => item.generate === generated)
      .map(({ id }) => [id, placeholder(id)]),
  );

export const placeholder = (name: string): string => `<${name}>`;

/** The placeholder of a value that begins an address must be an address, so that the rest can be rendered. */
const placeholderSecret = (id: string, manifestText: string): string =>
  new RegExp(String.raw`"\{\{\{?\s*${id.replace(/\W/g, '.')}\s*\}`).test(manifestText)
    ? `https://${id.toLowerCase().replace(/[^a-z\d]/g, '-')}.invalid`
    : placeholder(id);

/** In an address, placeholders were percent-encoded like any other value. */
const placeholdersAgain = (url: string): string =>
  url.replaceAll(/%3C([\w.%-]{1,100}?)%3E/g, (_, name: string) => placeholder(name));

/** Answers with a placeholder everywhere a template reads them. */
function placeholderResponses(requests: readonly ManifestRequest[]): readonly Json[] {
  const text = stringifyJson(requests as unknown as Json); // A manifest's requests are JSON, as their schema guarantees.
  const responses = requests.map(() => new Map<string, NestedValues>());
  for (const [path, index, rest] of text.matchAll(/responses\.(\d+)\.([^\s{}"\\]+)/g)) {
    const response = responses[Number(index)];
    if (response) put(response, (rest ?? '').split('.'), placeholder(path));
  }
  return responses.map(asJson);
}

/** Longer than any path that a template uses. */
const MAX_PATH = 50;

function put(target: Map<string, NestedValues>, path: readonly string[], value: string): void {
  const last = path.length - 1;
  let here = target;
  for (const [at, key] of path.slice(0, MAX_PATH).entries()) {
    const before = here.get(key);
    if (at === last) {
      if (before === undefined) here.set(key, value);
      return;
    }
    const inner = before instanceof Map ? before : new Map<string, NestedValues>();
    here.set(key, inner);
    here = inner;
  }
}

/** The answers while we build them. */
type NestedValues = string | Map<string, NestedValues>;

const asJson = (held: NestedValues): Json =>
  typeof held === 'string'
    ? held
    : Object.fromEntries([...held].map(([key, inner]) => [key, asJson(inner)]));
