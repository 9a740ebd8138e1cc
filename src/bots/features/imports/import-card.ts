/** A file of people: what it would do, its progress, and what it did. */
import { compact } from '../../../core/compact.ts';
import { sayStored } from '../../../core/stored-sentence.ts';
import { sayNumber, sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type {
  FileImport,
  ImportCounts,
  ImportProgress,
  PlanCounts,
} from '../../../engine/imports/file-import.ts';
import { previewOf } from '../../../engine/imports/import-people.ts';
import { maySeeSetUp } from '../../../engine/people/permission.ts';
import type { Reader } from '../../live/context.ts';
import {
  type Block,
  buttonRow,
  type Card,
  type Fact,
  factList,
  muted,
  note,
  paragraph,
  withButtons,
} from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { grantsAutomatically } from '../people/automatic-grants.ts';
import { countPeople } from '../people/person-words.ts';
import { onlyReadersCan } from '../whom-to-ask.ts';
import { wordButton } from '../word-button.ts';
import { stopRunning } from './import-actions.ts';
import { importPeople } from './import-people.ts';
import { countLines, discard, planCard } from './import-plan.ts';
import { importRefs, type ShownImport } from './import-ref.ts';
import { startSequence } from './start-for-import.ts';

export const importCard = liveCard({
  ...importRefs,

  async render(shown, context: Reader) {
    if (!maySeeSetUp(context.reader))
      return onlyReadersCan(t`You can no longer see imports`, context);
    const fileImport = await context.stores.fileImports.find(shown.importId);
    return fileImport ? cardOf(fileImport, shown, context) : over();
  },
});

const over = () => note(t`This import no longer exists`, t`Send the file again.`);

async function cardOf(fileImport: FileImport, shown: ShownImport, context: Reader): Promise<Card> {
  const { progress, fileName } = fileImport;
  switch (progress.state) {
    case 'reading':
      return withButtons(
        note(t`… Reading ${fileName}`, t`A preview of the changes appears here in a moment.`),
        discard(fileImport.id),
      );
    case 'unreadable':
      return withButtons(
        note(t`${fileName} can't be imported`, t`${sayStored(progress.why)} Nothing changed.`),
        { label: t`Choose another file…`, does: importPeople.with({}) },
      );
    case 'ready': {
      const preview = await previewOf(context.stores, fileImport.id);
      return preview
        ? planCard({ fileName, plan: progress.plan, preview }, shown)
        : note(t`${fileName} is no longer kept`, t`Files are kept for one day. Send it again.`);
    }
    case 'importing':
      return underWay(fileImport.id, fileName, progress);
    case 'done':
      return doneCard(fileImport, progress, context);
    case 'discarded':
      return note(t`${fileName} wasn't imported`, t`The file is deleted. Nothing changed.`);
    case 'stopped':
      return {
        title: t`Import of ${fileName} stopped half-way`,
        blocks: [
          paragraph(
            t`What was imported so far stays. Send the file again to import the rest; people already in the directory don't change.`,
          ),
          factList(resultFacts(progress.counts)),
          ...refusals(progress.counts),
        ],
      };
    case 'stuck':
      return note(
        t`✗ ${fileName} was only partly imported`,
        t`${sayStored(progress.why)} Import it again for the rest; people already in the directory don't change.`,
      );
    default:
      return unreachable(progress);
  }
}

async function doneCard(
  { id: importId, fileName }: FileImport,
  { counts, plan, finishedAt }: Extract<ImportProgress, { state: 'done' }>,
  context: Reader,
): Promise<Card> {
  return {
    title: t`✓ ${fileName} imported`,
    blocks: [
      factList([...resultFacts(counts), ...partlyFacts(plan)]),
      ...refusals(counts),
      ...partlyWhy(plan),
      muted(
        sentences(
          t`Finished on ${showTime(finishedAt, context)}.`,
          (await grantsAutomatically(context.stores))
            ? t`A rule, or a sequence that starts automatically, may grant them access.`
            : t`The import granted no access.`,
        ),
      ),
      ...buttonRow([
        counts.created > 0 && startSequence({ kind: 'file', importId }),
        wordButton(t`People`, 'people'),
      ]),
    ],
  };
}

function underWay(
  importId: string,
  fileName: string,
  { phase, next, plan, counts }: Extract<ImportProgress, { state: 'importing' }>,
): Card {
  const rows = plan.rows - plan.invalid;
  const percent = rows === 0 ? 100 : Math.floor((next * 100) / rows);
  return {
    title: t`… Importing ${fileName}`,
    blocks: [
      paragraph(
        phase === 'people'
          ? t`${percent} % of the people done.`
          : t`Everyone is imported; ${percent} % of the managers are set.`,
      ),
      factList(resultFacts(counts)),
      ...buttonRow([{ label: t`Stop`, does: stopRunning.with({ importId }) }]),
    ],
  };
}

function resultFacts(counts: ImportCounts): Fact[] {
  const some = (label: string, count: number, words: typeof countPeople): Fact[] =>
    count > 0 ? [[label, words(count)]] : [];
  return [
    [t`Added`, countPeople(counts.created)],
    ...some(t`Came back`, counts.returned, countPeople),
    ...some(t`Updated`, counts.updated, countPeople),
    ...some(t`Unchanged`, counts.untouched, countPeople),
    ...some(t`Left out`, counts.leftOut, countLines),
  ];
}

/** Rows that are imported without some of their values. */
const partlyFacts = ({ partly }: PlanCounts): Fact[] =>
  partly === 0
    ? []
    : [
        [
          t`Partly imported`,
          t`${countPeople(partly)}, without a manager, a buddy or a phone number`,
        ],
      ];

function partlyWhy({ partly, partlyWhy: first }: PlanCounts): Block[] {
  const more = partly - first.length;
  return compact([
    ...first.map((why) => muted(sayStored(why))),
    first.length > 0 && more > 0 && muted(t`… and ${sayNumber(more)} more like these.`),
  ]);
}

function refusals({ refusals: first, refused }: ImportCounts): Block[] {
  if (first.length === 0) return [];
  const more = refused - first.length;
  return compact([
    muted(t`Latchkey couldn't change:`),
    ...first.map((why) => muted(sayStored(why))),
    more > 0 && muted(t`… and ${sayNumber(more)} more like these.`),
  ]);
}
