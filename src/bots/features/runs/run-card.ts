/** One run: what it does, its state, its outcome, and what the reader can do. */
import { compact } from '../../../core/compact.ts';
import { readExplained } from '../../../core/stored-sentence.ts';
import { sayReadyMade, sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type { OpenRemoval } from '../../../engine/access/removals/removal.ts';
import { answersByName } from '../../../engine/integrations/form.ts';
import { canAsk, manifestOf } from '../../../engine/integrations/manifest-of.ts';
import type { Delivery } from '../../../engine/messages/delivery.ts';
import { type Integration, nameOrDeleted, type Person } from '../../../engine/people/directory.ts';
import {
  may,
  mayGrant,
  mayManage,
  maySee,
  maySeePlans,
  maySeeSetUp,
} from '../../../engine/people/permission.ts';
import {
  type Answer,
  isUnknown,
  type Run,
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
import { revokeAccess } from '../access/revoke-access.ts';
import { deliveryLine } from '../messages/delivery-words.ts';
import { sendAgainButtons } from '../messages/send-text-again.ts';
import { whoCanLookIntoIt, withoutRight } from '../whom-to-ask.ts';
import { type FoundRun, findRun, runIsGone } from './find-run.ts';
import { cancelDeferredRun, cancelRunRetry, retryRunNow } from './retry-run.ts';
import { runAgain } from './run-again.ts';
import { detailsButton, lacksToken } from './run-details.ts';
import { runRefs } from './run-ref.ts';
import { runSentence } from './run-sentence.ts';
import { runTitle } from './run-title.ts';

export const runCard = liveCard({
  ...runRefs,

  async render({ runId }, context: Reader) {
    const { stores, reader } = context;
    const found = await findRun(runId, stores);
    if (!found) return runIsGone();
    const { run, person, integration } = found;
    if (!maySee(reader, person))
      return withoutRight(t`You can't see this run any more`, 'see', context);

    // A person sees the state of a run about themselves, but not its answers. Requests are technical details.
    const manages = mayManage(reader, person);
    const whoCan = manages ? undefined : await whoCanLookIntoIt(person, context);
    const all = await stores.runs.steps(run.id, run.attempt);
    const known = isUnknown(run) ? await askedSince(run, all, context) : undefined;
    const seesAll = maySeePlans(reader, person);
    const deliveries = seesAll ? await stores.deliveries.forRun(run.id) : [];
    const removal = await stores.removals.open(run.personId, run.integrationId);
    return {
      title: await runTitle(found, known, stores),
      blocks: compact([
        known && (await answerRow(known, integration, context)),
        paragraph(
          await runSentence(
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

interface RunAndNames extends FoundRun {
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
