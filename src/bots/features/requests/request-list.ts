/** `requests`: those that wait for the actor's approval, those that they made, and for admins all of them; for owners, all of an app. */
import { z } from 'zod';
import { sayNumber, t } from '../../../core/translate.ts';
import { itemsNowOf } from '../../../engine/bundles/progress.ts';
import { fullName, labelOf, type Person } from '../../../engine/people/directory.ts';
import { may, mayAt } from '../../../engine/people/permission.ts';
import type { RequestFilter } from '../../../engine/ports/access-stores.ts';
import type { AccessRequest } from '../../../engine/requests/access-request.ts';
import { mayBeTaken } from '../../../engine/requests/break-glass.ts';
import type { BreakGlass } from '../../../engine/requests/break-glass-record.ts';
import { maySeeRequest } from '../../../engine/requests/create-request.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, type Reply, showCard } from '../../view/action.ts';
import { showDate } from '../../view/dates.ts';
import { auditRefusal, refuse } from '../admins.ts';
import { whatNames } from '../bundles/bundle-words.ts';
import { openBundleRequest } from '../bundles/open-bundle-request.ts';
import { type ListCard, listCard, listRow, openButton } from '../list-card.ts';
import { pageShown } from '../paging.ts';
import { requestNotSeen } from '../whom-to-ask.ts';
import { wordButton } from '../word-button.ts';
import { requestCard } from './request-card.ts';

const scopes = () =>
  ({
    'to-decide': t`To approve`,
    mine: t`Mine`,
    all: t`Everyone's`,
  }) as const;
type Scope = keyof ReturnType<typeof scopes>;

const noneOf = (): Record<Scope, string> => ({
  'to-decide': t`Nothing needs your approval.`,
  mine: t`You haven't requested anything.`,
  all: t`There are no requests.`,
});

const payload = pageShown.extend({
  scope: z.enum(['to-decide', 'mine', 'all']),
  /** With `all`: only those of that app. */
  integrationId: z.string().optional(),
});
type RequestListPayload = z.infer<typeof payload>;

const requests: ListCard<RequestListPayload> = listCard({
  id: 'requests.show',
  payload,
  byTime: true,
  async narrow({ scope, integrationId, page }, { stores, actor }) {
    if (scope !== 'all') return { scope, page };
    const app = integrationId && (await stores.integrations.find(integrationId));
    if (app && mayAt(actor, 'see app', app)) return { scope, integrationId: app.id, page };
    return { scope: may(actor, 'see') ? scope : 'mine', page };
  },

  async read({ scope, integrationId }, at, { stores, actor }) {
    const filter = integrationId === undefined ? filterOf(scope, actor) : { integrationId };
    const found = await stores.requests.list(filter, at);
    const [people, integrations] = await Promise.all([
      stores.people.findMany([...new Set(found.requests.map(({ personId }) => personId))]),
      stores.integrations.findMany(found.requests.map((each) => each.integrationId)),
    ]);
    const bundles = await bundleLines(integrationId === undefined ? found.requests : [], stores);
    const taken = await takenAmong(found.requests, stores);
    const items = found.requests.map((request) => ({
      request,
      standing: standingWords(request, taken),
      isTaken: taken.has(request.id),
      bundle: bundles.get(request.bundleRequestId ?? ''),
      person: people.find(({ id }) => id === request.personId),
      integration: integrations.find(({ id }) => id === request.integrationId),
    }));
    const app = integrationId && (await stores.integrations.find(integrationId));
    const name = app ? labelOf(app) : undefined;
    return { items, total: found.total, app: name, mayShowAll: may(actor, 'see') };
  },

  title: () => t`Requests`,
  empty: ({ shown, app }) => (app ? t`No one has requested ${app}.` : noneOf()[shown.scope]),
  counted: ({ shown, app, total }) => `${app ?? scopes()[shown.scope]}: ${sayNumber(total)}`,

  row({ request, standing, isTaken, bundle, person, integration }, { shown }, turn) {
    if (!person || !integration) return [];
    const isOwn = shown.scope === 'mine' && person.id === turn.actor.id;
    const whose = isOwn ? '' : `${fullName(person)}: `;
    if (bundle) {
      const name = `${whose}${bundle.name}`;
      return listRow(
        name,
        t`${bundle.standing} · requested on ${showDate(request.createdAt, turn)}`,
        openButton(name, openBundleRequest.with({ bundleRequestId: bundle.id })),
      );
    }
    const what = `${whose}${labelOf(integration)}`;
    return listRow(
      what,
      isTaken
        ? `${standing} · ${showDate(request.createdAt, turn)}`
        : t`${standing} · requested on ${showDate(request.createdAt, turn)}`,
      openButton(what, openRequestCard.with({ requestId: request.id })),
    );
  },

  before: ({ shown, mayShowAll }) =>
    (Object.keys(scopes()) as Scope[])
      .filter((each) => each !== shown.scope && (each !== 'all' || mayShowAll))
      .map((scope) => ({
        label: scopes()[scope],
        does: requests.turnPage.with({ scope, page: 0 }),
      })),

  after: ({ shown }) => (shown.scope === 'all' ? [] : [wordButton(t`Request access…`, 'request')]),
});
export const showRequests = requests.turnPage;

interface BundleLine {
  readonly id: string;
  readonly name: string;
  /** `granted: 2 of 5` */
  readonly standing: string;
}

async function bundleLines(
  listed: readonly AccessRequest[],
  stores: Turn['stores'],
): Promise<ReadonlyMap<string, BundleLine>> {
  const ids = listed.flatMap(({ bundleRequestId }) => bundleRequestId ?? []);
  const found = await stores.bundleRequests.findMany(ids);
  const [all, nameOf] = await Promise.all([
    itemsNowOf(
      stores,
      found.map(({ id }) => id),
    ),
    whatNames(
      found.map(({ of }) => of),
      stores,
    ),
  ]);
  const lines = found.map(({ id, of }): [string, BundleLine] => {
    const items = all.filter(({ item }) => item.bundleRequestId === id);
    const done = items.filter(({ progress }) => progress === 'done').length;
    return [id, { id, name: nameOf(of), standing: t`granted: ${done} of ${items.length}` }];
  });
  return new Map(lines);
}

export const openRequestCard = buttonAction({
  id: 'requests.open',
  payload: z.object({ requestId: z.string() }),

  async handle({ requestId }, turn: Turn): Promise<Reply> {
    const request = await turn.stores.requests.find(requestId);
    if (request && (await maySeeRequest(turn.actor, request, turn.stores)))
      return showCard(requestCard.with({ requestId }));
    await auditRefusal(() => t`see this request`, turn, request ? namesOf(request) : {});
    return refuse(await requestNotSeen(t`You can't see this request`, turn));
  },
});

/** @param asked whether they asked for what they may approve, also where nothing is */
export async function openRequests(
  turn: Turn,
  asked: { readonly toApprove: boolean } = { toApprove: false },
): Promise<Reply> {
  const waiting = await turn.stores.requests.listAfter(
    undefined,
    1,
    filterOf('to-decide', turn.actor),
  );
  const scope: Scope = waiting.length > 0 || asked.toApprove ? 'to-decide' : 'mine';
  return requests.reply({ scope, page: 0 }, turn);
}

const namesOf = ({ personId, integrationId }: AccessRequest) => ({ personId, integrationId });

export const openOwnRequests = (turn: Turn): Promise<Reply> =>
  requests.reply({ scope: 'mine', page: 0 }, turn);

const filterOf = (scope: Scope, { id }: Person): RequestFilter =>
  scope === 'to-decide'
    ? { state: 'open', waitsForId: id, oneABundle: true }
    : scope === 'mine'
      ? { requestedById: id, oneABundle: true }
      : { oneABundle: true };

type Taken = ReadonlyMap<string, BreakGlass['state']>;

/** Those that were taken by break-glass, each with the state of its review. */
function takenAmong(
  listed: readonly AccessRequest[],
  { breakGlasses }: Pick<Turn['stores'], 'breakGlasses'>,
): Promise<Taken> {
  return breakGlasses.statesOf(listed.filter(mayBeTaken).map(({ id }) => id));
}

function standingWords({ id, state }: AccessRequest, taken: Taken): string {
  const review = taken.get(id);
  return review === undefined ? requestStates()[state] : takenStates()[review];
}

/** The standing of each of them, as a line of a list says it. */
export async function requestStandings(
  listed: readonly AccessRequest[],
  stores: Pick<Turn['stores'], 'breakGlasses'>,
): Promise<(request: AccessRequest) => string> {
  const taken = await takenAmong(listed, stores);
  return (request) => standingWords(request, taken);
}

const takenStates = (): Record<BreakGlass['state'], string> => ({
  open: t`taken by break-glass, not reviewed yet`,
  looking: t`taken by break-glass, someone is looking into it`,
  ok: t`✓ taken by break-glass, reviewed`,
});

const requestStates = (): Record<AccessRequest['state'], string> => ({
  open: t`waiting for approval`,
  approved: t`✓ approved`,
  denied: t`✗ denied`,
  withdrawn: t`withdrawn`,
  expired: t`expired with no decision`,
  cancelled: t`ended`,
});
