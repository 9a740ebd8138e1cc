import { announceEnd, announceLeft } from '../bots/features/announce-end.ts';
import { waitsFor } from '../engine/access/deferred-words.ts';
import { keepFacts } from '../engine/access/fact-claims.ts';
import { accessOf, mayBeRevoked } from '../engine/access-overview.ts';
import { advanceRun } from '../engine/advance-run.ts';
import { fullName, type Integration, isManual, type Person } from '../engine/directory.ts';
import { type Started, startGrant, startRevoke } from '../engine/grant.ts';
import { parseManifest } from '../engine/manifest/parse.ts';
import { isActive, isUnknown, type Run } from '../engine/run.ts';
import { policyOf } from '../engine/settings.ts';
import { limitAccess } from '../engine/time-limits.ts';
import { answers, questionsOf } from './answers.ts';
import { grantTask, revokeTask } from './by-hand.ts';
import { checkNow } from './check-now.ts';
import { CommandError } from './command-error.ts';
import { inSession, integrationNamed, personNamed, type Session } from './session.ts';

/** How often to look at a run that another process works on. */
const LOOK_MS = 300;

/** More than a year is no limit. */
const MOST_DAYS = 366;

/** `latchkey grant PERSON INTEGRATION [--set ID=VALUE …] [--days N]` @returns the exit code */
export const grantCommand = (
  who: string,
  what: string,
  options: { readonly set: readonly string[]; readonly days?: string },
): Promise<number> =>
  inSession(async (session) => {
    const person = await personNamed(who, session);
    const integration = await integrationNamed(what, session);
    const days = daysOf(integration, options.days);
    if (isManual(integration)) {
      await grantTask({ person, integration, days }, session);
      return 0;
    }
    const version = await session.stores.integrations.findVersion(integration.manifestVersionId);
    const parsed = version && parseManifest(version.manifest);
    // What is unreadable is refused below.
    const questions = parsed?.ok ? questionsOf(parsed.manifest, person) : { fields: [], facts: [] };
    const { form, facts } = await answers(questions, options.set, { person, integration, session });
    session.output.note(`Granting ${integration.name} to ${fullName(person)} <${person.email}> …`);
    const started = await session.transact(async (tx) => {
      const typed = { personId: person.id, facts, actor: session.actor };
      const kept = await keepFacts(tx, typed, session);
      if (kept.kind === 'taken') throw new CommandError(`nothing was granted: ${kept.why}`);
      const outcome = await startGrant(
        tx,
        { actor: session.actor, person, integration, form, ...(days !== undefined && { days }) },
        session,
      );
      if (outcome.kind === 'started') await limitAccess(tx, { person, integration, days }, session);
      return outcome;
    });
    return follow(started, person, integration, session);
  });

/** For how many days; where nothing was said, for as long as the integration's settings allow. @throws {CommandError} */
function daysOf(integration: Integration, typed: string | undefined): number | undefined {
  const { longestDays } = policyOf(integration);
  if (typed === undefined) return longestDays ?? undefined;
  const most = longestDays ?? MOST_DAYS;
  const days = /^\d{1,4}$/.test(typed) ? Number(typed) : 0;
  if (days >= 1 && days <= most) return days;
  throw new CommandError(`--days has to be a whole number from 1 to ${most}`);
}

/** `latchkey revoke PERSON INTEGRATION|--all` @returns the exit code */
export const revokeCommand = (
  who: string,
  what: string | undefined,
  options: { readonly all?: boolean },
): Promise<number> =>
  inSession(async (session) => {
    const person = await personNamed(who, session);
    if ((what === undefined) === !options.all)
      throw new CommandError(
        'name one integration, or use --all for everything that can be revoked',
      );
    const targets =
      what === undefined
        ? await everythingOf(person, session)
        : [await integrationNamed(what, session)];
    if (targets.length === 0)
      session.output.note(`${fullName(person)} has nothing that Latchkey can take away.`);
    let code = 0;
    for (const integration of targets) {
      if (isManual(integration)) {
        await revokeTask({ person, integration }, session);
        continue;
      }
      session.output.note(
        `Revoking ${integration.name} from ${fullName(person)} <${person.email}> …`,
      );
      const started = await session.transact((tx) =>
        startRevoke(tx, { actor: session.actor, person, integration }, session),
      );
      code = Math.max(code, await follow(started, person, integration, session));
    }
    return code;
  });

/** Everything that can be revoked and isn't known to be gone. */
async function everythingOf(person: Person, { stores }: Session): Promise<readonly Integration[]> {
  const { rows } = await accessOf(stores, person, { offset: 0, limit: 10_000 });
  return rows.filter(mayBeRevoked).map(({ integration }) => integration);
}

/** Works on the run here until it ends; a worker that runs elsewhere may do parts of it. */
async function follow(
  started: Started,
  person: Person,
  integration: Integration,
  session: Session,
): Promise<number> {
  const { output, stores } = session;
  if (started.kind === 'refused') throw new CommandError(started.why);
  if (started.kind === 'joined') output.note('It is under way already; this follows that run.');
  if (started.kind === 'follows')
    output.note('A grant is under way; the revoke starts as soon as it has ended.');
  if (started.kind === 'deferred') {
    output.note(waitsFor(started, integration.name, fullName(person)));
    if (started.behind) await workOn(started.behind, session);
  }

  // One that waited has started by now, or not.
  let run = await workOn((await stores.runs.find(started.run.id)) ?? started.run, session);
  if (started.kind === 'follows') {
    const revoke = await stores.runs.unfinished(person.id, integration.id);
    if (revoke?.kind === 'revoke') run = await workOn(revoke, session);
  }
  await checkNow(person.id, integration.id, session);
  return report(run, person, integration, session);
}

/** @returns the run when it has ended, waits for its retry, or waits behind another */
async function workOn(started: Run, session: Session): Promise<Run> {
  const { stores, now, pause } = session;
  const runId = started.id;
  const workerId = session.newId();
  const atWork = { underWay: new Set<string>(), breakdowns: new Map<string, number>() };
  let run = started;
  while (isActive(run) && run.state !== 'retrying') {
    await advanceRun(runId, {
      ...session,
      workerId,
      ...atWork,
      announce: announceEnd,
      announceLeft,
    });
    run = (await stores.runs.find(runId)) ?? run;
    if (!isActive(run) || run.state === 'retrying') break;
    const dueInMs = run.state === 'waiting' ? run.dueAt.getTime() - now().getTime() : 0;
    await pause(Math.min(Math.max(dueInMs, run.state === 'queued' ? 0 : LOOK_MS), 1000));
  }
  return run;
}

async function report(
  run: Run,
  person: Person,
  integration: Integration,
  { output, stores }: Session,
): Promise<number> {
  for (const step of await stores.runs.steps(run.id, run.attempt))
    output.note(
      `${step.index + 1}. ${step.method} ${step.url}  ${step.state}${step.status === undefined ? '' : `, status ${step.status}`}`,
    );
  const name = fullName(person);
  if (run.state === 'succeeded') {
    const access = await stores.access.find(person.id, integration.id);
    output.line(
      run.kind === 'execute'
        ? `${name} has ${integration.name} now (${access?.state ?? 'not checked'}).`
        : `${name} no longer has ${integration.name} (${access?.state ?? 'not checked'}).`,
    );
    return 0;
  }
  if (isUnknown(run)) {
    const access = await stores.access.find(person.id, integration.id);
    const verb = run.kind === 'execute' ? 'has' : 'still has';
    output.error(
      access?.state === 'has'
        ? `${name} ${verb} ${integration.name}, and we don't know whether all of it was done.`
        : `We don't know yet whether ${name} ${verb} ${integration.name} (${access?.state ?? 'not checked'}).`,
    );
  }
  if (run.state === 'retrying')
    output.error(
      `${run.error.message} Everything runs again at ${run.dueAt.toISOString()} while Latchkey is up.`,
    );
  else if (run.state === 'deferred')
    output.error('It still waits, and starts while Latchkey is up.');
  else if (run.state === 'failed' || run.state === 'blocked') output.error(run.error.message);
  else if (run.state === 'cancelled' && run.why !== undefined) output.error(run.why);
  else output.error(`The run was ${run.state}.`);
  return 1;
}
