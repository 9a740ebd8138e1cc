/** `import`: where people can come from. An integration that imports people, or a file. */
import { z } from 'zod';
import { hasWords, isSameName } from '../../../core/fold.ts';
import { compareNames, say } from '../../../core/say.ts';
import { syncManifestOf } from '../../../engine/imports/start-sync.ts';
import { stateOf } from '../../../engine/integrations/integration-state.ts';
import { manifestOf } from '../../../engine/integrations/manifest-of.ts';
import { type Integration, labelOf } from '../../../engine/people/directory.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, type PressReply, type Reply } from '../../view/action.ts';
import type { Block, Button, Card } from '../../view/card.ts';
import { type CommandText, plainText } from '../../view/command.ts';
import { asAdmin, refuse } from '../admins.ts';
import { stateWords } from '../integrations/integration-words.ts';
import { openIntegration } from '../integrations/integrations-list.ts';
import { onPage, pageButtons, pageWords } from '../paging.ts';
import { openIgnored } from './ignored-people.ts';
import { importFile, importPeople } from './import-people.ts';
import { beginSync } from './sync-actions.ts';

/** A row is two blocks, and a Slack message has fifty. */
const PAGE = 8;
const wanted = () => say`import people`;
/** More of a name than that nobody types; it travels in a button. */
const MAX_TYPED = 100;

const shownPayload = z.object({
  page: z.number().int().nonnegative(),
  /** Words of the name that were searched for. */
  typed: z.string().max(MAX_TYPED),
});
type Shown = z.infer<typeof shownPayload>;

/** The file that came with the message, the integration that is named, or the list to choose from. */
export async function importFrom(args: CommandText, turn: Turn): Promise<PressReply> {
  if (args.some((word) => typeof word === 'object' && word.kind === 'file'))
    return importFile(args, turn);
  const { refused } = await asAdmin(wanted, turn);
  if (refused) return refuse(refused);
  const typed = plainText(args).trim().slice(0, MAX_TYPED);
  const sources = await sourcesOf(turn);
  if (sources.length === 0 && typed === '') return importPeople.press('{}', turn);
  const exact = sources.filter(({ name }) => isSameName(name, typed));
  const found = exact.length > 0 ? exact : matching(sources, typed);
  const [only, ...others] = found;
  if (only && others.length === 0 && typed !== '')
    return beginSync.press(JSON.stringify({ integrationId: only.id }), turn);
  return { kind: 'say', to: 'person', card: await listCard({ page: 0, typed }, turn) };
}

export const turnSourcesPage = buttonAction({
  id: 'import.sources',
  payload: shownPayload,

  async handle(shown, turn: Turn): Promise<Reply> {
    const { refused } = await asAdmin(wanted, turn);
    return { kind: 'replace', card: refused ?? (await listCard(shown, turn)) };
  },
});

/** Integrations that add people. */
async function sourcesOf({ stores }: Turn): Promise<readonly Integration[]> {
  const sources: Integration[] = [];
  for (const integration of await stores.integrations.list()) {
    const manifest = await syncManifestOf(stores, integration);
    if (manifest?.action === 'create') sources.push(integration);
  }
  return sources.toSorted((a, b) => compareNames(a.name, b.name));
}

function matching(sources: readonly Integration[], typed: string): readonly Integration[] {
  return sources.filter(({ name }) => hasWords(name, typed));
}

async function listCard({ page, typed }: Shown, turn: Turn): Promise<Card> {
  const all = await sourcesOf(turn);
  const found = matching(all, typed);
  const shown = onPage(found, page, PAGE);
  const rows: Block[] = [];
  for (const integration of shown.items) rows.push(...(await sourceRow(integration, turn)));
  return {
    title: say`Where do the people come from?`,
    blocks: [
      { kind: 'text', muted: true, text: [headWords(typed, found.length, all.length, shown)] },
      ...rows,
      {
        kind: 'buttons',
        buttons: [
          ...pageButtons(shown, (to) => turnSourcesPage.with({ page: to, typed })),
          ...(found.length < all.length
            ? [{ label: say`Show all`, does: turnSourcesPage.with({ page: 0, typed: '' }) }]
            : []),
          { label: say`From a CSV file…`, does: importPeople.with({}) },
          { label: say`Ignored people`, does: openIgnored.with({ text: '', page: 0 }) },
        ],
      },
    ],
  };
}

function headWords(
  typed: string,
  found: number,
  all: number,
  shown: { readonly page: number; readonly pages: number },
): string {
  if (all === 0)
    return say`No integration imports people yet. "integration add" has ready-made ones; a CSV file needs none.`;
  if (found === 0) return say`No integration that imports people is called "${typed}".`;
  return found === 1
    ? say`1 integration imports people. Nobody is added before you have seen who it is.`
    : say`${found} integrations import people${pageWords(shown)}. Nobody is added before you have seen who it is.`;
}

async function sourceRow(integration: Integration, { stores }: Turn): Promise<Block[]> {
  const { id: integrationId } = integration;
  const state = await stateOf(stores, integration);
  const manifest = await manifestOf(stores, integration);
  const name = labelOf(integration);
  const button: Button =
    state.kind === 'ready'
      ? {
          label: say`Import…`,
          about: say`Import: ${name}`,
          tone: 'primary',
          does: beginSync.with({ integrationId }),
        }
      : {
          label: say`Open`,
          about: say`Open: ${name}`,
          does: openIntegration.with({ integrationId }),
        };
  return [
    { kind: 'text', text: [{ kind: 'strong', text: name }, ` · ${stateWords(state, manifest)}`] },
    { kind: 'buttons', buttons: [button] },
  ];
}
