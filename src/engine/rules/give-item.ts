/** Gives a person one item of a rule: opens its hold, grants the access where they lack it, and looks after what went wrong. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/hours.ts';
import { together } from '../../core/together.ts';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { isDenied } from '../access/account.ts';
import { hasSameAnswers } from '../access/deferred-grants.ts';
import { startGrant } from '../access/grant.ts';
import { heldAnswers } from '../access/held-answers.ts';
import type { Hold } from '../access/hold.ts';
import { openHold } from '../access/holds.ts';
import { checkSomeoneElse, queueCheck } from '../access/queue-check.ts';
import {
  type Access,
  type Integration,
  isManual,
  type Person,
  type PersonAtApp,
  SYSTEM,
} from '../people/directory.ts';
import { inWorkspaceLocale } from '../people/locales.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { isUnfinished } from '../runs/run.ts';
import { grantByHand } from '../tasks/by-hand.ts';
import { invalidate, ruleTopic } from '../work/topics.ts';
import { type Given, isClosed } from './load-rules.ts';
import { isNotConfirmed, NOT_CONFIRMED, type RuleItem, type RuleTrouble } from './rule.ts';

/** Daily, and a little less, so that a failure of yesterday evening is tried again in today's round. */
const RETRY_AFTER_MS = 20 * HOUR_MS;
const MAX_RETRIES = 3;
/** By then someone else was checked. */
const CHECK_AGAIN_MS = 5 * MINUTE_MS;
/** As of removals, between tries. */
const SHORTEST_PAUSE_MS = 15 * MINUTE_MS;
const LONGEST_PAUSE_MS = DAY_MS;

interface Giving {
  readonly person: Person;
  readonly given: Given;
  /** The rule's open hold; undefined where there is none. */
  readonly hold: Hold | undefined;
  readonly trouble: RuleTrouble | undefined;
}

export async function giveItem(tx: Transaction, giving: Giving): Promise<void> {
  const { person, given, hold, trouble } = giving;
  const found = hold ? await whatIsWrong(tx, hold, trouble) : await failedBefore(tx, person, given);
  switch (found.kind) {
    case 'under-way':
      return;
    case 'fine':
      if (trouble && trouble.failures > 0) await recover(tx, trouble);
      return;
    case 'lacks':
      if (!trouble || !isWaiting(trouble, tx.now)) await grantOrCount(tx, giving);
      return;
    case 'removed-at-app':
      return onceMore(tx, giving);
    case 'not-confirmed':
      return checkBesideOthers(tx, giving, found.access);
    case 'unknown':
      if (trouble && trouble.failures > 0) await recover(tx, trouble);
      return checkAgain(tx, found.access);
    case 'failed':
      return again(tx, giving, found);
    default:
      return unreachable(found);
  }
}

type Failure = { readonly kind: 'failed'; readonly id: string; readonly at: Date };

type Standing =
  | { readonly kind: 'fine' }
  | { readonly kind: 'under-way' }
  | { readonly kind: 'lacks' }
  | { readonly kind: 'removed-at-app' }
  /** The app denies it, which may not count; or nobody knows whether it is there, since the last check failed. */
  | { readonly kind: 'not-confirmed' | 'unknown'; readonly access: Access }
  /** `id`: of the run or hold, so that it counts once. */
  | Failure;

/** Whether the grant behind an open hold has failed, or the app has lost what it granted. */
async function whatIsWrong(
  tx: Transaction,
  hold: Hold,
  trouble: RuleTrouble | undefined,
): Promise<Standing> {
  const { personId, integrationId, runId, taskId } = hold;
  const [run, task, access, removal] = await together([
    runId === undefined ? undefined : tx.runs.find(runId),
    taskId === undefined ? undefined : tx.tasks.find(taskId),
    tx.access.find(personId, integrationId),
    tx.removals.open(personId, integrationId),
  ]);
  if (removal || (run && isUnfinished(run)) || task?.state === 'open') return { kind: 'under-way' };
  if (access?.state === 'has') return { kind: 'fine' };
  if (run && run.state !== 'succeeded') return { kind: 'failed', id: run.id, at: run.finishedAt };
  const grantedAt = run?.finishedAt ?? hold.startedAt;
  if (!access || access.checkedAt <= grantedAt) return { kind: 'fine' };
  if (access.state === 'none') return { kind: 'removed-at-app' };
  // Once the app has denied it, an answer that says neither changes nothing.
  const isDoubted =
    (trouble !== undefined && isNotConfirmed(trouble)) ||
    (await tx.accounts.openAt(personId, integrationId)).some(isDenied);
  return { kind: isDoubted ? 'not-confirmed' : 'unknown', access };
}

/** Why there is no open hold: the last grant ended before it wrote anything, or there was none. */
async function failedBefore(
  tx: Transaction,
  { id: personId }: Person,
  { item }: Given,
): Promise<Standing> {
  const latest = await tx.holds.latestOfRules(personId, item.integrationId);
  const last = latest.find(({ ruleItemId }) => ruleItemId === item.id);
  return last?.ended?.why === 'not-granted'
    ? { kind: 'failed', id: last.id, at: last.ended.at }
    : { kind: 'lacks' };
}

const noTrouble = ({ person, given: { rule, item } }: Giving): RuleTrouble => ({
  personId: person.id,
  ruleId: rule.id,
  itemId: item.id,
  integrationId: item.integrationId,
  failures: 0,
});

const isWaiting = (trouble: RuleTrouble, now: Date): boolean =>
  trouble.failures > MAX_RETRIES || isCountedToday(trouble, now);

const isCountedToday = ({ failedAt }: RuleTrouble, now: Date): boolean =>
  failedAt !== undefined && now.getTime() - failedAt.getTime() < RETRY_AFTER_MS;

async function recover(tx: Transaction, trouble: RuleTrouble): Promise<void> {
  const { failedAt: _, countedId: __, notifiedAt: ___, ...rest } = trouble;
  if (trouble.regrantedAt) await tx.ruleTroubles.put({ ...rest, failures: 0 });
  else await tx.ruleTroubles.delete(trouble);
  await invalidate(tx, ruleTopic(trouble.ruleId));
}

/** A grant failed: it counts once, and a day later the next one begins. */
async function again(tx: Transaction, giving: Giving, { id, at }: Failure): Promise<void> {
  const { trouble: before } = giving;
  const trouble =
    before?.countedId === id ? before : await count(tx, giving, { countedId: id, failedAt: at });
  if (!isWaiting(trouble, tx.now)) await grantOrCount(tx, { ...giving, trouble });
}

async function count(
  tx: Transaction,
  giving: Giving,
  failure: Pick<RuleTrouble, 'countedId' | 'failedAt'>,
): Promise<RuleTrouble> {
  const before = giving.trouble ?? noTrouble(giving);
  const counted: RuleTrouble = { ...before, failures: before.failures + 1, ...failure };
  const isToldNow = counted.failures > MAX_RETRIES && before.failures <= MAX_RETRIES;
  return isToldNow ? notify(tx, counted) : keep(tx, counted);
}

async function keep(tx: Transaction, trouble: RuleTrouble): Promise<RuleTrouble> {
  await tx.ruleTroubles.put(trouble);
  return trouble;
}

async function notify(tx: Transaction, trouble: RuleTrouble): Promise<RuleTrouble> {
  const notified = await keep(tx, { ...trouble, notifiedAt: tx.now });
  const { personId, integrationId, ruleId, itemId } = notified;
  const detail = { ruleId, itemId, failures: notified.failures };
  await tx.audit('rule.trouble', { actor: SYSTEM, personId, integrationId, detail });
  await invalidate(tx, ruleTopic(ruleId));
  await tx.emit({ kind: 'rule-trouble', trouble: notified });
  return notified;
}

/** The app says that what was granted is gone. Someone may have removed it by mistake once, and hardly twice. */
async function onceMore(tx: Transaction, giving: Giving): Promise<void> {
  const known = giving.trouble ?? noTrouble(giving);
  const { regrantedAt } = known;
  // It is confirmed now, so what wasn't no longer counts.
  const trouble = isNotConfirmed(known) ? { ...noTrouble(giving), regrantedAt } : known;
  if (regrantedAt) {
    if (!trouble.notifiedAt) await notify(tx, trouble);
    return;
  }
  if (isWaiting(trouble, tx.now)) return;
  if (await grantOrCount(tx, { ...giving, trouble }))
    await tx.ruleTroubles.put({ ...trouble, regrantedAt: tx.now });
}

/**
 * A token that lost its rights gets the same answer, so nothing is granted on it. The check of someone who has access may show that it
 * counts. After as many days as a failed grant is tried, admins are notified; it is checked on, since the token may work again.
 */
async function checkBesideOthers(tx: Transaction, giving: Giving, access: Access): Promise<void> {
  const { person, given, trouble } = giving;
  const { integrationId } = given.item;
  if (trouble && isTriedAgain(trouble)) {
    if (await grantOrCount(tx, giving))
      await tx.ruleTroubles.put({ ...trouble, regrantedAt: tx.now });
    return;
  }
  if (trouble && isCountedToday(trouble, tx.now)) return checkAgain(tx, access);
  if (!(await isOpenNow(tx, integrationId))) return;
  await count(tx, giving, { countedId: NOT_CONFIRMED, failedAt: tx.now });
  const whose = { personId: person.id, integrationId, lane: 'background' } as const;
  await checkSomeoneElse(tx, whose);
  await queueCheck(tx.queue, { ...whose, dueAt: new Date(tx.now.getTime() + CHECK_AGAIN_MS) });
}

/**
 * Asks the app again after as long as it has been unknown already, with pauses that double so from a quarter of an hour to a day. The
 * answer evaluates the person again, and so does each day: no check is lost with its job.
 */
async function checkAgain(tx: Transaction, access: Access): Promise<void> {
  const { personId, integrationId, since, checkedAt } = access;
  if (!(await isOpenNow(tx, integrationId))) return;
  const age = checkedAt.getTime() - since.getTime();
  const dueAt = checkedAt.getTime() + Math.min(Math.max(age, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS);
  // An answer from the future came from a clock that was ahead.
  const latest = tx.now.getTime() + LONGEST_PAUSE_MS;
  await queueCheck(tx.queue, {
    personId,
    integrationId,
    dueAt: new Date(Math.min(dueAt, latest)),
    lane: 'background',
  });
}

async function isOpenNow(tx: Transaction, integrationId: string): Promise<boolean> {
  const integration = await tx.integrations.find(integrationId);
  return integration !== undefined && !isClosed(integration);
}

/** An admin said so, who knows that it isn't there. */
const isTriedAgain = (trouble: RuleTrouble): boolean =>
  isNotConfirmed(trouble) && !trouble.failedAt && !trouble.regrantedAt;

/** @returns whether it was granted, or is on its way */
async function grantOrCount(tx: Transaction, giving: Giving): Promise<boolean> {
  const { person, given } = giving;
  const [integration, item] = await together([
    tx.integrations.find(given.item.integrationId),
    tx.rules.findItem(given.item.id),
  ]);
  // Turned off or being deleted: it is given when it is turned on, at the latest the day after.
  if (!item || !integration || isClosed(integration)) return false;
  const done = await inWorkspaceLocale(tx, () => grant(tx, giving, { integration, item }));
  if (!done.ok) {
    await count(tx, giving, { failedAt: tx.now });
    return false;
  }
  await tx.audit('rule.granted', {
    actor: SYSTEM,
    personId: person.id,
    integrationId: integration.id,
    detail: { rule: given.rule.name, ruleId: given.rule.id },
  });
  await invalidate(tx, ruleTopic(given.rule.id));
  return true;
}

async function grant(
  tx: Transaction,
  { person, given, hold }: Giving,
  { integration, item }: { readonly integration: Integration; readonly item: RuleItem },
): Promise<{ readonly ok: boolean }> {
  const { form, answers } = item;
  const holding = {
    actor: SYSTEM,
    person,
    integration,
    source: 'rule',
    bundleId: given.item.bundleId,
    rule: { id: given.rule.id, itemId: item.id },
  } as const;
  if (!hold && (await hasIt(tx, { person, integration }, form))) {
    await openHold(tx, holding, {});
    return { ok: true };
  }
  const reason = t`The rule ${given.rule.name} grants it.`;
  if (isManual(integration)) {
    const byHand = await grantByHand(tx, { ...holding, reason });
    if (byHand.kind === 'refused') return { ok: false };
    await openHold(tx, holding, { taskId: byHand.task.id });
    return { ok: true };
  }
  const started = await startGrant(tx, { ...holding, form, answers, reason, lane: 'background' });
  return { ok: started.kind !== 'refused' };
}

/** Whether they have this access already, with the same answers: then another grant would send what the app has. */
async function hasIt(
  tx: Transaction,
  { person, integration }: PersonAtApp,
  form: RuleItem['form'],
): Promise<boolean> {
  const [access, open, removal] = await together([
    tx.access.find(person.id, integration.id),
    tx.holds.openAt(person.id, integration.id),
    tx.removals.open(person.id, integration.id),
  ]);
  if (access?.state !== 'has' || removal) return false;
  const held = await heldAnswers(tx, { personId: person.id, integration }, open);
  return hasSameAnswers(held.form, form);
}
