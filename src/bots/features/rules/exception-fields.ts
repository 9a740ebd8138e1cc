/** What Revoke asks where a rule holds the access: why, and until when the rule does not give it again. */
import { dayIn, startOfDay } from '../../../core/days.ts';
import { t } from '../../../core/translate.ts';
import type { Integration, Person } from '../../../engine/people/directory.ts';
import { rulesBehind } from '../../../engine/rules/exceptions.ts';
import type { RuleException } from '../../../engine/rules/rule.ts';
import type { Turn } from '../../live/context.ts';
import type { FieldErrors, Fields, OrErrors } from '../../view/form.ts';
import { MAX_REASON } from '../typed-text.ts';

/** Whether a rule holds it, or gives it. */
export async function isGivenByRule(
  { stores, now, installation }: Turn,
  person: Person,
  { id: integrationId }: Integration,
): Promise<boolean> {
  const at = { now: now(), timeZone: installation.timeZone };
  return (await rulesBehind(stores, { person, integrationId }, at)).length > 0;
}

export const exceptionFields = () =>
  ({
    exceptionReason: {
      kind: 'text',
      label: t`Why are they an exception?`,
      multiline: true,
      maxLength: MAX_REASON,
    },
    exceptionUntil: {
      kind: 'date',
      label: t`Until`,
      hint: t`From that day on, the rule grants it again if they still match. Leave blank for no end date.`,
      optional: true,
    },
  }) as const satisfies Fields;

type ReadException = OrErrors<
  { readonly exception?: Pick<RuleException, 'reason' | 'endsAt'> },
  FieldErrors<ReturnType<typeof exceptionFields>>
>;

/** Nothing where the form did not ask. */
export function askedException(
  values: Readonly<Record<string, string | readonly string[] | undefined>>,
  { now, timeZone }: Pick<Turn, 'now' | 'timeZone'>,
): ReadException {
  const reason = values['exceptionReason'];
  const until = values['exceptionUntil'];
  if (typeof reason !== 'string') return { ok: true };
  if (typeof until !== 'string') return { ok: true, exception: { reason: reason.trim() } };
  return until <= dayIn(timeZone, now())
    ? { ok: false, errors: { exceptionUntil: t`Choose a day after today.` } }
    : { ok: true, exception: { reason: reason.trim(), endsAt: startOfDay(until, timeZone) } };
}
