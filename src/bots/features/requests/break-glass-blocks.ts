/** What a request's card says of break-glass: that it was, and its review. */
import { sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { fullName, type Integration } from '../../../engine/people/directory.ts';
import type { AccessRequest } from '../../../engine/requests/access-request.ts';
import { mayReviewBreakGlass } from '../../../engine/requests/break-glass.ts';
import type { BreakGlass } from '../../../engine/requests/break-glass-record.ts';
import type { Reader } from '../../live/context.ts';
import { type Block, buttonRow } from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { breakGlassOk, lookIntoBreakGlass } from './break-glass.ts';

export async function breakGlassBlocks(
  { id: requestId, personId, state }: AccessRequest,
  integration: Integration,
  context: Reader,
): Promise<readonly Block[]> {
  const { stores, reader } = context;
  const breakGlass = state === 'approved' ? await stores.breakGlasses.find(requestId) : undefined;
  if (!breakGlass) return [];
  const said: Block = { kind: 'text', text: [await reviewWords(breakGlass, context)] };
  if (breakGlass.state === 'ok' || !mayReviewBreakGlass(reader, integration, personId))
    return [said];
  const ok = { label: t`OK`, does: breakGlassOk.with({ requestId }) };
  const look = { label: t`Look into it…`, does: lookIntoBreakGlass.with({ requestId }) };
  return [said, ...buttonRow([ok, look])];
}

async function reviewWords(
  { state, reviewedById, reviewedAt, comment }: BreakGlass,
  context: Reader,
): Promise<string> {
  const person = reviewedById && (await context.stores.people.find(reviewedById));
  const who = person ? fullName(person) : t`a deleted person`;
  const when = reviewedAt ? showTime(reviewedAt, context) : '';
  switch (state) {
    case 'open':
      return t`Break-glass: taken without an approval. It needs a review by its owners or a Latchkey admin.`;
    case 'looking':
      return sentences(
        t`Break-glass: ${who} looks into it since ${when}.`,
        comment && t`Comment: "${comment}".`,
      );
    case 'ok':
      return sentences(
        t`Break-glass: reviewed by ${who} on ${when}, OK.`,
        comment && t`Comment: "${comment}".`,
      );
    default:
      return unreachable(state);
  }
}
