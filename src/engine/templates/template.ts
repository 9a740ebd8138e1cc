/**
 * Templates: mustache's parser with our own renderer. The renderer reads only own properties, calls no function, and reads a template
 * once, so a value is never rendered as a template. It escapes what stands in `{{#$json}}…{{/$json}}` and `{{#$odata}}…{{/$odata}}`.
 */
import Mustache from 'mustache';
import type { Json } from '../../core/json.ts';
import { isJsonObject } from '../../core/json.ts';
import { follow, plainText, variablesInPath } from './notation.ts';
import type { Variables } from './variables.ts';

export type Token =
  | { readonly kind: 'text'; readonly text: string }
  /** `{{name}}`; `raw` is `{{{name}}}` or `{{&name}}`. */
  | {
      readonly kind: 'value';
      readonly name: string;
      readonly raw: boolean;
      readonly literal?: Literal | undefined;
    }
  /** `{{#name}}…{{/name}}`; `inverted` is `{{^name}}…{{/name}}`. */
  | {
      readonly kind: 'section';
      readonly name: string;
      readonly inverted: boolean;
      readonly tokens: readonly Token[];
    };

/**
 * Text in quotes, where a quote in a value would end it. `$json`: the string of JSON, which GraphQL, filters of SCIM and JQL have, too.
 * `$odata`: the string of OData and SQL, in single quotes, in which one is doubled.
 */
const LITERALS = ['$json', '$odata'] as const;
export type Literal = (typeof LITERALS)[number];

export type Template =
  | { readonly ok: true; readonly tokens: readonly Token[] }
  | {
      readonly ok: false;
      readonly what: TemplateProblem;
      /** The error as the end of a sentence, for manifests: `has a {{ without its }}`. */
      readonly problem: string;
    };

export interface TemplateProblem {
  readonly kind:
    | 'unclosed-tag'
    | 'unopened-section'
    | 'unclosed-section'
    | 'too-deep'
    | 'partial'
    | 'delimiters'
    | 'too-many'
    | 'not-understood';
  /** Of the section, the partial or the tag. Empty when the kind is enough. */
  readonly name: string;
}

/** A part of a rendered template: its own text or a value. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'value';
      readonly name: string;
      readonly value: Json;
      readonly raw: boolean;
      /** In whose quotes it stands, if the template says so. */
      readonly literal?: Literal | undefined;
      /** It may be empty, because it is in a section of its own name, or is a part of a section's value. */
      readonly optional: boolean;
    };

/** The variables of one rendering, and the names that had no value. */
export interface Scope {
  readonly variables: Variables;
  /** Names that a template used and that had no value. */
  readonly missing: Set<string>;
  /** Characters that may still be rendered. A limit, because a template may use a large value many times. */
  left: number;
}

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: string };

export const done = <T>(value: T): Outcome<T> => ({ ok: true, value });
export const failed = (error: string): { readonly ok: false; readonly error: string } => ({
  ok: false,
  error,
});

export const hasTags = (text: string): boolean => text.includes('{{');

// ---------------------------------------------------------------- parsing

/** A cache of parsed templates that drops the least recently used. All manifests of a workspace fit in. */
const parsed = new Map<string, Template>();
const KEPT_TEMPLATES = 2000;
/** Longer templates are parsed each time, because thousands of them would fill the memory. */
const MAX_KEPT_CHARACTERS = 10_000;
/** Deeper nesting is a mistake, and recursion must not exhaust the stack. */
const MAX_SECTION_DEPTH = 30;
/** More than any message or query needs. */
const MAX_TAGS = 5000;
/** Mustache searches the end of a tag from every blank in it, so many blanks are slow. An indented comment may have this many. */
const MAX_BLANKS = 200;

/** Parses a template, or takes it from the cache. Never throws. */
export function parseTemplate(template: string): Template {
  const known = parsed.get(template);
  if (known) {
    parsed.delete(template);
    parsed.set(template, known);
    return known;
  }
  const fresh = parseAnew(template);
  if (template.length > MAX_KEPT_CHARACTERS) return fresh;
  parsed.set(template, fresh);
  if (parsed.size > KEPT_TEMPLATES) {
    const oldest = parsed.keys().next();
    if (!oldest.done) parsed.delete(oldest.value);
  }
  return fresh;
}

/** Mustache never empties its own cache, so this writer has none. */
const writer = Object.assign(new Mustache.Writer(), { templateCache: undefined });

type MustacheToken = readonly [type: string, value: string, ...rest: readonly unknown[]];

function parseAnew(template: string): Template {
  if (!hasTags(template)) {
    return { ok: true, tokens: template === '' ? [] : [{ kind: 'text', text: template }] };
  }
  const excess = excessIn(template);
  if (excess) return excess;
  try {
    const tokens = writer.parse(template, ['{{', '}}']) as readonly MustacheToken[];
    return convert(tokens, 0);
  } catch (error) {
    return explain(error instanceof Error ? error.message : '');
  }
}

/** A template that would take mustache too long, or exhaust the stack. */
function excessIn(template: string): Extract<Template, { ok: false }> | undefined {
  let tags = 0;
  let depth = 0;
  for (let from = template.indexOf('{{'); from !== -1; ) {
    const to = template.indexOf('}}', from);
    if (to === -1) return broken('unclosed-tag');
    const tag = template.slice(from + 2, to);
    if (tag.startsWith('#') || tag.startsWith('^')) depth += 1;
    if (tag.startsWith('/')) depth -= 1;
    tags += 1;
    if (depth > MAX_SECTION_DEPTH) return broken('too-deep');
    if (tags > MAX_TAGS || BLANKS.test(tag)) return broken('too-many');
    from = template.indexOf('{{', to + 2);
  }
  return undefined;
}

const BLANKS = new RegExp(String.raw`\s{${MAX_BLANKS}}`);

/** @param literal of the sections around these tokens: their values carry it, and no token stands for that section */
function convert(tokens: readonly MustacheToken[], depth: number, literal?: Literal): Template {
  if (depth > MAX_SECTION_DEPTH) return broken('too-deep');
  const result: Token[] = [];
  for (const token of tokens) {
    const [type, name] = token;
    switch (type) {
      case 'text':
        result.push({ kind: 'text', text: name });
        break;
      case 'name':
      case '&':
        result.push({ kind: 'value', name: name.trim(), raw: type === '&', literal });
        break;
      case '#':
      case '^': {
        const own = type === '#' ? LITERALS.find((each) => each === name.trim()) : undefined;
        const inner = convert(token[4] as readonly MustacheToken[], depth + 1, own ?? literal);
        if (!inner.ok) return inner;
        if (own) {
          result.push(...inner.tokens);
          break;
        }
        result.push({
          kind: 'section',
          name: name.trim(),
          inverted: type === '^',
          tokens: inner.tokens,
        });
        break;
      }
      case '!':
        break;
      case '>':
        return broken('partial', name);
      case '=':
        return broken('delimiters');
      default:
        return broken('not-understood', type);
    }
  }
  return { ok: true, tokens: result };
}

function broken(kind: TemplateProblem['kind'], name = ''): Extract<Template, { ok: false }> {
  return { ok: false, what: { kind, name }, problem: problemWords(kind, name) };
}

function problemWords(kind: TemplateProblem['kind'], name: string): string {
  return {
    'unclosed-tag': 'has a {{ without its }}',
    'unopened-section': `closes {{/${name}}}, which was never opened`,
    'unclosed-section': `opens {{#${name}}} and never closes it; add {{/${name}}}`,
    'too-deep': 'nests its sections too deep',
    partial: `uses a partial ({{>${name}}}); write its text out`,
    'too-many': `has more than ${MAX_TAGS} tags, or a tag with ${MAX_BLANKS} blanks in a row; make it shorter`,
    delimiters: 'changes the delimiters ({{=…=}}); use {{ and }}',
    'not-understood': `has a tag that is not understood: ${name}`,
  }[kind];
}

/** Turns mustache's message about a broken template into ours. */
function explain(message: string): Extract<Template, { ok: false }> {
  const unopened = /^Unopened section "(.*)" at/.exec(message);
  if (unopened) return broken('unopened-section', unopened[1]);
  const unclosed = /^Unclosed section "(.*)" at/.exec(message);
  if (unclosed) return broken('unclosed-section', unclosed[1]);
  return broken(message.startsWith('Unclosed tag') ? 'unclosed-tag' : 'delimiters');
}

/** Every name in a template, as written, with the variables that its paths compare with. */
export const namesUsed = (tokens: readonly Token[]): readonly string[] =>
  tokens.flatMap((token) => {
    if (token.kind === 'text') return [];
    const names = [token.name, ...variablesInPath(token.name)];
    return token.kind === 'section' ? [...names, ...namesUsed(token.tokens)] : names;
  });

// ---------------------------------------------------------------- walking

/** No real template comes near this. Nested sections over long lists would otherwise never end. */
const MAX_VISITS = 200_000;

/** Fills a template: its texts and values in order, sections unrolled. Never throws. */
export function fillTemplate(
  template: string,
  scope: Scope,
  maxVisits = MAX_VISITS,
): Outcome<readonly Part[]> {
  const parsedTemplate = parseTemplate(template);
  if (!parsedTemplate.ok)
    return failed(`The template ${quote(template)} ${parsedTemplate.problem}.`);
  const walk: Walk = { scope, parts: [], visits: 0, maxVisits };
  visit(parsedTemplate.tokens, NO_SECTIONS, walk);
  return walk.visits > maxVisits
    ? failed(`The template ${quote(template)} renders to too much; use shorter lists.`)
    : done(walk.parts);
}

const quote = (template: string): string =>
  JSON.stringify(template.length > 60 ? `${template.slice(0, 60)}…` : template);

interface Walk {
  readonly scope: Scope;
  readonly parts: Part[];
  readonly maxVisits: number;
  visits: number;
}

/** The open sections, the innermost last. */
interface Sections {
  readonly names: readonly string[];
  /** One for each item of a list; none for `true` and for an inverted section. */
  readonly values: readonly Json[];
}

const NO_SECTIONS: Sections = { names: [], values: [] };

function visit(tokens: readonly Token[], sections: Sections, walk: Walk): void {
  walk.visits++; // A section without content takes time too.
  for (const token of tokens) {
    walk.visits++;
    if (walk.visits > walk.maxVisits) return;
    if (token.kind === 'text') {
      walk.parts.push(token);
      continue;
    }
    if (token.kind === 'value') {
      const { name, raw, literal } = token;
      const value = lookUp(name, sections.values, walk.scope.variables);
      if (value === undefined) walk.scope.missing.add(name);
      const optional = sections.names.includes(name) || isOfSection(name, sections.values);
      walk.parts.push({ kind: 'value', name, raw, literal, value: value ?? null, optional });
    } else {
      visitSection(token, sections, walk);
    }
  }
}

function visitSection(
  section: Extract<Token, { kind: 'section' }>,
  { names: outer, values }: Sections,
  walk: Walk,
): void {
  const value = lookUp(section.name, values, walk.scope.variables);
  const isEmpty = !value || (Array.isArray(value) && value.length === 0);
  const names = [...outer, section.name];
  if (section.inverted) {
    if (isEmpty) visit(section.tokens, { names, values }, walk);
  } else if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) {
      if (walk.visits > walk.maxVisits) return;
      visit(section.tokens, { names, values: [...values, item] }, walk);
    }
  } else if (!isEmpty) {
    visit(section.tokens, { names, values: value === true ? values : [...values, value] }, walk);
  }
}

/** Whether the name's value comes from a section, not from a variable. */
function isOfSection(name: string, values: readonly Json[]): boolean {
  if (name === '.') return true;
  const [first = ''] = name.split('.');
  return values.some((value) => isJsonObject(value) && Object.hasOwn(value, first));
}

/** A name's value: from the innermost section that has it, else from the variables. Undefined when none has it. */
function lookUp(name: string, inner: readonly Json[], variables: Variables): Json | undefined {
  if (name === '.') return inner.at(-1);
  const [first = '', ...rest] = name.split('.');
  const found = firstWith(first, inner, variables);
  // An id may have dots in it.
  return found
    ? follow(found.value, rest, (each) => plainText(lookUp(each, [], variables)))
    : firstWith(name, inner, variables)?.value;
}

function firstWith(
  key: string,
  inner: readonly Json[],
  variables: Variables,
): { readonly value: Json | undefined } | undefined {
  for (let at = inner.length - 1; at >= 0; at--) {
    const scope = inner[at];
    if (isJsonObject(scope) && Object.hasOwn(scope, key)) return { value: scope[key] };
  }
  return Object.hasOwn(variables, key) ? { value: variables[key] } : undefined;
}
