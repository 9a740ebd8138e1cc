/** The fields of a grant or removal that a person does by hand, with the assignee. */
import { t } from '../../../core/translate.ts';
import { fullName, type Integration, type Person } from '../../../engine/people/directory.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { assigneeOf } from '../../../engine/tasks/manual.ts';
import type { Fields } from '../../view/form.ts';

export const byHandFields = () =>
  ({
    due: {
      kind: 'date',
      label: t`Due date`,
      hint: t`Leave blank for three days from now. Latchkey reminds the assignee.`,
      optional: true,
    },
    note: {
      kind: 'text',
      label: t`Note`,
      hint: t`The assignee will see this: for example, which badge or which room.`,
      optional: true,
      multiline: true,
    },
  }) as const satisfies Fields;

/** @param values the form's answers; other fields are ignored */
export function readByHand(
  values: Readonly<Record<string, string | readonly string[] | undefined>>,
): { readonly dueDate?: string; readonly note?: string } {
  const { due, note } = values;
  return {
    ...(typeof due === 'string' && { dueDate: due }),
    ...(typeof note === 'string' && { note }),
  };
}

export async function whoDoesIt(
  person: Person,
  integration: Integration,
  stores: Pick<Stores, 'people'>,
): Promise<string> {
  const assignee = await assigneeOf(stores, person, integration);
  return assignee
    ? t`By hand: creates a task for ${fullName(assignee)}.`
    : t`By hand: creates a task for the Latchkey admins.`;
}
