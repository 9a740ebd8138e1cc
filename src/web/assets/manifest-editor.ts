/**
 * The manifest's text in an editor that knows JSON. Problems and the preview come from the server shortly after the last
 * key. The text is copied into the form's own field, so that its buttons send it.
 */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import {
  bracketMatching,
  defaultHighlightStyle,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  syntaxHighlighting,
} from '@codemirror/language';
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import type { Checked, PlacedProblem } from '../editor/check.ts';
import { drawCardOnPage, showNoPreview, showPreview } from './preview.ts';
import { followProblems, sayInPlace, showProblems, wordOf } from './problems.ts';
import { completeManifest, manifestHints } from './schema-completion.ts';

/** The wait after the last key: long enough to skip most keys, short enough to seem immediate. */
const PAUSE_MS = 350;

/** The colours of the page, light and dark (`style.css`). */
const pageColours = EditorView.theme({
  '&': { color: 'var(--text)', backgroundColor: 'var(--sheet)' },
  // CodeMirror's own is a dotted line in one dark colour.
  '&.cm-focused': { outline: '3px solid var(--accent)', outlineOffset: '2px' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-activeLine': { backgroundColor: 'var(--here)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground':
    { backgroundColor: 'var(--marked)' },
  '.cm-gutters': {
    color: 'var(--quiet)',
    backgroundColor: 'var(--page)',
    borderRightColor: 'var(--line)',
  },
  '.cm-tooltip': {
    color: 'var(--text)',
    backgroundColor: 'var(--sheet)',
    borderColor: 'var(--line)',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    color: 'var(--on-accent)',
    backgroundColor: 'var(--accent)',
  },
});
/** CodeMirror's colours of what JSON has, and each in the dark: a string, a number, a word. */
const IN_THE_DARK: Readonly<Record<string, string>> = {
  '#a11': '#ff9d94',
  '#164': '#84d6a2',
  '#219': '#aecbfa',
};
const colours = HighlightStyle.define(
  defaultHighlightStyle.specs.map((spec) =>
    typeof spec['color'] === 'string'
      ? {
          ...spec,
          color: `light-dark(${spec['color']}, ${IN_THE_DARK[spec['color']] ?? 'currentColor'})`,
        }
      : spec,
  ),
);

export function startEditor(form: HTMLFormElement): void {
  const field = form.querySelector<HTMLTextAreaElement>('#manifest');
  if (!field) return;
  let variables: readonly string[] = [];
  let problems: readonly PlacedProblem[] = [];
  const check = checker(form, (checked) => {
    variables = checked.variables ?? variables;
    problems = [...checked.errors, ...checked.warnings];
  });
  const view = createView(form, field, {
    variables: () => variables,
    changed(text) {
      field.value = text;
      check(view, text);
    },
  });
  field.before(view.dom);
  field.hidden = true;
  for (const button of form.querySelectorAll<HTMLElement>('[data-plain]')) button.hidden = true;
  document.querySelector('label[for="manifest"]')?.addEventListener('click', () => view.focus());
  const place = document.querySelector<HTMLElement>('#problems');
  if (place)
    followProblems(
      place,
      () => problems,
      ({ from, to }) => {
        const { length } = view.state.doc; // What was there may be deleted and not checked yet.
        const selection = { anchor: Math.min(from, length), head: Math.min(to, length) };
        view.dispatch({ selection, scrollIntoView: true });
        view.focus();
      },
    );
  drawCardOnPage();
  check(view, field.value, 0);
  warnBeforeLeaving(form, field);
}

interface Listening {
  readonly variables: () => readonly string[];
  readonly changed: (text: string) => void;
}

function createView(
  form: HTMLFormElement,
  field: HTMLTextAreaElement,
  { variables, changed }: Listening,
): EditorView {
  return new EditorView({
    state: EditorState.create({
      doc: field.value,
      extensions: [
        EditorView.cspNonce.of(form.dataset['styleNonce'] ?? ''),
        EditorState.phrases.of(phrasesOf(form)),
        lineNumbers(),
        foldGutter(),
        lintGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        highlightActiveLine(),
        syntaxHighlighting(colours),
        pageColours,
        json(),
        EditorView.lineWrapping,
        autocompletion({ override: [completeManifest(variables)], icons: false }),
        manifestHints,
        // Tab keeps its normal function, so that keyboard users can leave the editor.
        keymap.of([
          ...closeBracketsKeymap,
          ...defaultKeymap,
          ...historyKeymap,
          ...foldKeymap,
          ...completionKeymap,
          ...lintKeymap,
        ]),
        EditorView.contentAttributes.of({
          'aria-label': 'Manifest',
          'aria-describedby': 'manifest-hint',
          tabindex: '0',
        }),
        EditorView.updateListener.of(({ docChanged, state }) => {
          if (docChanged) changed(state.doc.toString());
        }),
      ],
    }),
  });
}

/** What CodeMirror says itself, in the language of the page. */
const phrasesOf = (form: HTMLFormElement): Record<string, string> =>
  JSON.parse(form.dataset['phrases'] ?? '{}') as Record<string, string>; // It comes from our own page.

/** Checks only the newest text: aborts the request for an older one. */
function checker(
  form: HTMLFormElement,
  came: (checked: Checked) => void,
): (view: EditorView, text: string, pauseMs?: number) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking = new AbortController();
  return (view, text, pauseMs = PAUSE_MS) => {
    clearTimeout(timer);
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    timer = setTimeout(() => {
      void look(view, text, signal);
    }, pauseMs);
  };

  async function look(view: EditorView, text: string, signal: AbortSignal): Promise<void> {
    try {
      const checked = await ask(form, text, signal);
      if (signal.aborted) return;
      came(checked);
      show(view, checked);
    } catch (error) {
      if (!signal.aborted) sayWhy(error);
    }
  }
}

async function ask(form: HTMLFormElement, text: string, signal: AbortSignal): Promise<Checked> {
  const body = JSON.stringify({
    csrf: valueOf(form, 'csrf'),
    name: valueOf(form, 'name') || (form.dataset['name'] ?? ''),
    manifest: text,
  });
  const answer = await fetch(form.dataset['check'] ?? '', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal,
  });
  if (!answer.headers.get('content-type')?.startsWith('application/json')) throw new NotOurs();
  const said = (await answer.json()) as Checked | { readonly message: string }; // It comes from our own server.
  if ('message' in said) throw new Error(said.message);
  return said;
}

const valueOf = (form: HTMLFormElement, name: string): string => {
  const field = form.elements.namedItem(name);
  return field instanceof HTMLInputElement ? field.value : '';
};

function show(view: EditorView, { errors, warnings, preview }: Checked): void {
  const length = view.state.doc.length;
  const diagnostics = [
    ...errors.map((problem) => diagnostic(problem, 'error', length)),
    ...warnings.map((problem) => diagnostic(problem, 'warning', length)),
  ].toSorted((a, b) => a.from - b.from);
  view.dispatch(setDiagnostics(view.state, diagnostics));
  const problems = document.querySelector<HTMLElement>('#problems');
  if (problems) showProblems(problems, { errors, warnings });
  const place = document.querySelector<HTMLElement>('#preview');
  if (!place) return;
  // The last preview stays, marked as outdated. Before the first one there is nothing to mark.
  const isOld = !preview && place.querySelector('.slack') !== null;
  if (preview) showPreview(place, preview);
  else if (!isOld) showNoPreview(place);
  place.classList.toggle('stale', isOld);
  document.querySelector<HTMLElement>('#preview-is-old')?.toggleAttribute('hidden', !isOld);
}

const diagnostic = (
  { from, to, place, message }: PlacedProblem,
  severity: 'error' | 'warning',
  length: number,
): Diagnostic => ({
  from: Math.min(from, length),
  to: Math.min(to, length),
  severity,
  message: place === '' ? message : `${place}: ${message}`,
});

/** The answer isn't ours: it comes from a proxy, or from a broken server. */
class NotOurs extends Error {}

function whyOf(error: unknown, problems: HTMLElement): string {
  if (error instanceof TypeError) return wordOf(problems, 'unreachable');
  if (error instanceof NotOurs) return wordOf(problems, 'broken');
  return String(error).replace(/^Error: /, '');
}

function sayWhy(error: unknown): void {
  const problems = document.querySelector<HTMLElement>('#problems');
  if (!problems) return;
  sayInPlace(
    problems,
    wordOf(problems, 'unchecked').replace('WHY', () => whyOf(error, problems)),
  );
}

/** The form's own buttons send the text. Closing the page would lose it. */
function warnBeforeLeaving(form: HTMLFormElement, field: HTMLTextAreaElement): void {
  const begun = field.defaultValue;
  let isSending = false;
  form.addEventListener('submit', () => {
    isSending = true;
  });
  addEventListener('beforeunload', (event) => {
    if (!isSending && field.value !== begun) event.preventDefault();
  });
}
