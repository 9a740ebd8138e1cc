import { sayStored } from '../core/stored-sentence.ts';
import { accessOf, mayBeRevoked } from '../engine/access/access-overview.ts';
import { waitsFor } from '../engine/access/deferred-words.ts';
import { type RefusedGrant, type StartResult, startGrant } from '../engine/access/grant.ts';
import { isJustGranted } from '../engine/access/just-granted.ts';
import { beginRemoval } from '../engine/access/removals/begin-removal.ts';
import { manifestOf } from '../engine/integrations/manifest-of.ts';
import {
  fullName,
  type Integration,
  isManual,
  type Person,
  type PersonAtApp,
} from '../engine/people/directory.ts';
import { chosenForApproval } from '../engine/requests/needs-approval.ts';
import { isUnknown, type Run } from '../engine/runs/run.ts';
import { grantByHand } from '../engine/tasks/by-hand.ts';
import type { ManualWish } from '../engine/tasks/manual.ts';
import { answers, questionsOf } from './answers.ts';
import { checkNow } from './check-now.ts';
import { CommandError } from './command-error.ts';
import { lengthOf, type TypedLength } from './length.ts';
import { shownTime } from './output.ts';
import { reportRemoval, taskLine, workOnRemoval } from './removal-work.ts';
import { reportSteps, type Working, workOn } from './run-work.ts';
import { integrationNamed, type Session, withPerson } from './session.ts';

interface Options extends TypedLength {
  readonly set: readonly string[];
  readonly reason?: string;
}

/** `latchkey grant PERSON INTEGRATION [--set ID=VALUE …] [--for 4h] [--reason TEXT]` @returns the exit code */
export const grantCommand = (who: string, what: string, options: Options): Promise<number> =>
  withPerson(who, async (person, session) => {
    const integration = await integrationNamed(what, session);
    const hours = lengthOf(integration, options);
    if (isManual(integration)) {
      await grantTask({ person, integration, hours, reason: options.reason }, session);
      return 0;
    }
    const manifest = await manifestOf(session.stores, integration);
    // An unreadable manifest is refused below.
    const questions = manifest ? questionsOf(manifest, person) : { fields: [], facts: [] };
    const { form, facts } = await answers(questions, options.set, { person, integration, session });
    const forApproval = manifest ? chosenForApproval(manifest.form, form) : [];
    if (forApproval.length > 0)
      session.output.note(
        `A manager could only request this, since it needs approval: ${forApproval.join(', ')}. The command line grants it as an admin does.`,
      );
    session.output.note(`Granting ${integration.name} to ${fullName(person)} <${person.email}> …`);
    const started = await session.transact(async (tx) => {
      const { actor } = session;
      const wish = { actor, person, integration, form, reason: options.reason };
      return startGrant(tx, { ...wish, hours, typed: { facts } });
    });
    return followGrant(started, { person, integration }, session);
  });

/** `latchkey revoke PERSON INTEGRATION|--all` @returns the exit code */
export const revokeCommand = (
  who: string,
  what: string | undefined,
  options: { readonly all?: boolean },
): Promise<number> =>
  withPerson(who, async (person, session) => {
    if ((what === undefined) === !options.all)
      throw new CommandError(
        'name one integration, or use --all for everything that can be revoked',
      );
    const targets =
      what === undefined
        ? await everythingOf(person, session)
        : [await integrationNamed(what, session)];
    if (targets.length === 0)
      session.output.note(`${fullName(person)} has no access that Latchkey can remove.`);
    let code = 0;
    for (const integration of targets)
      code = Math.max(code, await revokeOne({ person, integration }, session));
    return code;
  });

/** Begins the removal, or joins an open one, and works on it here. @returns the exit code */
export async function revokeOne(about: PersonAtApp, session: Working): Promise<number> {
  const { person, integration } = about;
  const { output, transact, actor } = session;
  output.note(`Revoking ${integration.name} from ${fullName(person)} <${person.email}> …`);
  const begun = await transact((tx) =>
    beginRemoval(tx, { ...about, cause: { kind: 'revoked' }, actor }),
  );
  if (begun.kind === 'nothing') {
    output.line(`${integration.name} was still to be granted by hand; its task was cancelled.`);
    return 0;
  }
  if (begun.kind === 'joined')
    output.note('Its removal had begun; Latchkey continues it and tries now.');
  return reportRemoval(await workOnRemoval(begun.removal, about, session), about, session);
}

/** All access that can be revoked and isn't confirmed as removed, and open removals. */
async function everythingOf(person: Person, { stores }: Session): Promise<readonly Integration[]> {
  const { rows } = await accessOf(stores, person, { offset: 0, limit: 10_000 });
  return rows
    .filter((row) => mayBeRevoked(row) || row.removal !== undefined)
    .map(({ integration }) => integration);
}

/** Works on the run here until it ends. A worker elsewhere may do parts of it. @returns the exit code */
export async function followGrant(
  started: StartResult,
  about: PersonAtApp,
  session: Working,
): Promise<number> {
  const { output, stores } = session;
  const { person, integration } = about;
  if (started.kind === 'refused') throw refusal(started);
  if (started.kind === 'joined') output.note('It is in progress already; this shows that run.');
  if (started.kind === 'deferred') {
    output.note(waitsFor(started, integration.name, fullName(person)));
    if (started.behind) await workOn(started.behind, session);
    const removal = await stores.removals.open(person.id, integration.id);
    if (removal) await workOnRemoval(removal, about, session);
  }
  // Reads it again, since a waiting run may have started by now.
  const run = await workOn((await stores.runs.find(started.run.id)) ?? started.run, session);
  await checkNow(person.id, integration.id, session);
  return report(run, { person, integration }, session);
}

async function report(
  run: Run,
  { person, integration }: PersonAtApp,
  session: Working,
): Promise<number> {
  const { output, stores } = session;
  await reportSteps(run, session);
  const name = fullName(person);
  const access = await stores.access.find(person.id, integration.id);
  const known = access ? KNOWN[access.state] : 'not checked';
  // Soon after a grant, an app that shows nobody is not believed, but worth a look.
  const isMissing = access && (access.state === 'none' || isJustGranted(access));
  if (run.state === 'succeeded' && isMissing) {
    output.error(
      `Every step succeeded, but ${integration.name} shows no access of ${name}. Some apps show it later: see "latchkey access ${person.email}".`,
    );
    return 1;
  }
  if (run.state === 'succeeded') {
    const has = `${name} has ${integration.name} now`;
    output.line(access?.state === 'has' ? `${has}.` : `${has} (${known}).`);
    return 0;
  }
  if (isUnknown(run))
    output.error(
      access?.state === 'has'
        ? `${name} has ${integration.name}, and we don't know whether every step succeeded.`
        : `We don't know yet whether ${name} has ${integration.name} (${known}).`,
    );
  if (run.state === 'retrying')
    output.error(
      `${sayStored(run.error.message)} Latchkey runs it again at ${shownTime(run.dueAt)}, if it is running then.`,
    );
  else if (run.state === 'deferred') output.error('It waits, and starts when Latchkey runs.');
  else if (run.state === 'failed' || run.state === 'blocked')
    output.error(sayStored(run.error.message));
  else if (run.state === 'cancelled' && run.why !== undefined) output.error(sayStored(run.why));
  else output.error(`The run was ${run.state}.`);
  return 1;
}

const KNOWN = { has: 'checked: has access', none: 'checked: no access', unknown: 'not confirmed' };

type Wish = Omit<ManualWish, 'actor'> & { readonly reason?: string };
type Deps = Pick<
  Working,
  'stores' | 'transact' | 'now' | 'newId' | 'randomBytes' | 'actor' | 'output' | 'config'
>;

/** At a manual integration: creates a task, as in chat. */
export async function grantTask(wish: Wish, session: Deps): Promise<void> {
  const { transact, actor, output, stores } = session;
  const opened = await transact((tx) => grantByHand(tx, { ...wish, actor }));
  if (opened.kind === 'refused') throw refusal(opened);
  output.line(await taskLine(opened.task, wish.integration, stores));
}

const refusal = ({ why, needsReason = false }: RefusedGrant): CommandError =>
  new CommandError(needsReason ? `${why} Add it with --reason TEXT.` : why);
