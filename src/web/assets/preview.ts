/** Draws the preview: Slack's as HTML from the server, Teams' with Microsoft's own renderer. */
import { AdaptiveCard, HostConfig } from 'adaptivecards';
import type { DrawnPreview } from '../editor/check.ts';

/** Teams' font, and its colours for emphasis. */
const teams = new HostConfig({
  fontFamily: '"Segoe UI", system-ui, sans-serif',
  supportsInteractivity: true,
  inputs: { label: { requiredInputs: { suffix: ' *' } } },
  containerStyles: {
    default: {
      backgroundColor: '#ffffff',
      foregroundColors: {
        default: { default: '#242424', subtle: '#616161' },
        attention: { default: '#b10e1c', subtle: '#b10e1c' },
      },
    },
  },
});

export function showPreview(place: HTMLElement, preview: DrawnPreview): void {
  if ('why' in preview) return place.replaceChildren(paragraph(preview.why));
  const slack = group('slack');
  // The server has escaped every text in it.
  slack.innerHTML = preview.slack;
  const drawn = group('teams');
  drawn.append(...dialog(preview.title, preview.teams));
  place.replaceChildren(
    ...preview.notes.map(paragraph),
    heading('Slack'),
    slack,
    heading('Teams'),
    drawn,
  );
}

/** There is none of this text, and there was none before. */
export const showNoPreview = (place: HTMLElement): void =>
  place.replaceChildren(paragraph(said('later')));

/** Draws the card of a page that the server made without the script. */
export function drawCardOnPage(): void {
  const place = document.querySelector<HTMLElement>('#preview .teams');
  const json = place?.querySelector('pre')?.textContent;
  const title = place?.querySelector('.teams-title')?.textContent ?? '';
  if (place && json) place.replaceChildren(...dialog(title, JSON.parse(json)));
}

/** As Teams frames a dialog: its title above the card, and a button that closes it below. */
function dialog(title: string, json: unknown): readonly Node[] {
  const head = document.createElement('p');
  head.className = 'teams-title';
  head.textContent = title;
  const cancel = document.createElement('button');
  cancel.type = 'button';
  cancel.className = 'teams-cancel';
  cancel.textContent = said('cancel');
  return [head, drawCard(json), cancel];
}

function drawCard(json: unknown): Node {
  const card = new AdaptiveCard();
  card.hostConfig = teams;
  card.onExecuteAction = () => undefined; // The preview sends nothing.
  card.parse(json);
  return card.render() ?? paragraph(said('cannot'));
}

/** What the page says, in its reader's language. */
const said = (name: 'cancel' | 'cannot' | 'later' | 'slack' | 'teams'): string =>
  document.querySelector<HTMLElement>('#preview')?.dataset[name] ?? '';

function group(name: 'slack' | 'teams'): HTMLElement {
  const element = document.createElement('div');
  element.className = name;
  element.setAttribute('role', 'group');
  element.setAttribute('aria-label', said(name));
  return element;
}

function heading(text: string): HTMLElement {
  const element = document.createElement('h3');
  element.textContent = text;
  return element;
}

function paragraph(text: string): HTMLElement {
  const element = document.createElement('p');
  element.className = 'hint';
  element.textContent = text;
  return element;
}
