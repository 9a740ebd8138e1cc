/** What a task is called. Latchkey's own titles follow from its kind, so that each reader has them in their language. */
import { t } from '../../core/translate.ts';
import { fullName, type Integration, type Person } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { isAboutAccounts, type Task } from './task.ts';

export interface TitleNames {
  readonly person: Person;
  readonly integration: Pick<Integration, 'name'>;
}

/** The title of a task to grant or revoke by hand. */
export const accessTaskTitle = (
  kind: 'grant' | 'revoke',
  { person, integration }: TitleNames,
): string =>
  kind === 'grant'
    ? t`Grant ${integration.name} to ${fullName(person)}`
    : t`Remove ${integration.name} from ${fullName(person)}`;

export const accountTaskTitle = ({ name }: Pick<Integration, 'name'>): string =>
  t`Find the owners of accounts at ${name}`;

export const accountTaskNote = (): string =>
  t`No one in the directory has them. Adopt each one, make it a service account, or ignore it: then the task ends. Latchkey removes none of them.`;

/** The titles of these tasks in the reader's language, two statements. What an admin wrote stays as it is. */
export async function titlesOf(
  tasks: readonly Task[],
  { people, integrations }: Pick<Stores, 'people' | 'integrations'>,
): Promise<(task: Task) => string> {
  const named = tasks.filter((task) => task.integrationId !== undefined && !task.isUnread);
  if (named.length === 0) return ({ title }) => title;
  const [persons, apps] = await Promise.all([
    people.findMany([...new Set(named.map(({ personId }) => personId))]),
    integrations.findMany([...new Set(named.flatMap((each) => each.integrationId ?? []))]),
  ]);
  return (task) => {
    const person = persons.find(({ id }) => id === task.personId);
    const integration = apps.find(({ id }) => id === task.integrationId);
    if (task.isUnread || !person || !integration) return task.title;
    if (task.kind !== 'other') return accessTaskTitle(task.kind, { person, integration });
    return isAboutAccounts(task) ? accountTaskTitle(integration) : task.title;
  };
}
