/** What a client shows of an Adaptive Card that Latchkey made: its lines, buttons and inputs, in the order in which they stand. */

interface Element {
  readonly type: string;
  readonly [property: string]: unknown;
}

export interface DrawnButton {
  readonly label: string;
  /** Empty where there is none. */
  readonly tooltip: string;
  readonly data: object;
  readonly sendsInputs: boolean;
  /** Behind a "…", of which a card may have several; or on what "More…" opens. */
  readonly behind?: { readonly menu: number } | 'more';
}

export interface DrawnInput {
  readonly id: string;
  readonly label: string;
  readonly placeholder: string;
  /** Of one that takes several choices, their values with commas between. */
  readonly value: string;
  readonly isMany: boolean;
  /** Of text and dates there are none. */
  readonly choices: readonly { readonly title: string; readonly value: string }[];
}

export interface DrawnCard {
  /** Text and labels line by line, as one reads them. */
  readonly text: string;
  readonly buttons: readonly DrawnButton[];
  readonly inputs: readonly DrawnInput[];
  readonly links: readonly { readonly text: string; readonly url: string }[];
}

export function drawnCard(card: unknown): DrawnCard {
  const lines: string[] = [];
  const buttons: DrawnButton[] = [];
  const inputs: DrawnInput[] = [];
  const links: DrawnCard['links'][number][] = [];
  let menus = 0;

  function drawActions(actions: readonly Element[], isOpened: boolean): void {
    const menu = actions.some(({ mode }) => mode === 'secondary') ? menus++ : 0;
    for (const action of actions) {
      const label = textIn(action, 'title');
      const isSecondary = action['mode'] === 'secondary';
      if (!isSecondary && !isOpened) lines.push(label);
      if (action.type === 'Action.ShowCard') drawAll([action['card']], true);
      if (action.type !== 'Action.Submit') continue;
      buttons.push({
        label,
        tooltip: textIn(action, 'tooltip'),
        data: action['data'] as object, // Of `Action.Submit`.
        sendsInputs: action['associatedInputs'] !== 'none',
        ...((isOpened || isSecondary) && { behind: isOpened ? 'more' : { menu } }),
      });
    }
  }

  function drawInput(input: Element): void {
    const label = textIn(input, 'label');
    const choices = (input['choices'] ?? []) as DrawnInput['choices'];
    lines.push(label, ...(input['style'] === 'expanded' ? choices.map(({ title }) => title) : []));
    inputs.push({
      id: textIn(input, 'id'),
      label,
      placeholder: textIn(input, 'placeholder'),
      value: textIn(input, 'value'),
      isMany: input['isMultiSelect'] === true,
      choices,
    });
  }

  function drawAll(elements: readonly unknown[], isOpened = false): void {
    for (const element of elements as readonly Element[]) {
      if (element.type.startsWith('Input.')) drawInput(element);
      else if (element.type === 'RichTextBlock') {
        const runs = listIn(element, 'inlines');
        if (!isOpened) lines.push(runs.map((run) => textIn(run, 'text')).join(''));
        for (const run of runs) {
          const url = (run['selectAction'] as { readonly url?: string } | undefined)?.url;
          if (url) links.push({ text: textIn(run, 'text'), url });
        }
      } else if (element.type === 'ActionSet') drawActions(listIn(element, 'actions'), isOpened);
      else for (const part of PARTS) drawAll(listIn(element, part), isOpened);
    }
  }
  if (card !== undefined) drawAll([card]);
  const text = lines.filter((line) => line.trim() !== '').join('\n');
  return { text, buttons, inputs, links };
}

/** Where elements have others. */
const PARTS = ['body', 'columns', 'items'];

const listIn = (element: Element, key: string) => (element[key] ?? []) as readonly Element[];
const textIn = (element: Element, key: string): string => {
  const value = element[key];
  return typeof value === 'string' ? value : '';
};

/** What an input of several choices has after one of them was clicked: values with commas between. */
export function toggled(values: string, value: string): string {
  const all = values.split(',').filter(Boolean);
  return (all.includes(value) ? all.filter((each) => each !== value) : [...all, value]).join(',');
}
