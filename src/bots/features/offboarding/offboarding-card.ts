/** An offboarding: before the last day what will happen, then the state of each removal, and how it ended. */
import { compact } from '../../../core/compact.ts';
import { endOfDay, endTogether, isOver } from '../../../core/days.ts';
import { listed } from '../../../core/listed.ts';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import {
  isOfNothing,
  isOpenRemoval,
  isProvenGone,
} from '../../../engine/access/removals/removal.ts';
import { type FutureEnd, whatWillEnd } from '../../../engine/access/removals/remove-all.ts';
import { isOnlyAdmin } from '../../../engine/offboarding/offboard.ts';
import type { Offboarding } from '../../../engine/offboarding/offboarding.ts';
import { type Access, fullName, labelOf, type Person } from '../../../engine/people/directory.ts';
import { isAdmin, maySeePlans } from '../../../engine/people/permission.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { leaverReport, type ReportRow } from '../../../engine/transitions/report.ts';
import type { Reader } from '../../live/context.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Card,
  muted,
  note,
  paragraph,
  strong,
} from '../../view/card.ts';
import { showDay, showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { viewRemoval } from '../access/removal-actions.ts';
import { removalLine } from '../access/removal-words.ts';
import { turnPage } from '../paging.ts';
import { openTimeline } from '../sequences/assign-sequence.ts';
import { exportFile } from '../settings/export-file.ts';
import { someNames } from '../some-names.ts';
import { openTask } from '../tasks/open-task.ts';
import { nameOf, pagedRows } from '../transitions/sections.ts';
import { withoutRight } from '../whom-to-ask.ts';
import { moveOffboarding, stopOffboarding } from './offboard.ts';
import { type OffboardingShown, offboardingPayload, offboardingRefs } from './offboarding-ref.ts';

/** How many names one line lists. */
const NAMED = 10;
/** How many of the person's last sequences are read. */
const LOOKED_AT = { offset: 0, limit: 20 };

export const offboardingCard = liveCard({
  ...offboardingRefs,

  async render(shown, context: Reader): Promise<Card> {
    const { stores, reader } = context;
    const offboarding = await stores.offboardings.find(shown.offboardingId);
    const person = offboarding && (await stores.people.find(offboarding.personId));
    if (!offboarding || !person)
      return note(t`This offboarding no longer exists`, t`The person was deleted.`);
    if (!maySeePlans(reader, person))
      return withoutRight(t`You can't see this offboarding any more`, 'see plans', context);
    return {
      title: t`Offboarding of ${fullName(person)}`,
      blocks: [
        ...beforeTheFirst(offboarding, person),
        paragraph(
          (await staysAfter(offboarding, person, context))
            ? t`Their last day was ${showDay(offboarding.endDate)}, but they are the only admin, so they keep everything until someone else is an admin.`
            : standing(offboarding, person, context),
        ),
        ...(offboarding.state === 'planned'
          ? await planRows(await whatWillEnd(stores, person), shown)
          : await itemRows(await leaverReport(stores, offboarding), shown, context)),
        ...(await sequenceRow(person, stores)),
        ...(isBegun(offboarding, person, context) ? [] : buttonsOf(offboarding, reader)),
      ],
    };
  },
});

export const turnOffboardingPage = turnPage(
  { id: 'offboarding.page', payload: offboardingPayload },
  offboardingCard,
);

/** Their other sequences around the last day. */
async function sequenceRow({ id: personId }: Person, stores: Stores): Promise<Block[]> {
  const { assignments } = await stores.assignments.ofPerson(personId, LOOKED_AT);
  const names: string[] = [];
  for (const { sequenceId, endedAt } of assignments) {
    const sequence = await stores.sequences.find(sequenceId);
    if (sequence?.anchor === 'end-date' && !endedAt) names.push(sequence.name);
  }
  if (names.length === 0) return [];
  return [
    paragraph(t`Also around the last day: ${listed(names, 'and')}.`),
    ...buttonRow([{ label: t`Timeline`, does: openTimeline.with({ personId }) }]),
  ];
}

/**
 * Whether the last day of a planned offboarding is over, so that the next tick begins it and it can't be changed. Never
 * for an admin: the last admin stays, so such an offboarding may never begin and can still be cancelled.
 */
const isBegun = (offboarding: Offboarding, person: Person, context: Reader): boolean =>
  person.role !== 'admin' && isPast(offboarding, person, context);

const isPast = (
  { state, endDate }: Offboarding,
  { timeZone }: Person,
  { scheduleZone, now }: Reader,
): boolean => state === 'planned' && isOver(endDate, timeZone ?? scheduleZone, now());

/** Whether the last day of the only admin is over, so that the offboarding can't begin. */
export const staysAfter = async (
  offboarding: Offboarding,
  person: Person,
  context: Reader,
): Promise<boolean> =>
  isPast(offboarding, person, context) && (await isOnlyAdmin(context.stores, person));

/** It may be right, as for someone who doesn't start after all, or a typo. */
const beforeTheFirst = ({ state, endDate }: Offboarding, { startDate }: Person): Block[] =>
  state === 'planned' && startDate !== undefined && endDate < startDate
    ? [
        paragraph(
          t`The last day is before their first day, ${showDay(startDate)}. Change it, unless they don't start after all.`,
        ),
      ]
    : [];

function standing(offboarding: Offboarding, person: Person, context: Reader): string {
  const day = showDay(offboarding.endDate);
  const zone = person.timeZone ?? context.scheduleZone;
  const end = showTime(endOfDay(offboarding.endDate, zone), context);
  switch (offboarding.state) {
    case 'planned':
      if (isBegun(offboarding, person, context))
        return t`Their last day was ${day}. Within a minute, Latchkey starts to remove their access.`;
      // Where both days end together, a time of the next day would only puzzle the reader.
      return endTogether(offboarding.endDate, [zone, context.timeZone])
        ? t`Their last day is ${day}. When it ends, they can't use Latchkey any more, and open requests and approver duties end.`
        : t`Their last day is ${day}. When it ends, on ${end} your time, they can't use Latchkey any more, and open requests and approver duties end.`;
    case 'running':
      return t`Their last day was ${day}. Latchkey removes their access and retries until it's gone.`;
    case 'done':
      return t`✓ Done on ${offboarding.endedAt ? showTime(offboarding.endedAt, context) : day}.`;
    case 'cancelled':
      return offboarding.endedAt
        ? t`It was cancelled on ${showTime(offboarding.endedAt, context)}. Anything already removed stays removed.`
        : t`It was cancelled. Anything already removed stays removed.`;
    default:
      return unreachable(offboarding.state);
  }
}

/** Names what is removed or done by hand; what is only checked is one line. */
async function planRows(ends: readonly FutureEnd[], shown: OffboardingShown): Promise<Block[]> {
  const removed = ends.filter(({ how }) => how === 'by-itself' || how === 'by-hand');
  const asked = ends.filter(({ how }) => how === 'asked');
  const named = ends.filter(({ how }) => how === 'named');
  const names = (some: readonly FutureEnd[]) =>
    someNames(
      some.map(({ integration }) => labelOf(integration)),
      NAMED,
    );
  return compact([
    ...(removed.length === 0
      ? [
          {
            kind: 'text' as const,
            text: [t`They have no access on record, so there is nothing to remove.`],
          },
        ]
      : [
          paragraph(t`Latchkey then removes:`),
          ...(await paged(removed, shown, ({ integration, access, how }) => [
            paragraph([
              strong(labelOf(integration)),
              ` · ${accessWords(access)} · ${how === 'by-itself' ? t`Latchkey revokes it` : t`by hand: creates a task`}`,
            ]),
          ])),
        ]),
    asked.length > 0 && muted(t`Also checked, to be sure (${asked.length}): ${names(asked)}.`),
    named.length > 0 && muted(namedLine(names(named))),
  ]);
}

const namedLine = (names: string): string =>
  t`Nothing was granted in ${names}, and Latchkey can't check there. If in doubt, check yourself.`;

function accessWords(access: Access | undefined): string {
  if (!access) return t`never checked`;
  return {
    has: () => t`has access`,
    none: () => t`no access at the last check`,
    unknown: () => t`not confirmed`,
  }[access.state]();
}

async function itemRows(
  rows: readonly ReportRow[],
  shown: OffboardingShown,
  context: Reader,
): Promise<Block[]> {
  if (rows.length === 0) return [paragraph(t`There was nothing to remove.`)];
  const named = rows.filter(({ removal }) => removal === undefined);
  const removals = rows.filter(({ removal }) => removal !== undefined);
  const gone = removals.filter(({ removal }) => isProvenGone(removal)).length;
  const nothing = removals.filter(
    ({ removal }) => removal?.state === 'gone' && isOfNothing(removal.proof),
  ).length;
  return compact([
    muted(countWords(gone - nothing, removals.length - nothing, nothing)),
    ...(await paged(removals, shown, (row) => rowBlocks(row, context))),
    named.length > 0 && muted(namedLine(someNames(named.map(nameOf), NAMED))),
  ]);
}

/** Access that never existed doesn't count as removed. @param nothing at how many apps there was no access */
function countWords(gone: number, all: number, nothing: number): string {
  const removed = t`${gone} of ${all} removed.`;
  if (nothing === 0) return removed;
  const rest = t`No access to remove: ${nothing}.`;
  return all === 0 ? rest : `${removed} ${rest}`;
}

async function rowBlocks(row: ReportRow, context: Reader): Promise<Block[]> {
  const { integration, removal } = row;
  if (!removal) return [];
  const name = integration?.name ?? '';
  const { id: removalId, taskId } = removal;
  const task: Button[] =
    removal.state === 'by-hand' && taskId !== undefined
      ? [
          {
            label: t`Open the task`,
            about: t`Open the task: ${name}`,
            does: openTask.with({ taskId }),
          },
        ]
      : [];
  const view = isOpenRemoval(removal) ? [viewRemoval(removalId, name)] : [];
  return [
    {
      kind: 'row',
      text: [strong(nameOf(row))],
      detail: [await removalLine(removal, context)],
      // What to do comes first; why it stands as it does is one press further.
      ...(task.length > 0 ? { buttons: task, more: view } : { buttons: view }),
    },
  ];
}

const paged = <T>(
  all: readonly T[],
  shown: OffboardingShown,
  draw: (row: T) => Block[] | Promise<Block[]>,
): Promise<Block[]> =>
  pagedRows(
    all,
    { page: shown.page, to: (page) => turnOffboardingPage.with({ ...shown, page }) },
    draw,
  );

function buttonsOf({ id: offboardingId, state }: Offboarding, reader: Person): Block[] {
  if (state !== 'planned')
    return buttonRow([
      { label: t`Report (CSV)`, does: exportFile.with({ of: 'offboarding', id: offboardingId }) },
    ]);
  if (!isAdmin(reader)) return [];
  const buttons: Button[] = [
    { label: t`Change the day…`, does: moveOffboarding.with({ offboardingId }) },
    { label: t`Cancel…`, does: stopOffboarding.with({ offboardingId }) },
  ];
  return buttonRow(buttons);
}
