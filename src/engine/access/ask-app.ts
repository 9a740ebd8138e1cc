/** Asks an app with `exists` about each account of a person: which ones, what doubt there is, and when it is asked again. */
import { HOUR_MS, MINUTE_MS } from '../../core/hours.ts';
import { type AskDeps, ask } from '../calls/ask.ts';
import { type Context, type ContextFor, type Gathered, gather } from '../calls/context.ts';
import { BUSY_PAUSE_MS, RESPONSE_BYTES } from '../calls/limits.ts';
import { isSuccess } from '../calls/outcome.ts';
import { isRateLimited, pauseNamed } from '../calls/rate-limit.ts';
import type { ManifestExists } from '../manifest/request-schema.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { Person, PersonAtApp } from '../people/directory.ts';
import { hadBefore } from '../people/exchanged-address.ts';
import { missingFacts, notChecked } from '../people/needed-facts.ts';
import type { HttpAnswer } from '../ports/http.ts';
import type { Database, Stores } from '../ports/unit-of-work.ts';
import type { RunInputs } from '../runs/run.ts';
import { repeatAfter } from '../runs/step-outcome.ts';
import { type Account, type AccountAnswer } from './account.ts';
import { alsoOf, keysOf, sayNotSure } from './account-keys.ts';
import {
  type AccountFacts,
  accountFactsOf,
  doubtedAddresses,
  isProven,
  isSameAccount,
  namingVariables,
  sayDoubt,
  type TakenAddresses,
  takenAddresses,
  takenBy,
} from './accounts.ts';
import { type ExistsVerdict, judgeExists } from './exists.ts';
import { type CheckTries } from './queue-check.ts';
import { RECHECK_AFTER_MS } from './removals/removal.ts';

export interface CheckDeps extends AskDeps, Database {
  /** Form values, where someone tries a manifest; checks from chat have none. */
  readonly form?: RunInputs['form'];
  /** Earlier tries, where the queue retries. Left out: one try only. */
  readonly before?: CheckTries;
  /** Left out: half a minute. */
  readonly timeoutMs?: number;
  /** Nobody looks at the card: a check waits while its host is down or limits requests. `since`: how long it has done so. */
  readonly waitsForHost?: { readonly since: Date };
  /** Left out: accounts that are named by what someone typed are checked, too. */
  readonly onlyProven?: true;
}

/** A host that answers others may fail for one person alone: that one is not confirmed after so long. */
const MAX_HOST_WAIT_MS = HOUR_MS;
/** Where the host names no time. */
const HOST_PAUSE_MS = MINUTE_MS;

/** Someone looks at the card: an app that needs longer is shown as unknown, with Try again. */
const CHECK_TIMEOUT_MS = 30_000;

export type Answer = Omit<AccountAnswer, 'checkedAt'> & Pick<ExistsVerdict, 'isRefusal'>;

/** It is retried soon: the host was busy and nothing was sent, or the request may be repeated. */
export interface Postponed {
  readonly postponeMs: number;
  readonly asked?: CheckTries;
}

/** What is checked: a stored account, or the one that the directory's facts name. */
type Target = Account | 'directory';

export interface NamedAccount extends AccountFacts {
  readonly manifest: Manifest;
}

export interface Answered {
  readonly target: Target;
  /** What names the account of the directory; left out where that isn't known. */
  readonly named?: NamedAccount;
  readonly answer: Answer;
}

/** A worker that was down checks a week later. */
export const RECHECKED_MS = RECHECK_AFTER_MS[3] + 7 * RECHECK_AFTER_MS[1];

interface ToAsk extends PersonAtApp {
  readonly manifest: Manifest & { readonly exists: ManifestExists };
  /** What the directory's facts name. */
  readonly named: AccountFacts;
  readonly directory: Gathered;
  readonly wanted: ContextFor;
  readonly targets: readonly Target[];
  readonly taken: TakenAddresses;
  /** Who had the person's address until an import exchanged it, lately. */
  readonly exchanged: Person | undefined;
}

/** Each account that isn't proven gone, those proven gone lately, and the one of the directory. */
export async function whomToAsk(
  personId: string,
  integrationId: string,
  deps: Pick<CheckDeps, 'stores' | 'now' | 'form' | 'onlyProven'>,
): Promise<ToAsk | { readonly answered: readonly Answered[] } | undefined> {
  const { integrations, people, accounts } = deps.stores;
  const integration = await integrations.find(integrationId);
  const person = await people.find(personId);
  if (!integration || integration.deletedAt || !person) return undefined;
  const wanted = {
    personId,
    integrationId,
    inputs: { form: deps.form ?? {}, generated: {} },
  };
  const directory = await gather(deps.stores, wanted);
  if (!directory.ok) {
    const answer = { state: 'unknown', reason: directory.why } as const;
    const open = await accounts.openAt(personId, integrationId);
    return { answered: [...open, 'directory' as const].map((target) => ({ target, answer })) };
  }
  const { manifest } = directory.context;
  const { exists } = manifest;
  if (!exists) return undefined;
  const named = accountFactsOf(manifest, directory.context.variables([]));
  const since = new Date(deps.now().getTime() - RECHECKED_MS);
  const lately = (await accounts.goneAt(personId, integrationId)).filter(
    ({ goneAt }) => goneAt && goneAt > since,
  );
  const open = await accounts.openAt(personId, integrationId);
  const isOpenToo = (gone: Account) => open.some((each) => isSameAccount(each, gone, manifest));
  const known = [...open, ...lately.filter((gone) => !isOpenToo(gone))];
  const asksLike = { headers: manifest.headers, exists, revoke: [] };
  const isKnown = known.some((each) => isSameAccount({ ...each, form: {} }, named, asksLike));
  const taken = await takenAddresses(deps.stores, known, person);
  const exchanged = await hadBefore(deps.stores, person, deps.now());
  const isAsked = (target: Target): boolean =>
    !deps.onlyProven || isProven(target === 'directory' ? named : target, asksLike, person);
  const targets = (isKnown ? known : [...known, 'directory' as const]).filter(isAsked);
  const asked = { ...manifest, exists };
  const asking = { person, integration, manifest: asked, named, directory, wanted, targets };
  return { ...asking, taken, exchanged };
}

export const gatherTarget = async (
  target: Target,
  { directory, wanted }: Pick<ToAsk, 'directory' | 'wanted'>,
  { stores }: Pick<CheckDeps, 'stores'>,
): Promise<Gathered> =>
  target === 'directory' ? directory : gather(stores, { ...wanted, account: target });

/** @returns what the app says of each account; undefined where there is no `exists`, person or integration */
export async function askAll(
  personId: string,
  integrationId: string,
  deps: CheckDeps,
): Promise<readonly Answered[] | Postponed | undefined> {
  const whom = await whomToAsk(personId, integrationId, deps);
  if (!whom || 'answered' in whom) return whom?.answered;
  const { manifest, named } = whom;
  const answered: Answered[] = [];
  for (const target of whom.targets) {
    const gathered = await gatherTarget(target, whom, deps);
    const said = gathered.ok
      ? await askExists(gathered.context, manifest.exists, deps)
      : { state: 'unknown' as const, reason: gathered.why };
    if ('postponeMs' in said) return said;
    const doubt = await doubtOf(deps.stores, said, { ...whom, target });
    if (doubt !== undefined && target !== 'directory' && target.goneAt) continue;
    const answer = doubt === undefined ? said : { state: 'unknown' as const, reason: doubt };
    answered.push({ target, named: { ...named, manifest }, answer });
  }
  return answered;
}

interface Doubted
  extends Pick<ToAsk, 'named' | 'manifest' | 'person' | 'integration' | 'taken' | 'exchanged'> {
  readonly target: Target;
}

/** Why the app may have answered about someone else. Nobody's account is under a name for which it says `none`. */
async function doubtOf(
  stores: Stores,
  { state }: Answer,
  { target, person, integration, named, manifest, ...doubts }: Doubted,
): Promise<string | undefined> {
  if (state === 'none') return undefined;
  const account = target === 'directory' ? named : target;
  const taken = state === 'has' ? doubtedAddresses(person, account, doubts) : doubts.taken;
  const other = takenBy(account, taken);
  if (other) {
    const variables = namingVariables(person, account, taken);
    if (missingFacts(manifest, 'exists', variables).length > 0) return sayDoubt(other, account);
  }
  if (state !== 'has' || (target !== 'directory' && target.wasThere)) return undefined;
  const whose = { personId: person.id, integrationId: integration.id };
  const theirs = await alsoOf(stores, { ...whose, ...keysOf(manifest, account) });
  return theirs && sayNotSure(theirs, integration.name);
}

export const missingFor = (context: Context) =>
  missingFacts(context.manifest, 'exists', context.variables([]));

async function askExists(
  gathered: Context,
  exists: ManifestExists,
  deps: CheckDeps,
): Promise<Answer | Postponed> {
  // A check without the naming facts would find nobody.
  const missing = missingFor(gathered);
  if (missing.length > 0) return { state: 'unknown', reason: notChecked(missing) };
  const limits = { timeoutMs: deps.timeoutMs ?? CHECK_TIMEOUT_MS, maxBytes: RESPONSE_BYTES };
  const askedAt = deps.now();
  const asked = await ask(exists, gathered, { ...deps, limits });
  if (asked.kind === 'not-asked') return { state: 'unknown', reason: asked.why };
  const { answer, context, variables } = asked;
  const { before } = deps;
  if (answer.kind === 'failed' && answer.code === 'host-busy')
    return { postponeMs: answer.retryAfterMs ?? BUSY_PAUSE_MS, asked: before };
  const pauseMs =
    deps.waitsForHost && hostPause(exists, answer, { ...deps.waitsForHost, now: deps.now() });
  if (pauseMs !== undefined) return { postponeMs: pauseMs };
  const again = before && askAgain(exists, answer, { before, now: deps.now() });
  if (again) return again;
  const verdict = judgeExists(exists, answer, {
    variables,
    app: context.integration.name,
  });
  const is2xx = answer.kind === 'answer' && answer.status >= 200 && answer.status < 300;
  if (is2xx && verdict.state !== 'unknown' && !verdict.isRefusal && !verdict.byStatus)
    await deps.transact((tx) => tx.health.markOk(context.integration.id, tx.now, askedAt));
  return { ...verdict, reason: context.redact(verdict.reason) };
}

/** Undefined where the answer is about the person: another try would not change it. */
function hostPause(
  spec: ManifestExists,
  answer: HttpAnswer,
  { since, now }: { readonly since: Date; readonly now: Date },
): number | undefined {
  if (answer.kind === 'failed' && answer.code === 'circuit-open')
    return answer.retryAfterMs ?? HOST_PAUSE_MS;
  const isHosts =
    answer.kind === 'answer'
      ? !isSuccess(spec, answer.status) && (isRateLimited(answer) || answer.status === 503)
      : answer.code === 'no-connection' || answer.code === 'unknown-host';
  if (!isHosts || now.getTime() - since.getTime() > MAX_HOST_WAIT_MS) return undefined;
  const named = answer.kind === 'answer' ? pauseNamed(answer, now) : answer.retryAfterMs;
  // A check may wait an hour: with a pause of none it would ask thousands of times.
  return Math.min(Math.max(named ?? HOST_PAUSE_MS, BUSY_PAUSE_MS), MAX_HOST_WAIT_MS);
}

/** As for each request, but only while someone may still look at the card. */
function askAgain(
  spec: ManifestExists,
  answer: HttpAnswer,
  { before, now }: { readonly before: CheckTries; readonly now: Date },
): Postponed | undefined {
  if (answer.kind === 'answer' && isSuccess(spec, answer.status)) return undefined;
  // The host is known to be down, so it isn't retried.
  if (answer.kind === 'failed' && answer.code === 'circuit-open') return undefined;
  const tries = before.tries + 1;
  const postponeMs = repeatAfter({
    answer,
    method: spec.method,
    step: { tries, startedAt: new Date(before.since) },
    now,
    windowMs: CHECK_TIMEOUT_MS,
  });
  return postponeMs === undefined ? undefined : { postponeMs, asked: { ...before, tries } };
}
