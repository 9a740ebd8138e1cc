/** Completion and hints in a manifest, from its JSON Schema and the JSON around the cursor. */
import {
  type Completion,
  type CompletionContext,
  type CompletionResult,
  snippetCompletion,
} from '@codemirror/autocomplete';
import { syntaxTree } from '@codemirror/language';
import type { EditorState } from '@codemirror/state';
import { hoverTooltip } from '@codemirror/view';
import {
  describe,
  keysOf,
  type Schema,
  type Step,
  schemasAt,
  typesOf,
  valuesOf,
} from './schema.ts';

type Node = ReturnType<ReturnType<typeof syntaxTree>['resolveInner']>;

/** Where the cursor is: what may be written there, and which text it would replace. */
interface Place {
  readonly kind: 'key' | 'value';
  /** Of the object that a key would be in, or of the value. */
  readonly path: readonly Step[];
  readonly from: number;
  readonly to: number;
  /** The object that a key would be in. */
  readonly object?: Node;
}

/** @param variables what `{{…}}` may name now */
export const completeManifest =
  (variables: () => readonly string[]) =>
  (context: CompletionContext): CompletionResult | null =>
    completeVariable(context, variables()) ?? completeJson(context);

const BEGUN_VARIABLE = /\{\{\{?[&#^/]?\s*([\w$.-]*)$/;

function completeVariable(
  { state, pos }: CompletionContext,
  variables: readonly string[],
): CompletionResult | null {
  const line = state.doc.lineAt(pos);
  const begun = BEGUN_VARIABLE.exec(line.text.slice(0, pos - line.from));
  if (!begun) return null;
  const isClosed = state.sliceDoc(pos, pos + 2).startsWith('}');
  return {
    from: pos - (begun[1] ?? '').length,
    options: variables.map((name) => ({
      label: name,
      type: 'variable',
      ...(!isClosed && { apply: `${name}}}` }),
    })),
    validFor: /^[\w$.-]*$/,
  };
}

function completeJson(context: CompletionContext): CompletionResult | null {
  const place = placeAt(context.state, context.pos);
  if (!place) return null;
  const isBegun = place.from < context.pos;
  if (!isBegun && !context.explicit) return null;
  const schemas = schemasAt(place.path);
  const options =
    place.kind === 'key'
      ? keyCompletions(context.state, place, schemas)
      : valuesOf(schemas).map((value): Completion => ({ label: value, type: 'enum' }));
  return options.length === 0
    ? null
    : { from: place.from, to: place.to, options, validFor: /^"?[\w$-]*"?$/ };
}

function keyCompletions(
  state: EditorState,
  { object, from, to }: Place,
  schemas: readonly Schema[],
): readonly Completion[] {
  const present = new Set(object ? keysIn(state, object, from) : []);
  const hasColon = /^\s*:/.test(state.sliceDoc(to, to + 20));
  return [...keysOf(schemas)]
    .filter(([key]) => !present.has(key))
    .map(([key, schema]) => {
      const label = JSON.stringify(key);
      const all = [schema, ...(schema.anyOf ?? [])];
      const type = all.flatMap(typesOf)[0];
      const shown = {
        label,
        type: 'property',
        ...(type !== undefined && { detail: type }),
        ...(schema.description !== undefined && { info: schema.description }),
      };
      // In a snippet the cursor stops at `${}`, and a literal `$` has to be escaped by none of our keys but `$schema`.
      return hasColon || key.startsWith('$')
        ? shown
        : snippetCompletion(`${label}: ${beginnings.get(type) ?? '${}'}`, shown);
    });
}

/** With the cursor where a value is to be typed. */
const beginnings: ReadonlyMap<string | undefined, string> = new Map([
  ['string', '"${}"'],
  ['array', '[${}]'],
  ['object', '{${}}'],
]);

const WORD = /["\w$-]*$/;

function placeAt(state: EditorState, pos: number): Place | undefined {
  const tree = syntaxTree(state);
  const inner = tree.resolveInner(pos, -1);
  const token = ['String', 'PropertyName', 'Number', 'True', 'False', 'Null'].includes(inner.name)
    ? inner
    : undefined;
  const line = state.doc.lineAt(pos);
  const word = WORD.exec(line.text.slice(0, pos - line.from))?.[0] ?? '';
  const from = token?.from ?? pos - word.length;
  const to = token && token.to > pos ? token.to : pos;
  const before = state.sliceDoc(0, from).trimEnd().at(-1);
  const container = containerOf(token?.parent ?? inner, from);
  if (!container) return undefined;

  if (before === ':') {
    const property = container.name === 'Property' ? container : propertyBefore(container, from);
    return property && { kind: 'value', path: pathOf(state, property), from, to };
  }
  const around = container.name === 'Property' ? container.parent : container;
  if (!around) return undefined;
  if (around.name === 'Array')
    return { kind: 'value', path: [...pathOf(state, around), 'item'], from, to };
  if (before !== '{' && before !== ',') return undefined;
  return { kind: 'key', path: pathOf(state, around), from, to, object: around };
}

function containerOf(node: Node | null, from: number): Node | undefined {
  for (let each = node; each; each = each.parent) {
    const isAround = each.from < from || each.name === 'Property';
    if (isAround && ['Object', 'Array', 'Property'].includes(each.name)) return each;
  }
  return undefined;
}

/** The property whose value is missing: the parser ends it before the cursor. */
function propertyBefore(object: Node, pos: number): Node | undefined {
  const child = object.childBefore(pos);
  return child?.name === 'Property' ? child : undefined;
}

/** From the top down to a node: a property's own key is the last step, a list's items are one step each. */
function pathOf(state: EditorState, node: Node): readonly Step[] {
  const steps: Step[] = [];
  for (let each: Node | null = node; each; each = each.parent) {
    if (each.name === 'Property') {
      const key = keyOf(state, each);
      if (key !== undefined) steps.unshift({ key });
    }
    // What is in a list is one of its items, whatever it is.
    if (each.parent?.name === 'Array') steps.unshift('item');
  }
  return steps;
}

function keyOf(state: EditorState, property: Node): string | undefined {
  const name = property.getChild('PropertyName');
  if (!name) return undefined;
  const text = state.sliceDoc(name.from, name.to);
  try {
    return String(JSON.parse(text));
  } catch {
    return text.replaceAll('"', '');
  }
}

/** The keys that an object has already, but for the one that is being written. */
const keysIn = (state: EditorState, object: Node, writtenAt: number): readonly string[] =>
  object
    .getChildren('Property')
    .filter(({ from }) => from !== writtenAt)
    .flatMap((property) => keyOf(state, property) ?? []);

/** What a key means, where the pointer rests on it. */
export const manifestHints = hoverTooltip((view, pos, side) => {
  const node = syntaxTree(view.state).resolveInner(pos, side);
  if (node.name !== 'PropertyName' || !node.parent) return null;
  const text = describe(schemasAt(pathOf(view.state, node.parent)));
  if (text === undefined) return null;
  return {
    pos: node.from,
    end: node.to,
    create() {
      const dom = document.createElement('div');
      dom.className = 'cm-hint';
      dom.textContent = text;
      return { dom };
    },
  };
});
