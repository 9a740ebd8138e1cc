/** `requests`: what waits for the actor's decision, what they have asked for, and, for admins, everybody's. */
import { z } from 'zod';
import { say, sayNumber } from '../../../core/say.ts';
import {
  fullName,
  type Integration,
  labelOf,
  type Person,
} from '../../../engine/people/directory.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import type { RequestFilter } from '../../../engine/ports/access-stores.ts';
import type { AccessRequest } from '../../../engine/requests/access-request.ts';
import { maySeeRequest } from '../../../engine/requests/ask-access.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import { type Block, type Button, type Card, note } from '../../view/card.ts';
import { showDate } from '../../view/dates.ts';
import { auditRefusal, refuse } from '../admins.ts';
import { type Paging, pageIn, pageWords } from '../paging.ts';
import { requestCard } from './request-card.ts';

/** A row is two blocks, and a Slack message has fifty. */
const PAGE = 8;

const scopes = () =>
  ({
    'to-decide': say`To decide`,
    mine: say`Mine`,
    all: say`Everybody's`,
  }) as const;
type Scope = keyof ReturnType<typeof scopes>;

const payload = z.object({
  scope: z.enum(['to-decide', 'mine', 'all']),
  page: z.number().int().nonnegative(),
});
type Shown = z.infer<typeof payload>;

export const showRequests = buttonAction({
  id: 'requests.show',
  payload,
  handle: async (shown, turn: Turn) => ({ kind: 'replace', card: await listCard(shown, turn) }),
});

export const openRequestCard = buttonAction({
  id: 'requests.open',
  payload: z.object({ requestId: z.string() }),

  async handle({ requestId }, turn: Turn): Promise<Reply> {
    const request = await turn.stores.requests.find(requestId);
    if (request && (await maySeeRequest(turn.actor, request, turn.stores)))
      return { kind: 'show', card: requestCard.with({ requestId }) };
    await auditRefusal(() => say`see this request`, turn, request ? namesOf(request) : {});
    return refuse(
      note(
        say`You can't see this request`,
        say`Those who asked, those who decide and Latchkey admins can.`,
      ),
    );
  },
});

export async function openRequests(turn: Turn): Promise<Reply> {
  const { total } = await turn.stores.requests.list(filterOf('to-decide', turn.actor), NONE);
  const scope: Scope = total > 0 ? 'to-decide' : 'mine';
  return { kind: 'say', to: 'person', card: await listCard({ scope, page: 0 }, turn) };
}

const namesOf = ({ personId, integrationId }: AccessRequest) => ({ personId, integrationId });

/** Only how many there are. */
const NONE = { offset: 0, limit: 0 };

const filterOf = (scope: Scope, { id }: Person): RequestFilter =>
  scope === 'to-decide'
    ? { state: 'open', waitsForId: id }
    : scope === 'mine'
      ? { requestedById: id }
      : {};

async function listCard(wanted: Shown, turn: Turn): Promise<Card> {
  const { stores } = turn;
  const actor = (await stores.people.find(turn.actor.id)) ?? turn.actor;
  // A payload can be forged or older than a change of role: everybody's are for admins alone.
  const scope: Scope = wanted.scope === 'all' && !isAdmin(actor) ? 'mine' : wanted.scope;
  const { requests, total } = await stores.requests.list(filterOf(scope, actor), {
    offset: wanted.page * PAGE,
    limit: PAGE,
  });
  const list = pageIn(total, wanted.page, PAGE);
  // What was decided meanwhile may have taken the last page with it.
  if (list.page < wanted.page) return listCard({ scope, page: list.page }, turn);
  const [people, integrations] = await Promise.all([
    stores.people.findMany([...new Set(requests.map(({ personId }) => personId))]),
    Promise.all(requests.map(({ integrationId }) => stores.integrations.find(integrationId))),
  ]);
  return {
    title: say`Requests`,
    blocks: [
      {
        kind: 'text',
        muted: true,
        text: [
          `${scopes()[scope]}: ${total === 0 ? say`none` : sayNumber(total)}${pageWords(list)}`,
        ],
      },
      ...requests.flatMap((request, at) =>
        renderRow(
          request,
          people.find(({ id }) => id === request.personId),
          integrations[at],
          turn,
        ),
      ),
      { kind: 'buttons', buttons: buttonsOf(scope, list, actor) },
    ],
  };
}

function renderRow(
  request: AccessRequest,
  person: Person | undefined,
  integration: Integration | undefined,
  turn: Turn,
): Block[] {
  if (!person || !integration) return [];
  const what = `${fullName(person)}: ${labelOf(integration)}`;
  return [
    {
      kind: 'text',
      text: [
        { kind: 'strong', text: what },
        say` · ${stateWords()[request.state]} · asked on ${showDate(request.createdAt, turn)}`,
      ],
    },
    {
      kind: 'buttons',
      buttons: [
        {
          label: say`Open`,
          about: say`Open: ${what}`,
          does: openRequestCard.with({ requestId: request.id }),
        },
      ],
    },
  ];
}

const stateWords = (): Record<AccessRequest['state'], string> => ({
  open: say`waits for a decision`,
  approved: say`✓ approved`,
  denied: say`✗ denied`,
  withdrawn: say`withdrawn`,
  expired: say`ended without a decision`,
  cancelled: say`ended`,
});

function buttonsOf(scope: Scope, { page, pages }: Paging, actor: Person): Button[] {
  const others = (Object.keys(scopes()) as Scope[])
    .filter((each) => each !== scope && (each !== 'all' || isAdmin(actor)))
    .map((each) => ({ label: scopes()[each], does: showRequests.with({ scope: each, page: 0 }) }));
  return [
    ...others,
    ...(page > 0
      ? [{ label: say`Newer`, does: showRequests.with({ scope, page: page - 1 }) }]
      : []),
    ...(page + 1 < pages
      ? [{ label: say`Older`, does: showRequests.with({ scope, page: page + 1 }) }]
      : []),
  ];
}
