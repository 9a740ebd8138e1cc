/** What a form is shown with, and the pieces that all of its fields share. Pure. */
import { t } from '../../core/translate.ts';
import type { ActionCall } from '../view/action-call.ts';
import type { Span, Text } from '../view/card.ts';
import {
  type Field,
  type FieldErrors,
  type Form,
  hasProblem,
  type RawValues,
} from '../view/form.ts';
import { beginning, type Element, hasDateFunction, paragraph } from './adaptive-card.ts';

export interface FormView {
  readonly form: Form;
  readonly session: string;
  readonly call: Pick<ActionCall, 'id' | 'payload'>;
  /** A dialog has its own title bar and close button, and searches long lists as one types; inline has neither. */
  readonly mode: 'dialog' | 'inline';
  /** The message whose button opened the form. */
  readonly from?: string;
  readonly errors?: FieldErrors;
  /** What was answered already, in place of what the form opens with. */
  readonly kept?: RawValues;
  /** What was searched for, by field, and what was found. */
  readonly found?: Readonly<Record<string, FoundChoices>>;
}

export interface FoundChoices {
  readonly typed: string;
  readonly options: readonly Choice[];
}
export interface Choice {
  readonly label: string;
  readonly position: number;
}

/** How much of everything is shown; the first budget that fits a message is used. Cuts end in a visible "…". */
export interface Budget {
  readonly units: number;
  readonly choices: number;
  readonly kept: boolean;
}
export const small = { size: 'Small', isSubtle: true } as const;
export const warning = (text: string): Element[] =>
  paragraph([text], { color: 'Attention' }, { spacing: 'Small' });

/**
 * Required inputs are marked, and checked by the client, in dialogs only: inline, the client would check them before
 * a Search too. The server checks every answer either way.
 */
export function labelled(view: FormView, field: Field, budget: Budget, input: Element): Element[] {
  const label = labelOf(field, budget);
  const required =
    view.mode === 'dialog' && !field.optional && !hasProblem(view.form)
      ? { isRequired: true, errorMessage: t`Needs an answer.` }
      : {};
  // A label is one run of its own, so it can't be cut between the braces of a date function.
  // And the client checks labelled inputs only.
  return hasDateFunction(label)
    ? [...paragraph([label]), input]
    : [{ ...input, label, ...required }];
}

export const labelOf = (field: Field, budget: Budget): string =>
  field.optional ? t`${fit(field.label, budget)} (optional)` : fit(field.label, budget) || ' ';

export const carriedBy = ({ call, from }: FormView) => ({
  $action: call.id,
  $payload: call.payload,
  ...(from !== undefined && { $from: from }),
});

export const valueOf = (value: string | readonly string[] | undefined) =>
  value === undefined || value.length === 0 ? {} : { value: String(value) };

export const fit = (text: string, { units }: Budget): string => beginning(text, units);

export const fitText = (text: Text, budget: Budget): Text =>
  text.map(
    (span): Span =>
      typeof span === 'string' ? fit(span, budget) : { ...span, text: fit(span.text, budget) },
  );
