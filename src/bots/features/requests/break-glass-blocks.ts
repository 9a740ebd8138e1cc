/** What a request's card says of access that nobody approved: that it was taken or given automatically, and its review. */
import { plural, sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import {
  fullName,
  nameOrDeleted,
  type Person,
  type PersonAtApp,
} from '../../../engine/people/directory.ts';
import type { AccessRequest } from '../../../engine/requests/access-request.ts';
import { breakGlassHours, mayReviewBreakGlass } from '../../../engine/requests/break-glass.ts';
import type { BreakGlass } from '../../../engine/requests/break-glass-record.ts';
import type { Reader } from '../../live/context.ts';
import { type Block, buttonRow, paragraph } from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { breakGlassOk, lookIntoBreakGlass } from './break-glass.ts';
import { commentWords } from './comment-words.ts';

interface BreakGlassContext extends PersonAtApp {
  readonly request: AccessRequest;
}

export async function breakGlassBlocks(
  breakGlass: BreakGlass,
  { request, person, integration }: BreakGlassContext,
  context: Reader,
): Promise<readonly Block[]> {
  const { id: requestId, personId, route } = request;
  const isAutomatic = route !== undefined;
  const mayReview =
    breakGlass.state !== 'ok' && mayReviewBreakGlass(context.reader, integration, request);
  const before =
    breakGlass.state === 'open' && !isAutomatic
      ? await context.stores.breakGlasses.unreviewedBefore(breakGlass.at, personId, integration.id)
      : 0;
  const words = sentences(
    await reviewWords(breakGlass, { isAutomatic, mayReview }, context),
    breakGlass.state === 'looking' &&
      breakGlassHours(integration) !== undefined &&
      untilOk(person, context.reader),
    beforeWords(before),
  );
  const said: Block = paragraph(words);
  if (!mayReview) return [said];
  const ok = { label: t`OK`, does: breakGlassOk.with({ requestId }) };
  const look = { label: t`Look into it…`, does: lookIntoBreakGlass.with({ requestId }) };
  return [said, ...buttonRow([ok, look])];
}

/** What it means to them that someone looks into it. */
const untilOk = (person: Person, reader: Person): string =>
  person.id === reader.id
    ? t`Until a reviewer says OK, you can't take it by break-glass. Request it instead.`
    : t`Until a reviewer says OK, ${fullName(person)} can't take it by break-glass.`;

/** An emergency can come twice, so the next one isn't refused: the person who reviews it reads how many wait. */
const beforeWords = (unreviewed: number): string =>
  unreviewed === 0
    ? ''
    : plural(unreviewed, {
        one: t`The time before hasn't been reviewed yet, either.`,
        other: t`The ${unreviewed} times before haven't been reviewed yet, either.`,
      });

async function reviewWords(
  { state, reviewedById, reviewedAt, comment }: BreakGlass,
  { isAutomatic, mayReview }: { readonly isAutomatic: boolean; readonly mayReview: boolean },
  context: Reader,
): Promise<string> {
  const person = reviewedById ? await context.stores.people.find(reviewedById) : undefined;
  const who = nameOrDeleted(person);
  const when = reviewedAt ? showTime(reviewedAt, context) : '';
  switch (state) {
    case 'open':
      return sentences(
        isAutomatic && t`Approved automatically because of access to another app.`,
        mayReview ? t`Please review it.` : t`An owner or a Latchkey admin has to review it.`,
      );
    case 'looking':
      return sentences(
        isAutomatic
          ? t`Approved automatically: ${who} has been looking into it since ${when}.`
          : t`${who} has been looking into it since ${when}.`,
        commentWords(comment),
      );
    case 'ok':
      return sentences(
        isAutomatic
          ? t`Approved automatically: ${who} reviewed it on ${when}: OK.`
          : t`${who} reviewed it on ${when}: OK.`,
        commentWords(comment),
      );
    default:
      return unreachable(state);
  }
}
