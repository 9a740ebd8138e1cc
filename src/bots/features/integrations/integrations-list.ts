/** `integrations`: all of them with how they stand, looked through by page or by name. */
import { z } from 'zod';
import { hasWords } from '../../../core/fold.ts';
import { say, sayNumber } from '../../../core/say.ts';
import { stateOf } from '../../../engine/integrations/integration-state.ts';
import { manifestOf } from '../../../engine/integrations/manifest-of.ts';
import { type Integration, labelOf } from '../../../engine/people/directory.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import type { Block, Button, Card } from '../../view/card.ts';
import { asAdmin, refuse } from '../admins.ts';
import { onPage, pageButtons, pageWords } from '../paging.ts';
import { sayWaysToAdd } from './add-ways.ts';
import { integrationCardRef } from './integration-ref.ts';
import { targetOf, targetPayload } from './integration-target.ts';
import { kindWords, stateWords } from './integration-words.ts';

/** A row is two blocks, and a Slack message has fifty. */
const PAGE = 8;
const whatIsWanted = () => say`see integrations`;
/** More of a name than that nobody types; it travels in a button. */
const MAX_TYPED = 100;

const shownPayload = z.object({
  page: z.number().int().nonnegative(),
  /** Words of the name that were searched for. */
  typed: z.string().max(MAX_TYPED).optional(),
});
type Shown = z.infer<typeof shownPayload>;

export const turnIntegrationsPage = buttonAction({
  id: 'integrations.page',
  payload: shownPayload,

  async handle(shown, turn: Turn): Promise<Reply> {
    const { refused } = await asAdmin(whatIsWanted, turn);
    return { kind: 'replace', card: refused ?? (await listCard(shown, turn)) };
  },
});

export const searchIntegrations = formAction({
  id: 'integrations.search',
  payload: z.object({}),
  title: () => say`Search integrations`,
  submitLabel: () => say`Search`,

  async fields(_payload, turn: Turn) {
    const { refused } = await asAdmin(whatIsWanted, turn);
    if (refused) return { refused };
    return { fields: { typed: { kind: 'text', label: say`A part of the name` } } };
  },

  submit: ({ typed }, _payload, turn) => openIntegrations(typed, turn),
});

export const openIntegration = buttonAction({
  id: 'integrations.open',
  payload: targetPayload,

  async handle(target, turn: Turn): Promise<Reply> {
    const { integration, refused } = await targetOf(target, whatIsWanted, turn);
    return refused ? refuse(refused) : { kind: 'show', card: integrationCardRef(integration.id) };
  },
});

export const addFromList = buttonAction({
  id: 'integrations.add',
  payload: z.object({}),
  handle: (_payload, turn: Turn) => sayWaysToAdd(turn),
});

/** The list; or the card of the one whose whole name was typed. */
export async function openIntegrations(typed: string, turn: Turn): Promise<Reply> {
  const { refused } = await asAdmin(whatIsWanted, turn);
  if (refused) return refuse(refused);
  const named = typed === '' ? undefined : await turn.stores.integrations.findByName(typed);
  if (named) return { kind: 'show', card: integrationCardRef(named.id) };
  const shown = { page: 0, ...(typed !== '' && { typed: typed.slice(0, MAX_TYPED) }) };
  return { kind: 'say', to: 'person', card: await listCard(shown, turn) };
}

async function listCard(wanted: Shown, turn: Turn): Promise<Card> {
  const all = await turn.stores.integrations.list();
  // With the emoji: people copy both.
  const found = all.filter((integration) => hasWords(labelOf(integration), wanted.typed ?? ''));
  const shown = onPage(found, wanted.page, PAGE);
  const rows = await Promise.all(shown.items.map((integration) => row(integration, turn)));
  return {
    title: say`Integrations`,
    blocks: [
      { kind: 'text', muted: true, text: [tally(all, found, wanted) + pageWords(shown)] },
      ...rows.flat(),
      { kind: 'buttons', buttons: buttons(all, wanted, shown) },
    ],
  };
}

function tally(
  all: readonly Integration[],
  found: readonly Integration[],
  { typed }: Shown,
): string {
  if (all.length === 0)
    return say`There is none yet. Add the first one: most services are among the ready-made.`;
  if (typed === undefined)
    return all.length === 1 ? say`1 integration` : say`${sayNumber(all.length)} integrations`;
  return found.length === 0
    ? say`None of ${all.length} is called "${typed}". Show all, or add it.`
    : say`${found.length} of ${all.length} for "${typed}"`;
}

function buttons(
  all: readonly Integration[],
  wanted: Shown,
  shown: { readonly page: number; readonly pages: number },
): Button[] {
  const first = all.length === 0 ? ({ tone: 'primary' } as const) : {};
  return [
    { label: say`Add…`, ...first, does: addFromList.with({}) },
    ...(all.length > PAGE ? [{ label: say`Search…`, does: searchIntegrations.with({}) }] : []),
    ...(wanted.typed === undefined || all.length === 0
      ? []
      : [{ label: say`Show all`, does: turnIntegrationsPage.with({ page: 0 }) }]),
    ...pageButtons(shown, (page) => turnIntegrationsPage.with({ ...wanted, page })),
  ];
}

async function row(integration: Integration, { stores }: Turn): Promise<Block[]> {
  const [state, manifest] = await Promise.all([
    stateOf(stores, integration),
    manifestOf(stores, integration),
  ]);
  const isByHand = integration.manifestVersionId === undefined;
  const kind = manifest || isByHand ? `${kindWords(manifest)} · ` : '';
  return [
    {
      kind: 'text',
      text: [
        { kind: 'strong', text: labelOf(integration) },
        ` · ${state.kind === 'manual' ? '' : kind}${stateWords(state, manifest)}`,
      ],
    },
    {
      kind: 'buttons',
      buttons: [
        {
          label: say`Open`,
          about: say`Open: ${integration.name}`,
          does: openIntegration.with({ integrationId: integration.id }),
        },
      ],
    },
  ];
}
