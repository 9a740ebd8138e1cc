/** One person: all that the directory knows, their chat users, and what the reader can do. */
import { compact } from '../../../core/compact.ts';
import { plural, t } from '../../../core/translate.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import type { FactClaim } from '../../../engine/people/fact-claim.ts';
import { mayAnswerClaims } from '../../../engine/people/fact-claims.ts';
import { factLabels, isAskedInChat } from '../../../engine/people/fact-questions.ts';
import { sayAddress } from '../../../engine/people/no-address.ts';
import { isAdmin, mayManage, maySee, maySeePlans } from '../../../engine/people/permission.ts';
import { phoneHint, readPhone } from '../../../engine/people/phone.ts';
import type { ChatIdentity } from '../../../engine/ports/people-stores.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type { Reader } from '../../live/context.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Fact,
  factList,
  paragraph,
  strong,
  withButtons,
} from '../../view/card.ts';
import { showDay } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { pickBundle } from '../bundles/grant-bundle.ts';
import { sameAs } from '../bundles/same-as.ts';
import { offboardPerson } from '../offboarding/offboard.ts';
import { assignSequence, openTimeline } from '../sequences/assign-sequence.ts';
import { someNames } from '../some-names.ts';
import { changeButtons } from '../transitions/current-change.ts';
import { linkWords, openAccount } from './account-card.ts';
import { confirmFact, rejectFact } from './confirm-fact.ts';
import { editPerson } from './edit-person.ts';
import { typistOf } from './fact-claim-card.ts';
import { pickPerson } from './find-person.ts';
import { reactivatePerson } from './leave-person.ts';
import { gone } from './person-asked.ts';
import { notYours, personRefs } from './person-ref.ts';
import { countPeople, nameOf, roleWords } from './person-words.ts';

/** Nobody reads more names than these; the access card has all. */
const NAMED = 10;
/** Two blocks each, and a Slack message has fifty. The others follow when these are answered. */
const MAX_CLAIMS = 10;

export const personCard = liveCard({
  ...personRefs,

  async render({ personId }, context: Reader) {
    const { stores, reader } = context;
    const person = await stores.people.find(personId);
    if (!person) return isAdmin(reader) ? gone() : notYours(context);
    const change = await changeButtons(person, context);
    if (!maySee(reader, person)) return withButtons(await notYours(context), ...change);
    const links = await stores.identities.ofPerson(person.id);
    return {
      title: person.active ? fullName(person) : t`${fullName(person)} has left`,
      blocks: [
        factList(await factsOf(person, links, context)),
        ...(await warnings(person, stores)),
        ...(await claimBlocks(person, context)),
        ...buttonsOf(person, reader, change),
      ],
    };
  },
});

async function factsOf(
  person: Person,
  links: readonly ChatIdentity[],
  context: Reader,
): Promise<Fact[]> {
  const { stores } = context;
  const [manager, buddy, reports, access] = await Promise.all([
    person.managerId ? stores.people.find(person.managerId) : undefined,
    person.buddyId ? stores.people.find(person.buddyId) : undefined,
    countReports(person, stores),
    accessWords(person, stores),
  ]);
  const optional = (label: string, value: string | undefined): Fact[] =>
    value ? [[label, value]] : [];
  // A last day that is planned may be nobody's to know yet, not even theirs.
  const seesLastDay = !person.active || maySeePlans(context.reader, person);
  return [
    [t`Email`, sayAddress(person)],
    ...optional(t`Phone`, phoneWords(person.phone)),
    ...optional(t`Position`, person.position),
    ...optional(t`Department`, person.department),
    [t`Manager`, manager ? nameOf(manager) : t`not set`],
    ...optional(t`Buddy`, buddy && nameOf(buddy)),
    ...optional(t`Reports`, reports > 0 ? countPeople(reports) : undefined),
    ...optional(t`First day`, person.startDate && showDay(person.startDate)),
    ...optional(t`Last day`, seesLastDay ? person.endDate && showDay(person.endDate) : undefined),
    ...optional(t`Time zone`, person.timeZone),
    ...optional(t`Employee ID`, person.employeeId),
    [t`Role`, roleWords()[person.role]],
    [t`Chat`, linkWords(person, links, context)],
    [t`Access`, access],
  ];
}

const countReports = async ({ id }: Person, { people }: Stores): Promise<number> =>
  (await people.reports(id, { offset: 0, limit: 1 })).total;

/** The last known access, without a check. */
async function accessWords({ id }: Person, stores: Stores): Promise<string> {
  const [known, integrations] = await Promise.all([
    stores.access.forPerson(id),
    stores.integrations.list(),
  ]);
  const named = (state: 'has' | 'unknown') =>
    integrations
      .filter((integration) =>
        known.some((access) => access.integrationId === integration.id && access.state === state),
      )
      .map(({ name }) => name);
  const [has, unknown] = [named('has'), named('unknown')];
  if (has.length === 0 && unknown.length === 0) return t`no access on record`;
  return compact([
    has.length > 0 && t`has ${someNames(has, NAMED)}`,
    unknown.length > 0 && t`not confirmed: ${someNames(unknown, NAMED)}`,
  ]).join('; ');
}

/** Facts that someone else entered about them and that aren't confirmed. */
async function claimBlocks(person: Person, { stores, reader }: Reader): Promise<Block[]> {
  const claims = await stores.factClaims.of(person.id);
  if (claims.length === 0) return [];
  const mayAnswer = await mayAnswerClaims(stores, reader, person);
  const inChat = await isAskedInChat(stores, person);
  const labelOf = await factLabels(stores);
  const blocks: Block[] = [];
  for (const claim of claims.slice(0, MAX_CLAIMS)) {
    const label = labelOf(claim.name);
    const typedBy = await typistOf(claim, stores);
    blocks.push(
      paragraph([
        strong(`${label}: ${claim.value}`),
        ' · ',
        inChat
          ? t`entered by ${typedBy}; waiting for ${fullName(person)} to confirm`
          : t`entered by ${typedBy}; waiting for an admin to confirm`,
      ]),
    );
    if (mayAnswer) blocks.push(...buttonRow(claimButtons(claim, label)));
  }
  return blocks;
}

const claimButtons = ({ personId, name, at }: FactClaim, label: string): readonly Button[] => {
  const ref = { personId, name, at: at.getTime() };
  return [
    {
      label: t`Confirm`,
      tone: 'primary',
      does: confirmFact.with(ref),
      about: t`Confirm: ${label}`,
    },
    { label: t`No…`, does: rejectFact.with(ref), about: t`No: ${label}` },
  ];
};

/** What still depends on a person who has left. */
async function warnings(person: Person, stores: Stores): Promise<Block[]> {
  if (person.active) return [];
  const reports = await countReports(person, stores);
  const open = await stores.removals.openOf(person.id);
  const left = (await stores.access.forPerson(person.id)).filter(
    ({ state, integrationId }) =>
      state !== 'none' && !open.some((removal) => removal.integrationId === integrationId),
  );
  const lines = compact([
    t`Only lists that include leavers still show them. They get no new access.`,
    open.length > 0 && t`Still being removed: ${open.length}. Press Access to see the progress.`,
    left.length > 0 && t`They may still have more (${left.length}). Press Access to revoke it.`,
    reports > 0 &&
      plural(reports, {
        one: t`1 person still has them as manager. Set another one.`,
        other: t`${countPeople(reports)} still have them as manager. Set another one for each.`,
      }),
  ]);
  return [paragraph(lines.join(' '))];
}

function buttonsOf(person: Person, reader: Person, change: readonly Button[]): Block[] {
  const about = { personId: person.id };
  const may = mayManage(reader, person);
  const access: Button = {
    label: t`Access`,
    does: pickPerson.with({ ...about, purpose: 'access' }),
    tone: may ? 'primary' : undefined,
  };
  const offboard: Button =
    person.active && person.endDate === undefined
      ? { label: t`Offboard…`, does: offboardPerson.with(about) }
      : { label: t`Offboarding`, does: pickPerson.with({ ...about, purpose: 'offboard' }) };
  const timeline: Button = { label: t`Timeline`, does: openTimeline.with(about) };
  const granting: Button[] = person.active
    ? [
        { label: t`Bundle…`, does: pickBundle.with({ ...about, page: 0 }) },
        { label: t`Same as…`, does: sameAs.with(about) },
      ]
    : [];
  if (!isAdmin(reader)) {
    const seen = maySeePlans(reader, person) ? [access, timeline, ...change] : [access];
    return buttonRow(seen, may ? granting : []);
  }
  return buttonRow(
    [access, timeline, ...change, offboard],
    [
      { label: t`Edit…`, does: editPerson.with(about) },
      ...granting,
      person.active
        ? { label: t`Sequence…`, does: assignSequence.with(about) }
        : { label: t`Reactivate…`, does: reactivatePerson.with(about) },
      { label: t`Account and data`, does: openAccount.with(about) },
    ],
  );
}

/** Imported phone numbers aren't validated, so the card says where texts can't be sent to one. */
const phoneWords = (phone: string | undefined): string | undefined =>
  phone === undefined || readPhone(phone) !== undefined
    ? phone
    : t`${phone} (can't receive texts: ${phoneHint()})`;
