/**
 * Evaluates people whose data changed, and looks at everyone where a rule changed. It is durable: who waits is in rows, and a pass
 * keeps the last person that it has looked at. Another process goes on where one died.
 */
import { chunksOf } from '../../core/batches.ts';
import { HOUR_MS } from '../../core/hours.ts';
import { together } from '../../core/together.ts';
import { type Person, SYSTEM } from '../people/directory.ts';
import type { RulePass } from '../ports/rule-stores.ts';
import type { Time } from '../ports/time-and-chance.ts';
import type { Database, Transaction } from '../ports/unit-of-work.ts';
import { follow } from '../transitions/follow.ts';
import type { Zoned } from '../work/due.ts';
import { applyRules, keyOf, keyOfGiven } from './apply-rules.ts';
import { byPerson, givenTo, type LoadedRules, loadRules, withoutExceptions } from './load-rules.ts';

/** People evaluated in one transaction: each grant is a dozen statements. */
const AT_ONCE = 20;
/** People whom a pass looks at between two transactions. */
const LOOKED_AT = 250;
const PAUSE_MS = 5;
/** A person whose data breaks the evaluation twice is not tried again until then, unless they are noted again. */
const POSTPONED_MS = HOUR_MS;

export interface EvaluateDeps extends Database, Time, Zoned {}

/** The job. It ends when nobody waits and no pass goes on. */
export async function evaluateRules(deps: EvaluateDeps): Promise<void> {
  let pass: Looking | undefined;
  for (;;) {
    const ids = await deps.stores.ruleWork.due(deps.now());
    for (const some of chunksOf(ids, AT_ONCE)) {
      await evaluateSome(some, deps);
      await deps.pause(PAUSE_MS);
    }
    if (ids.length > 0) continue;
    pass = await lookOn(pass, deps);
    if (!pass) return;
    await deps.pause(PAUSE_MS);
  }
}

/** One person's bad data doesn't stop the others: if some fail together, each is evaluated alone. */
async function evaluateSome(ids: readonly string[], deps: EvaluateDeps): Promise<void> {
  try {
    await deps.transact((tx) => evaluatePeople(tx, ids));
  } catch {
    for (const id of ids)
      await (ids.length > 1 ? evaluateSome([id], deps) : evaluateOnceMore(id, deps));
  }
}

/** Postpones the person first. A note that came before then is for this try, and one that comes after it is for now again. */
async function evaluateOnceMore(personId: string, deps: EvaluateDeps): Promise<void> {
  const { transact } = deps;
  await transact((tx) => tx.ruleWork.postpone(personId, new Date(tx.now.getTime() + POSTPONED_MS)));
  try {
    await transact((tx) => evaluatePeople(tx, [personId]));
  } catch (error) {
    const why = error instanceof Error ? error.name : 'Error';
    await transact((tx) => tx.audit('rule.failed', { actor: SYSTEM, personId, detail: { why } }));
  }
}

/**
 * It locks them first, so that a change of one of them comes before or after. Then it takes their notes away, and what is read of
 * them is read after that: a note that comes meanwhile, such as of a run that ends, stays for the next evaluation. A rule that changes
 * meanwhile waits: what its pass looks at has what these rules gave.
 */
export async function evaluatePeople(tx: Transaction, ids: readonly string[]): Promise<void> {
  await tx.ruleWork.delayPass();
  const [people, , loaded, holds, exceptions, troubles, transitions] = await together([
    tx.people.holdMany(ids),
    tx.ruleWork.done(ids),
    loadRules(tx, tx),
    tx.holds.openOfPeople(ids),
    tx.ruleExceptions.inEffect(ids, tx.now),
    tx.ruleTroubles.ofPeople(ids),
    tx.transitions.currentOf(ids),
  ]);
  const given = await givenTo(tx, people, loaded);
  if (given.size < people.length) throw new Error('The facts of someone are damaged');
  const [held, excepted, failing] = [byPerson(holds), byPerson(exceptions), byPerson(troubles)];
  for (const person of people) {
    const { id } = person;
    await applyRules(tx, person, {
      loaded,
      holds: held(id),
      exceptions: excepted(id),
      troubles: failing(id),
      given: given.get(id) ?? [],
    });
  }
  for (const transition of transitions) await follow(tx, transition);
}

interface Looking {
  readonly pass: RulePass;
  /** Undefined: another worker was faster, or a rule changed, so that the rules are read again. */
  readonly loaded: LoadedRules | undefined;
}

/**
 * Looks at the next people, and notes those whose holds differ from what rules give them. They are read without a lock: someone who
 * changes meanwhile is noted by that change, and a rule that changes begins another pass.
 * @returns undefined where no pass goes on
 */
async function lookOn(
  before: Looking | undefined,
  deps: EvaluateDeps,
): Promise<Looking | undefined> {
  const { stores } = deps;
  const pass = await stores.ruleWork.pass();
  if (!pass || pass.endedAt) return undefined;
  const isSame = before?.pass.version === pass.version - 1;
  const at = { now: deps.now(), timeZone: deps.timeZone };
  const loaded = (isSame && before.loaded) || (await loadRules(stores, at));
  const people = await stores.people.activePage(pass.lastPersonId, LOOKED_AT);
  const differing = await whoDiffers(people, loaded, deps);
  const lastPersonId = people.at(-1)?.id ?? pass.lastPersonId;
  const isLast = people.length < LOOKED_AT;
  const isOurs = await deps.transact(async (tx) => {
    const { now } = tx;
    if ((await tx.ruleWork.pass())?.version !== pass.version) return false;
    await tx.ruleWork.add(differing, now);
    const next = { ...pass, lastPersonId, movedAt: now, ...(isLast && { endedAt: now }) };
    await tx.ruleWork.savePass(next);
    return true;
  });
  return { pass, loaded: isOurs ? loaded : undefined };
}

async function whoDiffers(
  people: readonly Person[],
  loaded: LoadedRules,
  { stores, now }: EvaluateDeps,
): Promise<readonly string[]> {
  const ids = people.map(({ id }) => id);
  const [holds, exceptions, given] = await together([
    stores.holds.lastingOfRules(ids),
    stores.ruleExceptions.inEffect(ids, now()),
    givenTo(stores, people, loaded),
  ]);
  const held = byPerson(holds);
  const excepted = byPerson(exceptions);
  return ids.filter((id) => {
    const gives = given.get(id);
    if (!gives) return true; // Their evaluation says that it fails.
    const moving = held(id).filter(({ ruleId }) => !loaded.still.has(ruleId));
    const lasting = new Set(moving.map(keyOf));
    const wanted = withoutExceptions(gives, excepted(id)).filter(
      (each) => lasting.has(keyOfGiven(each)) || !loaded.closed.has(each.item.integrationId),
    );
    return wanted.length !== lasting.size || wanted.some((each) => !lasting.has(keyOfGiven(each)));
  });
}
