/** The end of one hold, for the person and for those who may see their access: when it ends, or how it ended. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { HOUR_MS, hoursWords, presetHours, presetsAnd } from '../../../core/hours.ts';
import { sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { endOfHolds, type Hold } from '../../../engine/access/hold.ts';
import type { OpenRemoval } from '../../../engine/access/removals/removal.ts';
import { warningAt } from '../../../engine/access/warning-time.ts';
import {
  fullName,
  type Integration,
  type Person,
  type PersonAtApp,
  personIdOf,
} from '../../../engine/people/directory.ts';
import { maySee } from '../../../engine/people/permission.ts';
import type { AccessRequest } from '../../../engine/requests/access-request.ts';
import { whyNotRequest } from '../../../engine/requests/requestable.ts';
import { policyOf } from '../../../engine/settings/settings.ts';
import { holdTopic } from '../../../engine/work/topics.ts';
import type { Reader } from '../../live/context.ts';
import { type Button, type Card, note, withButtons } from '../../view/card.ts';
import { isToday, showClock, showEnd, showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { noLongerExists } from '../no-longer-exists.ts';
import { accessButton } from '../people/find-person.ts';
import { askForAccess, extendByPress } from '../requests/request-access.ts';
import { askToGrant, ifStillNeeded, noteToAsk } from '../whom-to-ask.ts';
import { giveBackButton } from './give-back.ts';
import { type HoldStyle, holdStyle, holdsInWords } from './hold-words.ts';
import { openRemoval } from './removal-actions.ts';

export const holdCard = liveCard({
  id: 'hold',
  payload: z.object({ holdId: z.string() }),
  topic: ({ holdId }) => holdTopic(holdId),

  async render({ holdId }, context: Reader) {
    const { stores, reader } = context;
    const hold = await stores.holds.find(holdId);
    const [person, integration] = hold
      ? await Promise.all([
          stores.people.find(hold.personId),
          stores.integrations.find(hold.integrationId),
        ])
      : [];
    if (!hold || !person || !integration || integration.deletedAt) return noLongerExists();
    if (!maySee(reader, person))
      return noteToAsk(
        t`You can't see this any more`,
        t`Only this person, their manager, Latchkey admins, auditors and the helpdesk can.`,
        context,
      );
    const about: HoldFacts = {
      hold,
      person,
      integration,
      others: (await stores.holds.openAt(person.id, integration.id)).filter(
        ({ id }) => id !== hold.id,
      ),
      removal: await stores.removals.open(person.id, integration.id),
      isGivenBack: hold.ended?.why === 'revoked' && (await endedThemselves(hold, stores)),
    };
    const style = await holdStyle(about.others, context);
    return reader.id === person.id ? ownCard(about, style) : theirCard(about, style);
  },
});

async function endedThemselves(
  { personId, integrationId, ended }: Hold,
  { removals }: Reader['stores'],
): Promise<boolean> {
  const causes = (await removals.latest(personId, integrationId))?.causes ?? [];
  return causes.some(
    ({ by, at }) => personIdOf(by) === personId && at.getTime() === ended?.at.getTime(),
  );
}

interface HoldFacts extends PersonAtApp {
  readonly hold: Hold;
  /** The other open holds of the same access. */
  readonly others: readonly Hold[];
  readonly removal: OpenRemoval | undefined;
  /** Whether the person ended it. */
  readonly isGivenBack: boolean;
}

type Standing =
  | 'lasts'
  | 'ends'
  | 'kept'
  | 'again'
  | 'being-removed'
  | 'expired'
  | 'revoked'
  | 'not-granted';

function standingOf({ hold, others, removal }: HoldFacts): Standing {
  if (hold.ended) {
    if (hold.ended.why === 'not-granted') return 'not-granted';
    if (removal) return 'being-removed';
    if (others.length === 0) return hold.ended.why;
    const { at } = hold.ended;
    return others.some(({ startedAt }) => startedAt < at) ? 'kept' : 'again';
  }
  if (outlasts(others, hold)) return 'kept';
  return hold.warnedAt ? 'ends' : 'lasts';
}

/** Whether the access remains when this hold ends. */
function outlasts(others: readonly Hold[], { endsAt }: Hold): boolean {
  if (others.length === 0 || endsAt === undefined) return false;
  const end = endOfHolds(others);
  return end === undefined || end > endsAt;
}

function lasting(
  { hold: { startedAt, endsAt }, integration: { name } }: HoldFacts,
  context: Reader & HoldStyle,
): Card {
  return endsAt
    ? note(
        t`You have ${name} until ${showEnd(endsAt, context)}`,
        ...reminderWords(startedAt, endsAt, context),
      )
    : note(t`You have ${name}`, t`No end date.`);
}

/** For the person who has the access. */
async function ownCard(about: HoldFacts, context: Reader & HoldStyle): Promise<Card> {
  const { hold, integration, others } = about;
  const { name } = integration;
  const { endsAt } = hold;
  const standing = standingOf(about);
  switch (standing) {
    case 'lasts':
      return withGiveBack(lasting(about, context), integration);
    case 'ends':
      return stillNeeded(
        {
          title: endsAt
            ? isToday(endsAt, context)
              ? t`Your access to ${name} expires today at ${showClock(endsAt, context)}`
              : t`Your access to ${name} expires on ${showEnd(endsAt, context)}`
            : t`Your access to ${name} ends`,
          label: t`Extend…`,
        },
        about,
        context,
      );
    case 'kept':
      return note(
        t`You keep ${name}`,
        t`You still have it for another reason: ${holdsInWords(others, context)}.`,
      );
    case 'again':
      return note(
        t`Your earlier access to ${name} has ended`,
        t`You have it for another reason now: ${holdsInWords(others, context)}.`,
      );
    case 'being-removed':
      return note(t`Your access to ${name} is ending`, t`Latchkey is removing it.`);
    case 'expired':
      return stillNeeded(
        {
          title: t`Your access to ${name} has expired`,
          text: endsAt ? t`It lasted until ${showTime(endsAt, context)}.` : '',
          label: t`Request again…`,
        },
        about,
        context,
      );
    case 'revoked':
      return note(
        t`You no longer have ${name}`,
        about.isGivenBack
          ? t`You gave it back.`
          : sentences(t`It was removed early.`, await ifStillNeeded(about.person, context.stores)),
      );
    case 'not-granted':
      return note(t`You were not granted ${name}`, t`So there is no access to remove.`);
    default:
      return unreachable(standing);
  }
}

const withGiveBack = (card: Card, integration: Integration): Card =>
  withButtons(card, giveBackButton(integration));

/** Empty where it is too short for a reminder. */
function reminderWords(startedAt: Date, endsAt: Date, context: Reader): readonly string[] {
  const at = warningAt(startedAt, endsAt);
  return at ? [t`On ${showTime(at, context)}, Latchkey asks whether you still need it.`] : [];
}

/** Adds the button that requests more time, where they may request it. */
async function stillNeeded(
  {
    title,
    text = '',
    label,
  }: { readonly title: string; readonly text?: string; readonly label: string },
  { hold, person, integration }: HoldFacts,
  context: Reader,
): Promise<Card> {
  const { stores } = context;
  if (await stores.requests.openFor(person.id, integration.id))
    return note(title, ...compact([text]), t`You requested more time. It's waiting for approval.`);
  const newest = await newestRequest(person, integration, stores);
  const isOver = hold.ended !== undefined && hold.endsAt !== undefined;
  if (isOver && newest?.state === 'approved' && newest.createdAt > (hold.endsAt ?? 0))
    return note(title, ...compact([text]), t`A new request for it was approved.`);
  const whyNot = whyNotRequest(person, integration);
  if (whyNot !== undefined) {
    const next = await askToGrant({ person, integration }, context);
    return note(title, ...compact([text]), sentences(whyNot, next));
  }
  const does = askForAccess.with({ integrationId: integration.id });
  return withButtons(
    note(title, sentences(text, t`Do you still need it?`)),
    { label, tone: 'primary', does },
    ...(isOver ? [] : [...extendButtons(hold, integration), giveBackButton(integration)]),
  );
}

/** One press each: the longest presets that it lasted, and that the policy allows. */
function extendButtons({ startedAt, endsAt }: Hold, integration: Integration): readonly Button[] {
  const { longestHours } = policyOf(integration);
  const lasts = endsAt ? (endsAt.getTime() - startedAt.getTime()) / HOUR_MS : 0;
  const most = Math.min(longestHours ?? lasts, Math.max(lasts, Math.min(...presetHours)));
  const offered = presetsAnd(longestHours)
    .filter((hours) => hours <= most)
    .slice(-EXTENSIONS);
  return offered.map((hours) => ({
    label: t`Extend by ${hoursWords(hours)}`,
    does: extendByPress.with({ integrationId: integration.id, hours, until: endsAt?.getTime() }),
  }));
}

/** Beside *Extend…*: a card shows three buttons. */
const EXTENSIONS = 2;

async function newestRequest(
  { id }: Person,
  integration: Integration,
  { requests }: Reader['stores'],
): Promise<AccessRequest | undefined> {
  const of = { personIds: [id], integrationId: integration.id };
  const [newest] = await requests.listAfter(undefined, 1, of);
  return newest;
}

/** For admins and managers. */
function theirCard(about: HoldFacts, context: Reader & HoldStyle): Card {
  const { hold, person, integration, others, removal } = about;
  const what = t`${fullName(person)}'s access to ${integration.name}`;
  const buttons: Button[] = compact([
    removal && { label: t`View removal`, does: openRemoval.with({ removalId: removal.id }) },
    accessButton(person),
  ]);
  const card = (title: string, text: string): Card => withButtons(note(title, text), ...buttons);
  const until = hold.endsAt && showTime(hold.endsAt, context);
  const standing = standingOf(about);
  switch (standing) {
    case 'lasts':
    case 'ends':
      return until === undefined
        ? card(what, t`No end date.`)
        : card(t`${what}: until ${until}`, t`Then Latchkey removes it.`);
    case 'kept':
      return card(
        t`${what} stays`,
        t`They have it for another reason: ${holdsInWords(others, context)}.`,
      );
    case 'again':
      return card(
        t`${fullName(person)}'s earlier access to ${integration.name} has ended`,
        t`They have it for another reason: ${holdsInWords(others, context)}.`,
      );
    case 'being-removed':
      return card(t`${what} is being removed`, t`The removal shows its progress.`);
    case 'expired':
      return card(
        t`✓ ${what} has expired`,
        until === undefined
          ? t`Latchkey removed it.`
          : t`It lasted until ${until} and was removed.`,
      );
    case 'revoked':
      return card(
        t`✓ ${what} was revoked`,
        until === undefined ? t`It had no end date.` : t`It would have lasted until ${until}.`,
      );
    case 'not-granted':
      return card(t`${what} was not granted`, t`So there is no access to remove.`);
    default:
      return unreachable(standing);
  }
}
