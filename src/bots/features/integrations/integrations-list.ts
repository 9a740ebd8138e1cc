/** `integrations`: all of them with their state, listed by page or searched by name. */
import { z } from 'zod';
import { hasWords } from '../../../core/fold.ts';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { statesOf, type WithState } from '../../../engine/integrations/integration-state.ts';
import { manifestsOf } from '../../../engine/integrations/manifest-of.ts';
import { seenApps } from '../../../engine/integrations/seen-apps.ts';
import type { Manifest } from '../../../engine/manifest/schema.ts';
import { labelOf } from '../../../engine/people/directory.ts';
import { mayAt, maySeeSetUp } from '../../../engine/people/permission.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, type Reply, showCard } from '../../view/action.ts';
import { showDiscoveries } from '../access/discoveries.ts';
import { asOwner, ownersTo, refuse } from '../admins.ts';
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
  admit: ownersTo(whatIsWanted),

  async read({ text }, at, { stores, actor }) {
    const all = await seenApps(stores, actor);
    // Searches the emoji too, since people copy both.
    const found = all.filter((integration) => hasWords(labelOf(integration), text));
    const page = rowsAt(found, at);
    const manifests = await manifestsOf(stores, page.items);
    const items = (await statesOf(stores, page.items, manifests)).map((each) => ({
      ...each,
      manifest: manifests.get(each.integration.id),
    }));
    return { ...page, items, all: all.length, isReader: maySeeSetUp(actor) };
  },

  title: () => t`Integrations`,
  empty: ({ all, shown: { text } }) =>
    all === 0
      ? t`No integrations yet. Add the first one; most apps have a ready-made one.`
      : t`No integration matches "${text}".`,
  counted: ({ total }) =>
    plural(total, { one: t`1 integration`, other: t`${sayNumber(total)} integrations` }),
  row: (row, { isReader }) => {
    const { integration } = row;
    return listRow(
      labelOf(integration),
      isReader ? standing(row) : stateForOwners(row.state),
      openButton(integration.name, openIntegration.with({ integrationId: integration.id })),
    );
  },
  before: ({ all, isReader }) => [
    { label: t`Add…`, tone: all === 0 ? 'primary' : undefined, does: addFromList.with({}) },
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
  admit: targetAt({ right: 'see app', what: whatIsWanted }),
  handle: async (_target, { integration }) => showCard(integrationCardRef(integration.id)),
});

export const addFromList = buttonAction({
  id: 'integrations.add',
  payload: z.object({}),
  right: 'set up',
  handle: (_payload, turn: Turn) => sayWaysToAdd(turn),
});

/** The list; or the card of the integration whose whole name was typed. */
export async function openIntegrations(typed: string, turn: Turn): Promise<Reply> {
  if (typed !== '') {
    const { refused } = await asOwner(whatIsWanted, turn);
    if (refused) return refuse(refused);
    const named = await turn.stores.integrations.findByName(typed);
    if (named && mayAt(turn.actor, 'see app', named)) return showCard(integrationCardRef(named.id));
  }
  return list.reply({ page: 0, text: typed.slice(0, MAX_SEARCH) }, turn);
}

function standing({
  integration,
  state,
  manifest,
}: WithState & { readonly manifest: Manifest | undefined }): string {
  const isByHand = integration.manifestVersionId === undefined;
  const words = stateWords(state);
  return state.kind !== 'manual' && (manifest || isByHand)
    ? `${kindWords(manifest)} · ${words}`
    : words;
}
