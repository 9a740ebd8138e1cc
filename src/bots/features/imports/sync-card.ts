/** An import from an integration: its progress, whom it would add, and what it did. */
import { compact } from '../../../core/compact.ts';
import { sayStored } from '../../../core/stored-sentence.ts';
import { sayNumber, sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import {
  type EndedSync,
  type SyncAtWork,
  type SyncIn,
  type SyncRow,
  type SyncRun,
} from '../../../engine/imports/sync-run.ts';
import { labelOf } from '../../../engine/people/directory.ts';
import { maySeeSetUp } from '../../../engine/people/permission.ts';
import type { Reader } from '../../live/context.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Card,
  factList,
  muted,
  note,
  paragraph,
  type Text,
  withButtons,
} from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { offboardPerson } from '../offboarding/offboard.ts';
import { countPeople } from '../people/person-words.ts';
import { onlyReadersCan } from '../whom-to-ask.ts';
import { wordButton } from '../word-button.ts';
import { discardHeldSync } from './decide-sync.ts';
import { importButton, waitingIn } from './import-button.ts';
import { managersOfAdminsButton } from './managers-of-admins.ts';
import {
  beginSync,
  chooseSyncRow,
  chooseSyncRows,
  ignoreSyncRow,
  ignoreSyncRows,
  stopSync,
} from './sync-actions.ts';
import { syncDetailsButton } from './sync-details.ts';
import { didWords, importingWords, readWords, syncFacts } from './sync-facts.ts';
import { filledTitle } from './sync-list-kinds.ts';
import { listRows } from './sync-lists.ts';
import { type ShownSync, syncRefs } from './sync-ref.ts';
import { heldReasons, tookWords } from './sync-words.ts';

export const syncCard = liveCard({
  ...syncRefs,

  async render(shown, context: Reader): Promise<Card> {
    if (!maySeeSetUp(context.reader))
      return onlyReadersCan(t`You can no longer see imports`, context);
    const run = await context.stores.syncRuns.find(shown.runId);
    const integration = run && (await context.stores.integrations.find(run.integrationId));
    if (!run || !integration)
      return withButtons(
        note(t`This import is no longer kept`),
        wordButton(t`Import people`, 'import'),
      );
    const name = labelOf(integration);
    switch (run.state) {
      case 'queued':
      case 'running':
      case 'waiting':
        return underWay({ name, run }, shown, context);
      case 'ready':
        return preview({ name, run }, shown, context);
      case 'done':
      case 'failed':
      case 'cancelled':
        return report({ name, run }, shown, context);
      default:
        return unreachable(run);
    }
  },
});

const text = (...spans: Text): Block => paragraph(spans);

/** An import, and the name of the integration that it is from. */
interface Named<R> {
  readonly name: string;
  readonly run: R;
}

// ---------------------------------------------------------------- under way

function underWay({ name, run }: Named<SyncAtWork>, shown: ShownSync, context: Reader): Card {
  const stop = { label: t`Stop`, does: stopSync.with(shown) };
  const waits =
    run.state === 'waiting'
      ? [text(t`${sayStored(run.why)} Next try on ${showTime(run.dueAt, context)}.`)]
      : [];
  return {
    title: `… ${run.phase === 'reading' ? t`Reading ${name}` : t`Importing from ${name}`}`,
    blocks: [
      text(progressWords(run)),
      ...waits,
      ...(run.phase === 'reading' ? [] : syncFacts(run)),
      ...buttonRow([stop]),
    ],
  };
}

function progressWords({ phase, pages, counts, action }: SyncAtWork): string {
  switch (phase) {
    case 'reading': {
      if (pages === 0) return t`Reading the first page.`;
      const read = readWords(counts.rows, pages);
      return action === 'create'
        ? t`${read} so far; new: ${countPeople(counts.fresh)}.`
        : t`${read} so far.`;
    }
    case 'comparing':
      return t`Everything is read. Checking who is no longer in the source.`;
    case 'importing':
      return importingWords(counts);
    case 'connecting':
      return t`Everyone is imported. Setting managers next.`;
    case 'tidying':
      return t`Almost done.`;
    default:
      return unreachable(phase);
  }
}

// ---------------------------------------------------------------- preview

async function preview(
  { name, run }: Named<SyncIn<'ready'>>,
  shown: ShownSync,
  context: Reader,
): Promise<Card> {
  const waiting = await waitingIn(run, context.stores);
  const { fresh, leftOut, returning, filled } = waiting;
  const rows = await listRows({ run, wanted: shown }, context, async (row, at) =>
    rowButtons(row, at),
  );
  const coming = fresh + returning;
  const isNew = rows.list === 'new';
  return {
    title: coming + filled > 0 ? t`Import from ${name}?` : t`${name}: no one to import`,
    blocks: [
      ...heldWords(name, run),
      factList(
        compact([
          [t`New`, chosenOf(fresh, run.counts.fresh)],
          returning > 0 && [
            t`Added back`,
            t`${countPeople(returning)}, without their earlier access`,
          ],
          filled > 0 && [filledTitle(run), t`${countPeople(filled)}, already here`],
        ]),
      ),
      ...syncFacts(run),
      ...rows.blocks,
      ...buttonRow(
        [...importButton(run, waiting), ...rows.buttons],
        [
          ...(isNew ? foundButtons({ ...shown, list: 'new' }, rows.found, { fresh, leftOut }) : []),
          ...managersOfAdminsButton(run),
          {
            label: run.held ? t`Leave them out` : t`Discard`,
            does: discardHeldSync.with({ runId: run.id }),
          },
        ],
      ),
    ],
  };
}

function heldWords(name: string, run: SyncIn<'ready'>): Block[] {
  const { held } = run;
  if (!held) return [];
  const { fresh, people } = held;
  if (held.why.some((reason) => reason !== 'growth'))
    return [
      text(
        sentences(
          ...heldReasons(run),
          t`An import does this only with an admin's OK, so nothing has changed yet. Scheduled imports of ${name} wait for your OK.`,
        ),
      ),
    ];
  return [
    text(
      t`This import would add ${countPeople(fresh)} to the ${sayNumber(people)} already here: more than an import may add without an admin's OK, so no one was added yet. Scheduled imports of ${name} wait for your OK.`,
    ),
  ];
}

const chosenOf = (chosen: number, all: number): string =>
  chosen === all ? countPeople(all) : t`${countPeople(all)}, ${sayNumber(chosen)} chosen`;

/** Buttons for all rows, or all that the search finds. @param fresh how many of the new ones are chosen */
function foundButtons(
  shown: ShownSync,
  found: number,
  { fresh, leftOut }: { readonly fresh: number; readonly leftOut: number },
): Button[] {
  if (found === 0) return [];
  const [choose, leave, ignore] =
    shown.text === ''
      ? [t`Choose all`, t`Leave all out`, t`Ignore all for good…`]
      : [
          t`Choose all ${sayNumber(found)} found`,
          t`Leave out all ${sayNumber(found)} found`,
          t`Ignore ${sayNumber(found)} for good…`,
        ];
  return compact([
    leftOut > 0 && { label: choose, does: chooseSyncRows.with({ shown, chosen: true }) },
    fresh > 0 && { label: leave, does: chooseSyncRows.with({ shown, chosen: false }) },
    { label: ignore, does: ignoreSyncRows.with(shown) },
  ]);
}

function rowButtons({ seq, email, state, chosen }: SyncRow, shown: ShownSync): readonly Button[] {
  if (email === undefined || (state !== 'new' && state !== 'left')) return [];
  const [take, leave] =
    state === 'left' ? [t`Add back`, t`Don't add back`] : [t`Choose`, t`Leave out`];
  const label = chosen ? leave : take;
  const choose = chooseSyncRow.with({ shown, seq, chosen: !chosen });
  return compact([
    { label, about: `${label}: ${email}`, does: choose },
    state === 'new' && {
      label: t`Ignore for good`,
      about: t`Ignore for good: ${email}`,
      does: ignoreSyncRow.with({ shown, seq }),
    },
  ]);
}

// ---------------------------------------------------------------- report

async function report(
  { name, run }: Named<EndedSync>,
  shown: ShownSync,
  context: Reader,
): Promise<Card> {
  const rows = await listRows({ run, wanted: shown }, context, async ({ email, state }) =>
    state === 'missing' ? offboarding(email, context) : [],
  );
  const buttons = [
    ...reportButtons(run),
    ...rows.buttons,
    ...managersOfAdminsButton(run),
    ...syncDetailsButton(run),
  ];
  return {
    title: titleOf(name, run),
    blocks: [
      ...outcome(run),
      ...syncFacts(run, tookWords(run)),
      muted(t`Finished on ${showTime(run.finishedAt, context)}.`),
      ...rows.blocks,
      ...buttonRow(buttons),
    ],
  };
}

function titleOf(name: string, run: EndedSync): string {
  const did = didWords(run);
  return {
    done: () => `✓ ${name}: ${did || t`nothing to change`}`,
    failed: () =>
      did === ''
        ? t`✗ ${name}: the import failed`
        : t`✗ ${name}: the import failed half-way, ${did}`,
    cancelled: () =>
      did === ''
        ? t`${name}: no one was imported`
        : t`${name}: the import was stopped half-way, ${did}`,
  }[run.state]();
}

function outcome(run: SyncRun): Block[] {
  const isHalf = didWords(run) !== '';
  if (run.state === 'failed')
    return [
      text(sayStored(run.error.message)),
      text(
        isHalf
          ? t`What was done so far stays. The next import does the rest.`
          : t`Nothing changed.`,
      ),
    ];
  if (run.state === 'cancelled')
    return [
      text(
        isHalf
          ? t`What was done so far stays. Import again for the rest.`
          : t`Nothing that was read was imported. The next import reads it again.`,
      ),
    ];
  return [];
}

function reportButtons({ integrationId, action, ...run }: SyncRun): Button[] {
  if (run.state === 'done') return [];
  const label = action === 'create' ? t`Import again` : t`Retry`;
  return [{ label, does: beginSync.with({ integrationId }) }];
}

/** An import removes nobody: a person who isn't in it may be on leave, or in another office. */
async function offboarding(
  email: string | undefined,
  { stores }: Reader,
): Promise<readonly Button[]> {
  const person = email === undefined ? undefined : await stores.people.findByEmail(email);
  if (!person?.active) return [];
  return [
    {
      label: t`Offboard…`,
      about: t`Offboard: ${person.email}`,
      does: offboardPerson.with({ personId: person.id }),
    },
  ];
}
