/** Opens a task of a sequence for its assignee. */
import { addDays, dayIn } from '../../core/days.ts';
import type { Actor, Person } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { doerOf } from '../tasks/doer.ts';
import { insertTask } from '../tasks/new-task.ts';
import type { TaskIn } from '../tasks/task.ts';
import { renderText, scopeOf } from '../templates/render.ts';
import { invalidate, personTopic } from '../work/topics.ts';
import { variablesFor } from './send-message.ts';
import type { SequenceTask } from './sequence.ts';

export async function openSequenceTask(
  tx: Transaction,
  {
    task: wanted,
    person,
    actor,
  }: {
    readonly task: SequenceTask;
    readonly person: Person;
    readonly actor: Actor;
  },
): Promise<TaskIn<'open'>> {
  const scope = scopeOf(await variablesFor(tx, person, [wanted.title, wanted.note].join()));
  // Saving refuses a broken template. If there is one anyway, its text is shown unrendered.
  const rendered = (text: string) => {
    const outcome = renderText(text, scope);
    return outcome.ok ? outcome.value : text;
  };
  const { assignee, insteadOf } = await doerOf(tx, wanted.assignee, person);
  const { note, checklist } = wanted;
  await invalidate(tx, personTopic(person.id));
  return insertTask(
    tx,
    {
      kind: 'other',
      title: rendered(wanted.title),
      note: note === '' ? undefined : rendered(note),
      personId: person.id,
      assigneeId: assignee?.id,
      insteadOf,
      dueDate: addDays(dayIn(assignee?.timeZone ?? tx.timeZone, tx.now), wanted.dueInDays),
      checklist: checklist.length > 0 ? checklist.map((text) => ({ text })) : undefined,
    },
    { actor, personId: person.id },
  );
}
