/** A file of people: what it would do, how far it is, and what it has done. */
import { z } from 'zod';
import { unreachable } from '../../core/unreachable.ts';
import {
  type FileImport,
  type ImportCounts,
  type ImportProgress,
  importSubject,
  type PlanCounts,
  problemReasons,
} from '../../engine/import/file-import.ts';
import { discardImport, previewOf, startImport } from '../../engine/import/import-people.ts';
import type { PlannedRow, PlanPreview } from '../../engine/import/plan-import.ts';
import { isAdmin } from '../../engine/permission.ts';
import type { Transaction } from '../../engine/ports.ts';
import { buttonAction, type Reply } from '../view/action.ts';
import { type Block, type Button, type Card, note, type Text } from '../view/card.ts';
import { liveCard } from '../view/live-card.ts';
import { asAdmin } from './admins.ts';
import { actorOf, type Reader, type Turn } from './context.ts';
import { showTime } from './dates.ts';
import { onPage, pageButtons, pageWords } from './paging.ts';
import { countOf, countPeople, roleWords } from './person-words.ts';

/** Problems on a page. */
const PAGE = 10;

const payload = z.object({
  importId: z.string(),
  /** Of the problems. */
  page: z.number().int().nonnegative(),
});
type Shown = z.infer<typeof payload>;

export const importCard = liveCard({
  id: 'people-import',
  payload,
  subject: ({ importId }) => importSubject(importId),

  async render(shown, context: Reader) {
    if (!isAdmin(context.reader))
      return note("You can't see imports any more", 'Only Latchkey admins can.');
    const fileImport = await context.stores.fileImports.find(shown.importId);
    return fileImport ? cardOf(fileImport, shown, context) : over;
  },
});

const over = note('This import is gone', 'Send the file again.');

export const turnImportPage = buttonAction({
  id: 'import.page',
  payload,
  async handle(shown, turn: Turn) {
    const { refused } = await asAdmin('see imports', turn);
    return { kind: 'replace', card: refused ?? importCard.with(shown) };
  },
});

export const runImport = buttonAction({
  id: 'import.run',
  payload: z.object({ importId: z.string(), update: z.boolean() }),
  handle: ({ importId, update }, turn: Turn) =>
    change(importId, turn, (tx, fileImport) =>
      startImport(tx, fileImport, update, {
        now: turn.now,
        newId: turn.newId,
        actor: actorOf(turn),
      }),
    ),
});

export const dropImport = buttonAction({
  id: 'import.discard',
  payload: z.object({ importId: z.string() }),
  handle: ({ importId }, turn: Turn) => change(importId, turn, discardImport),
});

async function change(
  importId: string,
  turn: Turn,
  work: (tx: Transaction, fileImport: FileImport) => Promise<unknown>,
): Promise<Reply> {
  const { refused } = await asAdmin('import people', turn);
  if (refused) return { kind: 'replace', card: refused };
  await turn.transact(async (tx) => {
    const fileImport = await tx.fileImports.find(importId);
    if (fileImport) await work(tx, fileImport);
  });
  return { kind: 'replace', card: importCard.with({ importId, page: 0 }) };
}

async function cardOf(fileImport: FileImport, shown: Shown, context: Reader): Promise<Card> {
  const { progress, fileName } = fileImport;
  switch (progress.state) {
    case 'reading':
      return note(`… Reading ${fileName}`, 'What it would do is shown here in a moment.');
    case 'unreadable':
      return note(`${fileName} can't be imported`, `${progress.why} Nothing was changed.`);
    case 'ready': {
      const preview = await previewOf(context.stores, fileImport.id);
      return preview
        ? readyCard(fileName, progress.plan, preview, shown)
        : note(`${fileName} is no longer kept`, 'A file waits for a day. Send it again.');
    }
    case 'importing':
      return underWay(fileName, progress);
    case 'done':
      return {
        title: `✓ ${fileName} is imported`,
        blocks: [
          { kind: 'facts', facts: resultFacts(progress.counts) },
          ...refusals(progress.counts),
          {
            kind: 'text',
            muted: true,
            text: [
              `Finished on ${showTime(progress.finishedAt, context)}. Nothing was granted to anybody by it; "people" lists them.`,
            ],
          },
        ],
      };
    case 'discarded':
      return note(`${fileName} was not imported`, 'The file is deleted. Nothing was changed.');
    case 'stuck':
      return note(
        `✗ ${fileName} was imported in part only`,
        `${progress.why} Who is in the directory already is left as they are when you import it again.`,
      );
    default:
      return unreachable(progress);
  }
}

function readyCard(
  fileName: string,
  plan: PlanCounts,
  preview: PlanPreview,
  { importId, page }: Shown,
): Card {
  const coming = plan.fresh + plan.returning;
  const problems = onPage(preview.problems, page, PAGE);
  const first: Block[] = preview.first.map((row) => ({ kind: 'text', text: rowText(row) }));
  const more = coming - preview.first.length;
  return {
    title: coming + plan.existing > 0 ? `Import ${fileName}?` : `${fileName} has nobody to import`,
    blocks: [
      { kind: 'facts', facts: planFacts(plan, preview) },
      ...first,
      ...(more > 0 ? [muted(`… and ${countPeople(more)} more.`)] : []),
      ...(preview.problems.length > 0
        ? [
            { kind: 'divider' as const },
            muted(`What is wrong in the file${pageWords(problems)}:`),
            ...problems.items.map(({ line, text }) => muted(`Line ${line}: ${text}`)),
            ...moreProblems(plan, preview),
          ]
        : []),
      {
        kind: 'buttons',
        buttons: [
          ...runButtons(plan, importId),
          ...pageButtons(problems, (to) => turnImportPage.with({ importId, page: to })),
          { label: 'Discard', does: dropImport.with({ importId }) },
        ],
      },
    ],
  };
}

function planFacts(plan: PlanCounts, preview: PlanPreview): [string, Text][] {
  const { otherColumns } = preview;
  const some = (label: string, count: number, explained: string): [string, Text][] =>
    count > 0 ? [[label, [`${countPeople(count)}${explained}`]]] : [];
  return [
    ['New', [countPeople(plan.fresh)]],
    ...some('Had left', plan.returning, ', who come back without what they had'),
    ...adminFacts(plan, preview),
    ...some('Here already', plan.existing, ', who stay as they are unless you update them'),
    ...(plan.invalid > 0
      ? [
          ['Left out', [`${countOf(plan.invalid, 'line', 'lines')}: ${reasonWords(plan)}`]] as [
            string,
            Text,
          ],
        ]
      : []),
    ...some('Taken in part', plan.partly, ', without a manager or buddy'),
    ...(otherColumns.length > 0
      ? [['Columns not used', [otherColumns.join(', ')]] as [string, Text]]
      : []),
  ];
}

/** Nobody is to become an admin unseen. */
function adminFacts({ admins, promoted }: PlanCounts, preview: PlanPreview): [string, Text][] {
  const all = admins + promoted;
  if (all === 0) return [];
  const more = all - preview.admins.length;
  const names = `${preview.admins.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  const when =
    promoted === 0
      ? 'the file makes them admins'
      : admins === 0
        ? 'an update makes them admins'
        : `the file makes them admins, ${promoted} of them by an update`;
  return [['⚠ Admins', [`${names}: ${when}`]]];
}

const reasonWords = ({ byReason }: PlanCounts): string =>
  (['no-email', 'bad-email', 'duplicate', 'bad-value'] as const)
    .flatMap((reason) => {
      const count = byReason[reason];
      return count ? [`${problemReasons[reason]} (${count})`] : [];
    })
    .join(', ');

function moreProblems({ byReason }: PlanCounts, { problems }: PlanPreview): Block[] {
  const all = Object.values(byReason).reduce((sum, count) => sum + (count ?? 0), 0);
  const more = all - problems.length;
  return more > 0
    ? [muted(`${countOf(more, 'more problem is', 'more problems are')} like these.`)]
    : [];
}

function runButtons(plan: PlanCounts, importId: string): Button[] {
  const coming = plan.fresh + plan.returning;
  return [
    ...(coming > 0
      ? [
          {
            label: `Import ${countPeople(coming)}`,
            tone: 'primary' as const,
            does: runImport.with({ importId, update: false }),
          },
        ]
      : []),
    ...(plan.existing > 0
      ? [
          {
            label: `${coming > 0 ? 'Import, and update' : 'Update'} ${countPeople(plan.existing)}`,
            does: runImport.with({ importId, update: true }),
          },
        ]
      : []),
  ];
}

function rowText({ details }: PlannedRow): Text {
  const { email, firstName = '', lastName = '', position, department, role } = details;
  const known = [email, position, department, role && roleWords[role]].filter(Boolean);
  return [
    { kind: 'strong', text: `${firstName} ${lastName}`.trim() || email },
    ` · ${known.join(' · ')}`,
  ];
}

function underWay(
  fileName: string,
  { phase, next, plan, counts }: Extract<ImportProgress, { state: 'importing' }>,
): Card {
  const rows = plan.rows - plan.invalid;
  const percent = rows === 0 ? 100 : Math.floor((next * 100) / rows);
  return {
    title: `… Importing ${fileName}`,
    blocks: [
      {
        kind: 'text',
        text: [
          phase === 'people'
            ? `${percent} % of the people.`
            : `Everybody is there; ${percent} % of who manages whom.`,
        ],
      },
      { kind: 'facts', facts: resultFacts(counts) },
    ],
  };
}

function resultFacts(counts: ImportCounts): [string, Text][] {
  const some = (label: string, count: number, one: string, several: string): [string, Text][] =>
    count > 0 ? [[label, [countOf(count, one, several)]]] : [];
  return [
    ['Added', [countPeople(counts.created)]],
    ...some('Came back', counts.returned, 'person', 'people'),
    ...some('Updated', counts.updated, 'person', 'people'),
    ...some('Left as they were', counts.untouched, 'person', 'people'),
    ...some('Left out', counts.leftOut, 'line', 'lines'),
  ];
}

function refusals({ refusals: all }: ImportCounts): Block[] {
  return all.length === 0
    ? []
    : [muted('What could not be changed:'), ...all.map((text) => muted(text))];
}

const muted = (text: string): Block => ({ kind: 'text', muted: true, text: [text] });
