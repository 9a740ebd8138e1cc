/** For `revoke` without a worker: works on a removal here until it ends or must wait. */
import { sayStored } from '../core/stored-sentence.ts';
import { advanceRemoval } from '../engine/access/removals/advance-removal.ts';
import {
  isOpenRemoval,
  type OpenRemoval,
  type Proof,
  type Removal,
} from '../engine/access/removals/removal.ts';
import {
  fullName,
  type Integration,
  isManual,
  type PersonAtApp,
} from '../engine/people/directory.ts';
import { isActive } from '../engine/runs/run.ts';
import type { Task } from '../engine/tasks/task.ts';
import { titlesOf } from '../engine/tasks/task-title.ts';
import { checkNow } from './check-now.ts';
import { shownTime } from './output.ts';
import { reportSteps, type Working, workOn } from './run-work.ts';
import type { Session } from './session.ts';

/** After this many turns the worker does the rest. Each account needs a revoke and a check. */
const MAX_TURNS = 50;

/** @returns the removal when it has ended, or when nothing more can be done here now */
export async function workOnRemoval(
  begun: OpenRemoval,
  about: PersonAtApp,
  session: Working,
): Promise<Removal> {
  const { stores, transact, output } = session;
  const { personId, integrationId } = begun;
  let said: string | undefined;
  let isAsked = false;
  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    await advanceRemoval(begun.id, { transact });
    const removal = (await stores.removals.find(begun.id)) ?? begun;
    if (!isOpenRemoval(removal)) return removal;
    const words = stateLine(removal, about);
    if (words !== said) output.note(words);
    said = words;

    const run = await stores.runs.unfinished(personId, integrationId);
    if (run && isActive(run) && run.state !== 'retrying') {
      const ended = await workOn(run, session);
      await reportSteps(ended, session);
      isAsked = false;
    } else if (run || removal.state === 'by-hand' || isAsked) return removal;
    else {
      isAsked = true;
      // The app can't be asked, so the removal waits for something else.
      if (!(await checkNow(personId, integrationId, session))) return removal;
    }
  }
  return (await stores.removals.find(begun.id)) ?? begun;
}

function stateLine({ state, tries, why }: OpenRemoval, { integration }: PersonAtApp): string {
  return {
    waiting: () => '  waiting: a grant in progress is cancelled between its steps',
    revoking: () => (tries === 0 ? '  revoking' : `  revoking again, try ${tries + 1}`),
    checking: () => `  checking: ${integration.name} is asked whether the access is removed`,
    'by-hand': () => `  by hand${why === undefined ? '' : `: ${sayStored(why)}`}`,
    stuck: () => `  stuck${why === undefined ? '' : `: ${sayStored(why)}`}`,
  }[state]();
}

const PROOFS: Readonly<Record<Proof['kind'], string>> = {
  asked: 'checked: no access',
  revoked: 'revoked; the app offers no check',
  'look-up': 'there is no such account',
  done: 'removed by hand',
  confirmed: 'an admin checked',
  nothing: 'nothing was granted',
};

/**
 * Prints the state and what is left. @returns the exit code: 0 when the access is removed, or a person has the task of a
 * manual integration
 */
export async function reportRemoval(
  removal: Removal,
  { person, integration }: PersonAtApp,
  { output, stores }: Pick<Session, 'output' | 'stores'>,
): Promise<number> {
  const name = fullName(person);
  if (removal.state === 'gone') {
    if (removal.proof.kind === 'damaged') {
      output.error(
        `Whether ${name} still has ${integration.name} is not known: what is stored as the proof is damaged.`,
      );
      return 1;
    }
    output.line(`${name} no longer has ${integration.name} (${PROOFS[removal.proof.kind]}).`);
    return 0;
  }
  if (removal.state === 'withdrawn') {
    output.error(`The removal of ${integration.name} from ${name} was withdrawn.`);
    return 1;
  }
  if (removal.state === 'by-hand') {
    const { taskId } = removal;
    const task = taskId === undefined ? undefined : await stores.tasks.find(taskId);
    output.line(await taskLine(task, integration, stores));
    return isManual(integration) ? 0 : 1;
  }
  const { state, retryAt, dueAt } = removal;
  const why = removal.why === undefined ? undefined : sayStored(removal.why);
  const run = await stores.runs.unfinished(person.id, integration.id);
  if (run?.state === 'retrying') {
    output.error(
      `${sayStored(run.error.message)} Latchkey runs it again at ${shownTime(run.dueAt)}, if it is running then.`,
    );
    return 1;
  }
  output.error(
    state === 'stuck'
      ? `${integration.name} is stuck: ${why ?? "its removal isn't proven."}`
      : `We don't know yet whether ${name} still has ${integration.name}.${why === undefined ? '' : ` ${why}`}`,
  );
  output.note(`Latchkey tries again at ${shownTime(retryAt ?? dueAt)} when it runs.`);
  return 1;
}

export async function taskLine(
  task: Task | undefined,
  integration: Integration,
  stores: Pick<Session['stores'], 'people' | 'integrations'>,
): Promise<string> {
  const assignee =
    task?.assigneeId === undefined ? undefined : await stores.people.find(task.assigneeId);
  const who = assignee ? `${fullName(assignee)} <${assignee.email}>` : 'any Latchkey admin';
  const what = task ? `: ${(await titlesOf([task], stores))(task)}` : '';
  const due = task?.dueDate === undefined ? '' : `, due on ${task.dueDate}`;
  const why = isManual(integration) ? 'is done by hand' : 'has to be removed by hand';
  return `${integration.name} ${why}. A task is open for ${who}${what}${due}.`;
}
