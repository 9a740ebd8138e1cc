/** Break-glass… of an integration: whether people may take access without an approval, and for how long. */
import { hoursWords, parseHours } from '../../../core/hours.ts';
import { t } from '../../../core/translate.ts';
import { changeSettings } from '../../../engine/integrations/change-integration.ts';
import { type Integration, isManual } from '../../../engine/people/directory.ts';
import { MAX_BREAK_GLASS, settingsOf } from '../../../engine/settings/settings.ts';
import { formAction, type Reply, sayToPerson } from '../../view/action.ts';
import { outdatedForm } from '../../view/answers.ts';
import { note } from '../../view/card.ts';
import type { Fields } from '../../view/form.ts';
import { asOfNow } from '../../view/left-alone.ts';
import { refuse } from '../admins.ts';
import { isAlike } from '../change.ts';
import { CODE, codeFieldOf, refuseWithoutCode } from '../step-up/code-field.ts';
import { changeHeld, targetOf, targetPayload } from './integration-target.ts';

const wanted = () => t`change the settings of integrations`;
const DEFAULT_HOURS = 4;

export const changeBreakGlass = formAction({
  id: 'integration.break-glass',
  payload: targetPayload,
  admit: targetOf(wanted),
  title: () => t`Break-glass`,
  submitLabel: () => t`Save`,

  async fields(_payload, { integration }) {
    if (isManual(integration))
      return {
        refused: note(
          t`${integration.name} is granted by hand`,
          t`So no one can have it at once, and break-glass can't be allowed.`,
        ),
      };
    return {
      title: t`Break-glass of ${integration.name}`,
      intro: [
        t`Anyone who may request it can then take it at once, without approval, if they give a reason. Owners and admins are notified at once, and review it the next morning.`,
      ],
      fields: fieldsOf(integration),
    };
  },

  async submit(sent, _payload, { integration, shown, ...turn }) {
    const { allowed, longest, [CODE]: typed } = asOfNow(sent, shown, fieldsOf(integration));
    const longestHours = parseHours(longest);
    if (longestHours === undefined || longestHours > MAX_BREAK_GLASS)
      return {
        kind: 'invalid',
        errors: {
          longest: t`Enter a time like 4 hours or 1 day, at most ${hoursWords(MAX_BREAK_GLASS)}.`,
        },
      };
    const refusal = await refuseWithoutCode({ integration, typed }, turn);
    if (refusal) return refusal;
    const isAllowed = allowed !== 'no' && !isManual(integration);
    const breakGlass = isAllowed
      ? { longestHours, withApprovalOptions: allowed === 'all' }
      : undefined;
    return changeHeld<Reply>(integration, turn, async (tx, now, by) => {
      if (!isAlike(settingsOf(now).breakGlass, settingsOf(integration).breakGlass))
        return refuse(outdatedForm());
      const saved = await changeSettings(tx, now, { ...by, change: { breakGlass } });
      if (!saved.ok) return refuse(note(t`Nothing changed`, saved.why));
      return sayToPerson(
        note(
          t`Break-glass of ${now.name} is saved`,
          breakGlass
            ? t`Anyone who may request it can take it at once, for ${hoursWords(longestHours)} at most.`
            : t`It's not allowed: everyone needs an approval first.`,
        ),
      );
    });
  },
});

function fieldsOf(integration: Integration) {
  const now = settingsOf(integration).breakGlass;
  return {
    allowed: {
      kind: 'choice',
      label: t`Allowed`,
      options: [
        { value: 'no', label: t`No` },
        { value: 'yes', label: t`Yes, except options that need approval` },
        { value: 'all', label: t`Yes, with options that need approval` },
      ],
      initial: now ? (now.withApprovalOptions ? 'all' : 'yes') : 'no',
    },
    longest: {
      kind: 'text',
      label: t`For how long at most`,
      hint: t`Like 4 hours or 1 day, at most ${hoursWords(MAX_BREAK_GLASS)}. Until someone reviews it, one person has no more than that in all.`,
      initial: hoursWords(now?.longestHours ?? DEFAULT_HOURS),
    },
    ...codeFieldOf(integration),
  } as const satisfies Fields;
}
