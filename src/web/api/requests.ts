/** `/requests`: who requested what, and how it stands. */
import { z } from 'zod';
import { seenBy } from '../../engine/overview/seen.ts';
import {
  type AccessRequest,
  requestMoves,
  rulesKey,
} from '../../engine/requests/access-request.ts';
import { approversOf } from '../../engine/requests/approvers.ts';
import { maySeeRequest } from '../../engine/requests/create-request.ts';
import { readableContent } from '../../engine/requests/readable-content.ts';
import { shownAnswers } from '../../engine/runs/run.ts';
import { asksForCodes } from '../../engine/step-up/use-code.ts';
import { answerOf } from './answer-of.ts';
import { type Endpoint, listing, named, reading, type Turn } from './endpoint.ts';
import { id, idFilter, pageByTime, time, timePlace } from './values.ts';

const states = Object.keys(requestMoves) as (keyof typeof requestMoves)[];

const common = {
  id,
  kind: z.enum(['grant', 'extend']).describe('`extend`: they have it, and request a later end'),
  state: z.enum(states),
  integrationId: id,
  personId: id.describe('Whom it is for'),
  requestedById: id,
  hours: z.number().int().optional().describe('For how long. Left out: no end date'),
  createdAt: time,
  decidedAt: time.optional(),
  runId: id.optional().describe('What grants it, once it is approved'),
  taskId: id.optional().describe('The same, where people grant it by hand'),
  bundleRequestId: id.optional(),
};

export const requestSchema = named('Request', z.object(common));

const requestDetails = named(
  'RequestDetails',
  z.object({
    ...common,
    reason: z.string(),
    answers: shownAnswers,
    verdicts: z.array(
      z.object({
        personId: id,
        verdict: z.enum(['approve', 'deny']),
        reason: z.string().optional(),
        at: time,
        forPersonId: id.optional().describe('The approver whose delegate it was'),
      }),
    ),
    waitingFor: z
      .array(id)
      .describe(
        'Approvers of the stage that it waits for who have not responded; empty once it has ended',
      ),
    rules: z
      .string()
      .optional()
      .describe('What an approval or a denial sends back. Left out once the request has ended'),
    needsCode: z
      .boolean()
      .describe('An approval needs a code of an authenticator, so it is given in chat'),
  }),
);

export const shownRequest = (of: AccessRequest): z.input<typeof requestSchema> =>
  answerOf(requestSchema, of);

/** Undefined where the integration or the request was deleted. */
async function requestShown(
  of: AccessRequest,
  { stores, now, timeZone }: Pick<Turn, 'stores' | 'now' | 'timeZone'>,
): Promise<z.input<typeof requestDetails> | undefined> {
  const integration = await stores.integrations.find(of.integrationId);
  if (!integration) return undefined;
  const [content, verdicts, approvers] = await Promise.all([
    readableContent(stores, of.id),
    stores.requests.verdicts(of.id),
    of.state === 'open'
      ? approversOf({ request: of, integration }, stores, { now: now(), timeZone })
      : undefined,
  ]);
  const waiting = approvers?.seats.filter(({ isFilled }) => !isFilled) ?? [];
  return answerOf(requestDetails, {
    ...of,
    reason: content?.reason ?? "What was requested can't be read any more.",
    answers: content?.answers ?? [],
    verdicts,
    waitingFor: waiting.map(({ approver }) => approver.id),
    rules: of.state === 'open' ? rulesKey(of, integration) : undefined,
    needsCode: of.state === 'open' && asksForCodes(integration),
  });
}

export const requests: readonly Endpoint[] = [
  listing({
    path: '/requests',
    tag: 'Requests',
    scope: 'read',
    summary: 'Requests, the newest first',
    description:
      'Everyone sees theirs, those for them or their reports, those of apps they own, and those that they may or did decide. Admins, auditors and the helpdesk see all.',
    name: 'RequestPage',
    item: requestSchema,
    filters: {
      state: z.enum(states).optional(),
      person: idFilter('For this person'),
      integration: idFilter('Of this integration'),
      requestedBy: idFilter('Made by this person'),
      waitsFor: idFilter('That this person can approve now'),
    },
    place: timePlace,
    async read({ query, after, limit }, { stores, reader }) {
      const { state, person, integration, requestedBy, waitsFor } = query;
      const found = await stores.requests.listAfter(after, limit + 1, {
        state,
        personIds: person === undefined ? undefined : [person],
        integrationId: integration,
        requestedById: requestedBy,
        waitsForId: waitsFor,
        seenBy: await seenBy(stores, reader),
      });
      return pageByTime(found, limit, shownRequest);
    },
  }),
  reading({
    path: '/requests/{id}',
    tag: 'Requests',
    scope: 'read',
    summary: 'One request, with its answers and verdicts',
    answer: requestDetails,
    async read(requestId, turn) {
      const found = await turn.stores.requests.find(requestId);
      return found && (await maySeeRequest(turn.reader, found, turn.stores))
        ? requestShown(found, turn)
        : undefined;
    },
  }),
];
