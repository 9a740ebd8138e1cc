/** Who does a manual integration's work by hand: the form's fields, and the assignee in words. */
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { fullName } from '../../../engine/people/directory.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type { Assignee } from '../../../engine/settings/settings.ts';
import type { Turn } from '../../live/context.ts';
import type { Field, FieldErrors, Fields, Option, OrErrors } from '../../view/form.ts';
import { personAnswered, personFields } from '../people/person-fields.ts';

type People = Pick<Stores, 'people'>;

/** Who does it if nothing was set. */
const USUAL: Assignee = { kind: 'manager' };

const choices = (): readonly Option<Assignee['kind']>[] => [
  { value: 'manager', label: t`The person's manager` },
  { value: 'buddy', label: t`The person's buddy` },
  { value: 'person', label: t`This person` },
];

/** @param now the assignee at present */
export async function assigneeFields(now: Assignee | undefined, turn: Turn) {
  const assignee = now ?? USUAL;
  const person =
    assignee.kind === 'person' ? await turn.stores.people.find(assignee.personId) : undefined;
  const asked = {
    label: t`This person`,
    emailLabel: t`This person (email)`,
    hint: t`Only used if you choose "This person".`,
  };
  const { picked, email } = await personFields(asked, person, turn);
  return {
    assignee: {
      kind: 'choice',
      label: t`Who does it by hand`,
      options: choices(),
      initial: assignee.kind,
    },
    assigneePicked: picked,
    assigneeEmail: email,
  } as const satisfies Fields;
}

export interface AssigneeAnswers {
  readonly assignee: Assignee['kind'];
  readonly assigneePicked: string | undefined;
  readonly assigneeEmail: string | undefined;
}

/** Beside the field where the person was chosen, or typed. */
export type AssigneeErrors = FieldErrors<{
  readonly assigneePicked: Field;
  readonly assigneeEmail: Field;
}>;

/** @param shown the fields as they were shown */
export async function readAssignee(
  { assignee, assigneePicked: picked, assigneeEmail }: AssigneeAnswers,
  turn: Turn,
  shown: Fields,
): Promise<OrErrors<{ readonly assignee: Assignee }, AssigneeErrors>> {
  if (assignee !== 'person') return { ok: true, assignee: { kind: assignee } };
  const names = { picked: 'assigneePicked', email: 'assigneeEmail' };
  const found = await personAnswered({ picked, email: assigneeEmail, shown, names }, turn);
  return found.ok ? { ok: true, assignee: { kind: 'person', personId: found.person.id } } : found;
}
/** `the manager of whom it is for`, `Ann Lee`. */
export async function assigneeWords(
  assignee: Assignee | undefined,
  { people }: People,
): Promise<string> {
  const { kind, ...named } = assignee ?? USUAL;
  switch (kind) {
    case 'manager':
      return t`the person's manager`;
    case 'buddy':
      return t`the person's buddy`;
    case 'person': {
      const person = 'personId' in named ? await people.find(named.personId) : undefined;
      if (!person) return t`a deleted person; choose someone else in the settings`;
      return person.active
        ? fullName(person)
        : t`${fullName(person)}, who has left; choose someone else in the settings`;
    }
    default:
      return unreachable(kind);
  }
}
