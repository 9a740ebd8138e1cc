/** Confirm…, Decline, Unlock and Remove…: what another admin says about someone's authenticator. */
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
import { type CodeProblem, codeProblemWords, currentOf } from '../../../engine/step-up/use-code.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply, type SubmitReply } from '../../view/action.ts';
import { type Card, note } from '../../view/card.ts';
import { asAdmin, auditRefusal, refuse } from '../admins.ts';
import { noteToAsk } from '../whom-to-ask.ts';
import { CODE, codeField } from './code-field.ts';

const payload = z.object({ authenticatorId: z.string() });
type Ref = z.infer<typeof payload>;

const witnessOf = ({ actor: admin, via }: Turn) =>
  ({
    kind: 'admin',
    admin,
    actor: { kind: 'person', personId: admin.id, via },
  }) as const;

const answering = (id: string, answer: typeof declineAuthenticator) =>
  buttonAction({
    id,
    payload,
    right: 'set up',

    async handle({ authenticatorId }, turn: Turn): Promise<Reply> {
      const said = await turn.transact((tx) => answer(tx, authenticatorId, witnessOf(turn)));
      return reply(said, { authenticatorId }, turn);
    },
  });

/** What their page showed, typed by the admin who heard it: neither the card nor the chat account knows it. */
const CHECK = 'check';

export const confirmTheirs = formAction({
  id: 'authenticator.confirm',
  payload,
  right: 'set up',
  title: () => t`Confirm the authenticator`,
  submitLabel: () => t`Confirm`,

  async fields({ authenticatorId }, turn: Turn) {
    const { refused } = await asAdmin(() => t`answer for an authenticator`, turn);
    if (refused) return { refused };
    const { authenticators, people } = turn.stores;
    const found = await authenticators.find(authenticatorId);
    const person = found && (await people.find(found.personId));
    if (!person || found.state !== 'proven') return { refused: over() };
    if (person.id === turn.actor.id) return { refused: await notYours(found.personId, turn) };
    const own = currentOf(await authenticators.of(turn.actor.id));
    return {
      intro: [
        t`Ask ${fullName(person)} in person or in a call, not in chat: someone else may have their chat account.`,
      ],
      fields: {
        [CHECK]: {
          kind: 'text',
          label: t`The five characters that they read out`,
          hint: t`Their page showed them at the end, like k7q4x.`,
        },
        ...((own ? { [CODE]: { ...codeField(), label: t`Your own code` } } : {}) as {
          readonly [CODE]: ReturnType<typeof codeField>;
        }),
      },
    };
  },

  async submit({ [CHECK]: check, [CODE]: code }, { authenticatorId }, turn) {
    const confirming = { ...witnessOf(turn), check, code };
    const said = await turn.transact((tx) => confirmAuthenticator(tx, authenticatorId, confirming));
    if (said.kind === 'needs-code') return needsCode(said.problem);
    if (said.kind === 'unread') return refuse(unread());
    if (said.kind !== 'wrong-check') return reply(said, { authenticatorId }, turn);
    return {
      kind: 'invalid',
      errors: {
        [CHECK]: t`Their page showed other characters. If they are sure of what they read, decline this authenticator and have them set up a new one.`,
      },
    };
  },
});

const unread = (): Card =>
  note(
    t`This authenticator can't be confirmed`,
    t`What is stored about it can't be read any more. Decline it, and have them set up a new one.`,
  );

function needsCode(problem: CodeProblem): SubmitReply {
  switch (problem) {
    case 'none':
    case 'waiting':
      return refuse(
        note(
          t`You can't confirm this yet`,
          t`Only an admin with an authenticator confirms others. Set up yours first, or leave it to one of them. If no admin has one any more, the operator confirms it.`,
        ),
      );
    case 'locked':
    case 'unread':
      return refuse(note(t`You can't confirm this yet`, codeProblemWords(problem, NO_APP)));
    case 'missing':
      return { kind: 'invalid', errors: { [CODE]: t`Enter a code from your authenticator app.` } };
    case 'wrong':
    case 'used':
      return { kind: 'invalid', errors: { [CODE]: codeProblemWords(problem, NO_APP) } };
    default:
      return unreachable(problem);
  }
}

/** These sentences name no app. */
const NO_APP = { name: '' };

export const declineTheirs = answering('authenticator.decline', declineAuthenticator);
export const unlockTheirs = answering('authenticator.unlock', unlockAuthenticator);

export const removeTheirs = formAction({
  id: 'authenticator.remove',
  payload,
  right: 'set up',
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
        t`${fullName(person)} can't approve for apps that ask for codes until they have set up another one.`,
      ],
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
      return refuse(await notYours(found?.personId, turn));
    }
    default:
      return unreachable(said);
  }
}

async function notYours(personId: string | undefined, turn: Turn): Promise<Card> {
  const about = personId === undefined ? {} : { personId };
  await auditRefusal(() => t`answer for an authenticator`, turn, about);
  return noteToAsk(
    t`You can't answer for this authenticator`,
    t`Only another Latchkey admin can. Nothing changed.`,
    turn,
  );
}

const over = (): Card =>
  note(
    t`There is nothing left to do here`,
    t`Someone else has answered, or a newer one was set up. The newest card shows the current state.`,
  );
