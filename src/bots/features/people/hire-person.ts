/** `hire`: adds a new person before their first day, or one who joined the chat workspace. */
import { z } from 'zod';
import { isSameName } from '../../../core/fold.ts';
import { t } from '../../../core/translate.ts';
import { type ChangedBy, fullName, type Person } from '../../../engine/people/directory.ts';
import { hasAddress } from '../../../engine/people/no-address.ts';
import { addPerson } from '../../../engine/people/people.ts';
import { formerPeopleCalled } from '../../../engine/people/people-called.ts';
import type { PersonDetails, PersonErrors } from '../../../engine/people/person-details.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { Sequence } from '../../../engine/sequences/sequence.ts';
import { workspaceSettings } from '../../../engine/settings/workspace-settings.ts';
import type { Turn } from '../../live/context.ts';
import { addressesOf } from '../../live/identify.ts';
import { formAction, type Reply, sayToPerson } from '../../view/action.ts';
import type { ActionCall } from '../../view/action-call.ts';
import { note, withButtons } from '../../view/card.ts';
import { type CommandText, plainText, words } from '../../view/command.ts';
import { adminsAbout } from '../admins.ts';
import { change } from '../change.ts';
import { notStarted } from '../sequences/not-started.ts';
import { assignAll, missingHelpers, sequencesField } from '../sequences/sequence-fields.ts';
import { grantsAutomatically } from './automatic-grants.ts';
import { pickPerson } from './find-person.ts';
import { openPerson } from './open-person.ts';
import { detailsOf, personFormFields } from './person-form.ts';
import { showPerson } from './person-ref.ts';
import { besideFields } from './person-words.ts';

/** Where a platform can't open a form at once, the typed text travels in a button. */
const LONGEST_TYPED = 200;
/** As many of one name are said. */
const MAX_FORMER = 5;

const toHire = adminsAbout(({ worksHere }: { readonly worksHere?: true | undefined }) =>
  worksHere ? t`add colleagues` : t`add new hires`,
);

export const hirePerson = formAction({
  id: 'person.hire',
  payload: z.object({
    /** A name, an address, or both, as typed. */
    typed: z.string().max(LONGEST_TYPED).optional(),
    /** A chat user who was mentioned. */
    mentioned: z.string().optional(),
    joinId: z.string().optional(),
    /** A colleague who works here already: no new hire, and nothing that new hires get. */
    worksHere: z.literal(true).optional(),
  }),
  admit: toHire,
  title: ({ worksHere }) => (worksHere ? t`Add a colleague` : t`Hire someone`),
  submitLabel: () => t`Add`,

  async fields({ worksHere, ...about }, turn) {
    const known = await knownOf(about, turn);
    const details = await personFormFields(turn.stores, known);
    const former = (await formerlyCalled(known, turn)).map((person) => [hadLeft(person)]);
    const { intro, sequences } = await (worksHere ? asColleague(turn) : asNewHire(turn));
    return { intro: [intro, ...former], fields: { ...details, ...sequences } };
  },

  async submit(values, { worksHere }, turn) {
    const role = worksHere ? 'other' : 'new_hire';
    const wanted = { ...detailsOf(values), role } as const;
    const add = async (tx: Transaction, by: ChangedBy) => {
      const added = await addPerson(tx, wanted, by);
      if (!added.ok) return { added, why: [] };
      if (worksHere) return { added, why: [] };
      const sequences = await sequencesOf(tx, [values.sequences ?? []].flat());
      const missing = await missingHelpers(tx, sequences, added.person);
      if (Object.keys(missing).length > 0) throw new HelpersMissing(missing);
      const why = await assignAll(
        tx,
        { sequences, person: added.person, past: values.past === 'fire' ? 'fire' : 'hold' },
        turn,
      );
      return { added, why };
    };
    try {
      const { added, why } = await change(turn, add); // Two admins may add the same person at once.
      if (!added.ok) return { kind: 'invalid', errors: besideFields(added.errors) };
      const { person, returned } = added;
      if (why.length > 0)
        return notStarted(
          returned
            ? t`${fullName(person)} is back, but not every sequence has started`
            : t`${fullName(person)} is added, but not every sequence has started`,
          why,
          person,
        );
      return returned ? welcomeBack(person) : showPerson(person.id);
    } catch (error) {
      if (!(error instanceof HelpersMissing)) throw error;
      return { kind: 'invalid', errors: besideFields(error.errors) };
    }
  },
});

/** Rolls back the new person: a sequence needs a manager or a buddy, so the form is shown again. */
class HelpersMissing extends Error {
  readonly code = 'helpers-missing';
  readonly errors: PersonErrors;
  constructor(errors: PersonErrors) {
    super(`A sequence needs someone whom the person lacks`);
    this.errors = errors;
  }
}

/** Who left with the whole name that is typed without an address. Nobody's address is filled in: it may be a namesake. */
async function formerlyCalled(
  { firstName = '', lastName = '', email }: PersonDetails,
  { stores }: Turn,
): Promise<readonly Person[]> {
  const name = `${firstName} ${lastName}`.trim();
  if (name === '' || email) return [];
  const former = await formerPeopleCalled(stores.people, name);
  return former.filter((person) => isSameName(fullName(person), name)).slice(0, MAX_FORMER);
}

const hadLeft = (person: Person): string =>
  hasAddress(person)
    ? t`${fullName(person)} (${person.email}) had left. If they're coming back, enter that address.`
    : t`Someone called ${fullName(person)} had left, and has no email address here. If they're coming back, reactivate them on their card.`;

interface Adding {
  readonly intro: string;
  readonly sequences: Awaited<ReturnType<typeof sequencesField>>;
}

async function asColleague({ stores }: Turn): Promise<Adding> {
  return {
    intro: (await grantsAutomatically(stores))
      ? t`Adds someone who works here already to the directory. A rule, or a sequence that starts automatically, may grant them access.`
      : t`Adds someone who works here already to the directory. Grants no access.`,
    sequences: {},
  };
}

async function asNewHire({ stores }: Turn): Promise<Adding> {
  const everyHires = await stores.sequences.forEveryHire();
  const sequences = await sequencesField(
    stores,
    ['start-date', 'assignment'],
    everyHires.length === 0
      ? t`What they get around their first day, and when.`
      : t`What they get in addition to what every new hire gets.`,
  );
  if (everyHires.length > 0) {
    const names = everyHires.map(({ name }) => name).join(', ');
    const intro = t`Adds them to the directory as a new hire, with what every new hire gets: ${names}.`;
    return { intro, sequences };
  }
  if (await grantsAutomatically(stores))
    return {
      intro: t`Adds them to the directory as a new hire. A rule, or a sequence that starts automatically, may grant them access.`,
      sequences,
    };
  return {
    intro:
      'sequences' in sequences
        ? t`Adds them to the directory as a new hire. Grants no access, except through the sequences you choose.`
        : t`Adds them to the directory as a new hire. Grants no access.`,
    sequences,
  };
}

/** The sequences for every new hire, and the chosen ones. */
async function sequencesOf(tx: Transaction, ids: readonly string[]): Promise<readonly Sequence[]> {
  const every = await tx.sequences.forEveryHire();
  const chosen = await Promise.all(ids.map((id) => tx.sequences.find(id)));
  return [
    ...every,
    ...chosen.filter((each) => each !== undefined).filter(({ isForEveryHire }) => !isForEveryHire),
  ];
}

/** The form of `hire`, filled in from the typed text. */
export function hireFrom(args: CommandText): ActionCall {
  const [first] = args;
  if (typeof first === 'object' && first.kind === 'mention')
    return hirePerson.with({ typed: cut(first.name), mentioned: first.userId });
  return hirePerson.with({ typed: cut(plainText(args)) });
}

const cut = (text: string): string => text.slice(0, LONGEST_TYPED);

interface HireFacts {
  readonly typed?: string;
  readonly mentioned?: string;
  readonly joinId?: string;
}

async function knownOf(
  { typed = '', mentioned, joinId }: HireFacts,
  turn: Turn,
): Promise<PersonDetails> {
  const join = joinId === undefined ? undefined : await turn.stores.joins.find(joinId);
  if (join) return { ...namesIn(join.name), email: join.email };
  const profile = mentioned === undefined ? undefined : await turn.profileOf(mentioned);
  if (profile) {
    const [address] = addressesOf(profile, await workspaceSettings(turn.stores));
    return { ...namesIn(profile.name), email: address?.email };
  }
  const all = words(typed);
  const address = all.find((word) => word.includes('@'));
  const email = address?.replace(/^<(.+)>$/, '$1'); // As mail programs copy it.
  return { ...namesIn(all.filter((word) => word !== address).join(' ')), email };
}

/** The first word is the first name, the rest the last name. */
function namesIn(name: string): PersonDetails {
  const [firstName = '', ...rest] = words(name);
  return { firstName, lastName: rest.join(' ') };
}

/** The address belongs to someone who had left. The reply makes clear that their former access may not be there. */
const welcomeBack = (person: Person): Reply =>
  sayToPerson(
    withButtons(
      note(
        t`${fullName(person)} is back`,
        t`${person.email} belongs to someone who had left. They are active again, with what you entered. If access is still being removed, you get a list of what they keep; Access shows the rest.`,
      ),
      { label: t`Open`, does: openPerson.with({ personId: person.id }) },
      { label: t`Access`, does: pickPerson.with({ personId: person.id, purpose: 'access' }) },
    ),
  );
