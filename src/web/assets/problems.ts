/** The list of problems beside the text. Each is a button that goes to its place. */
import type { Checked, PlacedProblem } from '../editor/check.ts';

export function showProblems(
  place: HTMLElement,
  { errors, warnings }: Pick<Checked, 'errors' | 'warnings'>,
): void {
  if (errors.length + warnings.length === 0) return sayInPlace(place, wordOf(place, 'none'));
  show(place, [...list(place, 'error', errors), ...list(place, 'warning', warnings)]);
}

/** @param current what is shown, in its order: errors, then warnings */
export function followProblems(
  place: HTMLElement,
  current: () => readonly PlacedProblem[],
  goTo: (problem: PlacedProblem) => void,
): void {
  place.addEventListener('click', ({ target }) => {
    const index = [...place.querySelectorAll('button')].findIndex((each) => each === target);
    const problem = current()[index];
    if (problem) goTo(problem);
  });
}

/** Shows one sentence instead of problems. */
export function sayInPlace(place: HTMLElement, sentence: string): void {
  const text = document.createElement('p');
  text.textContent = sentence;
  show(place, [text]);
}

/** A text for the list, which the page provides in its reader's language. */
export const wordOf = (place: HTMLElement, name: string): string => place.dataset[name] ?? '';

/** What is there already stays: a screen reader would read it again at each pause of the person who types. */
function show(place: HTMLElement, nodes: readonly Node[]): void {
  const fresh = document.createElement('div');
  fresh.append(...nodes);
  if (fresh.innerHTML !== place.innerHTML) place.replaceChildren(...nodes);
}

function list(
  place: HTMLElement,
  severity: 'error' | 'warning',
  problems: readonly PlacedProblem[],
): HTMLElement[] {
  if (problems.length === 0) return [];
  const heading = document.createElement('h3');
  heading.textContent = wordOf(place, `${severity}s`);
  const items = document.createElement('ul');
  items.className = `problems ${severity}s`;
  for (const problem of problems) {
    const item = document.createElement('li');
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'link';
    button.textContent = wordOf(place, severity).replace('LINE', String(problem.line));
    item.append(button, `: ${problem.place === '' ? '' : `${problem.place}: `}${problem.message}`);
    items.append(item);
  }
  return [heading, items];
}
