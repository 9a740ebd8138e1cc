/** What a form needs to be shown, and the parts that all its fields share. Pure. */
import { shorten } from '../../core/shorten.ts';
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
import { type Element, hasDateFunction, paragraph } from './adaptive-card.ts';

export interface FormView {
  readonly form: Form;
  readonly session: string;
  readonly call: Pick<ActionCall, 'id' | 'payload'>;
  /** A dialog has its own title bar and close button, and searches long lists while people type. An inline form has neither. */
  readonly mode: 'dialog' | 'inline';
  /** The message whose button opened the form. */
  readonly from?: string;
  readonly errors?: FieldErrors;
  /** The answers so far, which replace the form's own values. */
  readonly kept?: RawValues;
  /** What people searched for and what we found, by field. */
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

/** How much of each text is shown. We use the first budget that fits a message. A cut ends in "…". */
export interface Budget {
  readonly units: number;
  readonly choices: number;
  /** How many of the chosen options of a long list are kept. */
  readonly chosen: number;
  /** Whether long texts that were typed are shown, too. */
  readonly longAnswers: boolean;
}
/** A form, and how much of it fits. */
export interface Fitted {
  readonly view: FormView;
  readonly budget: Budget;
}
export const small = { size: 'Small', isSubtle: true } as const;
export const warning = (text: string): Element[] =>
  paragraph([text], { color: 'Attention' }, { spacing: 'Small' });

/**
 * Only dialogs mark required inputs and let the client check them. In an inline form the client would also check them
 * before a Search. The server always checks every answer.
 */
export function labelled({ view, budget }: Fitted, field: Field, input: Element): Element[] {
  const isNeeded = view.mode === 'inline' && field.kind === 'text' && field.neededAlone;
  const label = labelOf(isNeeded ? { ...field, optional: false } : field, budget);
  const required =
    view.mode === 'dialog' && !field.optional && !hasProblem(view.form)
      ? { isRequired: true, errorMessage: t`Needs an answer.` }
      : {};
  // A label is one run, so it can't be cut between the braces of a date function. The client checks only labelled inputs.
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

export const fit = (text: string, { units }: Budget): string => shorten(text, units);

export const fitText = (text: Text, budget: Budget): Text =>
  text.map(
    (span): Span =>
      typeof span === 'string' ? fit(span, budget) : { ...span, text: fit(span.text, budget) },
  );
