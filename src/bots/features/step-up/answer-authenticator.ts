/** Confirm, Decline, Unlock and Remove…: what another admin says about someone's authenticator. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { fullName } from '../../../engine/people/directory.ts';
import {
  confirmAuthenticator,
  declineAuthenticator,
  removeAuthenticator,
  unlockAuthenticator,
  type Witnessed,
} from '../../../engine/step-up/enrol.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import { type Card, note } from '../../view/card.ts';
import { asAdmin, auditRefusal, refuse } from '../admins.ts';

const payload = z.object({ authenticatorId: z.string() });
type Ref = z.infer<typeof payload>;

const witnessOf = (turn: Turn) =>
  ({ kind: 'admin', admin: turn.actor, actor: actorOf(turn) }) as const;

const answering = (id: string, answer: typeof confirmAuthenticator) =>
  buttonAction({
    id,
    payload,

    async handle({ authenticatorId }, turn: Turn): Promise<Reply> {
      const said = await turn.transact((tx) => answer(tx, authenticatorId, witnessOf(turn)));
      return reply(said, { authenticatorId }, turn);
    },
  });

export const confirmTheirs = answering('authenticator.confirm', confirmAuthenticator);
export const declineTheirs = answering('authenticator.decline', declineAuthenticator);
export const unlockTheirs = answering('authenticator.unlock', unlockAuthenticator);

export const removeTheirs = formAction({
  id: 'authenticator.remove',
  payload,
  title: () => t`Remove the authenticator?`,
  submitLabel: () => t`Remove`,
  tone: 'danger',

  async fields({ authenticatorId }, turn: Turn) {
    const { refused } = await asAdmin(() => t`answer for an authenticator`, turn);
    if (refused) return { refused };
    const found = await turn.stores.authenticators.find(authenticatorId);
    const person = found && (await turn.stores.people.find(found.personId));
    if (!person) return { refused: over() };
    return {
      intro: [
        [
          t`${fullName(person)} can't approve for apps that ask for codes until they have set up another one.`,
        ],
      ],
      fields: {},
    };
  },

  async submit(_values, { authenticatorId }, turn) {
    const said = await turn.transact((tx) =>
      removeAuthenticator(tx, authenticatorId, witnessOf(turn)),
    );
    return reply(said, { authenticatorId }, turn);
  },
});

/** Every card about it follows. */
async function reply(said: Witnessed, { authenticatorId }: Ref, turn: Turn): Promise<Reply> {
  switch (said.kind) {
    case 'done':
      return { kind: 'nothing' };
    case 'over':
      return refuse(over());
    case 'not-yours': {
      const found = await turn.stores.authenticators.find(authenticatorId);
      const about = found ? { personId: found.personId } : {};
      await auditRefusal(() => t`answer for an authenticator`, turn, about);
      return refuse(
        note(
          t`You can't answer for this authenticator`,
          t`Only another Latchkey admin can. Nothing changed; ask one of them.`,
        ),
      );
    }
    default:
      return unreachable(said);
  }
}

const over = (): Card =>
  note(
    t`There is nothing left to do here`,
    t`Someone else has answered, or a newer one was set up. The newest card shows the current state.`,
  );
