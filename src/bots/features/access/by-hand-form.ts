/** The fields of a grant or removal that a person does by hand, with the assignee. */
import { t } from '../../../core/translate.ts';
import { fullName, type Integration, type Person } from '../../../engine/people/directory.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { accessDoer } from '../../../engine/tasks/manual.ts';
import type { Fields, Values } from '../../view/form.ts';
import { MAX_REASON } from '../typed-text.ts';

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
      maxLength: MAX_REASON,
    },
  }) as const satisfies Fields;

export interface ByHandWish {
  readonly dueDate?: string;
  readonly note?: string;
}

/** From a form that may have other fields, and not these. */
export const byHandWish = ({ due, note }: Values<Fields>): ByHandWish => ({
  dueDate: typeof due === 'string' ? due : undefined,
  note: typeof note === 'string' ? note : undefined,
});

export async function whoDoesIt(
  person: Person,
  integration: Integration,
  stores: Pick<Stores, 'people'>,
): Promise<string> {
  const { assignee } = await accessDoer(stores, person, integration);
  return assignee
    ? t`By hand: creates a task for ${fullName(assignee)}.`
    : t`By hand: creates a task for the Latchkey admins.`;
}
