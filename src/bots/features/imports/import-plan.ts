/** What a file of people would do; an admin sees it before they confirm. */
import { compact } from '../../../core/compact.ts';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { type PlanCounts, problemReasons } from '../../../engine/imports/file-import.ts';
import {
  type PlannedRow,
  type PlanPreview,
  problemWords,
} from '../../../engine/imports/plan-import.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Card,
  type Fact,
  factList,
  muted,
  paragraph,
  strong,
  type Text,
} from '../../view/card.ts';
import { onPage, pageButtons, withPage } from '../paging.ts';
import { countPeople, roleWords } from '../people/person-words.ts';
import { someNames } from '../some-names.ts';
import { dropImport, runImport, turnImportPage } from './import-actions.ts';
import type { ShownImport } from './import-ref.ts';

/** Shown below the changes, which take up most of the card. */
const PROBLEMS = 10;

export function planCard(
  {
    fileName,
    plan,
    preview,
  }: { readonly fileName: string; readonly plan: PlanCounts; readonly preview: PlanPreview },
  { importId, page }: ShownImport,
): Card {
  const coming = plan.fresh + plan.returning;
  const problems = onPage(preview.problems, page, PROBLEMS);
  const first: Block[] = preview.first.map((row) => paragraph(rowText(row)));
  const more = coming - preview.first.length;
  return {
    title:
      coming + plan.existing > 0 ? t`Import ${fileName}?` : t`${fileName} has no one to import`,
    blocks: compact([
      factList(planFacts(plan, preview)),
      ...first,
      more > 0 && muted(t`… and ${countPeople(more)} more.`),
      ...(preview.problems.length > 0
        ? [
            { kind: 'divider' as const },
            muted(`${withPage(t`Problems in the file`, problems)}:`),
            ...problems.items.map((problem) => muted(problemWords(problem))),
            ...moreProblems(plan, preview),
          ]
        : []),
      ...buttonRow([
        ...runButtons(plan, importId),
        ...pageButtons(problems, (to) => turnImportPage.with({ importId, page: to })),
        discard(importId),
      ]),
    ]),
  };
}

function planFacts(plan: PlanCounts, preview: PlanPreview): Fact[] {
  const { otherColumns } = preview;
  const some = (label: string, count: number, explain: (who: string) => string): Fact[] =>
    count > 0 ? [[label, explain(countPeople(count))]] : [];
  return compact([
    [t`New`, countPeople(plan.fresh)],
    ...some(
      t`Left earlier`,
      plan.returning,
      (who) => t`${who}, added back without their earlier access`,
    ),
    ...adminFacts(plan, preview),
    ...managerFacts(plan, preview),
    ...some(t`Already here`, plan.existing, (who) => t`${who}, unchanged unless you update them`),
    plan.invalid > 0 &&
      ([t`Left out`, `${countLines(plan.invalid)}: ${reasonWords(plan)}`] as Fact),
    ...some(
      t`Partly imported`,
      plan.partly,
      (who) => t`${who}, without a manager, a buddy or a phone number`,
    ),
    otherColumns.length > 0 &&
      ([t`Columns not used`, someNames(otherColumns, COLUMNS_NAMED)] as Fact),
  ]);
}

/** How many column names are shown. */
const COLUMNS_NAMED = 20;

/** Makes new admins visible before the import. */
function adminFacts({ admins, promoted }: PlanCounts, preview: PlanPreview): Fact[] {
  const all = admins + promoted;
  if (all === 0) return [];
  const names = someNames(preview.admins, preview.admins.length, all);
  const when =
    promoted === 0
      ? t`the file makes them admins`
      : admins === 0
        ? t`updating makes them admins`
        : t`the file makes them admins, ${promoted} of them only if you update`;
  return [[t`⚠ Admins`, `${names}: ${when}`]];
}

/** Makes new managers of admins visible, too. */
function managerFacts({ managersOfAdmins }: PlanCounts, preview: PlanPreview): Fact[] {
  if (managersOfAdmins === 0) return [];
  const first = preview.managersOfAdmins;
  const names = someNames(first, first.length, managersOfAdmins);
  return [
    [t`⚠ Managers of admins`, t`${names}: updating sets them for admins who are already here`],
  ];
}

const reasonWords = ({ byReason }: PlanCounts): string =>
  (['no-email', 'bad-email', 'duplicate', 'bad-value'] as const)
    .flatMap((reason) => {
      const count = byReason[reason];
      return count ? [`${problemReasons()[reason]} (${count})`] : [];
    })
    .join(', ');

function moreProblems({ byReason }: PlanCounts, { problems }: PlanPreview): Block[] {
  const all = Object.values(byReason).reduce((sum, count) => sum + (count ?? 0), 0);
  const more = all - problems.length;
  if (more <= 0) return [];
  return [
    muted(
      plural(more, {
        one: t`1 more problem like these.`,
        other: t`${sayNumber(more)} more problems like these.`,
      }),
    ),
  ];
}

function runButtons(plan: PlanCounts, importId: string): Button[] {
  const coming = plan.fresh + plan.returning;
  return compact([
    coming > 0 && {
      label: t`Import ${countPeople(coming)}`,
      tone: 'primary',
      does: runImport.with({ importId, update: false }),
    },
    plan.existing > 0 && {
      label:
        coming > 0
          ? t`Import and update ${countPeople(plan.existing)}`
          : t`Update ${countPeople(plan.existing)}`,
      does: runImport.with({ importId, update: true }),
    },
  ]);
}

function rowText({ details }: PlannedRow): Text {
  const { email, firstName = '', lastName = '', position, department, role } = details;
  const known = [email, position, department, role && roleWords()[role]].filter(Boolean);
  return [strong(`${firstName} ${lastName}`.trim() || email), ` · ${known.join(' · ')}`];
}

export const discard = (importId: string): Button => ({
  label: t`Discard`,
  does: dropImport.with({ importId }),
});

/** `1 line`, `1,234 lines`: of a file. */
export const countLines = (count: number): string =>
  plural(count, { one: t`1 line`, other: t`${sayNumber(count)} lines` });
