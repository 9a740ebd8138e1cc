/** One row of the access card: what is known at one integration, and what can be done about it. */
import { say } from '../../core/say.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { AccessRow } from '../../engine/access-overview.ts';
import type { Access } from '../../engine/directory.ts';
import { isUnknown, RETRY_AFTER_MS, type RunIn } from '../../engine/run.ts';
import { type DateStyle, showDate, showTime } from './dates.ts';

/** When the card asked: an answer that is older is being asked for again. */
export interface AskedAt {
  /** Milliseconds UTC. */
  readonly askedAt: number;
  /** One integration that was asked again later than the others. */
  readonly again?: { readonly integrationId: string; readonly askedAt: number } | undefined;
}

export type Offer =
  | 'grant'
  | 'grant-anyway'
  | 'run-again'
  | 'revoke'
  | 'check-again'
  | 'retry'
  | 'cancel-deferred'
  | 'open-task';
/** Those that give access. */
export const grants: readonly Offer[] = ['grant', 'grant-anyway', 'run-again'];

export interface RowText {
  readonly line: string;
  readonly offers: readonly Offer[];
}

/** @param doer who does the row's task, by name; undefined for any admin */
export function describeRow(
  row: AccessRow,
  asked: AskedAt,
  doer: string | undefined,
  style: DateStyle,
): RowText {
  const { line, offers } = row.byHand
    ? describeByHand(row, doer, style)
    : describeByManifest(row, asked, doer, style);
  return { line: `${line}${untilWords(row, style)}`, offers };
}

function untilWords({ limit, access }: AccessRow, style: DateStyle): string {
  if (!limit || access?.state === 'none') return '';
  return limit.state === 'ending'
    ? say` · its time is over`
    : say` · until ${showDate(limit.endsAt, style)}`;
}

const taskOf = (doer: string | undefined): string =>
  doer === undefined ? say`a task of any admin` : say`task of ${doer}`;

function describeByHand(
  { access, task }: AccessRow,
  doer: string | undefined,
  style: DateStyle,
): RowText {
  if (task)
    return task.kind === 'grant'
      ? { line: say`… Being given by hand (${taskOf(doer)})`, offers: ['open-task', 'revoke'] }
      : { line: say`… Being taken away by hand (${taskOf(doer)})`, offers: ['open-task'] };
  if (!access) return { line: say`Nothing was given here (done by hand)`, offers: ['grant'] };
  const when = showDate(access.since, style);
  switch (access.state) {
    case 'has':
      return { line: say`✓ Given by hand on ${when}`, offers: ['revoke'] };
    case 'none':
      return { line: say`Taken away by hand on ${when}`, offers: ['grant'] };
    case 'unknown':
      return { line: say`Not confirmed. ${access.reason}`, offers: ['grant-anyway', 'revoke'] };
    default:
      return unreachable(access.state);
  }
}

/** Nobody knows what became of the grant: with what the app itself said since. */
function unknownWords(
  { dueAt }: RunIn<'retrying'>,
  access: Access | undefined,
  style: DateStyle,
): string {
  const endedAt = dueAt.getTime() - RETRY_AFTER_MS;
  if (!access || access.checkedAt.getTime() < endedAt)
    return say`? We don't know yet whether it was granted.`;
  const when = showTime(access.checkedAt, style);
  switch (access.state) {
    case 'has':
      return say`⚠ Has access (checked on ${when}), but the grant did not finish.`;
    case 'none':
      return say`? We don't know yet whether it was granted (no access when checked on ${when}).`;
    case 'unknown':
      return say`? We don't know yet whether it was granted (not confirmed when checked on ${when}).`;
    default:
      return unreachable(access.state);
  }
}

function describeByManifest(
  { integration, run, access, hasExists, hasRevoke, changedAt, task }: AccessRow,
  asked: AskedAt,
  doer: string | undefined,
  style: DateStyle,
): RowText {
  if (run?.state === 'retrying')
    return {
      line: isUnknown(run)
        ? `${unknownWords(run, access, style)} ${say`It runs again on ${showTime(run.dueAt, style)}.`}`
        : say`⚠ Failed: ${run.error.message} It runs again on ${showTime(run.dueAt, style)}.`,
      offers: ['retry'],
    };
  if (run?.state === 'deferred')
    return { line: say`… Waiting for its turn`, offers: ['cancel-deferred'] };
  if (run) {
    const then = run.thenRevokeBy ? say` It is taken away as soon as that has ended.` : '';
    return {
      line: `${run.kind === 'execute' ? say`Granting…` : say`Revoking…`}${then}`,
      offers: [],
    };
  }
  const byTask = task ? say` · being taken away by hand (${taskOf(doer)})` : '';
  const revoke: Offer[] = [
    ...(hasRevoke ? ['revoke' as const] : []),
    ...(task ? ['open-task' as const] : []),
  ];
  if (!hasExists) {
    if (!access)
      return {
        line: say`Nothing was granted here by Latchkey (not checked)${byTask}`,
        offers: ['grant'],
      };
    const when = showDate(access.since, style);
    return access.state === 'has'
      ? {
          line: say`✓ Granted by Latchkey on ${when} (not checked)${byTask}`,
          offers: ['run-again', ...revoke],
        }
      : access.state === 'none'
        ? { line: say`Revoked by Latchkey on ${when} (not checked)`, offers: ['grant'] }
        : {
            line: say`Not confirmed. ${access.reason}${byTask}`,
            offers: ['grant-anyway', ...revoke],
          };
  }
  const again = asked.again?.integrationId === integration.id ? asked.again : undefined;
  const askedAt = Math.max(again?.askedAt ?? asked.askedAt, changedAt?.getTime() ?? 0);
  if (!access || access.checkedAt.getTime() < askedAt) return { line: say`Checking…`, offers: [] };
  switch (access.state) {
    case 'has':
      return {
        line: say`✓ Has access (since ${showDate(access.since, style)})${byTask}`,
        offers: ['run-again', ...revoke],
      };
    case 'none':
      return { line: say`No access`, offers: ['grant'] };
    case 'unknown':
      return {
        line: say`Not confirmed. ${access.reason}${byTask}`,
        offers: ['check-again', 'grant-anyway', ...(integration.enabled ? [] : revoke)],
      };
    default:
      return unreachable(access.state);
  }
}
