/** Who sees a task, on its card, in lists and over the API. */
import type { Person } from '../people/directory.ts';
import { maySeePlans, maySeeSetUp } from '../people/permission.ts';
import { mayDo } from './manual.ts';
import type { Task } from './task.ts';

export interface TaskAbout {
  readonly person: Person;
  /** It is about accounts of nobody at an app (`closesItself`): its person answers for the app, and has no plans that others read. */
  readonly isAboutApp: boolean;
}

/** Who may do it, and who sees what is planned for its person; of a task about an app, who sees its set-up. */
export const maySeeTask = (
  reader: Person,
  task: Task,
  { person, isAboutApp }: TaskAbout,
): boolean =>
  mayDo(reader, task) || (isAboutApp ? maySeeSetUp(reader) : maySeePlans(reader, person));
