/** What a run's card says below its title: what the run waits for or came to, and what the reader can do. */
import { sayStored } from '../../../core/stored-sentence.ts';
import { sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type { OpenRemoval } from '../../../engine/access/removals/removal.ts';
import { maySeeSetUp } from '../../../engine/people/permission.ts';
import { plainError } from '../../../engine/runs/plain-error.ts';
import type { Run, RunError, RunIn, Step } from '../../../engine/runs/run.ts';
import type { KnownOutcome } from '../../../engine/runs/unknown-outcome.ts';
import type { Reader } from '../../live/context.ts';
import { showTime } from '../../view/dates.ts';
import { actorWords } from '../access/removal-words.ts';
import { waitWords } from '../access/wait-words.ts';
import { goesOnWords, waitsForApp } from '../goes-on.ts';

interface WhatIsKnown {
  /** Set for a run with an unknown outcome. */
  readonly known: KnownOutcome | undefined;
  /** A sentence for a reader who can't do something about it; undefined for the others. */
  readonly whoCan: string | undefined;
  /** The open removal of this access. */
  readonly removal: OpenRemoval | undefined;
}

/** What the run does now or came to, and the next step. */
export async function runSentence(
  run: Run,
  {
    steps,
    whoCan,
    known,
    removal,
    name,
  }: WhatIsKnown & { readonly steps: readonly Step[]; readonly name: string },
  reader: Reader,
): Promise<string> {
  const errorFor = (error: RunError): string =>
    maySeeSetUp(reader.reader) ? sayStored(error.message) : plainError(error, name);
  const then = run.stoppedBy && t`Latchkey stops it at its next pause, then removes the access.`;
  switch (run.state) {
    case 'queued':
    case 'running':
      return sentences(steps.length === 0 ? t`It starts in a moment.` : t`It's under way.`, then);
    case 'waiting':
      return sentences(
        maySeeSetUp(reader.reader) ? t`Waiting: ${sayStored(run.why)}` : waitsForApp(name),
        goesOnWords(run.dueAt, reader),
        then,
      );
    case 'succeeded':
      return doneWords(run, reader);
    case 'retrying': {
      const when = showTime(run.dueAt, reader);
      return whoCan === undefined
        ? t`${errorFor(run.error)} Next try: ${when}. Until then, you can retry now or cancel.`
        : t`${errorFor(run.error)} Next try: ${when}.`;
    }
    case 'failed':
      return `${errorFor(run.error)} ${whatNext(run, { whoCan, known, removal })}`;
    case 'blocked':
      return sentences(
        errorFor(run.error),
        t`Latchkey won't retry: the manifest says that it can continue only with the expected answer.`,
        whoCan ?? t`When the app is ready, try again.`,
      );
    case 'deferred':
      return waitWords(run, reader.stores);
    case 'cancelled':
      if (run.why !== undefined && steps.length > 0)
        return t`Not retried on ${showTime(run.finishedAt, reader)}: ${sayStored(run.why)} What it did before stays, unless it's revoked.`;
      if (run.why !== undefined)
        return t`It couldn't start on ${showTime(run.finishedAt, reader)}: ${sayStored(run.why)}`;
      return t`Cancelled on ${showTime(run.finishedAt, reader)}. What it did before stays, unless it's revoked.`;
    default:
      return unreachable(run);
  }
}

function whatNext(run: RunIn<'failed'>, { whoCan, known, removal }: WhatIsKnown): string {
  if (run.kind === 'revoke' && removal && known?.kind !== 'none')
    return t`The access may still be active, so its removal continues. The removal shows what happens next.`;
  return known && known.kind !== 'not-known'
    ? afterAnswer(run, known.kind, whoCan)
    : afterFailure(run, whoCan);
}

function afterFailure({ kind, error }: RunIn<'failed'>, whoCan: string | undefined): string {
  if (error.code === 'answers-missing')
    return sentences(
      t`Nothing was sent this time.`,
      whoCan ?? t`Try again; you only need to fill in what is missing.`,
    );
  if (kind === 'execute')
    return sentences(t`Latchkey won't retry.`, whoCan ?? t`Check the app, then try again.`);
  return sentences(
    t`The access may still be active.`,
    whoCan ?? t`Check the app, then revoke it again.`,
  );
}

/** The next step after a check has settled the outcome. */
function afterAnswer({ kind }: Run, known: 'has' | 'none', whoCan: string | undefined): string {
  if (kind === 'revoke' && known === 'none') return t`There's nothing left to do.`;
  if (whoCan !== undefined) return whoCan;
  if (kind === 'revoke') return t`The access is still active. Revoke it again.`;
  return known === 'has'
    ? t`Try again to finish what may be missing.`
    : t`Nothing more happens until you try again.`;
}

async function doneWords(
  { kind, startedBy, finishedAt }: RunIn<'succeeded'>,
  context: Reader,
): Promise<string> {
  const who = await actorWords(startedBy, context.stores);
  const when = showTime(finishedAt, context);
  return kind === 'execute' ? t`Granted by ${who} on ${when}.` : t`Revoked by ${who} on ${when}.`;
}
