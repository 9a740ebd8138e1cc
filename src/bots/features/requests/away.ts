/** `away`: sets a delegate who approves for the actor during an absence. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { dayIn } from '../../../core/days.ts';
import { sentences, t } from '../../../core/translate.ts';
import {
  type Delegation,
  fullName,
  nameOrDeleted,
  type Person,
} from '../../../engine/people/directory.ts';
import { checkAbsence, endDelegation, setDelegate } from '../../../engine/requests/absences.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import {
  buttonAction,
  formAction,
  type Reply,
  replaceWith,
  sayToPerson,
} from '../../view/action.ts';
import { type Block, type Button, buttonRow, type Card, note, paragraph } from '../../view/card.ts';
import { showDay } from '../../view/dates.ts';
import { hasErrors } from '../../view/form.ts';
import { personAnswered, personFields } from '../people/person-fields.ts';

export const setAbsence = formAction({
  id: 'away.set',
  payload: z.object({}),
  title: () => t`Who is your delegate?`,
  submitLabel: () => t`Save`,

  async fields(_payload, turn: Turn) {
    const { stores, actor, now, timeZone } = turn;
    const current = await stores.delegations.of(actor.id);
    const delegate = current && (await stores.people.find(current.delegateId));
    const today = dayIn(timeZone, now());
    const { picked, email } = await personFields(
      { label: t`Your delegate`, emailLabel: t`Delegate's email address`, isNeeded: true },
      delegate,
      turn,
    );
    return {
      intro: [
        t`On these days, requests that you approve also go to your delegate. They see what you would see of each request, and nothing else. Latchkey lets them know.`,
      ],
      fields: {
        picked,
        delegate: email,
        from: { kind: 'date', label: t`From`, initial: current?.from ?? today },
        until: { kind: 'date', label: t`Until`, initial: current?.until ?? today },
      },
    };
  },

  async submit({ picked, delegate, from, until }, _payload, { shown, ...turn }) {
    const names = { picked: 'picked', email: 'delegate' };
    const found = await personAnswered({ picked, email: delegate, shown, names }, turn);
    if (!found.ok) return { kind: 'invalid', errors: found.errors };
    const delegation: Delegation = {
      personId: turn.actor.id,
      delegateId: found.person.id,
      from,
      until,
    };
    const errors = checkAbsence(delegation, dayIn(turn.timeZone, turn.now()));
    if (hasErrors(errors)) return { kind: 'invalid', errors };
    const set = await turn.transact((tx) => setDelegate(tx, delegation, actorOf(turn)));
    if (set === 'left')
      return {
        kind: 'invalid',
        errors: {
          [picked === undefined ? 'delegate' : 'picked']:
            t`${fullName(found.person)} has left; choose someone else`,
        },
      };
    return sayToPerson(await awayCard(turn));
  },
});

export const endAbsence = buttonAction({
  id: 'away.end',
  payload: z.object({}),

  async handle(_payload, turn: Turn) {
    await turn.transact((tx) => endDelegation(tx, turn.actor, actorOf(turn)));
    return replaceWith(await awayCard(turn));
  },
});

export const showAbsence = buttonAction({
  id: 'away.show',
  payload: z.object({}),
  handle: (_payload, turn: Turn) => openAbsence(turn),
});

export const openAbsence = async (turn: Turn): Promise<Reply> => sayToPerson(await awayCard(turn));

async function awayCard(turn: Turn): Promise<Card> {
  const { stores, actor } = turn;
  const current = await stores.delegations.of(actor.id);
  const delegate = current && (await stores.people.find(current.delegateId));
  const own =
    current && delegate
      ? sentences(
          t`${fullName(delegate)} is your delegate ${daysOf(current)}.`,
          await whileBothAreAway(current, delegate, stores),
        )
      : t`You have no delegate. Requests that you approve wait for you.`;
  const others = await Promise.all(
    (await stores.delegations.to(actor.id)).map(async (each): Promise<Block> => {
      const person = await stores.people.find(each.personId);
      const who = nameOrDeleted(person);
      return paragraph(t`You approve for ${who} ${daysOf(each)}.`);
    }),
  );
  const buttons: Button[] = compact([
    { label: current ? t`Change…` : t`Set a delegate…`, does: setAbsence.with({}) },
    current && { label: t`I'm back`, does: endAbsence.with({}) },
  ]);
  const { title, blocks } = note(t`While you're away`, own);
  return { title, blocks: [...blocks, ...others, ...buttonRow(buttons)] };
}

/** A delegate's own delegate approves nothing of whom they stand for. */
async function whileBothAreAway(
  { from, until }: Delegation,
  delegate: Person,
  { delegations }: Turn['stores'],
): Promise<string | undefined> {
  const theirs = await delegations.of(delegate.id);
  if (!theirs || theirs.until < from || theirs.from > until) return undefined;
  return t`They are away themselves ${daysOf(theirs)}; their delegate doesn't approve for you. If that's too long, choose someone else.`;
}

export const daysOf = ({ from, until }: Delegation): string =>
  from === until ? t`on ${showDay(from)}` : t`from ${showDay(from)} to ${showDay(until)}`;
