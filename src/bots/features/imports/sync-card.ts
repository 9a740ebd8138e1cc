/** An import from an integration: how far it is, whom it would add, and what it has done. */
import { say, sayNumber } from '../../../core/say.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type {
  EndedSync,
  SyncAtWork,
  SyncIn,
  SyncRow,
  SyncRun,
} from '../../../engine/imports/sync-run.ts';
import { labelOf } from '../../../engine/people/directory.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import { syncSubject } from '../../../engine/work/subjects.ts';
import type { Reader } from '../../live/context.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Card,
  note,
  rich,
  strong,
  type Text,
} from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { offboardPerson } from '../offboarding/offboard.ts';
import { countPeople } from '../people/person-words.ts';
import { discardHeldSync, importHeldSync } from './decide-sync.ts';
import { managersOfAdminsButton } from './managers-of-admins.ts';
import {
  beginSync,
  chooseSyncRow,
  chooseSyncRows,
  ignoreSyncRow,
  ignoreSyncRows,
  stopSync,
} from './sync-actions.ts';
import { didWords, importingWords, readWords, syncFacts } from './sync-facts.ts';
import { listRows } from './sync-lists.ts';
import { type ShownSync, SYNC_CARD, shownSync } from './sync-ref.ts';
import { tookWords } from './sync-words.ts';

export const syncCard = liveCard({
  id: SYNC_CARD,
  payload: shownSync,
  subject: ({ runId }) => syncSubject(runId),

  async render(shown, context: Reader): Promise<Card> {
    if (!isAdmin(context.reader))
      return note(say`You can't see imports any more`, say`Only Latchkey admins can.`);
    const run = await context.stores.syncRuns.find(shown.runId);
    const integration = run && (await context.stores.integrations.find(run.integrationId));
    if (!run || !integration)
      return note(say`This import is no longer kept`, say`Write "import" to begin another one.`);
    const name = labelOf(integration);
    switch (run.state) {
      case 'queued':
      case 'running':
      case 'waiting':
        return underWay(name, run, shown, context);
      case 'ready':
        return preview(name, run, shown, context);
      case 'done':
      case 'failed':
      case 'cancelled':
        return report(name, run, shown, context);
      default:
        return unreachable(run);
    }
  },
});

const text = (...spans: Text): Block => ({ kind: 'text', text: spans });

// ---------------------------------------------------------------- under way

function underWay(name: string, run: SyncAtWork, shown: ShownSync, context: Reader): Card {
  const stop = { label: say`Stop`, does: stopSync.with(shown) };
  const waits =
    run.state === 'waiting'
      ? [text(say`${run.why} It is asked again on ${showTime(run.dueAt, context)}.`)]
      : [];
  return {
    title: `… ${run.phase === 'reading' ? say`Reading ${name}` : say`Importing from ${name}`}`,
    blocks: [
      text(progressWords(run)),
      ...waits,
      ...(run.phase === 'reading' ? [] : syncFacts(run)),
      { kind: 'buttons', buttons: [stop] },
    ],
  };
}

function progressWords({ phase, pages, counts, action }: SyncAtWork): string {
  switch (phase) {
    case 'reading': {
      if (pages === 0) return say`The first page is being read.`;
      const read = readWords(counts.rows, pages);
      return action === 'create'
        ? say`${read} so far, ${countPeople(counts.fresh)} of them new.`
        : say`${read} so far.`;
    }
    case 'comparing':
      return say`Everything is read. Who was there before and is there no more is looked for.`;
    case 'importing':
      return importingWords(counts);
    case 'connecting':
      return say`Everybody is there. Who manages whom comes next.`;
    case 'tidying':
      return say`Almost done.`;
    default:
      return unreachable(phase);
  }
}

// ---------------------------------------------------------------- preview

async function preview(
  name: string,
  run: SyncIn<'ready'>,
  shown: ShownSync,
  context: Reader,
): Promise<Card> {
  const { stores } = context;
  // Those that are few are counted; to count a million others takes a while.
  const leftOut = await stores.syncRows.count(run.id, { states: ['new'], isChosen: false });
  const returning = await stores.syncRows.count(run.id, { states: ['left'], isChosen: true });
  const filled = await stores.syncRows.count(run.id, { states: ['fill'] });
  const fresh = run.counts.fresh - leftOut;
  const rows = await listRows(run, shown, context, filled, async (row, at) => rowButtons(row, at));
  const coming = fresh + returning;
  const isNew = rows.list === 'new';
  return {
    title:
      coming + filled > 0 ? say`Import from ${name}?` : say`${name}: there is nobody to import`,
    blocks: [
      ...heldWords(name, run),
      {
        kind: 'facts',
        facts: [
          [say`New`, [chosenOf(fresh, run.counts.fresh)]],
          ...(returning > 0
            ? [
                [
                  say`Brought back`,
                  [say`${countPeople(returning)}, without what they had`],
                ] as const,
              ]
            : []),
          ...(filled > 0
            ? [
                [
                  say`Get what they lack`,
                  [say`${countPeople(filled)} who are here already`],
                ] as const,
              ]
            : []),
        ],
      },
      ...syncFacts(run),
      ...rows.blocks,
      {
        kind: 'buttons',
        buttons: [
          ...importButton(run, coming, filled),
          ...managersOfAdminsButton(run),
          ...(isNew ? foundButtons({ ...shown, list: 'new' }, rows.found, { fresh, leftOut }) : []),
          {
            label: run.held ? say`Leave them out` : say`Discard`,
            does: discardHeldSync.with({ runId: run.id }),
          },
        ],
      },
    ],
  };
}

function heldWords(name: string, { held }: SyncIn<'ready'>): Block[] {
  if (!held) return [];
  const { fresh, people } = held;
  return [
    text(
      say`This import would add ${countPeople(fresh)} to the ${sayNumber(people)} who are here. That is more than imports may add by themselves, so nobody was added yet. Scheduled imports of ${name} wait until you have decided.`,
    ),
  ];
}

const chosenOf = (chosen: number, all: number): string =>
  chosen === all ? countPeople(all) : say`${countPeople(all)}, ${sayNumber(chosen)} of them chosen`;

function importButton({ id: runId }: SyncRun, coming: number, filled: number): Button[] {
  if (coming + filled === 0) return [];
  const label =
    coming > 0 ? say`Import ${countPeople(coming)}` : say`Complete ${countPeople(filled)}`;
  return [{ label, tone: 'primary', does: importHeldSync.with({ runId }) }];
}

/** About all of them, or all that a search finds. @param fresh of all new ones, how many are chosen */
function foundButtons(
  shown: ShownSync,
  found: number,
  { fresh, leftOut }: { readonly fresh: number; readonly leftOut: number },
): Button[] {
  if (found === 0) return [];
  const [choose, leave, ignore] =
    shown.text === ''
      ? [say`Choose all`, say`Leave all out`, say`Ignore all for good…`]
      : [
          say`Choose all ${sayNumber(found)} found`,
          say`Leave all ${sayNumber(found)} found out`,
          say`Ignore all ${sayNumber(found)} found for good…`,
        ];
  return [
    ...(leftOut > 0 ? [{ label: choose, does: chooseSyncRows.with({ shown, chosen: true }) }] : []),
    ...(fresh > 0 ? [{ label: leave, does: chooseSyncRows.with({ shown, chosen: false }) }] : []),
    { label: ignore, does: ignoreSyncRows.with(shown) },
  ];
}

function rowButtons({ seq, email, state, chosen }: SyncRow, shown: ShownSync): readonly Button[] {
  if (email === undefined || (state !== 'new' && state !== 'left')) return [];
  const [take, leave] =
    state === 'left' ? [say`Bring back`, say`Leave away`] : [say`Choose`, say`Leave out`];
  const label = chosen ? leave : take;
  const choose = chooseSyncRow.with({ shown, seq, chosen: !chosen });
  return [
    { label, about: `${label}: ${email}`, does: choose },
    ...(state === 'new'
      ? [
          {
            label: say`Ignore for good`,
            about: say`Ignore for good: ${email}`,
            does: ignoreSyncRow.with({ shown, seq }),
          },
        ]
      : []),
  ];
}

// ---------------------------------------------------------------- report

async function report(
  name: string,
  run: EndedSync,
  shown: ShownSync,
  context: Reader,
): Promise<Card> {
  const rows = await listRows(run, shown, context, 0, async ({ email, state }) =>
    state === 'missing' ? offboarding(email, context) : [],
  );
  const buttons = [...managersOfAdminsButton(run), ...reportButtons(run)];
  return {
    title: titleOf(name, run),
    blocks: [
      ...outcome(run),
      ...syncFacts(run, tookWords(run)),
      text(...rich`${strong(say`Finished`)} on ${showTime(run.finishedAt, context)}.`),
      ...rows.blocks,
      ...buttonRow(buttons),
    ],
  };
}

function titleOf(name: string, run: EndedSync): string {
  const did = didWords(run);
  switch (run.state) {
    case 'done':
      return `✓ ${name}: ${did || say`nothing to change`}`;
    case 'failed':
      return did === ''
        ? say`✗ ${name}: the import failed`
        : say`✗ ${name}: the import failed half-way, ${did}`;
    case 'cancelled':
      return did === ''
        ? say`${name}: nobody was imported`
        : say`${name}: the import was stopped half-way, ${did}`;
    default:
      return unreachable(run);
  }
}

function outcome(run: SyncRun): Block[] {
  const isHalf = didWords(run) !== '';
  if (run.state === 'failed')
    return [
      text(run.error.message),
      text(
        isHalf
          ? say`What was done until then stays. The next import goes on with the rest.`
          : say`Nothing was changed.`,
      ),
    ];
  if (run.state === 'cancelled')
    return [
      text(
        isHalf
          ? say`What was done until then stays. Import again for the rest.`
          : say`What was read is not imported. The next import reads it anew.`,
      ),
    ];
  return [];
}

function reportButtons({ integrationId, action, ...run }: SyncRun): Button[] {
  if (run.state === 'done') return [];
  const label = action === 'create' ? say`Import again` : say`Run again`;
  return [{ label, does: beginSync.with({ integrationId }) }];
}

/** Nobody is removed by an import: whoever is missing may be on leave, or moved to another office. */
async function offboarding(
  email: string | undefined,
  { stores }: Reader,
): Promise<readonly Button[]> {
  const person = email === undefined ? undefined : await stores.people.findByEmail(email);
  if (!person?.active) return [];
  return [
    {
      label: say`Offboard…`,
      about: say`Offboard: ${person.email}`,
      does: offboardPerson.with({ personId: person.id }),
    },
  ];
}
