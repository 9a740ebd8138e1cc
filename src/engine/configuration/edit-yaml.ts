/** Changes a YAML text where what it says has changed. All else stays as someone wrote it: comments, order, quotes. */
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { sameJson } from './normal-form.ts';

interface Edit<T extends Json = Json> {
  /** What the text says, with every default: what the text leaves out stays left out while this stays. */
  readonly before: T;
  readonly after: T;
}

/** @param text read without a mistake before */
export function editYaml(text: string, edit: Edit<JsonObject>): string {
  const document = parseDocument(text, { stringKeys: true });
  if (isMap(document.contents)) editMap(document, document.contents, edit);
  const next = document.toString(layoutOf(text));
  return text.includes('\r\n') ? next.replaceAll('\n', '\r\n') : next;
}

/** As the text is written, as far as the library can write so. */
const layoutOf = (text: string) => ({
  lineWidth: 0,
  indent: /^ {1,8}(?=[^\s#])/m.exec(text)?.[0].length ?? 2,
  indentSeq: !/^( *)[^\s#-].*:[ \t]*\r?\n\1- /m.test(text),
  flowCollectionPadding: !/[[{][^\s\]}]/.test(text),
});

function edited(document: Document, node: unknown, { before, after }: Edit): Node {
  if (isMap(node) && isJsonObject(before) && isJsonObject(after)) {
    editMap(document, node, { before, after });
    return node;
  }
  if (isSeq(node) && isList(before) && isList(after)) {
    editSeq(document, node, { before, after });
    return node;
  }
  if (isScalar(node) && (typeof after !== 'object' || after === null)) {
    node.value = after;
    return node;
  }
  const fresh = document.createNode(after);
  if (isNode(node)) {
    fresh.commentBefore = node.commentBefore;
    fresh.comment = node.comment;
  }
  return fresh;
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

function editMap(document: Document, map: YAMLMap, { before, after }: Edit<JsonObject>): void {
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) map.delete(key);
  for (const [key, value] of Object.entries(after)) {
    const was = Object.hasOwn(before, key) ? before[key] : undefined;
    if (was !== undefined && sameJson(was, value)) continue;
    map.set(
      document.createNode(key),
      edited(document, map.get(key, true), { before: was ?? null, after: value }),
    );
  }
}

/** What is in both lists stays the same node, and so does an item that has changed but is about the same. */
function editSeq(document: Document, seq: YAMLSeq, { before, after }: Edit<readonly Json[]>): void {
  if (seq.items.length !== before.length) {
    seq.items = after.map((value) => document.createNode(value));
    return;
  }
  const all = seq.items.map((node, at) => ({
    node,
    value: valueOf(document, node, before) ?? before[at] ?? null,
  }));
  const left = [...all];
  const take = (fits: (value: Json) => boolean) => {
    const at = left.findIndex(({ value }) => fits(value));
    return at === -1 ? undefined : left.splice(at, 1)[0];
  };
  const same = after.map((value) => take((was) => sameJson(was, value)));
  const items = after.map((value, at) => {
    const known = same[at] ?? take((was) => sameJson(aboutOf(was), aboutOf(value)));
    const node = edited(document, known?.node, { before: known?.value ?? null, after: value });
    return { node, place: known ? all.indexOf(known) : all.length };
  });
  // The order of such a list says nothing, so what someone chose stays.
  const isSorted = all.some(({ value }, at) => value !== before[at]);
  const inOrder = isSorted ? items.toSorted((one, other) => one.place - other.place) : items;
  seq.items = inOrder.map(({ node }) => node);
}

/** The one of `before` that the node says word for word. Some lists are sorted when they are read. */
function valueOf(document: Document, node: unknown, before: readonly Json[]): Json | undefined {
  const said = isNode(node) ? (node.toJS(document) as Json) : null;
  return before.find((value) => sameJson(value, said));
}

/** The keys that say what an item of a list is about. */
const ABOUT = ['integration', 'bundle', 'field', 'does', 'kind'];

const aboutOf = (item: Json | undefined): Json => {
  if (!isJsonObject(item)) return item ?? null;
  const key = ABOUT.find((each) => Object.hasOwn(item, each));
  const value = key === undefined ? null : (item[key] ?? null);
  return isJsonObject(value) ? aboutOf(value) : value;
};
