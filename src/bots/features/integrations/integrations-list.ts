/** `integrations`: all of them with their state, listed by page or searched by name. */
import { z } from 'zod';
import { hasWords } from '../../../core/fold.ts';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { stateOf } from '../../../engine/integrations/integration-state.ts';
import { manifestIn } from '../../../engine/integrations/manifest-of.ts';
import { seenApps } from '../../../engine/integrations/seen-apps.ts';
import {
  type Integration,
  labelOf,
  type ManifestVersion,
} from '../../../engine/people/directory.ts';
import { mayAt, maySeeSetUp } from '../../../engine/people/permission.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import { showDiscoveries } from '../access/discoveries.ts';
import { refuse, refuseUnowning } from '../admins.ts';
import {
  listRow,
  MAX_SEARCH,
  openButton,
  type SearchableList,
  searchableList,
} from '../list-card.ts';
import { rowsAt } from '../paging.ts';
import { wordButton } from '../word-button.ts';
import { sayWaysToAdd } from './add-ways.ts';
import { integrationCardRef } from './integration-ref.ts';
import { targetAt, targetPayload } from './integration-target.ts';
import { kindWords, stateForOwners, stateWords } from './integration-words.ts';

const whatIsWanted = () => t`see integrations`;
const list: SearchableList = searchableList({
  id: 'integrations.page',
  forOwners: whatIsWanted,

  async read({ text }, at, { stores, actor }) {
    const all = await seenApps(stores, actor);
    // Searches the emoji too, since people copy both.
    const found = all.filter((integration) => hasWords(labelOf(integration), text));
    const page = rowsAt(found, at);
    const versions = await stores.integrations.findVersions(
      page.items.flatMap(({ manifestVersionId }) => manifestVersionId ?? []),
    );
    const items = page.items.map((integration) => ({
      integration,
      version: versions.find(({ id }) => id === integration.manifestVersionId),
    }));
    return { ...page, items, all: all.length, isReader: maySeeSetUp(actor) };
  },

  title: () => t`Integrations`,
  empty: ({ all, shown: { text } }) =>
    all === 0
      ? t`No integrations yet. Add the first one; most apps have a ready-made one.`
      : t`No integration matches "${text}".`,
  counted: ({ all, total, shown: { text } }) =>
    text === ''
      ? plural(total, {
          one: t`1 integration`,
          other: t`${sayNumber(total)} integrations`,
        })
      : t`${total} of ${all} for "${text}"`,
  row: async ({ integration, version }, _found, turn) =>
    listRow(
      labelOf(integration),
      await standing(integration, version, turn),
      openButton(integration.name, openIntegration.with({ integrationId: integration.id })),
    ),
  before: ({ all, isReader }) => [
    { label: t`Add…`, ...(all === 0 && { tone: 'primary' }), does: addFromList.with({}) },
    ...(all === 0 || !isReader
      ? []
      : [
          { label: t`Find existing access`, does: showDiscoveries.with({}) },
          wordButton(t`Bundles`, 'bundles'),
        ]),
  ],
  search: {
    id: 'integrations.search',
    title: () => t`Search integrations`,
    label: () => t`Part of the name`,
    submit: openIntegrations,
  },
});
export const { turnPage: turnIntegrationsPage, search: searchIntegrations } = list;

export const openIntegration = buttonAction({
  id: 'integrations.open',
  payload: targetPayload,

  async handle(target, turn: Turn): Promise<Reply> {
    const wanted = { right: 'see app', what: whatIsWanted } as const;
    const { integration, refused } = await targetAt(target, wanted, turn);
    return refused ? refuse(refused) : { kind: 'show', card: integrationCardRef(integration.id) };
  },
});

export const addFromList = buttonAction({
  id: 'integrations.add',
  payload: z.object({}),
  handle: (_payload, turn: Turn) => sayWaysToAdd(turn),
});

/** The list; or the card of the integration whose whole name was typed. */
export async function openIntegrations(typed: string, turn: Turn): Promise<Reply> {
  if (typed !== '') {
    const refused = await refuseUnowning(whatIsWanted, turn);
    if (refused) return refuse(refused);
    const named = await turn.stores.integrations.findByName(typed);
    if (named && mayAt(turn.actor, 'see app', named))
      return { kind: 'show', card: integrationCardRef(named.id) };
  }
  return list.reply({ page: 0, text: typed.slice(0, MAX_SEARCH) }, turn);
}

async function standing(
  integration: Integration,
  version: ManifestVersion | undefined,
  { stores, actor }: Turn,
): Promise<string> {
  const state = await stateOf(stores, integration, version);
  if (!maySeeSetUp(actor)) return stateForOwners(state);
  const manifest = manifestIn(version);
  const isByHand = integration.manifestVersionId === undefined;
  const words = stateWords(state);
  return state.kind !== 'manual' && (manifest || isByHand)
    ? `${kindWords(manifest)} · ${words}`
    : words;
}
