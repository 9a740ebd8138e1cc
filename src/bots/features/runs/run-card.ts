/** One run: what it does, its state, its outcome, and what the reader can do. */
import { compact } from '../../../core/compact.ts';
import { MINUTE_MS } from '../../../core/hours.ts';
import { readExplained, sayStored } from '../../../core/stored-sentence.ts';
import { sayReadyMade, sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type { OpenRemoval } from '../../../engine/access/removals/removal.ts';
import { answersByName } from '../../../engine/integrations/form.ts';
import { canAsk, manifestOf } from '../../../engine/integrations/manifest-of.ts';
import type { Delivery } from '../../../engine/messages/delivery.ts';
import {
  fullName,
  type Integration,
  nameOrDeleted,
  type Person,
  type PersonAtApp,
} from '../../../engine/people/directory.ts';
import {
  may,
  mayGrant,
  mayManage,
  maySee,
  maySeePlans,
  maySeeSetUp,
} from '../../../engine/people/permission.ts';
import { plainError } from '../../../engine/runs/plain-error.ts';
import {
  type Answer,
  isUnknown,
  type Run,
  type RunError,
  type RunIn,
  type RunInputs,
  type Step,
} from '../../../engine/runs/run.ts';
import { cameToNothing } from '../../../engine/runs/run-again.ts';
import { type KnownOutcome, knownSince } from '../../../engine/runs/unknown-outcome.ts';
import { damagedWords, isDamagedActor } from '../../../engine/work/damaged-actor.ts';
import type { Reader } from '../../live/context.ts';
import { type Block, type Button, buttonRow, factList, muted, paragraph } from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { lastsWords } from '../access/hold-words.ts';
import { openRemoval } from '../access/removal-actions.ts';
import { actorWords } from '../access/removal-words.ts';
import { revokeAccess } from '../access/revoke-access.ts';
import { waitWords } from '../access/wait-words.ts';
import { deliveryLine } from '../messages/delivery-words.ts';
import { sendAgainButtons } from '../messages/send-text-again.ts';
import { noteToAsk, whoCanLookIntoIt } from '../whom-to-ask.ts';
import { findRun, runIsGone } from './find-run.ts';
import { cancelDeferredRun, cancelRunRetry, retryRunNow } from './retry-run.ts';
import { runAgain } from './run-again.ts';
import { detailsButton, lacksToken } from './run-details.ts';
import { runRefs } from './run-ref.ts';

export const runCard = liveCard({
  ...runRefs,

  async render({ runId }, context: Reader) {
    const { stores, reader } = context;
    const found = await findRun(runId, stores);
    if (!found) return runIsGone();
    const { run, person, integration } = found;
    if (!maySee(reader, person))
      return noteToAsk(
        t`You can't see this run any more`,
        t`Only this person's manager and Latchkey admins can.`,
        context,
      );

    // A person sees the state of a run about themselves, but not its answers. Requests are technical details.
    const manages = mayManage(reader, person);
    const whoCan = manages ? undefined : await whoCanLookIntoIt(person, context);
    const all = await stores.runs.steps(run.id, run.attempt);
    const known = isUnknown(run) ? await askedSince(run, all, context) : undefined;
    const seesAll = maySeePlans(reader, person);
    const deliveries = seesAll ? await stores.deliveries.forRun(run.id) : [];
    const removal = await stores.removals.open(run.personId, run.integrationId);
    return {
      title: known
        ? unknownTitle({ kind: run.kind, known: known.kind }, integration.name, fullName(person))
        : (await isUndone(run, stores))
          ? undoneTitle(run, integration.name, fullName(person))
          : titleOf(run, integration.name, fullName(person)),
      blocks: compact([
        known && (await answerRow(known, integration, context)),
        paragraph(
          await sentenceOf(
            run,
            { steps: all, whoCan, known, removal, name: integration.name },
            context,
          ),
        ),
        ...(await endsOn(run, context)),
        ...(seesAll ? await answersOf(run, context) : []),
        ...(await deliveriesOf(deliveries, context)),
        run.state !== 'succeeded' && muted(await startedWords(run, context)),
        ...buttonRow([
          ...((manages || may(reader, 'retry', person)) && !isOver(run, known)
            ? buttonsFor({ run, person, integration, removal }, reader)
            : []),
          maySeeSetUp(reader) && (all.length > 0 || lacksToken(run)) && detailsButton(run.id),
        ]),
      ]),
    };
  },
});

/** Each delivery with its buttons. */
async function deliveriesOf(
  deliveries: readonly Delivery[],
  context: Reader,
): Promise<readonly Block[]> {
  const blocks: Block[] = [];
  for (const delivery of deliveries) {
    blocks.push(muted(deliveryLine(delivery, context)));
    blocks.push(...buttonRow(await sendAgainButtons(delivery, context)));
  }
  return blocks;
}

/** The answers in the form, by the labels of its fields. */
async function answersOf(run: Run, { stores }: Reader): Promise<Block[]> {
  const { form, answers } = await stores.runs.inputs(run.id);
  const named = answers ?? (await namedBy(run, form, stores));
  return named.length === 0
    ? []
    : [factList(named.map(({ label, value }) => [sayReadyMade(label), value]))];
}

/** Where no form was shown, as on the command line, the manifest has the labels. */
async function namedBy(
  run: Run,
  form: RunInputs['form'],
  stores: Reader['stores'],
): Promise<readonly Answer[]> {
  if (Object.keys(form).length === 0) return [];
  const manifest = await manifestOf(stores, run);
  return manifest ? answersByName(manifest.form, form) : [];
}

/** When the access expires, if it does. */
async function endsOn(run: Run, context: Reader): Promise<Block[]> {
  const { kind, state } = run;
  const gives = state !== 'failed' && state !== 'blocked' && state !== 'cancelled';
  // A deferred grant gets its end date when it starts.
  if (kind !== 'execute' || !gives || state === 'deferred') return [];
  const text = await lastsWords(run, context);
  return text === undefined ? [] : [paragraph(text)];
}

/** A revoke without a response, where a check has shown that the access is gone. */
const isOver = ({ kind, state }: Run, known: KnownOutcome | undefined): boolean =>
  kind === 'revoke' && state === 'failed' && known?.kind === 'none';

/** The result of checks since then, which the run itself doesn't know. */
async function askedSince(
  run: Run,
  steps: readonly Step[],
  { stores }: Reader,
): Promise<KnownOutcome> {
  return knownSince(run, steps, await stores.access.find(run.personId, run.integrationId));
}

function unknownTitle(
  { kind, known }: { readonly kind: Run['kind']; readonly known: KnownOutcome['kind'] },
  integration: string,
  person: string,
): string {
  const grant = kind === 'execute';
  return {
    'not-known': () =>
      grant
        ? t`? We don't know yet whether ${person} has ${integration}`
        : t`? We don't know yet whether ${person} still has ${integration}`,
    has: () =>
      grant
        ? t`⚠ ${person} has ${integration}, but the grant didn't finish`
        : t`✗ ${integration} was not revoked from ${person}`,
    none: () =>
      grant
        ? t`✗ ${integration} was not granted to ${person}`
        : t`✓ ${person} no longer has ${integration}`,
  }[known]();
}

/** The result of the check with its time, or that there is none yet. */
async function answerRow(
  { kind, access }: KnownOutcome,
  { id: integrationId, name }: Integration,
  context: Reader,
): Promise<Block> {
  const text = paragraph;
  if (!access)
    return text(
      (await canAsk(context.stores, { integrationId }))
        ? t`Latchkey is checking ${name}…`
        : t`Latchkey can't check ${name}. Ask the app's administrator to check there.`,
    );
  const when = showTime(access.checkedAt, context);
  const later = kind === 'not-known' && t`Latchkey checks again within 15 minutes.`;
  switch (access.state) {
    case 'has':
      return text(sentences(t`Checked on ${when}: has access.`, later));
    case 'none':
      return text(sentences(t`Checked on ${when}: no access.`, later));
    case 'unknown':
      return text(
        t`Checked on ${when}: not confirmed. ${readExplained(access.reason, { seesDetail: maySeeSetUp(context.reader) })}`,
      );
    default:
      return unreachable(access.state);
  }
}

/** Whether what it did was taken back since: its card is still opened from Home and in lists. */
async function isUndone(run: Run, { removals, runs }: Reader['stores']): Promise<boolean> {
  if (run.state !== 'succeeded') return false;
  const { personId, integrationId, finishedAt } = run;
  if (run.kind === 'execute') {
    const removal = await removals.latest(personId, integrationId);
    return removal?.state === 'gone' && removal.endedAt >= finishedAt;
  }
  const last = (await runs.lastSucceeded(personId)).find(
    (each) => each.integrationId === integrationId,
  );
  return last?.kind === 'execute' && last.id !== run.id;
}

const undoneTitle = ({ kind }: Run, integration: string, person: string): string =>
  kind === 'execute'
    ? t`✓ ${integration} was granted to ${person}`
    : t`✓ ${integration} was revoked from ${person}`;

function titleOf(run: Run, integration: string, person: string): string {
  const grant = run.kind === 'execute';
  switch (run.state) {
    case 'queued':
    case 'running':
    case 'waiting':
      return grant
        ? t`… Granting ${integration} to ${person}`
        : t`… Revoking ${integration} from ${person}`;
    case 'succeeded':
      return grant
        ? t`✓ ${person} now has ${integration}`
        : t`✓ ${person} no longer has ${integration}`;
    case 'retrying':
      return t`⚠ ${integration} for ${person} failed; Latchkey will retry`;
    case 'deferred':
      return t`… ${integration} for ${person} is waiting to start`;
    case 'failed':
      return grant
        ? t`✗ ${integration} was not granted to ${person}`
        : t`✗ ${integration} was not revoked from ${person}`;
    case 'blocked':
      return t`✗ ${integration} for ${person} stopped`;
    case 'cancelled':
      return t`${integration} for ${person} was cancelled`;
    default:
      return unreachable(run);
  }
}

interface WhatIsKnown {
  /** Set for a run with an unknown outcome. */
  readonly known: KnownOutcome | undefined;
  /** A sentence for a reader who can't do something about it; undefined for the others. */
  readonly whoCan: string | undefined;
  /** The open removal of this access. */
  readonly removal: OpenRemoval | undefined;
}

async function sentenceOf(
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
        maySeeSetUp(reader.reader)
          ? t`Waiting: ${sayStored(run.why)}`
          : t`Waiting for an answer from ${name}.`,
        whenItGoesOn(run.dueAt, reader),
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

/** A time only helps where there is a long wait. */
function whenItGoesOn(dueAt: Date, reader: Reader): string {
  return dueAt.getTime() - reader.now().getTime() < SOON_MS
    ? t`It continues in a moment.`
    : t`It continues on ${showTime(dueAt, reader)}.`;
}
const SOON_MS = MINUTE_MS;

async function startedWords({ startedBy, createdAt }: Run, context: Reader): Promise<string> {
  const when = showTime(createdAt, context);
  if (isDamagedActor(startedBy)) return t`Started by ${damagedWords()} on ${when}`;
  switch (startedBy.kind) {
    case 'person': {
      const person = await context.stores.people.find(startedBy.personId);
      return t`Started by ${nameOrDeleted(person)} on ${when}`;
    }
    case 'operator':
      return t`Started on the command line by ${startedBy.user} on ${when}`;
    case 'system':
      return t`Started by Latchkey on ${when}`;
    default:
      return unreachable(startedBy);
  }
}

async function doneWords(
  { kind, startedBy, finishedAt }: RunIn<'succeeded'>,
  context: Reader,
): Promise<string> {
  const who = await actorWords(startedBy, context.stores);
  const when = showTime(finishedAt, context);
  return kind === 'execute' ? t`Granted by ${who} on ${when}.` : t`Revoked by ${who} on ${when}.`;
}

interface RunAndNames extends PersonAtApp {
  readonly run: Run;
  readonly removal: OpenRemoval | undefined;
}

function buttonsFor({ run, person, integration, removal }: RunAndNames, reader: Person): Button[] {
  const { id: runId, personId, integrationId } = run;
  if (run.state === 'retrying')
    return compact([
      { label: t`Retry now`, tone: 'primary', does: retryRunNow.with({ runId }) },
      mayManage(reader, person) && { label: t`Cancel retry`, does: cancelRunRetry.with({ runId }) },
    ]);
  if (!mayManage(reader, person)) return [];
  if (run.state === 'deferred')
    return [{ label: t`Cancel`, does: cancelDeferredRun.with({ runId }) }];
  if (integration.deletedAt) return [];
  if (removal && (run.kind === 'revoke' || run.stoppedBy))
    return [{ label: t`View removal`, does: openRemoval.with({ removalId: removal.id }) }];
  if (run.kind === 'revoke')
    return run.state === 'failed' || run.state === 'blocked'
      ? [{ label: t`Revoke again…`, does: revokeAccess.with({ personId, integrationId }) }]
      : [];
  const mayTry = person.active && integration.enabled && mayGrant(reader, person, integration);
  return cameToNothing(run) && mayTry
    ? [{ label: t`Try again…`, tone: 'primary', does: runAgain.with({ runId }) }]
    : [];
}
