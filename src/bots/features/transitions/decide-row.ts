/** Keep longer… and End now, for one app that someone loses by a move. */
import { z } from 'zod';
import { HOURS_A_DAY, MAX_HOURS } from '../../../core/hours.ts';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { endOfHolds } from '../../../engine/access/hold.ts';
import { fullName } from '../../../engine/people/directory.ts';
import { policyOf } from '../../../engine/settings/settings.ts';
import { endNow, keepLonger } from '../../../engine/transitions/decide.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import { type Card, note, rich, strong } from '../../view/card.ts';
import { showEnd } from '../../view/dates.ts';
import { about, allowed, refuseToKeep, unlessDeleted } from '../access/allowed.ts';
import { LENGTH, lengthFields, readLength } from '../access/length-fields.ts';
import { refuse } from '../admins.ts';
import { CODE, codeFieldOf, refuseWithoutCode } from '../step-up/code-field.ts';
import { MAX_REASON } from '../typed-text.ts';

const target = about.extend({ transitionId: z.string() });

/** What the form opens with, unless the policy allows less. */
const USUAL_HOURS = 30 * HOURS_A_DAY;

/** Needs the same permission as a grant, since the person would lose the access without it. */
export const keepItLonger = formAction({
  id: 'transition.keep',
  payload: target,
  admit: ({ personId, integrationId }, turn: Turn) =>
    allowed('grant', { personId, integrationId }, turn),
  title: () => t`Keep longer`,
  submitLabel: () => t`Keep`,

  async fields({ personId, integrationId }, { person, integration, ...turn }) {
    const end = endOfHolds(await turn.stores.holds.openAt(personId, integrationId));
    if (!end) return { refused: decided() };
    const longest = policyOf(integration).longestHours ?? MAX_HOURS;
    return {
      title: t`Keep ${integration.name} longer`,
      intro: [
        rich`${strong(fullName(person))} has ${strong(integration.name)} until ${showEnd(end, turn)}. After the time below, Latchkey removes it.`,
      ],
      fields: {
        ...lengthFields({ longest, initial: USUAL_HOURS, label: t`For how long from now` }),
        reason: {
          kind: 'text',
          label: t`Why do they still need it?`,
          multiline: true,
          maxLength: MAX_REASON,
        },
        ...codeFieldOf(integration),
      },
    };
  },

  async submit(values, { transitionId }, { person, integration, ...turn }) {
    const longest = policyOf(integration).longestHours ?? MAX_HOURS;
    const length = readLength(values, longest);
    if (!length.ok) return { kind: 'invalid', errors: length.errors };
    const { hours = longest } = length;
    const reason = typeof values['reason'] === 'string' ? values['reason'] : '';
    const refusal = await refuseWithoutCode({ integration, typed: values[CODE] }, turn);
    if (refusal) return refusal;
    const deciding = { transitionId, person, integration, actor: actorOf(turn) };
    const kept = await turn.transact((tx) =>
      keepLonger(tx, deciding, { hours, reason: reason.trim() }),
    );
    switch (kept.kind) {
      case 'kept':
        return { kind: 'nothing' };
      case 'over':
        return refuse(decided());
      case 'shorter':
        return {
          kind: 'invalid',
          errors: {
            [LENGTH]: t`Even without this, it stays until ${showEnd(kept.until, turn)}. Choose a longer time.`,
          },
        };
      case 'needs-approval':
        return refuseToKeep(kept.held, { person, integration }, turn);
      default:
        return unreachable(kept);
    }
  },
});

export const endItNow = buttonAction({
  id: 'transition.end',
  payload: target,
  admit: (row, turn: Turn) => allowed('revoke', row, turn),

  async handle({ transitionId }, { person, integration, ...turn }): Promise<Reply> {
    const deciding = { transitionId, person, integration, actor: actorOf(turn) };
    const ended = await unlessDeleted(integration, turn, (tx) => endNow(tx, deciding));
    return ended.kind === 'ended' ? { kind: 'nothing' } : refuse(decided());
  },
});

const decided = (): Card =>
  note(
    t`There is nothing left to decide here`,
    t`The access stays, or is already being removed. Nothing changed; the card of the move shows which.`,
  );
