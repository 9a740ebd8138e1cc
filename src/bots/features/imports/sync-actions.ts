/** The actions of an admin on an import from an integration: turn pages, choose, ignore and stop it. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import {
  chooseFound,
  chooseRows,
  endSync,
  ignoreForGood,
  ignoreFound,
  startSync,
} from '../../../engine/imports/start-sync.ts';
import type { SyncRun } from '../../../engine/imports/sync-run.ts';
import type { ChangedBy } from '../../../engine/people/directory.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply, replaceWith, showCard } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import { adminsTo, readersTo, refuse } from '../admins.ts';
import { change } from '../change.ts';
import { targetOf, targetPayload } from '../integrations/integration-target.ts';
import { searchField, searchProblem } from '../list-card.ts';
import { countPeople } from '../people/person-words.ts';
import { listsOf, openLists } from './sync-list-kinds.ts';
import { LONGEST_SEARCH, openedSync, type ShownSync, shownSync, syncRef } from './sync-ref.ts';

const wantedToSee = () => t`see imports`;
const importText = () => t`import people`;

const toImport = adminsTo(importText);

/** An import of new people shows a preview first; an update changes existing people at once. */
export const beginSync = buttonAction({
  id: 'sync.begin',
  payload: targetPayload,
  admit: targetOf(importText),

  async handle(_payload, { integration, ...turn }): Promise<Reply> {
    const started = await change(turn, (tx, by) =>
      startSync(tx, integration, { ...by, mode: 'preview' }),
    );
    return started.kind === 'refused'
      ? refuse(note(t`Nothing was imported`, started.why))
      : showCard(openedSync(started.run.id));
  },
});

/** The button on a notice or a list that opens the run's card. */
export const openSync = buttonAction({
  id: 'sync.open',
  payload: z.object({ runId: z.string() }),
  admit: readersTo(wantedToSee),

  handle: async ({ runId }): Promise<Reply> => showCard(openedSync(runId)),
});

export const turnSyncPage = buttonAction({
  id: 'sync.page',
  payload: shownSync,
  admit: readersTo(wantedToSee),
  refusesInPlace: true,
  handle: async (shown) => replaceWith(syncRef(shown)),
});

/** Shows another list of the rows, or those that match a text. */
export const filterSyncRows = formAction({
  id: 'sync.search',
  payload: shownSync,
  admit: readersTo(wantedToSee),
  title: () => t`Which rows?`,
  submitLabel: () => t`Show`,

  async fields({ runId, list, text }, turn) {
    const run = await turn.stores.syncRuns.find(runId);
    const titles = run && listsOf(run);
    const lists = run ? await openLists(run, turn.stores) : [];
    const hint = t`Part of it is enough. Leave blank for everyone.`;
    const asked = { label: t`Name or email address`, hint, optional: true } as const;
    return {
      fields: {
        list: {
          kind: 'choice',
          label: t`Rows`,
          optional: true,
          options: lists.map((value) => ({ label: titles?.[value].title ?? value, value })),
          initial: list || undefined,
        },
        text: searchField(text, asked),
      },
    };
  },

  async submit({ list, text = '' }, shown): Promise<Reply | Invalid> {
    const problem = searchProblem(text.trim(), LONGEST_SEARCH);
    if (problem !== undefined) return { kind: 'invalid', errors: { text: problem } };
    const asked = { ...shown, ...(list && { list }), text: text.trim(), page: 0 };
    return showCard(syncRef(asked));
  },
});
type Invalid = { readonly kind: 'invalid'; readonly errors: { readonly text: string } };

const rowPayload = z.object({ shown: shownSync, seq: z.number().int().nonnegative() });

export const chooseSyncRow = buttonAction({
  id: 'sync.choose',
  payload: rowPayload.extend({ chosen: z.boolean() }),
  admit: toImport,
  refusesInPlace: true,
  handle: ({ shown, seq, chosen }, turn) =>
    changeRun(shown, turn, async (tx, run) =>
      chooseRows(tx, run, { emails: await emailsAt(tx, run, seq), chosen }),
    ),
});

export const ignoreSyncRow = buttonAction({
  id: 'sync.ignore',
  payload: rowPayload,
  admit: toImport,
  refusesInPlace: true,
  handle: ({ shown, seq }, turn) =>
    changeRun(shown, turn, async (tx, run, by) =>
      ignoreForGood(tx, run, { ...by, emails: await emailsAt(tx, run, seq) }),
    ),
});

/** Empty where the row is deleted or has no address. */
async function emailsAt(tx: Transaction, { id }: SyncRun, seq: number): Promise<readonly string[]> {
  const row = await tx.syncRows.find(id, seq);
  return row?.email === undefined ? [] : [row.email];
}

/** Chooses all new rows, or those that the search finds. */
export const chooseSyncRows = buttonAction({
  id: 'sync.choose-found',
  payload: z.object({ shown: shownSync, chosen: z.boolean() }),
  admit: toImport,
  refusesInPlace: true,

  async handle({ shown, chosen }, turn) {
    await chooseFound({ runId: shown.runId, search: shown.text, chosen }, turn);
    return replaceWith(syncRef(shown));
  },
});

export const ignoreSyncRows = formAction({
  id: 'sync.ignore-found',
  payload: shownSync,
  admit: toImport,
  title: () => t`Ignore for good`,
  submitLabel: () => t`Ignore them`,

  async fields({ runId, text: search }, turn) {
    const filter = { states: ['new'], search } as const;
    const total = await turn.stores.syncRows.count(runId, filter);
    const whom =
      search === '' ? t`every new person in this import` : t`everyone who matches "${search}"`;
    return {
      intro: [
        t`${countPeople(total)}: ${whom}. Imports won't add them until someone takes them off the list ("import", then Ignored people).`,
      ],
    };
  },

  async submit(_values, shown, turn): Promise<Reply> {
    const { stores, transact } = turn;
    await ignoreFound(shown.runId, shown.text, { actor: actorOf(turn), stores, transact });
    return { kind: 'nothing' }; // The import's card shows it.
  },
});

/** Works while the run reads or imports. */
export const stopSync = buttonAction({
  id: 'sync.stop',
  payload: shownSync,
  admit: toImport,
  refusesInPlace: true,
  handle: (shown, turn) => changeRun(shown, turn, endSync),
});

async function changeRun(
  shown: ShownSync,
  turn: Turn,
  work: (tx: Transaction, run: SyncRun, by: ChangedBy) => Promise<unknown>,
): Promise<Reply> {
  // The worker or another admin may change it at the same time.
  await change(turn, async (tx, by) => {
    const run = await tx.syncRuns.find(shown.runId);
    if (run) await work(tx, run, by);
  });
  return replaceWith(syncRef(shown));
}
