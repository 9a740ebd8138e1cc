/** Completion and hints in a manifest. They come from its JSON Schema and the JSON around the cursor. */
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

/** The cursor's place: what can be written there, and which text it would replace. */
interface Place {
  readonly kind: 'key' | 'value';
  /** The path of the object for a key, or of the value. */
  readonly path: readonly Step[];
  readonly from: number;
  readonly to: number;
  /** The object that would contain the key. */
  readonly object?: Node;
}

/** @param variables the names that `{{…}}` can use now */
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
      : valuesOf(schemas).map((value): Completion => ({ label: value }));
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
  present.add('$schema'); // Other editors need it, and this one doesn't.
  const hasColon = /^\s*:/.test(state.sliceDoc(to, to + 20));
  return [...keysOf(schemas)]
    .filter(([key]) => !present.has(key))
    .map(([key, schema], index) => {
      const label = JSON.stringify(key);
      const all = [schema, ...(schema.anyOf ?? [])];
      const type = all.flatMap(typesOf)[0];
      const shown = {
        label,
        sortText: String(index).padStart(3, '0'), // As in the schema, which begins with what comes first.
        detail: type,
        info: schema.description,
      };
      // In a snippet the cursor stops at `${}`.
      return hasColon
        ? shown
        : snippetCompletion(`${label}: ${beginnings.get(type) ?? '${}'}`, shown);
    });
}

/** The beginning of a value, with the cursor at its place. */
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

/** The path from the top to a node. A property's key is the last step; each list is one step. */
function pathOf(state: EditorState, node: Node): readonly Step[] {
  const steps: Step[] = [];
  for (let each: Node | null = node; each; each = each.parent) {
    if (each.name === 'Property') {
      const key = keyOf(state, each);
      if (key !== undefined) steps.unshift({ key });
    }
    // Everything in a list is an item.
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

/** The keys that an object already has, except the one at the cursor. */
const keysIn = (state: EditorState, object: Node, writtenAt: number): readonly string[] =>
  object
    .getChildren('Property')
    .filter(({ from }) => from !== writtenAt)
    .flatMap((property) => keyOf(state, property) ?? []);

/** The meaning of the key under the pointer. */
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
