/** `import`: chooses the source of people, an integration or a file. */
import type { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { hasWords, isSameName } from '../../../core/fold.ts';
import { compareNames, plural, t } from '../../../core/translate.ts';
import { statesOf, type WithState } from '../../../engine/integrations/integration-state.ts';
import { manifestsOf } from '../../../engine/integrations/manifest-of.ts';
import { type Integration, labelOf } from '../../../engine/people/directory.ts';
import type { Turn } from '../../live/context.ts';
import type { PressReply } from '../../view/action.ts';
import type { Block, Button } from '../../view/card.ts';
import { type CommandText, plainText } from '../../view/command.ts';
import { adminsTo, asAdmin, refuse } from '../admins.ts';
import { stateWords } from '../integrations/integration-words.ts';
import { openIntegration } from '../integrations/integrations-list.ts';
import {
  type ListCard,
  listCard,
  listRow,
  MAX_SEARCH,
  openButton,
  searchShown,
} from '../list-card.ts';
import { rowsAt } from '../paging.ts';
import { wordButton } from '../word-button.ts';
import { openIgnored } from './ignored-people.ts';
import { importFile, importPeople } from './import-people.ts';
import { beginSync } from './sync-actions.ts';

const wanted = () => t`import people`;
const list: ListCard<z.infer<typeof searchShown>> = listCard({
  id: 'import.sources',
  payload: searchShown,
  admit: adminsTo(wanted),

  async read({ text }, at, turn) {
    const all = await sourcesOf(turn);
    const found = all.filter(({ name }) => hasWords(name, text));
    const page = rowsAt(found, at);
    return { ...page, items: await statesOf(turn.stores, page.items), all: all.length };
  },

  title: () => t`Where should people come from?`,
  empty: ({ all, shown: { text } }) =>
    all === 0
      ? t`No integration imports people yet. Add a ready-made one, or use a CSV file.`
      : t`No integration that imports people matches "${text}".`,
  counted: ({ total }) =>
    plural(total, {
      one: t`1 integration imports people`,
      other: t`${total} integrations import people`,
    }),
  explained: () => t`You see who they are before anyone is added.`,
  row: sourceRow,
  after: ({ all, total }) =>
    compact([
      total < all && { label: t`Show all`, does: list.turnPage.with({ page: 0, text: '' }) },
      all === 0 && wordButton(t`Add a ready-made one`, 'integration add'),
      { label: t`From a CSV file…`, does: importPeople.with({}) },
      { label: t`Ignored people`, does: openIgnored.with({ text: '', page: 0 }) },
    ]),
});
export const turnSourcesPage = list.turnPage;

/** The file in the message, the integration by name, or the list of sources. */
export async function importFrom(args: CommandText, turn: Turn): Promise<PressReply> {
  if (args.some((word) => typeof word === 'object' && word.kind === 'file'))
    return importFile(args, turn);
  const { refused } = await asAdmin(wanted, turn);
  if (refused) return refuse(refused);
  const typed = plainText(args).trim().slice(0, MAX_SEARCH);
  const sources = await sourcesOf(turn);
  if (sources.length === 0 && typed === '') return importPeople.press('{}', turn);
  const exact = sources.filter(({ name }) => isSameName(name, typed));
  const found = exact.length > 0 ? exact : sources.filter(({ name }) => hasWords(name, typed));
  const [only, ...others] = found;
  if (only && others.length === 0 && typed !== '')
    return beginSync.press(JSON.stringify({ integrationId: only.id }), turn);
  return list.reply({ page: 0, text: typed }, turn);
}

/** Integrations that add people. */
async function sourcesOf({ stores }: Turn): Promise<readonly Integration[]> {
  const all = await stores.integrations.list();
  const manifests = await manifestsOf(stores, all);
  return all
    .filter(({ id }) => {
      const manifest = manifests.get(id);
      return manifest?.kind === 'sync' && manifest.action === 'create';
    })
    .toSorted((a, b) => compareNames(a.name, b.name));
}

function sourceRow({ integration, state }: WithState): Block[] {
  const { id: integrationId } = integration;
  const name = labelOf(integration);
  const button: Button =
    state.kind === 'ready'
      ? {
          label: t`Import…`,
          about: t`Import: ${name}`,
          tone: 'primary',
          does: beginSync.with({ integrationId }),
        }
      : openButton(name, openIntegration.with({ integrationId }));
  return listRow(name, stateWords(state), button);
}
