/** `offboard [person]`: plans someone's last day, and moves or cancels it until it is over. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { dayIn, endOfDay, endTogether, isOver } from '../../../core/days.ts';
import { sentences, t } from '../../../core/translate.ts';
import { accessOf } from '../../../engine/access/access-overview.ts';
import { queueCheck } from '../../../engine/access/queue-check.ts';
import { type FutureEnd, whatWillEnd } from '../../../engine/access/removals/remove-all.ts';
import {
  beginIfOver,
  cancelOffboarding,
  planOffboarding,
} from '../../../engine/offboarding/offboard.ts';
import type { Offboarding } from '../../../engine/offboarding/offboarding.ts';
import { fullName, labelOf, type Person } from '../../../engine/people/directory.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import {
  formAction,
  type OrRefused,
  type PressReply,
  type Reply,
  type SubmitReply,
  sayToPerson,
  showCard,
} from '../../view/action.ts';
import { note, rich, strong, withButtons } from '../../view/card.ts';
import { showDay, showTime } from '../../view/dates.ts';
import { asOfNow } from '../../view/left-alone.ts';
import { foundForAdmins, refuse } from '../admins.ts';
import { change } from '../change.ts';
import { openPerson } from '../people/open-person.ts';
import { personForAdmin, personNow } from '../people/person-asked.ts';
import { notStarted } from '../sequences/not-started.ts';
import { assignAll, missingHelpers, sequencesField } from '../sequences/sequence-fields.ts';
import { someNames } from '../some-names.ts';
import { offboardingRef } from './offboarding-ref.ts';

const dayText = () =>
  ({
    kind: 'date',
    label: t`Last day`,
    hint: t`Their access ends at the end of this day (their time); immediately if the day is over.`,
  }) as const;

const dayField = ({ endDate }: Offboarding) => ({ day: { ...dayText(), initial: endDate } });

const toOffboard = personForAdmin(() => t`offboard people`);

export const offboardPerson = formAction({
  id: 'offboarding.plan',
  /** `day`: what was written. */
  payload: z.object({ personId: z.string(), day: z.iso.date().optional() }),
  admit: toOffboard,
  title: () => t`Offboard someone`,
  submitLabel: () => t`Plan it`,

  async fields({ day }, { person, ...turn }) {
    if ((await turn.stores.offboardings.current(person.id))?.state === 'running')
      return { refused: begun() };
    return {
      intro: [
        person.active
          ? rich`${strong(fullName(person))} (${person.email}) is leaving. Next you'll see what will be removed; you can change or cancel it until that day ends.`
          : rich`${strong(fullName(person))} (${person.email}) has left. Latchkey removes the remaining access at the end of this day.`,
        ...(day === undefined || !person.active ? [] : [whenItEnds(day, person, turn)]),
        ...(await knownNow(person, turn)),
      ],
      fields: {
        day: { ...dayText(), initial: day ?? person.endDate },
        ...(await sequencesFor(person, turn)),
      },
    };
  },

  submit: ({ day, sequences = [], past }, { personId }, turn) =>
    planOrAsk(turn, {
      personId,
      day,
      ids: [sequences].flat(),
      past: past === 'fire' ? 'fire' : 'hold',
    }),
});

/** So that "tonight" is read as their last day, and not as this evening. @param day an ISO date */
function whenItEnds(day: string, { timeZone }: Person, turn: Turn): string {
  const zone = timeZone ?? turn.installation.timeZone;
  const end = showTime(endOfDay(day, zone), turn);
  const isToday = day === dayIn(zone, turn.now());
  if (endTogether(day, [zone, turn.timeZone]))
    return isToday
      ? t`You wrote that today, ${showDay(day)}, is their last day. Their access ends when this day is over.`
      : t`You wrote that ${showDay(day)} is their last day. Their access ends when that day is over.`;
  return isToday
    ? t`You wrote that today, ${showDay(day)}, is their last day. Their access ends on ${end}, your time.`
    : t`You wrote that ${showDay(day)} is their last day. Their access ends on ${end}, your time.`;
}

/** None for someone who has left: no sequence is assigned to them. */
async function sequencesFor({ active }: Person, { stores }: Turn) {
  const hint = t`What else happens around the last day.`;
  return sequencesField(stores, active ? ['end-date'] : [], hint);
}

/** A last day in the past removes everything at once. It may be a typo, so this asks first. */
export const offboardAtOnce = formAction({
  id: 'offboarding.at-once',
  payload: z.object({
    personId: z.string(),
    day: z.string(),
    ids: z.array(z.string()),
    past: z.enum(['hold', 'fire']),
  }),
  admit: toOffboard,
  title: () => t`Offboard immediately?`,
  submitLabel: () => t`Offboard now`,
  tone: 'danger',

  async fields({ day }, { person, ...turn }) {
    return {
      intro: [
        t`The last day you chose (${showDay(day)}) is already over.`,
        person.active
          ? rich`${strong(fullName(person))} (${person.email}) won't be able to use Latchkey, and you can't cancel this afterwards.`
          : rich`${strong(fullName(person))} (${person.email}) has already left.`,
        ...(await whatHappensAtOnce(person, turn)),
      ],
    };
  },

  submit: (_values, payload, turn) => plan(turn, payload),
});

const planned = foundForAdmins(() => t`offboard people`, plannedNow);

export const moveOffboarding = formAction({
  id: 'offboarding.move',
  payload: z.object({ offboardingId: z.string() }),
  admit: planned,
  title: () => t`Change the last day`,
  submitLabel: () => t`Change the day`,

  fields: async (_payload, { offboarding }) => ({ fields: dayField(offboarding) }),

  async submit(sent, _payload, { offboarding, shown, ...turn }) {
    const { day } = asOfNow(sent, shown, dayField(offboarding));
    return planOrAsk(turn, { personId: offboarding.personId, day, ...NONE });
  },
});

export const stopOffboarding = formAction({
  id: 'offboarding.cancel',
  payload: z.object({ offboardingId: z.string() }),
  admit: planned,
  title: () => t`Cancel the offboarding`,
  submitLabel: () => t`They stay`,

  fields: async () => ({ intro: [t`They stay, and nothing is removed.`], fields: {} }),

  async submit(_values, { offboardingId }, turn) {
    const cancelled = await change(turn, (tx, by) => cancelOffboarding(tx, offboardingId, by));
    return cancelled ? { kind: 'nothing' } : refuse(begun());
  },
});

/** `offboard Ann`: shows the offboarding that is planned or running, or the button that plans one. */
export async function openOffboarding(person: Person, turn: Turn): Promise<Reply> {
  const { refused } = await toOffboard({ personId: person.id }, turn);
  if (refused) return refuse(refused);
  const current = await turn.stores.offboardings.current(person.id);
  if (current) return showCard(offboardingRef(current.id));
  const names = await namesOfRemoved(person, turn);
  if (!person.active) return hasLeft(person, names);
  const what =
    names === '' ? t`They have no access on record.` : t`May need to be removed: ${names}.`;
  return sayToPerson(
    withButtons(note(t`Is ${fullName(person)} leaving?`, what), {
      label: t`Plan the last day…`,
      does: offboardPerson.with({ personId: person.id }),
    }),
  );
}

/** The form that plans it, where nothing is planned yet; else as `openOffboarding`. */
export async function planFor(
  { person, day }: { readonly person: Person; readonly day?: string | undefined },
  turn: Turn,
): Promise<PressReply> {
  return person.active && !(await turn.stores.offboardings.current(person.id))
    ? offboardPerson.press(offboardPerson.with({ personId: person.id, day }).payload, turn)
    : openOffboarding(person, turn);
}

/** How many names one sentence lists. */
const NAMED = 20;

/** One sentence each: what Latchkey revokes, what people do by hand, and what is only checked. */
async function whatHappensAtOnce(person: Person, { stores }: Turn): Promise<string[][]> {
  const ends = await whatWillEnd(stores, person);
  const names = (how: FutureEnd['how']): string =>
    someNames(
      ends.filter((each) => each.how === how).map(({ integration }) => labelOf(integration)),
      NAMED,
    );
  const [revoked, byHand, asked] = [names('by-itself'), names('by-hand'), names('asked')];
  return compact([
    revoked === '' && byHand === '' && [t`They have no access on record that could be removed.`],
    revoked !== '' && [t`Removed immediately: ${revoked}.`],
    byHand !== '' && [t`Removed by hand, one task each: ${byHand}.`],
    asked !== '' && [t`Also checked, to be sure: ${asked}.`],
  ]);
}

/** What they have or may have, without what is only checked. Empty where there is nothing. */
async function namesOfRemoved(person: Person, { stores }: Turn): Promise<string> {
  const ends = (await whatWillEnd(stores, person)).filter(
    ({ how }) => how === 'by-itself' || how === 'by-hand',
  );
  return someNames(
    ends.map(({ integration }) => labelOf(integration)),
    NAMED,
  );
}

/** For someone who has left: there is no day to plan, but they may still have access. */
const hasLeft = (person: Person, names: string): Reply =>
  sayToPerson(
    withButtons(
      note(
        t`${fullName(person)} has left`,
        sentences(
          person.endDate !== undefined && t`Their last day was ${showDay(person.endDate)}.`,
          names === '' ? t`They have no access on record.` : t`They may still have: ${names}.`,
        ),
      ),
      { label: t`View their card`, does: openPerson.with({ personId: person.id }) },
      names !== '' && {
        label: t`Remove what is left…`,
        does: offboardPerson.with({ personId: person.id }),
      },
    ),
  );

async function plannedNow(
  { offboardingId: id }: { readonly offboardingId: string },
  turn: Turn,
): Promise<OrRefused<{ readonly offboarding: Offboarding }>> {
  const offboarding = await turn.stores.offboardings.find(id);
  return offboarding?.state === 'planned' ? { offboarding } : { refused: begun() };
}

const begun = () =>
  note(
    t`This offboarding has already started or is over`,
    t`What was removed stays removed. If they're back, reactivate them on their card.`,
  );

/** More integrations than a company has. */
const ALL = { offset: 0, limit: 10_000 };

interface Chosen {
  readonly ids: string[];
  readonly past: 'hold' | 'fire';
}

type LastDay = Chosen & { readonly personId: string; readonly day: string };

const NONE: Chosen = { ids: [], past: 'hold' };

/** Sequences that go along with the question, which a Slack form has to carry: its 3000 characters take some 65 ids. */
const MAX_AT_ONCE = 40;

async function planOrAsk(turn: Turn, wish: LastDay): Promise<SubmitReply> {
  const { personId, day } = wish;
  const person = await turn.stores.people.find(personId);
  const timeZone = person?.timeZone ?? turn.installation.timeZone;
  const isLate = isOver(day, timeZone, turn.now());
  if (isLate && wish.ids.length > MAX_AT_ONCE)
    return {
      kind: 'invalid',
      errors: {
        sequences: t`For a day that is over, choose at most ${MAX_AT_ONCE}.`,
      },
    };
  return isLate ? offboardAtOnce.press(offboardAtOnce.with(wish).payload, turn) : plan(turn, wish);
}

async function plan(
  turn: Turn,
  { personId, day: endDate, ids, past }: LastDay,
): Promise<SubmitReply> {
  const { person, refused } = await personNow({ personId }, turn);
  if (refused) return refuse(refused);
  const found = await Promise.all(ids.map((id) => turn.stores.sequences.find(id)));
  const sequences = found.filter((each) => each !== undefined);
  const [missing] = Object.values(await missingHelpers(turn.stores, sequences, person));
  if (missing !== undefined) return { kind: 'invalid', errors: { sequences: missing } };
  const outcome = await turn.transact(async (tx) => {
    const planning = await planOffboarding(tx, { person, endDate, actor: actorOf(turn) });
    // Checks all apps now, also those without known access, so that the card shows current results.
    if (planning.kind === 'planned')
      for (const { integration, hasExists } of (await accessOf(tx, person, ALL)).rows)
        if (hasExists)
          await queueCheck(tx.queue, { personId: person.id, integrationId: integration.id });
    if (planning.kind === 'refused') return planning;
    const why = await assignAll(tx, { sequences, person, past }, turn);
    await beginIfOver(tx, planning.offboarding);
    return { ...planning, why };
  });
  if (outcome.kind === 'refused') return refuse(note(t`Nothing was planned`, outcome.why));
  const { offboarding, why } = outcome;
  return why.length > 0
    ? notStarted(
        t`The last day of ${fullName(person)} is planned, but not every sequence has started`,
        why,
        person,
      )
    : showCard(offboardingRef(offboarding.id));
}

async function knownNow(person: Person, turn: Turn) {
  const current = await turn.stores.offboardings.current(person.id);
  return current
    ? [
        [
          t`An offboarding is already planned for ${showDay(current.endDate)}; this changes the day.`,
        ],
      ]
    : [];
}
