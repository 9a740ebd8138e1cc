/** `/bundles`: what can be requested as one, and requesting it. */
import { z } from 'zod';
import { unreachable } from '../../core/unreachable.ts';
import { beginPlanned, factsAsked, holdPlan, isBegun } from '../../engine/bundles/begin-items.ts';
import type { Bundle, BundleItem } from '../../engine/bundles/bundle.ts';
import type { BundleRequest, RequestedItem } from '../../engine/bundles/bundle-request.ts';
import {
  matchingBundles,
  offeredOf,
  type ReadBundle,
  readBundles,
} from '../../engine/bundles/offered-bundles.ts';
import type { PlannedItem } from '../../engine/bundles/plan-item.ts';
import type { Integration } from '../../engine/people/directory.ts';
import { mayRequestFor, maySee, maySeeSetUp } from '../../engine/people/permission.ts';
import { answersBody, readFacts } from './answers.ts';
import { noteNotAllowed } from './asked-request.ts';
import { cut, type Endpoint, listing, named, reading, type Turn } from './endpoint.ts';
import { conflict, invalid, notFound, type Place, type Problem } from './problems.ts';
import { wrongFact } from './request-writes.ts';
import { forWhom, givenReason, id, MAX_ID, MAX_SEARCH } from './values.ts';
import { type Act, type Done, writing } from './writing.ts';

const bundle = named(
  'Bundle',
  z.object({
    id,
    name: z.string(),
    description: z.string(),
    tags: z.array(z.string()),
    isRequestable: z
      .boolean()
      .describe('Whether the owner of the token may request something of it for themselves'),
    versionId: id.describe('What a request sends back'),
    items: z.array(
      z.object({
        integrationId: id,
        name: z.string().optional().describe('Of the app. Left out where it was deleted'),
        hours: z.number().int().optional().describe('For how long. Left out: no end date'),
      }),
    ),
  }),
);

const newRequest = named(
  'NewBundleRequest',
  z.strictObject({
    versionId: z
      .string()
      .max(MAX_ID)
      .describe('Of the bundle as it was read, so that nobody requests what they have not seen'),
    personId: forWhom,
    reason: givenReason,
    facts: answersBody.facts,
  }),
);

const bundleRequest = named(
  'BundleRequest',
  z.object({
    id,
    bundleId: id,
    personId: id,
    items: z.array(
      z.object({
        integrationId: id,
        outcome: z
          .enum(['requested', 'approved', 'had', 'left-out'])
          .describe(
            '`approved`: nobody had to decide it, and `runId` or `taskId` grants it. `had`: they have it already. `left-out`: it can not be requested now',
          ),
        requestId: id.optional(),
        runId: id.optional(),
        taskId: id.optional(),
      }),
    ),
  }),
);

/** Those of them that they see, in their order: what they are offered, and for admins and auditors all. */
async function seenOf(
  bundles: readonly Bundle[],
  { stores, reader }: Pick<Turn, 'stores' | 'reader'>,
): Promise<readonly ReadBundle[]> {
  const found = await readBundles(bundles, reader, stores);
  return found.filter(({ isOffered }) => isOffered || maySeeSetUp(reader));
}

const shown = ({ bundle: of, items, apps, isOffered }: ReadBundle): z.input<typeof bundle> => ({
  id: of.id,
  name: of.name,
  description: of.description,
  tags: [...of.tags],
  isRequestable: isOffered,
  versionId: of.versionId,
  items: items.map((item) => itemShown(item, apps.get(item.integrationId))),
});

const itemShown = ({ integrationId, hours }: BundleItem, app: Integration | undefined) => ({
  integrationId,
  name: app?.deletedAt ? undefined : app?.name,
  hours,
});

const requestShown = (
  { id: requestId, personId }: BundleRequest,
  bundleId: string,
  items: readonly RequestedItem[],
): z.input<typeof bundleRequest> => ({
  id: requestId,
  bundleId,
  personId,
  items: items.map(({ integrationId, requestId: of, runId, taskId, had }) => ({
    integrationId,
    outcome: had
      ? 'had'
      : runId !== undefined || taskId !== undefined
        ? 'approved'
        : of === undefined
          ? 'left-out'
          : 'requested',
    requestId: of,
    runId,
    taskId,
  })),
});

export const bundles: readonly Endpoint[] = [
  listing({
    path: '/bundles',
    tag: 'Bundles',
    scope: 'read',
    summary: 'Bundles, the oldest first',
    description:
      'Everyone sees those of which they may request something for themselves, admins and auditors all.',
    name: 'BundlePage',
    item: bundle,
    filters: {
      text: z
        .string()
        .max(MAX_SEARCH)
        .default('')
        .describe('Words of the name, the description or the tags'),
    },
    place: z.string().max(MAX_ID),
    async read({ query, after = '', limit }, turn) {
      const matching = await matchingBundles(query.text, turn.stores);
      const later = matching
        .filter((each) => each.id > after)
        .toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const { rows, next } = cut(later, limit, (each) => each.id);
      return { items: (await seenOf(rows, turn)).map(shown), next };
    },
  }),
  reading({
    path: '/bundles/{id}',
    tag: 'Bundles',
    scope: 'read',
    summary: 'One bundle',
    answer: bundle,
    async read(bundleId, turn) {
      const found = await turn.stores.bundles.find(bundleId);
      const [seen] = found && !found.deletedAt ? await seenOf([found], turn) : [];
      return seen && shown(seen);
    },
  }),
  writing({
    path: '/bundles/{id}/request',
    tag: 'Bundles',
    scope: 'request',
    summary: 'Requests a bundle, for oneself or for someone else',
    description:
      'Each app has its own request, which its own policy decides. Managers request for their reports, the helpdesk and admins for everyone.',
    body: newRequest,
    answer: bundleRequest,
    status: 201,
    prepare: ({ id: bundleId, body }, turn) => requesting(bundleId, body, turn),
  }),
];

async function requesting(
  bundleId: string,
  body: z.output<typeof newRequest>,
  turn: Turn,
): Promise<Act<z.input<typeof bundleRequest>> | { readonly problem: Problem }> {
  const { stores, reader, actor } = turn;
  const [found, person] = await Promise.all([
    stores.bundles.find(bundleId),
    stores.people.find(body.personId ?? reader.id),
  ]);
  if (!found || found.deletedAt || !person) return { problem: notFound };
  if (!mayRequestFor(reader, person)) {
    const refused = { about: { personId: person.id }, isSeen: maySee(reader, person) };
    return async (tx) => ({ problem: await noteNotAllowed(tx, refused, actor) });
  }
  const [offered] = await offeredOf([found], person, stores);
  if (!offered && (await seenOf([found], turn)).length === 0) return { problem: notFound };
  return async (tx): Promise<Done<z.input<typeof bundleRequest>>> => {
    const { versionId, reason } = body;
    const now = await tx.bundles.find(bundleId);
    if (!now || now.deletedAt) return { problem: notFound };
    const version =
      now.versionId === versionId ? await tx.bundles.findVersion(versionId) : undefined;
    if (!version) return conflict('The bundle has changed. Read it again.');
    const { items } = version;
    const plan = await holdPlan(tx, { person, by: reader, actor, as: 'request', reason, items });
    const questions = await factsAsked(tx, plan.planned);
    const { facts, errors } = readFacts(body.facts, questions, plan.planning.person);
    if (plan.planned.some(isBegun) && errors.length > 0) return { problem: invalid(errors) };
    const of = { kind: 'bundle', bundleId, versionId } as const;
    const begun = await beginPlanned(tx, plan, { of, facts });
    switch (begun.kind) {
      case 'begun': {
        const began = await tx.bundleRequests.items(begun.bundleRequest.id);
        return { done: requestShown(begun.bundleRequest, bundleId, began) };
      }
      case 'taken':
        return { problem: wrongFact(begun) };
      case 'nothing':
        return nothingToDo(begun.planned);
      default:
        return unreachable(begun);
    }
  };
}

/** @returns what is true of each app */
function nothingToDo(planned: readonly PlannedItem[]): { readonly problem: Problem } {
  const errors = planned.flatMap(({ item: { integrationId }, plan }): Place[] => {
    if (plan.kind === 'has')
      return [{ detail: `They have ${plan.integration.name} already.`, integrationId }];
    return plan.kind === 'left-out' ? [{ detail: plan.why, integrationId }] : [];
  });
  const detail =
    errors.length === 0
      ? 'It has no apps, so there is nothing to request.'
      : 'Nothing was requested. See errors for each app.';
  return { problem: { kind: 'conflict', detail, errors } };
}
