/** Who does a manual integration's work by hand: the form's fields, and the assignee in words. */
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { fullName } from '../../../engine/people/directory.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type { Assignee } from '../../../engine/settings/settings.ts';
import type { Fields, Option } from '../../view/form.ts';

type People = Pick<Stores, 'people'>;

/** Who does it if nothing was set. */
const USUAL: Assignee = { kind: 'manager' };

const choices = (): readonly Option<Assignee['kind']>[] => [
  { value: 'manager', label: t`The person's manager` },
  { value: 'buddy', label: t`The person's buddy` },
  { value: 'person', label: t`This person` },
];

/** @param now the assignee at present */
export async function assigneeFields(now: Assignee | undefined, { people }: People) {
  const assignee = now ?? USUAL;
  const person = assignee.kind === 'person' ? await people.find(assignee.personId) : undefined;
  return {
    assignee: {
      kind: 'choice',
      label: t`Who does it by hand`,
      options: choices(),
      initial: assignee.kind,
    },
    assigneeEmail: {
      kind: 'text',
      label: t`This person (email)`,
      hint: t`Only used if you choose "This person".`,
      optional: true,
      initial: person?.email,
    },
  } as const satisfies Fields;
}

export interface AssigneeAnswers {
  readonly assignee: Assignee['kind'];
  readonly assigneeEmail: string | undefined;
}

export async function readAssignee(
  { assignee, assigneeEmail = '' }: AssigneeAnswers,
  { people }: People,
): Promise<
  | { readonly ok: true; readonly assignee: Assignee }
  | { readonly ok: false; readonly errors: { readonly assigneeEmail: string } }
> {
  if (assignee !== 'person') return { ok: true, assignee: { kind: assignee } };
  const email = assigneeEmail.trim();
  const person = email === '' ? undefined : await people.findByEmail(email);
  if (person?.active) return { ok: true, assignee: { kind: 'person', personId: person.id } };
  const why =
    email === ''
      ? t`Enter their email address.`
      : t`No one here has ${email}. Check the spelling in "people".`;
  return { ok: false, errors: { assigneeEmail: why } };
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
