/** `Form` → one Adaptive Card, for a dialog or inline in the conversation, within Teams' limits. Pure. */
import { z } from 'zod';
import { unreachable } from '../../core/unreachable.ts';
import type { ActionCall } from '../view/action.ts';
import type { Span, Text } from '../view/card.ts';
import {
  type Field,
  type FieldErrors,
  type Form,
  hasProblem,
  initialAnswers,
  type Option,
  type RawValues,
} from '../view/form.ts';
import {
  type AdaptiveCard,
  adaptiveCard,
  beginning,
  type Element,
  hasDateFunction,
  jsonBytes,
  paragraph,
} from './adaptive-card.ts';
import { BUTTON_LABEL_UNITS, CARD_BYTES, CHOICES_SHOWN } from './limits.ts';
import { inputId } from './read-form.ts';

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
  readonly found?: Readonly<Record<string, Found>>;
}

export interface Found {
  readonly typed: string;
  readonly options: readonly Choice[];
}
export interface Choice {
  readonly label: string;
  readonly position: number;
}

/** How much of everything is shown; the first budget that fits a message is used. Cuts end in a visible "…". */
interface Budget {
  readonly units: number;
  readonly choices: number;
  readonly kept: boolean;
}
const BUDGETS: readonly Budget[] = [
  { units: Number.POSITIVE_INFINITY, choices: CHOICES_SHOWN, kept: true },
  { units: 1000, choices: 40, kept: true },
  { units: 300, choices: 15, kept: true },
  { units: 100, choices: 5, kept: true },
  { units: 100, choices: 5, kept: false },
];

export function renderForm(view: FormView): AdaptiveCard {
  for (const budget of BUDGETS) {
    const card = adaptiveCard(renderBody(view, budget));
    if (jsonBytes(card) <= CARD_BYTES) return card;
  }
  return adaptiveCard([
    ...paragraph([view.form.title.slice(0, 100)], { size: 'Medium', weight: 'Bolder' }),
    ...paragraph([
      'This form has more fields than a Teams message can hold. Ask your Latchkey admin to make it shorter.',
    ]),
  ]);
}

function renderBody(view: FormView, budget: Budget): Element[] {
  const { form, mode, errors = {} } = view;
  const fields = Object.entries(form.fields);
  const errorOf = (name: string) => (Object.hasOwn(errors, name) ? errors[name] : undefined);
  const wrong = fields.some(([name]) => errorOf(name) !== undefined);
  const answers = view.kept ?? initialAnswers(form.fields);
  const shown = budget.kept ? answers : {};
  return [
    ...(mode === 'inline'
      ? paragraph([fit(form.title, budget)], { size: 'Medium', weight: 'Bolder' })
      : []),
    ...form.intro.flatMap((text) => paragraph(fitText(text, budget))),
    ...(wrong ? warning('Please look at the answers marked below, then send the form again.') : []),
    ...(shown === answers || Object.keys(answers).length === 0
      ? []
      : warning(
          view.kept
            ? 'Your answers were too long to be kept here. Type them again.'
            : 'What was here before is too long to be shown. Fill in every field anew.',
        )),
    ...fields.flatMap(([name, field]) => [
      ...renderField(
        view,
        name,
        field,
        Object.hasOwn(shown, name) ? shown[name] : undefined,
        budget,
      ),
      ...warning(fit(errorOf(name) ?? '', budget)),
      ...(field.hint ? paragraph([fit(field.hint, budget)], small, { spacing: 'Small' }) : []),
    ]),
    { type: 'ActionSet', spacing: 'Large', actions: renderActions(view) },
  ];
}

const small = { size: 'Small', isSubtle: true } as const;
const warning = (text: string): Element[] =>
  paragraph([text], { color: 'Attention' }, { spacing: 'Small' });

/** @param kept what it shows as answered: a text or date, or positions in the list of options */
function renderField(
  view: FormView,
  name: string,
  field: Field,
  kept: RawValues[string] | undefined,
  budget: Budget,
): Element[] {
  switch (field.kind) {
    case 'text':
      return labelled(view, field, budget, {
        type: 'Input.Text',
        id: inputId('t', name),
        ...(field.multiline && { isMultiline: true }),
        ...valueOf(kept),
      });
    case 'file':
      return labelled(view, field, budget, {
        type: 'Input.Text',
        id: inputId('t', name),
        isMultiline: true,
        placeholder: 'Paste the text of the file here',
        ...valueOf(kept),
      });
    case 'date':
      return labelled(view, field, budget, {
        type: 'Input.Date',
        id: inputId('t', name),
        ...valueOf(kept),
      });
    case 'choice':
    case 'choices':
      return renderChoices(view, name, field, [kept ?? []].flat(), budget);
    case 'problem':
      return [
        ...paragraph([fit(field.label, budget)], { weight: 'Bolder' }),
        ...warning(fit(field.message, budget)),
      ];
    default:
      return unreachable(field);
  }
}

type ChoiceField = Extract<Field, { kind: 'choice' | 'choices' }>;

function renderChoices(
  view: FormView,
  name: string,
  field: ChoiceField,
  picked: readonly string[],
  budget: Budget,
): Element[] {
  const many = field.kind === 'choices';
  const input = (choices: readonly Choice[]) => ({
    type: 'Input.ChoiceSet',
    id: inputId(many ? 'm' : 't', name),
    choices: choices.map(({ label, position }) => ({
      title: fit(label, budget) || ' ',
      value: String(position),
    })),
    style: 'compact',
    placeholder: 'Choose',
    ...(many && { isMultiSelect: true }),
    ...valueOf(picked.join(',')),
  });
  if (field.options.length === 0)
    return [
      ...paragraph([labelOf(field, budget)]),
      ...paragraph(['There is nothing to choose from.'], small, { spacing: 'Small' }),
    ];
  if (field.options.length <= budget.choices)
    return labelled(view, field, budget, input(numbered(field.options)));

  const chosen = numbered(field.options).filter(({ position }) =>
    picked.includes(String(position)),
  );
  if (view.mode === 'dialog')
    return labelled(view, field, budget, {
      ...input(chosen),
      style: 'filtered',
      placeholder: 'Type to search',
      'choices.data': { type: 'Data.Query', dataset: datasetOf(view.session, name) },
    });

  const found = view.found && Object.hasOwn(view.found, name) ? view.found[name] : undefined;
  const offered = (found?.options ?? numbered(field.options)).filter(
    ({ position }) => !picked.includes(String(position)),
  );
  const shown = offered.slice(0, budget.choices);
  return [
    ...paragraph([labelOf(field, budget)]),
    searchBox(view, name, found?.typed ?? ''),
    ...paragraph([countOf(shown.length, offered.length, field.options.length, found)], small, {
      spacing: 'Small',
    }),
    ...(chosen.length + shown.length === 0
      ? []
      : [
          {
            ...input([...chosen, ...shown]),
            // The local client shows a compact list's old choices after an edit, a filtered one's new ones.
            style: 'filtered',
            spacing: 'Small',
            placeholder: `Choose: ${beginning(field.label, BUTTON_LABEL_UNITS)}`,
          },
        ]),
  ];
}

const numbered = (options: readonly Option[]): Choice[] =>
  options.map(({ label }, position) => ({ label, position }));

function countOf(shown: number, offered: number, all: number, found: Found | undefined): string {
  if (found && offered === 0) return `Nothing among the ${all} choices matches. Try another word.`;
  if (found && shown === offered && offered < CHOICES_SHOWN)
    return `${offered} of ${all} choices match.`;
  return found
    ? `The first ${shown} that match, of ${all} choices. Search with more words to see fewer.`
    : `The first ${shown} of ${all} choices. Type a part of the name and press Search to find others.`;
}

/** For clients without a type-ahead: the button sends the form, which comes back with what was found. */
function searchBox(view: FormView, name: string, typed: string): Element {
  return {
    type: 'ColumnSet',
    spacing: 'Small',
    columns: [
      {
        type: 'Column',
        width: 'stretch',
        items: [
          {
            type: 'Input.Text',
            id: inputId('q', name),
            placeholder: 'Part of the name',
            ...valueOf(typed),
          },
        ],
      },
      {
        type: 'Column',
        width: 'auto',
        items: [
          {
            type: 'ActionSet',
            actions: [
              {
                type: 'Action.Submit',
                title: 'Search',
                data: { ...carriedBy(view), $do: 'search', $form: view.session, $field: name },
              },
            ],
          },
        ],
      },
    ],
  };
}

/** The type-ahead's data set names the session and the field; read by `readDataset`. */
const datasetOf = (session: string, field: string): string => JSON.stringify([session, field]);

const dataset = z.tuple([z.string(), z.string()]);

/** Undefined for a data set that isn't ours. */
export function readDataset(text: string): { session: string; field: string } | undefined {
  try {
    const [session, field] = dataset.parse(JSON.parse(text));
    return { session, field };
  } catch {
    return undefined;
  }
}

/**
 * Required inputs are marked, and checked by the client, in dialogs only: inline, the client would check them before
 * a Search too. The server checks every answer either way.
 */
function labelled(view: FormView, field: Field, budget: Budget, input: Element): Element[] {
  const label = labelOf(field, budget);
  const required =
    view.mode === 'dialog' && !field.optional && !hasProblem(view.form)
      ? { isRequired: true, errorMessage: 'Needs an answer.' }
      : {};
  // A label is one run of its own, so it can't be cut between the braces of a date function.
  // And the client checks labelled inputs only.
  return hasDateFunction(label)
    ? [...paragraph([label]), input]
    : [{ ...input, label, ...required }];
}

const labelOf = (field: Field, budget: Budget): string =>
  field.optional ? `${fit(field.label, budget)} (optional)` : fit(field.label, budget) || ' ';

function renderActions(view: FormView): Element[] {
  const { form, mode, session } = view;
  const main: Element = hasProblem(form)
    ? {
        type: 'Action.Submit',
        title: 'Try again',
        associatedInputs: 'none',
        data: { ...carriedBy(view), $do: 'again' },
      }
    : {
        type: 'Action.Submit',
        title: beginning(form.submitLabel, BUTTON_LABEL_UNITS) || 'Send',
        style: form.tone === 'danger' ? 'destructive' : 'positive',
        data: { ...carriedBy(view), $do: 'submit', $form: session },
      };
  const cancel: Element = {
    type: 'Action.Submit',
    title: 'Cancel',
    associatedInputs: 'none',
    data: { ...carriedBy(view), $do: 'cancel', $form: session },
  };
  return mode === 'inline' ? [main, cancel] : [main];
}

const carriedBy = ({ call, from }: FormView) => ({
  $action: call.id,
  $payload: call.payload,
  ...(from !== undefined && { $from: from }),
});

const valueOf = (value: string | readonly string[] | undefined) =>
  value === undefined || value.length === 0 ? {} : { value: String(value) };

const fit = (text: string, { units }: Budget): string => beginning(text, units);

const fitText = (text: Text, budget: Budget): Text =>
  text.map(
    (span): Span =>
      typeof span === 'string' ? fit(span, budget) : { ...span, text: fit(span.text, budget) },
  );
