/** One row of the access card: what is known at one integration, and the actions that the reader may take. */
import { compact } from '../../../core/compact.ts';
import { readExplained, sayStored } from '../../../core/stored-sentence.ts';
import { sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type { AccessRow } from '../../../engine/access/access-overview.ts';
import { isUnasked } from '../../../engine/access/accounts.ts';
import { endOfHolds } from '../../../engine/access/hold.ts';
import { isInFlight, type OpenRemoval } from '../../../engine/access/removals/removal.ts';
import type { Access, Integration, Person } from '../../../engine/people/directory.ts';
import { maySeeSetUp } from '../../../engine/people/permission.ts';
import { plainError } from '../../../engine/runs/plain-error.ts';
import { isUnknown, RETRY_AFTER_MS, type Run, type RunIn } from '../../../engine/runs/run.ts';
import type { Reader } from '../../live/context.ts';
import { type DateStyle, showDate, showTime } from '../../view/dates.ts';
import { type HoldStyle, untilWords } from './hold-words.ts';
import { openRemovalLine, taskOf } from './removal-words.ts';

/** When the card requested its checks. An older result counts as still being checked. */
export interface AskedAt {
  /** Milliseconds UTC. */
  readonly askedAt: number;
  /** One integration that was checked again later than the others. */
  readonly again?: { readonly integrationId: string; readonly askedAt: number };
}

export type Offer =
  | 'grant'
  | 'grant-anyway'
  | 'run-again'
  | 'revoke'
  /** By the person whose access it is. */
  | 'give-back'
  | 'check-again'
  | 'retry'
  | 'cancel-deferred'
  | 'view-removal'
  | 'open-task';
/** The offers that grant access. */
export const grants: readonly Offer[] = ['grant', 'grant-anyway', 'run-again'];

export interface RowText {
  readonly line: string;
  readonly offers: readonly Offer[];
}

/** @param doer the row's assignee; undefined for any admin */
export function describeRow(
  row: AccessRow,
  { asked, doer }: { readonly asked: AskedAt; readonly doer: Person | undefined },
  context: RowContext,
): RowText {
  if (row.removal) return describeRemoval(row.removal, { run: row.run, doer }, context);
  const { line, offers } = row.byHand
    ? describeByHand(row, doer, context)
    : describeByManifest(row, asked, context);
  // While a grant is under way, only an end date is worth showing.
  const isSaid = row.run === undefined || endOfHolds(row.holds) !== undefined;
  const until = row.access?.state === 'none' || !isSaid ? '' : untilWords(row.holds, context);
  return { line: until === '' ? line : `${line} · ${until}`, offers };
}

export type RowContext = HoldStyle & Pick<Reader, 'now' | 'reader'>;

/** A grant can replace a removal only while nothing works on it; the grant then asks for a reason. */
function describeRemoval(
  removal: OpenRemoval,
  { run, doer }: { readonly run: Run | undefined; readonly doer: Person | undefined },
  context: RowContext,
): RowText {
  const { why: _, ...rest } = removal;
  // The reason for a delay is meant for those who resolve it, not for the person whose access it is.
  const shown = removal.personId === context.reader.id ? rest : removal;
  const line = openRemovalLine(shown, taskOf(doer, context.reader), context);
  const isWaiting = run?.state === 'deferred';
  const offers: Offer[] = compact([
    'view-removal',
    removal.taskId !== undefined && removal.state === 'by-hand' && 'open-task',
    !isInFlight(removal, context.now()) && 'grant-anyway',
    isWaiting && 'cancel-deferred',
  ]);
  return { line: isWaiting ? `${line} · ${t`a grant is waiting for this`}` : line, offers };
}

function describeByHand(
  { access, task }: AccessRow,
  doer: Person | undefined,
  style: DateStyle & Pick<Reader, 'reader'>,
): RowText {
  if (task?.kind === 'grant')
    return {
      line: t`… Being granted by hand (${taskOf(doer, style.reader)})`,
      offers: ['open-task', 'revoke'],
    };
  if (!access)
    return { line: t`No access on record (someone grants it by hand)`, offers: ['grant'] };
  const when = showDate(access.since, style);
  switch (access.state) {
    case 'has':
      return { line: t`✓ Granted by hand on ${when}`, offers: ['revoke'] };
    case 'none':
      return { line: t`Removed by hand on ${when}`, offers: ['grant'] };
    case 'unknown':
      return {
        line: t`Not confirmed. ${sayStored(access.reason)}`,
        offers: ['grant-anyway', 'revoke'],
      };
    default:
      return unreachable(access.state);
  }
}

/** The outcome of the grant is unknown, so the row also shows what the app has reported since. */
function unknownWords(
  { dueAt }: RunIn<'retrying'>,
  access: Access | undefined,
  style: DateStyle,
): string {
  const endedAt = dueAt.getTime() - RETRY_AFTER_MS;
  if (!access || access.checkedAt.getTime() < endedAt)
    return t`? We don't know yet whether it was granted.`;
  const when = showTime(access.checkedAt, style);
  return {
    has: () => t`⚠ Has access (checked on ${when}), but the grant didn't finish.`,
    none: () => t`? We don't know yet whether it was granted (no access when checked on ${when}).`,
    unknown: () =>
      t`? We don't know yet whether it was granted (not confirmed when checked on ${when}).`,
  }[access.state]();
}

function describeByManifest(row: AccessRow, asked: AskedAt, style: RowContext): RowText {
  if (row.run) return describeRun(row, row.run, style);
  return row.hasExists ? describeChecked(row, asked, style) : describeUnchecked(row, style);
}

function describeRun(
  { integration, access }: AccessRow,
  run: NonNullable<AccessRow['run']>,
  style: RowContext,
): RowText {
  if (run.state === 'retrying')
    return {
      line: isUnknown(run)
        ? sentences(unknownWords(run, access, style), t`Next try: ${showTime(run.dueAt, style)}.`)
        : t`⚠ Failed: ${errorFor(run, integration, style)} Next try: ${showTime(run.dueAt, style)}.`,
      offers: ['retry'],
    };
  if (run.state === 'deferred')
    return { line: t`… Waiting in the queue`, offers: ['cancel-deferred'] };
  return {
    line: sentences(
      run.kind === 'execute' ? t`Granting…` : t`Revoking…`,
      run.stoppedBy && t`Latchkey is stopping it.`,
    ),
    offers: [],
  };
}

/** The manifest has nothing with which Latchkey could look. */
function describeUnchecked({ access }: AccessRow, style: RowContext): RowText {
  if (!access) return { line: t`No access granted by Latchkey (not checked)`, offers: ['grant'] };
  const when = showDate(access.since, style);
  return access.state === 'has'
    ? {
        line: t`✓ Granted by Latchkey on ${when} (not checked)`,
        offers: ['run-again', 'revoke'],
      }
    : access.state === 'none'
      ? {
          line: t`No access since ${when} (not checked). ${reasonFor(access, style)}`,
          offers: ['grant'],
        }
      : {
          line: t`Not confirmed. ${reasonFor(access, style)}`,
          offers: ['grant-anyway', 'revoke'],
        };
}

function describeChecked(
  { integration, access, holds, changedAt }: AccessRow,
  asked: AskedAt,
  style: RowContext,
): RowText {
  // Latchkey granted it, so the access may exist whatever the check says.
  const isHeld = holds.length > 0;
  const again = asked.again?.integrationId === integration.id ? asked.again : undefined;
  const askedAt = Math.max(again?.askedAt ?? asked.askedAt, changedAt?.getTime() ?? 0);
  // The app may never answer. Until it does, what someone vouched for stands.
  if (access?.state === 'none' && isUnasked(access))
    return { line: t`No access. ${reasonFor(access, style)}`, offers: ['check-again', 'grant'] };
  if (!access || access.checkedAt.getTime() < askedAt) return { line: t`Checking…`, offers: [] };
  switch (access.state) {
    case 'has':
      return {
        line: t`✓ Has access (since ${showDate(access.since, style)})`,
        offers: ['run-again', 'revoke'],
      };
    case 'none':
      return { line: t`No access`, offers: ['grant'] };
    case 'unknown':
      return {
        line: t`Not confirmed. ${reasonFor(access, style)}`,
        offers: compact([
          'check-again',
          'grant-anyway',
          (isHeld || !integration.enabled) && 'revoke',
        ]),
      };
    default:
      return unreachable(access.state);
  }
}

const reasonFor = ({ reason }: Access, { reader }: RowContext): string =>
  readExplained(reason, { seesDetail: maySeeSetUp(reader) });

const errorFor = (
  { error }: RunIn<'retrying'>,
  { name }: Integration,
  { reader }: RowContext,
): string => (maySeeSetUp(reader) ? sayStored(error.message) : plainError(error, name));
