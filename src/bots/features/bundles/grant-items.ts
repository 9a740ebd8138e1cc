/** What the forms share that grant a bundle, or what a colleague has, to someone else. */
import { sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { type Begun, beginItems, type ItemsWish } from '../../../engine/bundles/begin-items.ts';
import type { Planning } from '../../../engine/bundles/plan-item.ts';
import type { Person } from '../../../engine/people/directory.ts';
import { mayManage } from '../../../engine/people/permission.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { type OrRefused, type SubmitReply, showCard } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import type { Fields } from '../../view/form.ts';
import { hasLeft } from '../access/allowed.ts';
import { refuseFact } from '../access/grant-form.ts';
import { auditRefusal, refuse } from '../admins.ts';
import { MAX_REASON, REASON } from '../typed-text.ts';
import { noteToAsk } from '../whom-to-ask.ts';
import { bundleRequestRef } from './bundle-ref.ts';
import { linesOf, nothingToDo, type PlannedForm } from './plan-words.ts';

/** The person to whom the actor may grant something now. A refusal is in the audit log. */
export async function mayGrantTo(
  personId: string,
  turn: Turn,
): Promise<OrRefused<{ readonly person: Person; readonly by: Person }>> {
  const [person, by] = await Promise.all([
    turn.stores.people.find(personId),
    turn.stores.people.find(turn.actor.id),
  ]);
  if (!person || !by)
    return { refused: note(t`This no longer exists`, t`The person was deleted.`) };
  if (!mayManage(by, person)) {
    await auditRefusal(() => t`grant a bundle`, turn, { personId });
    return {
      refused: await noteToAsk(
        t`You can't grant this person access`,
        t`Only their manager and Latchkey admins can.`,
        turn,
      ),
    };
  }
  return person.active ? { person, by } : { refused: hasLeft(person) };
}

/** Asked where approvers decide some of it, or where it stops a removal. */
export const reasonField = ({
  asksApprovers,
  stopsRemovals,
}: Pick<PlannedForm, 'asksApprovers' | 'stopsRemovals'>): Fields =>
  asksApprovers || stopsRemovals
    ? {
        [REASON]: {
          kind: 'text',
          label: t`Why is it needed?`,
          hint: sentences(
            asksApprovers && t`The approvers will see this.`,
            stopsRemovals && t`Granting stops the removal. Your reason is kept in the audit log.`,
          ),
          multiline: true,
          maxLength: MAX_REASON,
        },
      }
    : {};

/** Grants or requests what can be, and shows how it goes. */
export async function beginAs(
  wish: Pick<ItemsWish, 'person' | 'by' | 'as' | 'of' | 'items' | 'facts'> & {
    readonly values: Readonly<Record<string, string | readonly string[] | undefined>>;
  },
  turn: Turn,
): Promise<SubmitReply> {
  const { values, ...items } = wish;
  const typed = values[REASON];
  const reason = typeof typed === 'string' ? typed : '';
  const begun = await turn.transact((tx) =>
    beginItems(tx, { ...items, actor: actorOf(turn), reason }),
  );
  return replyTo(begun, wish);
}

/** The card that follows what was begun. */
function replyTo(begun: Begun, wish: Pick<ItemsWish, 'person' | 'by' | 'as'>): SubmitReply {
  switch (begun.kind) {
    case 'begun':
      return showCard(bundleRequestRef(begun.bundleRequest.id));
    case 'taken':
      return refuseFact(begun);
    case 'nothing':
      return refuse(nothingToDo(nothingWords(wish.as), { lines: linesOf(begun.planned, wish) }));
    default:
      return unreachable(begun);
  }
}

const nothingWords = (as: Planning['as']): string =>
  as === 'grant' ? t`Nothing was granted` : t`Nothing was requested`;
