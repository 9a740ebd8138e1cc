/** One removal: its state, why the access isn't gone yet, and what the reader can do. */
import { compact } from '../../../core/compact.ts';
import { sayStored } from '../../../core/stored-sentence.ts';
import { plural, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import {
  type Cause,
  isOfNothing,
  isOpenRemoval,
  isPaused,
  type OpenRemoval,
  type Removal,
} from '../../../engine/access/removals/removal.ts';
import { fullName, type PersonAtApp, personIdOf } from '../../../engine/people/directory.ts';
import { isAdmin, may, mayManage, maySeePlans } from '../../../engine/people/permission.ts';
import type { Reader } from '../../live/context.ts';
import { type Block, type Button, buttonRow, muted, note, paragraph } from '../../view/card.ts';
import { showDate, showDay, showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { goesOnWords } from '../goes-on.ts';
import { openRun } from '../runs/run-history.ts';
import { openTask } from '../tasks/open-task.ts';
import { withoutRight } from '../whom-to-ask.ts';
import { keepPausedAccess, removePausedAccess, whyNotKeep } from './paused-removals.ts';
import { confirmRemoved, retryRemovalNow } from './removal-actions.ts';
import { removalRefs } from './removal-ref.ts';
import { actorWords, proofWords, taskWords, withdrawnWords } from './removal-words.ts';

export const removalCard = liveCard({
  ...removalRefs,

  async render({ removalId }, context: Reader) {
    const { stores, reader } = context;
    const removal = await stores.removals.find(removalId);
    const [person, integration] = removal
      ? await Promise.all([
          stores.people.find(removal.personId),
          stores.integrations.find(removal.integrationId),
        ])
      : [];
    if (!removal || !person || !integration)
      return note(t`This removal no longer exists`, t`The person or the integration was deleted.`);
    if (!maySeePlans(reader, person))
      return withoutRight(t`You can't see this removal any more`, 'see plans', context);
    const about: RemovalFacts = { removal, person, integration };
    return {
      title: titleOf(about, context),
      blocks: [
        ...(await sentencesOf(about, context)).map(paragraph),
        muted(await causesInWords(removal, context)),
        ...(await buttonsOf(about, context)),
      ],
    };
  },
});

interface RemovalFacts extends PersonAtApp {
  readonly removal: Removal;
}

function titleOf({ removal, person, integration }: RemovalFacts, { now }: Reader): string {
  const [app, whom] = [integration.name, fullName(person)];
  if (isPaused(removal, now())) return t`Removing ${app} from ${whom} is paused`;
  switch (removal.state) {
    case 'waiting':
    case 'revoking':
    case 'checking':
      return t`… Removing ${app} from ${whom}`;
    case 'by-hand':
      return t`⚠ ${app} has to be removed from ${whom} by hand`;
    case 'stuck':
      return t`⚠ ${app} is not removed from ${whom} yet`;
    case 'gone':
      if (removal.proof.kind === 'damaged') return t`⚠ ${app} is not proven gone from ${whom}`;
      return isOfNothing(removal.proof)
        ? t`✓ ${whom} has no access to ${app}`
        : t`✓ ${whom} no longer has ${app}`;
    case 'withdrawn':
      return t`${app} is no longer being removed from ${whom}`;
    default:
      return unreachable(removal);
  }
}

async function sentencesOf(about: RemovalFacts, context: Reader): Promise<readonly string[]> {
  const { removal, person } = about;
  const why = removal.why === undefined ? [] : [sayStored(removal.why)];
  const whyNot = await whyNotKeepOf(about, context);
  if (isPaused(removal, context.now()) && removal.pausedUntil)
    return compact([
      t`${fullName(person)} is back. Keep or remove this access; with no decision, Latchkey removes it on ${showTime(removal.pausedUntil, context)}.`,
      whyNot !== undefined && `${about.integration.name}: ${whyNot}.`,
    ]);
  switch (removal.state) {
    case 'waiting':
      return [
        (await context.stores.runs.unfinished(removal.personId, removal.integrationId))
          ? t`A grant is under way. Latchkey stops it at its next pause, then revokes the access.`
          : t`Starting in a moment.`,
      ];
    case 'revoking':
      return [t`Latchkey is revoking the access, then checks that it's gone.`, ...why];
    case 'checking':
      return [
        t`Latchkey is checking whether the access is gone.`,
        ...why,
        goesOnWords(removal.dueAt, context),
      ];
    case 'by-hand':
      return [
        ...why,
        t`There's a task for this: ${await taskWords(removal, context)}. Press Done there when the access is gone.`,
      ];
    case 'stuck':
      return [...why, triesInWords(removal, context)];
    case 'gone':
      return [
        removal.proof.kind === 'damaged'
          ? t`It ended on ${showTime(removal.endedAt, context)}, but ${await proofWords(removal.proof, context)}. Check in ${about.integration.name} whether they still have access.`
          : isOfNothing(removal.proof)
            ? t`As of ${showTime(removal.endedAt, context)}: ${await proofWords(removal.proof, context)}.`
            : t`Gone since ${showTime(removal.endedAt, context)}: ${await proofWords(removal.proof, context)}.`,
      ];
    case 'withdrawn':
      return [
        t`Not removed: ${await withdrawnWords(removal, showTime(removal.endedAt, context), context)}.`,
        t`Anything revoked before that stays revoked.`,
      ];
    default:
      return unreachable(removal);
  }
}

function triesInWords({ tries, retryAt }: OpenRemoval, context: Reader): string {
  const next = retryAt
    ? t`Latchkey tries again on ${showTime(retryAt, context)}.`
    : t`Latchkey tries again in a moment.`;
  if (tries === 0) return next;
  return plural(tries, {
    one: t`Tried once so far. ${next}`,
    other: t`Tried ${tries} times so far. ${next}`,
  });
}

/** `Removed because: revoked by Ada Ace on 27 Nov 2026` */
async function causesInWords(removal: Removal, context: Reader): Promise<string> {
  const words: string[] = await Promise.all(
    removal.causes.map((cause) => causeInWords(cause, removal.personId, context)),
  );
  if (removal.damagedCauses !== undefined) words.unshift(t`one that can't be read any more`);
  return words.length === 0
    ? t`Started on ${showTime(removal.beganAt, context)}.`
    : t`Reason: ${words.join('; ')}.`;
}

async function causeInWords(
  { kind, id, by, at }: Cause,
  personId: string,
  context: Reader,
): Promise<string> {
  const when = showDate(at, context);
  const who = await actorWords(by, context.stores);
  switch (kind) {
    case 'revoked':
      return personIdOf(by) === personId
        ? t`given back by ${who} on ${when}`
        : t`revoked by ${who} on ${when}`;
    case 'expired':
      return t`expired on ${when}`;
    case 'review':
      return t`revoked by ${who} in an access review on ${when}`;
    case 'sequence':
      return t`revoked by a sequence on ${when}`;
    case 'stopped-grant':
      return t`a grant was stopped on ${when} and may have granted something`;
    case 'integration-deleted':
      return t`the integration is being deleted by ${who}`;
    case 'offboarding': {
      const offboarding = id === undefined ? undefined : await context.stores.offboardings.find(id);
      return offboarding
        ? t`their last day was ${showDay(offboarding.endDate)}`
        : t`their last day ended on ${when}`;
    }
    case 'left':
      return t`deactivated by ${who} on ${when}`;
    case 'found':
      return t`on ${when}, the app still showed access for someone who has left`;
    default:
      return unreachable(kind);
  }
}

/** Undefined where the reader may keep the access, and where the removal isn't paused. */
const whyNotKeepOf = async (
  { removal, person, integration }: RemovalFacts,
  context: Reader,
): Promise<string | undefined> =>
  isOpenRemoval(removal) && isPaused(removal, context.now())
    ? whyNotKeep({ removal, integration }, person, context)
    : undefined;

async function buttonsOf(about: RemovalFacts, context: Reader): Promise<Block[]> {
  const { removal, person, integration } = about;
  const { reader } = context;
  const { id: removalId, taskId, runId } = removal;
  const buttons: Button[] = [];
  const manages = mayManage(reader, person);
  if (isOpenRemoval(removal)) {
    if (isPaused(removal, context.now())) {
      if (manages)
        buttons.push(
          ...((await whyNotKeepOf(about, context)) === undefined
            ? [
                {
                  label: t`Keep`,
                  tone: 'primary' as const,
                  does: keepPausedAccess.with({ removalId }),
                },
              ]
            : []),
          { label: t`Remove`, tone: 'danger', does: removePausedAccess.with({ removalId }) },
        );
    } else {
      if (removal.state === 'stuck' && may(reader, 'retry', person))
        buttons.push({
          label: t`Retry now`,
          tone: 'primary',
          does: retryRemovalNow.with({ removalId }),
        });
      if (removal.state === 'by-hand' && taskId !== undefined)
        buttons.push({ label: t`Open the task`, does: openTask.with({ taskId }) });
      if (isAdmin(reader) && reader.id !== person.id)
        buttons.push({
          label: t`I checked: it's gone…`,
          does: confirmRemoved.with({ removalId }),
        });
    }
  }
  if (runId !== undefined && !integration.deletedAt)
    buttons.push({ label: t`Open the last revoke`, does: openRun.with({ runId }) });
  return buttonRow(buttons);
}
