/** What becomes due of transitions: first days, and open ones that nothing has told of for an hour. */
import { addDays, dayIn, startOfDay } from '../../core/days.ts';
import { DAY_MS } from '../../core/hours.ts';
import type { Person } from '../people/directory.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { notePeople } from '../rules/note-people.ts';
import type { Source, Zoned } from '../work/due.ts';
import { everyDue } from '../work/paged.ts';
import { FOLLOWED_EVERY_MS, follow, followPerson } from './follow.ts';
import type { Transition } from './transition.ts';

/** A first day is noticed this long after it began. Who was entered later has been here for a while. */
const JOINING_MS = 2 * DAY_MS;
const PAGE = 250;

export const transitionSources = ({ timeZone }: Zoned): readonly Source[] => [
  {
    name: 'transition-joiner',
    async *due(stores, now) {
      const today = dayIn('UTC', now);
      for await (const person of starting(stores, addDays(today, -2), addDays(today, 1))) {
        const begins = firstDayOf(person, timeZone);
        if (begins && begins <= now && now.getTime() - begins.getTime() < JOINING_MS)
          yield { subject: `${person.id}:${person.startDate}`, at: inNoZone(person) };
      }
    },
    async fire(tx, { subject }) {
      const [personId = '', startDate] = subject.split(':');
      const person = await tx.people.hold(personId);
      if (person?.active && person.startDate === startDate) await noteJoiner(tx, person);
    },
  },
  {
    name: 'transition-follow',
    async *due({ transitions }, now) {
      const before = new Date(now.getTime() - FOLLOWED_EVERY_MS);
      const page = (offset: number) => transitions.notFollowedSince(before, offset);
      for await (const { id, followedAt } of everyDue(page, (each) => each.id))
        yield { subject: id, at: new Date(followedAt.getTime() + FOLLOWED_EVERY_MS) };
    },
    async fire(tx, { subject }) {
      const transition = await tx.transitions.find(subject);
      if (transition) await followPerson(tx, transition.personId);
    },
  },
];

async function* starting({ people }: Stores, from: string, until: string): AsyncIterable<Person> {
  for (let offset = 0; ; offset += PAGE) {
    const found = await people.startingBetween(from, until, { offset, limit: PAGE });
    yield* found.people;
    if (found.people.length < PAGE) return;
  }
}

const firstDayOf = ({ startDate, timeZone: own }: Person, timeZone: string): Date | undefined =>
  startDate === undefined ? undefined : startOfDay(startDate, own ?? timeZone);

/** The day as an occurrence names it: the same in every time zone, since theirs may become known on their first day. */
const inNoZone = ({ startDate = '' }: Person): Date => startOfDay(startDate, 'UTC');

/** Their card opens with what they have or get by then, and at the latest when the rules have been evaluated for them. */
async function noteJoiner(tx: Transaction, { id: personId }: Person): Promise<void> {
  if ((await tx.transitions.currentOf([personId])).length > 0) return;
  const noted: Transition = {
    id: tx.newId(),
    version: 1,
    personId,
    kind: 'joiner',
    state: 'noted',
    fields: [],
    heldBefore: [],
    formerManagerIds: [],
    notifiedIds: [],
    beganAt: tx.now,
    followedAt: tx.now,
  };
  await tx.transitions.insert(noted);
  if (await tx.rules.any()) await notePeople(tx, [personId]);
  else await follow(tx, noted);
}
