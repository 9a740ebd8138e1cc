/** `/people`: the directory, as far as the reader may see it. */
import { z } from 'zod';
import type { Person } from '../../engine/people/directory.ts';
import { maySee, maySeePlans } from '../../engine/people/permission.ts';
import { seenPeopleAfter } from '../../engine/people/seen-people.ts';
import { answerOf } from './answer-of.ts';
import { cut, type Endpoint, listing, named, reading } from './endpoint.ts';
import { day, id, MAX_SEARCH } from './values.ts';

const person = named(
  'Person',
  z.object({
    id,
    email: z.string(),
    firstName: z.string(),
    lastName: z.string(),
    phone: z.string().optional(),
    position: z.string().optional(),
    department: z.string().optional(),
    managerId: id.optional(),
    buddyId: id.optional(),
    startDate: day.optional(),
    endDate: day
      .optional()
      .describe(
        'ISO date. While it is still to come, only admins, auditors and the manager see it',
      ),
    timeZone: z.string().optional().describe('IANA name'),
    employeeId: z.string().optional(),
    role: z.enum(['admin', 'auditor', 'helpdesk', 'manager', 'new_hire', 'other']),
    active: z.boolean().describe('False: they have left'),
  }),
);

const shown = (of: Person, reader: Person): z.input<typeof person> =>
  answerOf(person, {
    ...of,
    endDate: !of.active || maySeePlans(reader, of) ? of.endDate : undefined,
  });

export const people: readonly Endpoint[] = [
  listing({
    path: '/people',
    tag: 'People',
    scope: 'read',
    summary: 'People, the longest known first',
    description:
      'Admins, auditors and the helpdesk see everyone, others themselves and their active reports.',
    name: 'PersonPage',
    item: person,
    filters: {
      text: z
        .string()
        .max(MAX_SEARCH)
        .default('')
        .describe('Words of the name or email address, in any case'),
      who: z
        .enum(['active', 'everybody', 'left'])
        .default('active')
        .describe('People who have left, too, or only those'),
    },
    place: z.string(),
    async read({ query, after = '', limit }, { stores, reader }) {
      const wanted = { ...query, afterId: after, limit: limit + 1 };
      const found = await seenPeopleAfter(stores, reader, wanted);
      const { rows, next } = cut(found, limit, (each) => each.id);
      return { items: rows.map((each) => shown(each, reader)), next };
    },
  }),
  reading({
    path: '/people/{id}',
    tag: 'People',
    scope: 'read',
    summary: 'One person',
    answer: person,
    async read(personId, { stores, reader }) {
      const found = await stores.people.find(personId);
      return found && maySee(reader, found) ? shown(found, reader) : undefined;
    },
  }),
];
