/** One removal as it goes: how it stands, why the access isn't gone yet, and what can be done about that. */
import { plural, say } from '../../../core/say.ts';
import { unreachable } from '../../../core/unreachable.ts';
import {
  type Cause,
  isOfNothing,
  isOpenRemoval,
  isPaused,
  type OpenRemoval,
  type Removal,
} from '../../../engine/access/removals/removal.ts';
import { fullName, type Integration, type Person } from '../../../engine/people/directory.ts';
import { isAdmin, mayManage } from '../../../engine/people/permission.ts';
import { removalSubject } from '../../../engine/work/subjects.ts';
import type { Reader } from '../../live/context.ts';
import { type Block, type Button, buttonRow, note } from '../../view/card.ts';
import { showDate, showDay, showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { openRun } from '../runs/run-history.ts';
import { openTask } from '../tasks/open-task.ts';
import { keepPausedAccess, removePausedAccess, whyNotKeep } from './paused-removals.ts';
import { confirmRemoved, retryRemovalNow } from './removal-actions.ts';
import { REMOVAL_CARD, removalPayload } from './removal-ref.ts';
import { actorWords, proofWords, taskWords, withdrawnWords } from './removal-words.ts';

export const removalCard = liveCard({
  id: REMOVAL_CARD,
  payload: removalPayload,
  subject: ({ removalId }) => removalSubject(removalId),

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
      return note(say`This removal is gone`, say`Its person or its integration was deleted.`);
    if (!mayManage(reader, person))
      return note(
        say`You can't see this removal any more`,
        say`Only the manager of this person and Latchkey admins can.`,
      );
    const about: About = { removal, person, integration };
    return {
      title: titleOf(about, context),
      blocks: [
        ...(await sentencesOf(about, context)).map(
          (line): Block => ({ kind: 'text', text: [line] }),
        ),
        { kind: 'text', muted: true, text: [await causesInWords(removal, context)] },
        ...(await buttonsOf(about, context)),
      ],
    };
  },
});

interface About {
  readonly removal: Removal;
  readonly person: Person;
  readonly integration: Integration;
}

function titleOf({ removal, person, integration }: About, { now }: Reader): string {
  const [app, whom] = [integration.name, fullName(person)];
  if (isPaused(removal, now())) return say`${app} is still to be removed from ${whom}`;
  switch (removal.state) {
    case 'waiting':
    case 'revoking':
    case 'checking':
      return say`… Removing ${app} from ${whom}`;
    case 'by-hand':
      return say`⚠ ${app} has to be removed from ${whom} by hand`;
    case 'stuck':
      return say`⚠ ${app} is not removed from ${whom} yet`;
    case 'gone':
      return isOfNothing(removal.proof)
        ? say`✓ ${whom} has nothing at ${app}`
        : say`✓ ${whom} no longer has ${app}`;
    case 'withdrawn':
      return say`${app} is no longer being removed from ${whom}`;
    default:
      return unreachable(removal);
  }
}

async function sentencesOf(about: About, context: Reader): Promise<readonly string[]> {
  const { removal, person } = about;
  const why = removal.why === undefined ? [] : [removal.why];
  const whyNot = await whyNotKeepOf(about, context);
  if (isPaused(removal, context.now()) && removal.pausedUntil)
    return [
      say`${fullName(person)} is back. Keep it or remove it; undecided it is removed on ${showTime(removal.pausedUntil, context)}.`,
      ...(whyNot === undefined ? [] : [`${about.integration.name}: ${whyNot}.`]),
    ];
  switch (removal.state) {
    case 'waiting':
      return [
        (await context.stores.runs.unfinished(removal.personId, removal.integrationId))
          ? say`A grant is under way. Latchkey stops it at its next pause, then revokes the access.`
          : say`It begins in a moment.`,
      ];
    case 'revoking':
      return [
        say`The revoke is under way; then Latchkey checks whether the access is gone.`,
        ...why,
      ];
    case 'checking':
      return [say`Latchkey checks whether the access is gone.`, ...why];
    case 'by-hand':
      return [
        ...why,
        say`It is a task: ${await taskWords(removal, context)}. Press Done there when the access is gone.`,
      ];
    case 'stuck':
      return [...why, triesInWords(removal, context)];
    case 'gone':
      return [
        isOfNothing(removal.proof)
          ? say`As of ${showTime(removal.endedAt, context)}: ${await proofWords(removal.proof, context)}.`
          : say`Gone since ${showTime(removal.endedAt, context)}: ${await proofWords(removal.proof, context)}.`,
      ];
    case 'withdrawn':
      return [
        say`Not removed: ${await withdrawnWords(removal, showTime(removal.endedAt, context), context)}.`,
        say`What was revoked before that stays revoked.`,
      ];
    default:
      return unreachable(removal);
  }
}

function triesInWords({ tries, retryAt }: OpenRemoval, context: Reader): string {
  const next = retryAt
    ? say`Latchkey tries again on ${showTime(retryAt, context)}.`
    : say`Latchkey tries again in a moment.`;
  if (tries === 0) return next;
  return plural(tries, {
    one: say`Tried once so far. ${next}`,
    other: say`Tried ${tries} times so far. ${next}`,
  });
}

/** `Removed because: revoked by Ada Ace on 27 Nov 2026` */
async function causesInWords(removal: Removal, context: Reader): Promise<string> {
  const words = await Promise.all(removal.causes.map((cause) => causeInWords(cause, context)));
  return words.length === 0
    ? say`Begun on ${showTime(removal.beganAt, context)}.`
    : say`Begun on ${showTime(removal.beganAt, context)}: ${words.join('; ')}.`;
}

async function causeInWords({ kind, id, by, at }: Cause, context: Reader): Promise<string> {
  const when = showDate(at, context);
  const who = await actorWords(by, context.stores);
  switch (kind) {
    case 'revoked':
      return say`revoked by ${who} on ${when}`;
    case 'expired':
      return say`expired on ${when}`;
    case 'review':
      return say`revoked by ${who} in an access review on ${when}`;
    case 'sequence':
      return say`revoked by a sequence on ${when}`;
    case 'stopped-grant':
      return say`a grant was stopped on ${when} and may have granted something`;
    case 'integration-deleted':
      return say`the integration is being deleted by ${who}`;
    case 'offboarding': {
      const offboarding = id === undefined ? undefined : await context.stores.offboardings.find(id);
      return offboarding
        ? say`their last day was ${showDay(offboarding.endDate)}`
        : say`their last day was over on ${when}`;
    }
    case 'left':
      return say`deactivated by ${who} on ${when}`;
    case 'found':
      return say`the app said on ${when} that someone who has left has access`;
    default:
      return unreachable(kind);
  }
}

/** Undefined where the reader may keep it, and where there is nothing to keep. */
const whyNotKeepOf = async (
  { removal, person, integration }: About,
  context: Reader,
): Promise<string | undefined> =>
  isOpenRemoval(removal) && isPaused(removal, context.now())
    ? whyNotKeep({ removal, integration }, person, context)
    : undefined;

async function buttonsOf(about: About, context: Reader): Promise<Block[]> {
  const { removal, person, integration } = about;
  const { reader } = context;
  const { id: removalId, taskId, runId } = removal;
  const buttons: Button[] = [];
  if (isOpenRemoval(removal)) {
    if (isPaused(removal, context.now()))
      buttons.push(
        ...((await whyNotKeepOf(about, context)) === undefined
          ? [
              {
                label: say`Keep`,
                tone: 'primary' as const,
                does: keepPausedAccess.with({ removalId }),
              },
            ]
          : []),
        { label: say`Remove`, tone: 'danger', does: removePausedAccess.with({ removalId }) },
      );
    else {
      if (removal.state === 'stuck')
        buttons.push({
          label: say`Retry now`,
          tone: 'primary',
          does: retryRemovalNow.with({ removalId }),
        });
      if (removal.state === 'by-hand' && taskId !== undefined)
        buttons.push({ label: say`Open the task`, does: openTask.with({ taskId }) });
      if (isAdmin(reader) && reader.id !== person.id)
        buttons.push({
          label: say`I checked: it is gone…`,
          does: confirmRemoved.with({ removalId }),
        });
    }
  }
  if (runId !== undefined && !integration.deletedAt)
    buttons.push({ label: say`Open the last revoke`, does: openRun.with({ runId }) });
  return buttonRow(buttons);
}
