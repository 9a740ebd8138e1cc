/** `Form` → one Adaptive Card, for a dialog or inline in the conversation, within Teams' limits. Pure. */
import { shorten } from '../../core/shorten.ts';
import { inLocale, locale, t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import {
  type Field,
  hasProblem,
  initialAnswers,
  MAX_CHOSEN,
  type RawValues,
} from '../view/form.ts';
import {
  type AdaptiveCard,
  adaptiveCard,
  type Element,
  jsonBytes,
  paragraph,
  titleLine,
} from './adaptive-card.ts';
import {
  type Budget,
  carriedBy,
  type Fitted,
  type FormView,
  fit,
  fitText,
  labelled,
  small,
  valueOf,
  warning,
} from './form-view.ts';
import { BUTTON_LABEL_UNITS, CARD_BYTES, CHOICES_SHOWN, TITLE_UNITS } from './limits.ts';
import { inputId } from './read-form.ts';
import { renderChoices } from './render-choices.ts';

const all = Number.POSITIVE_INFINITY;
const BUDGETS: readonly Budget[] = [
  { units: all, choices: CHOICES_SHOWN, chosen: all, longAnswers: true },
  { units: 1000, choices: 40, chosen: all, longAnswers: true },
  { units: 300, choices: 15, chosen: all, longAnswers: true },
  { units: 100, choices: 5, chosen: all, longAnswers: true },
  { units: 100, choices: 5, chosen: all, longAnswers: false },
  { units: 100, choices: 5, chosen: MAX_CHOSEN, longAnswers: false },
  { units: 30, choices: 5, chosen: MAX_CHOSEN, longAnswers: false },
];
/** A typed answer that is longer is left out of a form that is too long with it. What was chosen stays, up to `MAX_CHOSEN`. */
const SHORT_UNITS = 100;

/** Uses the form's language, and not the caller's. */
export const renderForm = (view: FormView): AdaptiveCard =>
  inLocale(view.form.locale ?? locale(), () => renderWithin(view));

function renderWithin(view: FormView): AdaptiveCard {
  for (const budget of BUDGETS) {
    const card = adaptiveCard(renderBody(view, budget));
    if (jsonBytes(card) <= CARD_BYTES) return card;
  }
  return adaptiveCard([
    ...titleLine(shorten(view.form.title, TITLE_UNITS)),
    ...paragraph([
      t`This form has more fields than a Teams message can hold. Ask your Latchkey admin to make it shorter.`,
    ]),
  ]);
}

function renderBody(view: FormView, budget: Budget): Element[] {
  const { form, mode, errors = {} } = view;
  const fields = Object.entries(form.fields);
  const errorOf = (name: string) => (Object.hasOwn(errors, name) ? errors[name] : undefined);
  const wrong = fields.some(([name]) => errorOf(name) !== undefined);
  const answers = view.kept ?? initialAnswers(form.fields);
  const left = budget.longAnswers
    ? []
    : fields.filter(
        ([name, { kind }]) => Object.hasOwn(answers, name) && isLong(kind, answers[name]),
      );
  const isLeft = (name: string) => left.some(([each]) => each === name);
  return [
    ...(mode === 'inline' ? titleLine(fit(form.title, budget)) : []),
    ...form.intro.flatMap((text) => paragraph(fitText(text, budget))),
    ...(wrong ? warning(t`Please check the answers marked below, then send the form again.`) : []),
    ...(left.length === 0
      ? []
      : warning(
          view.kept
            ? t`Long texts couldn't be kept here. Please type them again.`
            : t`Long texts of your previous answers can't be shown here. Please type them again.`,
        )),
    ...fields.flatMap(([name, field]) => [
      ...renderField(
        { view, budget },
        [name, field],
        Object.hasOwn(answers, name) && !isLeft(name) ? answers[name] : undefined,
      ),
      ...warning(fit(errorOf(name) ?? '', budget)),
      ...(field.hint !== undefined && canBePicked(view, field)
        ? paragraph([fit(field.hint, budget)], small, { spacing: 'Small' })
        : []),
    ]),
    { type: 'ActionSet', spacing: 'Large', actions: renderActions(view) },
  ];
}

const isLong = (kind: Field['kind'], answer: RawValues[string] | undefined): boolean =>
  (kind === 'text' || kind === 'file') && String(answer ?? '').length > SHORT_UNITS;

/** Whether the client has a list to choose it from. The field for an address beside it has the same hint. */
const canBePicked = ({ mode }: FormView, { kind }: Field): boolean =>
  mode === 'dialog' || (kind !== 'person' && kind !== 'people');

/** @param kept the shown answer: a text or date, or positions in the list of options */
function renderField(
  fitted: Fitted,
  [name, field]: readonly [name: string, field: Field],
  kept: RawValues[string] | undefined,
): Element[] {
  const { view, budget } = fitted;
  switch (field.kind) {
    case 'text':
      return labelled(fitted, field, {
        type: 'Input.Text',
        id: inputId('t', name),
        ...(field.multiline && { isMultiline: true }),
        ...valueOf(kept),
      });
    case 'file':
      return labelled(fitted, field, {
        type: 'Input.Text',
        id: inputId('t', name),
        isMultiline: true,
        placeholder: t`Paste the text of the file here`,
        ...valueOf(kept),
      });
    case 'user':
      return labelled(
        fitted,
        field,
        view.mode === 'dialog'
          ? peoplePicker(inputId('t', name), kept)
          : {
              type: 'Input.Text',
              id: inputId('t', name),
              placeholder: t`User ID`,
              ...valueOf(kept),
            },
      );
    case 'person':
    case 'people':
      return renderPeople(fitted, [name, field], kept);
    case 'date':
      return labelled(fitted, field, {
        type: 'Input.Date',
        id: inputId('t', name),
        ...valueOf(kept),
      });
    case 'choice':
    case 'choices':
      return renderChoices(fitted, [name, field], [kept ?? []].flat());
    case 'problem':
      return [
        ...paragraph([fit(field.label, budget)], { weight: 'Bolder' }),
        ...warning(fit(field.message, budget)),
      ];
    default:
      return unreachable(field);
  }
}

/** Where the client has no list of people, those who were chosen are boxes to untick: it has no control to empty a choice of one. */
function renderPeople(
  fitted: Fitted,
  [name, field]: readonly [name: string, field: Extract<Field, { kind: 'person' | 'people' }>],
  kept: RawValues[string] | undefined,
): Element[] {
  const isMany = field.kind === 'people';
  const id = inputId(isMany ? 'm' : 't', name);
  if (canBePicked(fitted.view, field))
    return labelled(fitted, field, {
      ...peoplePicker(id, kept),
      ...(isMany && { isMultiSelect: true }),
    });
  const users = [field.initial ?? []].flat();
  if (users.length === 0) return [];
  return labelled(fitted, field, {
    type: 'Input.ChoiceSet',
    id,
    choices: users.map((value, at) => ({
      title: fit(field.names?.[at] ?? value, fitted.budget),
      value,
    })),
    style: 'expanded',
    isMultiSelect: true,
    ...valueOf(kept),
  });
}

/** Teams' own search of the organization; the answer is an Entra object id. Clients without dialogs don't have it. */
const peoplePicker = (id: string, kept: RawValues[string] | undefined): Element => ({
  type: 'Input.ChoiceSet',
  id,
  choices: [],
  style: 'filtered',
  placeholder: t`Type to search`,
  'choices.data': { type: 'Data.Query', dataset: 'graph.microsoft.com/users' },
  ...valueOf(kept),
});

function renderActions(view: FormView): Element[] {
  const { form, mode, session } = view;
  const main: Element = hasProblem(form)
    ? {
        type: 'Action.Submit',
        title: t`Try again`,
        associatedInputs: 'none',
        data: { ...carriedBy(view), $do: 'again' },
      }
    : {
        type: 'Action.Submit',
        title: shorten(form.submitLabel, BUTTON_LABEL_UNITS) || t`Send`,
        style: form.tone === 'danger' ? 'destructive' : 'positive',
        data: { ...carriedBy(view), $do: 'submit', $form: session },
      };
  const cancel: Element = {
    type: 'Action.Submit',
    title: t`Cancel`,
    associatedInputs: 'none',
    data: { ...carriedBy(view), $do: 'cancel', $form: session },
  };
  return mode === 'inline' ? [main, cancel] : [main];
}
