/** The end of somebody's access, as the person and those who see their access read it: that it comes, that it came, or what is in its way. */
import { z } from 'zod';
import { say } from '../../core/say.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { AccessRequest } from '../../engine/access-request.ts';
import { whyNotAsk } from '../../engine/ask-access.ts';
import { fullName, type Integration, type Person } from '../../engine/directory.ts';
import { isAdmin, maySee } from '../../engine/permission.ts';
import { limitSubject } from '../../engine/subjects.ts';
import { whyNotGone } from '../../engine/take-away.ts';
import type { TimeLimit } from '../../engine/time-limit.ts';
import { type Button, type Card, note } from '../view/card.ts';
import { liveCard } from '../view/live-card.ts';
import { pickPerson } from './choose-person.ts';
import type { Reader } from './context.ts';
import { showDate, showTime } from './dates.ts';
import { openTask } from './open-task.ts';
import { askForAccess } from './request-access.ts';

export const limitCard = liveCard({
  id: 'limit',
  payload: z.object({ limitId: z.string() }),
  subject: ({ limitId }) => limitSubject(limitId),

  async render({ limitId }, context: Reader) {
    const { stores, reader } = context;
    const limit = await stores.timeLimits.find(limitId);
    const [person, integration] = limit
      ? await Promise.all([
          stores.people.find(limit.personId),
          stores.integrations.find(limit.integrationId),
        ])
      : [];
    if (!limit || !person || !integration || integration.deletedAt)
      return note(say`This is about something that is gone`, say`There is nothing to do.`);
    if (!maySee(reader, person))
      return note(
        say`You can't see this any more`,
        say`Only the person, their manager and Latchkey admins can.`,
      );
    const shown: Shown = { limit, person, integration };
    // What is in the way of an end is an admin's to look at, their own access included.
    const isOwn = reader.id === person.id && !(isAdmin(reader) && limit.state === 'ending');
    return isOwn ? ownCard(shown, context) : theirCard(shown, context);
  },
});

interface Shown {
  readonly limit: TimeLimit;
  readonly person: Person;
  readonly integration: Integration;
}

/** For whoever has the access. */
async function ownCard(shown: Shown, context: Reader): Promise<Card> {
  const { limit, integration } = shown;
  const { name } = integration;
  const when = showTime(limit.endsAt, context);
  switch (limit.state) {
    case 'running':
      if (!limit.warnedAt)
        return note(
          say`You keep ${name} until ${showDate(limit.endsAt, context)}`,
          say`A day before you are asked again whether you still need it.`,
        );
      return stillNeeded(
        say`Your access to ${name} ends on ${showDate(limit.endsAt, context)}`,
        say`It ends by itself on ${when}.`,
        say`Extend…`,
        shown,
        context,
      );
    case 'ending':
      return note(
        say`Your access to ${name} is over`,
        say`It lasted until ${when}, and is being taken away.`,
      );
    case 'ended':
      return stillNeeded(
        say`Your access to ${name} has ended`,
        say`It lasted until ${when}.`,
        say`Ask again…`,
        shown,
        context,
      );
    case 'lifted': {
      const access = await context.stores.access.find(limit.personId, limit.integrationId);
      return access?.state === 'none'
        ? note(
            say`You no longer have ${name}`,
            say`It was taken away before its end. If you still need it, ask your manager.`,
          )
        : note(
            say`Another end counts for ${name}`,
            say`It was given anew, or for good. Write "access" to see until when you have it.`,
          );
    }
    default:
      return unreachable(limit.state);
  }
}

/** With the button that asks for more time, where they may ask. */
async function stillNeeded(
  title: string,
  text: string,
  label: string,
  { limit, person, integration }: Shown,
  { stores }: Reader,
): Promise<Card> {
  if (await stores.requests.openFor(person.id, integration.id))
    return note(title, text, say`You have asked for more time; nobody has decided it yet.`);
  const newest = await newestRequest(person, integration, stores);
  if (limit.state === 'ended' && newest?.state === 'approved' && newest.createdAt > limit.endsAt)
    return note(title, text, say`It was asked for again, and approved.`);
  const whyNot = whyNotAsk(person, integration);
  if (whyNot !== undefined) return note(title, text, whyNot);
  const does = askForAccess.with({ integrationId: integration.id });
  return {
    title,
    blocks: [
      { kind: 'text', text: [say`${text} Do you still need it?`] },
      { kind: 'buttons', buttons: [{ label, tone: 'primary', does }] },
    ],
  };
}

async function newestRequest(
  { id }: Person,
  integration: Integration,
  { requests }: Reader['stores'],
): Promise<AccessRequest | undefined> {
  const of = { personIds: [id], integrationId: integration.id };
  const { requests: found } = await requests.list(of, { offset: 0, limit: 1 });
  return found[0];
}

/** For admins and managers. */
async function theirCard({ limit, person, integration }: Shown, context: Reader): Promise<Card> {
  const what = say`${fullName(person)}'s access to ${integration.name}`;
  const when = showTime(limit.endsAt, context);
  const access: Button = {
    label: say`Access of ${fullName(person)}`,
    does: pickPerson.with({ personId: person.id, purpose: 'access' }),
  };
  const card = (title: string, lines: readonly string[], first: readonly Button[] = []): Card => ({
    title,
    blocks: [
      ...lines.map((line) => ({ kind: 'text' as const, text: [line] })),
      { kind: 'buttons', buttons: [...first, access] },
    ],
  });
  switch (limit.state) {
    case 'running':
      return card(say`${what} ends on ${showDate(limit.endsAt, context)}`, [
        say`It is taken away by itself on ${when}.`,
      ]);
    case 'ending': {
      const { personId, integrationId, endsAt: since, taskId } = limit;
      const why = await whyNotGone(context.stores, { personId, integrationId, since });
      const open: Button[] =
        taskId === undefined
          ? []
          : [{ label: say`Open the task`, does: openTask.with({ taskId }) }];
      return card(
        say`⚠ ${what} should have ended`,
        [
          say`It was to end on ${when}, and is there all the same, or may be.`,
          ...(why ? [why] : []),
          next(limit, context),
        ],
        open,
      );
    }
    case 'ended':
      return card(say`✓ ${what} has ended`, [say`It was to end on ${when}, and was taken away.`]);
    case 'lifted':
      return card(say`${what}: another end counts`, [
        say`It was taken away by somebody, or given anew or for good. The access card shows how it stands.`,
      ]);
    default:
      return unreachable(limit.state);
  }
}

/** What happens next, by itself or by hand. */
function next({ taskId, tries, nextTryAt }: TimeLimit, context: Reader): string {
  if (taskId !== undefined) return say`Somebody is asked to take it away by hand.`;
  const so = tries === 1 ? say`once` : say`${tries} times`;
  const again = nextTryAt
    ? say` Latchkey tries again on ${showTime(nextTryAt, context)}, and goes on until it is gone.`
    : '';
  return say`So far it was tried ${so}.${again} You can also take it away at the other side: it is asked before each try.`;
}
