/** The field for a code of an authenticator, and what a person reads where it doesn't count. */
import { t } from '../../../core/translate.ts';
import type { Integration } from '../../../engine/people/directory.ts';
import {
  asksForCodes,
  type CodeProblem,
  codeProblemWords,
  useCode,
} from '../../../engine/step-up/use-code.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import type { Reply, SubmitReply } from '../../view/action.ts';
import { type Button, type Card, note, withButtons } from '../../view/card.ts';
import { refuse } from '../admins.ts';
import { setUpAuthenticator } from './set-up-authenticator.ts';

/** No field of a manifest can have this name: they all have a prefix. */
export const CODE = 'code';

export const codeField = () =>
  ({
    kind: 'text',
    label: t`Code from your authenticator app`,
    hint: t`Six digits, or one of your recovery codes.`,
  }) as const;

type CodeFields = { readonly [CODE]: ReturnType<typeof codeField> };

/** Nothing where the integration asks for no codes: the answer is undefined then. */
export const codeFieldOf = (integration: Pick<Integration, 'settings'>): CodeFields =>
  (asksForCodes(integration) ? { [CODE]: codeField() } : {}) as CodeFields;

type Invalid = Extract<SubmitReply, { readonly kind: 'invalid' }>;

/** Where typing it once more helps. */
export const invalidCode = (problem: CodeProblem, integration: Integration): Invalid | undefined =>
  problem === 'wrong' || problem === 'used' || problem === 'missing'
    ? { kind: 'invalid', errors: { [CODE]: codeProblemWords(problem, integration) } }
    : undefined;

interface Typed {
  readonly integration: Integration;
  readonly typed: unknown;
  readonly isAsked?: boolean;
}

/**
 * Takes the code that a form brought, in a transaction of its own: what was typed counts whatever comes of the rest.
 * @returns the answer to a code that doesn't count; undefined where it does, or where none is asked for
 */
export async function refuseWithoutCode(
  { integration, typed, isAsked = asksForCodes(integration) }: Typed,
  turn: Turn,
): Promise<Invalid | Reply | undefined> {
  if (!isAsked) return undefined;
  const code = typeof typed === 'string' ? typed : undefined;
  const actor = actorOf(turn);
  const problem = await turn.transact((tx) => useCode(tx, actor, code));
  return problem && (invalidCode(problem, integration) ?? refuse(codeCard(problem, integration)));
}

/** With the next step. @param again opens a form that has the field */
export function codeCard(problem: CodeProblem, integration: Integration, again?: Button): Card {
  const card = note(t`Nothing has changed yet`, codeProblemWords(problem, integration));
  if (problem === 'none' || problem === 'unread')
    return withButtons(card, {
      label: t`Set up…`,
      tone: 'primary',
      does: setUpAuthenticator.with({}),
    });
  return again && problem === 'missing' ? withButtons(card, again) : card;
}
