/**
 * The task about accounts of nobody at an app (`findings/finding.ts`): one for each app that lists some, for any admin. It is an
 * `other` task with an integration. It closes by itself, and nothing else closes it: the person who pressed Done would be asked again
 * in the next night.
 */
import { addDays, dayIn } from '../../core/days.ts';
import { type Actor, type Integration, type Person, SYSTEM } from '../people/directory.ts';
import { inWorkspaceLocale } from '../people/locales.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { settingsOf } from '../settings/settings.ts';
import { endTask } from './end-task.ts';
import { insertTask } from './new-task.ts';
import type { TaskIn } from './task.ts';
import { accountTaskNote, accountTaskTitle } from './task-title.ts';

/** Nothing breaks meanwhile, and finding out whose an account is takes asking around. */
const DUE_IN_DAYS = 7;

async function accountTaskAt(
  tx: Pick<Transaction, 'tasks'>,
  integrationId: string,
): Promise<TaskIn<'open'> | undefined> {
  const wanted = { state: 'open', kind: 'other', integrationId } as const;
  const { tasks } = await tx.tasks.list(wanted, { offset: 0, limit: 1 });
  const [task] = tasks;
  return task?.state === 'open' ? task : undefined;
}

export async function openAccountTask(tx: Transaction, integration: Integration): Promise<void> {
  const about = await answerableFor(tx, integration);
  if (!about || (await accountTaskAt(tx, integration.id))) return;
  const [title, note] = await inWorkspaceLocale(tx, async () => [
    accountTaskTitle(integration),
    accountTaskNote(),
  ]);
  await insertTask(
    tx,
    {
      kind: 'other',
      title: title ?? '',
      note,
      personId: about.id,
      integrationId: integration.id,
      dueDate: addDays(dayIn(tx.timeZone, tx.now), DUE_IN_DAYS),
    },
    { actor: SYSTEM, integrationId: integration.id },
  );
}

/** @param how `done` by who decided the last one; `cancelled` where the accounts or the app are gone */
export async function closeAccountTask(
  tx: Transaction,
  integrationId: string,
  how: { readonly state: 'done' | 'cancelled'; readonly actor: Actor },
): Promise<void> {
  const task = await accountTaskAt(tx, integrationId);
  if (task) await endTask(tx, task, how);
}

/** An account of nobody is about no person, and a task is: so it is about who answers for the app, an owner or an admin. */
async function answerableFor(
  { people }: Pick<Transaction, 'people'>,
  integration: Integration,
): Promise<Person | undefined> {
  const owners = await people.findMany([...(settingsOf(integration).ownerIds ?? [])]);
  return owners.find(({ active }) => active) ?? (await people.admins())[0];
}
