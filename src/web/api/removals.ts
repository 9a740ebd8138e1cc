/** `/removals`: access that is being removed until that is proven. */
import { z } from 'zod';
import {
  type CauseKind,
  causeKinds,
  isPaused,
  type ProofKind,
  proofKinds,
  type Removal,
  removalMoves,
} from '../../engine/access/removals/removal.ts';
import { managerToSeePlans } from '../../engine/overview/seen.ts';
import { maySeePlans } from '../../engine/people/permission.ts';
import { answerOf } from './answer-of.ts';
import { cut, type Endpoint, listing, named, reading, type Turn } from './endpoint.ts';
import { actorSchema, actorShown, day, id, idFilter, MAX_ID, time } from './values.ts';

const states = Object.keys(removalMoves) as Removal['state'][];

const removalSchema = named(
  'Removal',
  z.object({
    id,
    state: z.enum(states),
    personId: id,
    integrationId: id,
    beganAt: time,
    endedAt: time.optional(),
    causes: z.array(
      z.object({ kind: z.enum(Object.keys(causeKinds) as CauseKind[]), by: actorSchema, at: time }),
    ),
    proof: z
      .object({
        kind: z.enum([...(Object.keys(proofKinds) as ProofKind[]), 'damaged']),
        at: time,
        byId: id.optional().describe('Who did or confirmed it'),
      })
      .optional()
      .describe('What proves that it is gone'),
    why: z.string().optional().describe('A sentence that says why it is not gone yet'),
    tries: z.number().int(),
    retryAt: time.optional(),
    isPaused: z.boolean().describe('The person is back, and someone may choose what they keep'),
    dueDate: day.optional().describe('Of the task to remove it by hand, ISO date'),
    taskId: id.optional(),
    runId: id.optional().describe('The last revoke'),
  }),
);

const removalShown = (of: Removal, { now }: Pick<Turn, 'now'>): z.input<typeof removalSchema> =>
  answerOf(removalSchema, {
    ...of,
    causes: of.causes.map((cause) => ({ ...cause, by: actorShown(cause.by) })),
    isPaused: isPaused(of, now()),
  });

export const removals: readonly Endpoint[] = [
  listing({
    path: '/removals',
    tag: 'Removals',
    scope: 'read',
    summary: 'Removals, the newest first',
    description: 'Managers see those of their reports, admins and auditors all.',
    name: 'RemovalPage',
    item: removalSchema,
    filters: {
      person: idFilter('From this person'),
      integration: idFilter('At this integration'),
      state: z
        .enum([...states, 'open'])
        .optional()
        .describe('`open`: not ended'),
    },
    place: z.string().max(MAX_ID),
    async read({ query, after, limit }, turn) {
      const { stores, reader } = turn;
      const found = await stores.removals.before(after, limit + 1, {
        personId: query.person,
        integrationId: query.integration,
        state: query.state,
        managerId: managerToSeePlans(reader),
      });
      const { rows, next } = cut(found, limit, (each) => each.id);
      return { items: rows.map((each) => removalShown(each, turn)), next };
    },
  }),
  reading({
    path: '/removals/{id}',
    tag: 'Removals',
    scope: 'read',
    summary: 'One removal',
    answer: removalSchema,
    async read(removalId, turn) {
      const { stores, reader } = turn;
      const found = await stores.removals.find(removalId);
      const person = found && (await stores.people.find(found.personId));
      return found && person && maySeePlans(reader, person) ? removalShown(found, turn) : undefined;
    },
  }),
];
