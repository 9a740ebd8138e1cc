/** The fields of a grant or removal that a person does by hand, with the assignee. */
import { t } from '../../../core/translate.ts';
import { fullName, type Integration, type Person } from '../../../engine/people/directory.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { assigneeOf } from '../../../engine/tasks/manual.ts';
import type { Fields, OrErrors } from '../../view/form.ts';
import { MAX_REASON, tooLong } from '../typed-text.ts';

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

export interface ByHandWish {
  readonly dueDate?: string;
  readonly note?: string;
}

type ReadByHand = OrErrors<{ readonly wish: ByHandWish }, { readonly note: string }>;

/** @param values the form's answers; other fields are ignored */
export function readByHand(
  values: Readonly<Record<string, string | readonly string[] | undefined>>,
): ReadByHand {
  const { due, note } = values;
  const problem = typeof note === 'string' ? tooLong(note, MAX_REASON) : undefined;
  if (problem !== undefined) return { ok: false, errors: { note: problem } };
  const wish = {
    dueDate: typeof due === 'string' ? due : undefined,
    note: typeof note === 'string' ? note : undefined,
  };
  return { ok: true, wish };
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
