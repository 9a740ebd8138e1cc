/** The fields of a person, for hiring and for editing. */
import { t } from '../../../core/translate.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import type { PersonDetails } from '../../../engine/people/person-details.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type { Field, Fields, Option, Values } from '../../view/form.ts';
import { leftAlone } from '../../view/left-alone.ts';

/**
 * Up to this many people, managers and buddies are chosen from a list (about half a megabyte). In a larger company an
 * admin types an address.
 */
const MAX_CHOICES = 5000;

export type PersonFormFields = Awaited<ReturnType<typeof personFormFields>>;

/**
 * @param initial the initial values of the fields
 * @param person whose fields they are; undefined for a new person
 */
export async function personFormFields(
  stores: Pick<Stores, 'people'>,
  initial: PersonDetails,
  person?: Person,
) {
  const { people, total } = await stores.people.search('', { offset: 0, limit: MAX_CHOICES });
  const others = people.filter(({ id }) => id !== person?.id);
  const options = total > MAX_CHOICES ? undefined : others.map(optionOf);
  const related = (label: string, hint: string, email: string | undefined) =>
    relatedField({ label, hint }, options, email);
  return {
    firstName: text(t`First name`, initial.firstName),
    lastName: optional(text(t`Last name`, initial.lastName)),
    email: {
      ...text(t`Work email address`, initial.email),
      hint: t`Must match their Slack or Teams email.`,
    },
    managerEmail: related(
      t`Manager`,
      t`Can see, grant and revoke their access.`,
      initial.managerEmail,
    ),
    buddyEmail: related(t`Buddy`, t`Helps them in the first weeks.`, initial.buddyEmail),
    position: optional(text(t`Position`, initial.position)),
    department: optional(text(t`Department`, initial.department)),
    startDate: optional({
      kind: 'date',
      label: t`First day`,
      initial: initial.startDate,
    }),
    timeZone: optional({
      kind: 'choice',
      label: t`Time zone`,
      options: timeZones(initial.timeZone),
      initial: initial.timeZone,
    }),
    phone: optional({
      ...text(t`Phone`, initial.phone),
      hint: t`For texts, with the country code: +31 6 12345678.`,
    }),
  } as const satisfies Fields;
}

/** The answers as details; an empty field clears its value. */
export const detailsOf = (values: Values<PersonFormFields>): PersonDetails & { email: string } => ({
  email: values.email,
  firstName: values.firstName,
  lastName: values.lastName ?? '',
  managerEmail: values.managerEmail ?? '',
  buddyEmail: values.buddyEmail ?? '',
  position: values.position ?? '',
  department: values.department ?? '',
  startDate: values.startDate ?? '',
  timeZone: values.timeZone ?? '',
  phone: values.phone ?? '',
});

/** The details that were changed in the form; the others keep their current values. */
export function changesIn(values: Values<PersonFormFields>, shown: Fields): PersonDetails {
  const untouched = leftAlone(values, shown);
  return Object.fromEntries(
    Object.entries(detailsOf(values)).filter(([field]) => !untouched.has(field)),
  );
}

type TextField = Extract<Field, { kind: 'text' }>;
type ChoiceField = Extract<Field, { kind: 'choice' }>;

const text = (label: string, initial: string | undefined) =>
  ({ kind: 'text', label, initial: initial || undefined }) as const;

const optional = <const F extends Field>(field: F) => ({ ...field, optional: true }) as const;

/** @param options undefined where there are too many to list */
function relatedField(
  { label, hint }: { readonly label: string; readonly hint: string },
  options: readonly Option[] | undefined,
  email: string | undefined,
): (TextField | ChoiceField) & { readonly optional: true } {
  if (!options)
    return {
      ...text(t`${label}: email address`, email),
      hint: t`${hint} Enter the address as it is in the directory.`,
      optional: true,
    };
  // A person who has left stays selected until an admin chooses another one.
  const known = options.some(({ value }) => value === email);
  const gone = email && !known ? [{ label: t`${email} (has left)`, value: email }] : [];
  return {
    kind: 'choice',
    label,
    hint,
    options: [...options, ...gone],
    initial: email || undefined,
    optional: true,
  };
}

const optionOf = (person: Person): Option => ({
  label: fullName(person) === person.email ? person.email : `${fullName(person)} · ${person.email}`,
  value: person.email,
});

/** @param current added to the list if this machine doesn't know it */
function timeZones(current: string | undefined): readonly Option[] {
  const known = new Set(['UTC', ...Intl.supportedValuesOf('timeZone')]);
  if (current) known.add(current);
  return [...known].map((name) => ({ label: name.replaceAll('_', ' '), value: name }));
}
