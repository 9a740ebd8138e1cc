/** Option lists: short ones whole, long ones searched on the server. Pure. */
import { z } from 'zod';
import { compact } from '../../core/compact.ts';
import { shorten } from '../../core/shorten.ts';
import { plural, t } from '../../core/translate.ts';
import { type Field, type Option, optionText } from '../view/form.ts';
import { type Element, paragraph } from './adaptive-card.ts';
import {
  type Choice,
  carriedBy,
  type Fitted,
  type FormView,
  type FoundChoices,
  fit,
  labelled,
  labelOf,
  small,
  valueOf,
  warning,
} from './form-view.ts';
import { BUTTON_LABEL_UNITS, CHOICES_SHOWN } from './limits.ts';
import { inputId, NO_CHOICE } from './read-form.ts';

type ChoiceField = Extract<Field, { kind: 'choice' | 'choices' }>;

/** @param picked the chosen positions in the list of options */
export function renderChoices(
  fitted: Fitted,
  [name, field]: readonly [name: string, field: ChoiceField],
  picked: readonly string[],
): Element[] {
  const { view, budget } = fitted;
  const many = field.kind === 'choices';
  const id = inputId(many ? 'm' : 't', name);
  const kept = picked.slice(0, budget.chosen);
  const input = (choices: readonly Choice[]) => ({
    type: 'Input.ChoiceSet',
    id,
    choices: choices.map(({ label, position }) => ({
      title: fit(label, budget) || ' ',
      value: String(position),
    })),
    style: 'compact',
    placeholder: t`Choose`,
    ...(many && { isMultiSelect: true }),
    ...valueOf(kept.join(',')),
  });
  if (field.options.length === 0)
    return [
      ...paragraph([labelOf(field, budget)]),
      ...paragraph([t`There are no options to choose from.`], small, { spacing: 'Small' }),
    ];
  if (field.options.length <= budget.choices) {
    const list = input(numbered(field.options));
    if (many || !field.optional) return labelled(fitted, field, list);
    const none = { title: t`Leave blank`, value: NO_CHOICE };
    const clearable = { id: inputId('o', name), choices: [none, ...list.choices] };
    return labelled(fitted, field, { ...list, ...clearable });
  }

  const chosen = numbered(field.options).filter(({ position }) => kept.includes(String(position)));
  const dropped = notKept(picked.length - kept.length, picked.length);
  if (view.mode === 'dialog')
    return [
      ...labelled(fitted, field, {
        ...input(chosen),
        style: 'filtered',
        placeholder: t`Type to search`,
        'choices.data': { type: 'Data.Query', dataset: datasetOf(view.session, name) },
      }),
      ...dropped,
    ];

  const found = view.found && Object.hasOwn(view.found, name) ? view.found[name] : undefined;
  const offered = (found?.options ?? numbered(field.options)).filter(
    ({ position }) => !kept.includes(String(position)),
  );
  const shown = offered.slice(0, budget.choices);
  const counts = { shown: shown.length, offered: offered.length, all: field.options.length };
  return compact([
    ...paragraph([labelOf(field, budget)]),
    searchBox(view, name, found?.typed ?? ''),
    ...paragraph([countOf(counts, found)], small, { spacing: 'Small' }),
    chosen.length + shown.length !== 0 && {
      ...input([...chosen, ...shown]),
      // After an edit the local client shows the old options of a compact list, but the new options of a filtered one.
      style: 'filtered',
      spacing: 'Small',
      placeholder: t`Choose: ${shorten(field.label, BUTTON_LABEL_UNITS)}`,
    },
    ...dropped,
  ]);
}

const numbered = (options: readonly Option[]): Choice[] =>
  options.map((option, position) => ({ label: optionText(option), position }));

interface Counts {
  readonly shown: number;
  readonly offered: number;
  readonly all: number;
}

function countOf({ shown, offered, all }: Counts, found: FoundChoices | undefined): string {
  if (found && offered === 0) return t`None of the ${all} options match. Try another word.`;
  if (found && shown === offered && offered < CHOICES_SHOWN)
    return plural(offered, {
      one: t`1 of ${all} options matches.`,
      other: t`${offered} of ${all} options match.`,
    });
  return found
    ? t`Showing the first ${shown} matches of ${all} options. Search with more words to see fewer.`
    : t`Showing the first ${shown} of ${all} options. Type part of the name and press Search to find others.`;
}

/** For clients without a type-ahead. The button sends the form, which comes back with the results. */
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
            placeholder: t`Part of the name`,
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
                title: t`Search`,
                data: { ...carriedBy(view), $do: 'search', $form: view.session, $field: name },
              },
            ],
          },
        ],
      },
    ],
  };
}

/** Names the session and the field of a type-ahead. `readDataset` reads it. */
const datasetOf = (session: string, field: string): string => JSON.stringify([session, field]);

const dataset = z.tuple([z.string(), z.string()]);

/** Undefined for another data set. */
export function readDataset(text: string): { session: string; field: string } | undefined {
  try {
    const [session, field] = dataset.parse(JSON.parse(text));
    return { session, field };
  } catch {
    return undefined;
  }
}

/** Where a form is too long with all that was chosen. */
const notKept = (count: number, of: number) =>
  count === 0
    ? []
    : warning(
        t`Only the first ${of - count} of the ${of} chosen fit here. The others are no longer chosen.`,
      );
