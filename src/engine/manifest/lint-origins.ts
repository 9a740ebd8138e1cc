/**
 * Errors about addresses whose host would come from anyone but the manifest and its admin (`calls/request-origin.ts`). The content
 * of a section may be rendered or not, so the check follows every *path* through the sections of an address.
 */
import type { JsonObject } from '../../core/json.ts';
import { unreachable } from '../../core/unreachable.ts';
import { hasWholeHost, type OriginNames, speakerOf } from '../calls/request-origin.ts';
import { isUserInfo, MAX_HOST_CHARACTERS, textAfter } from '../templates/render-url.ts';
import { parseTemplate, type Token } from '../templates/template.ts';
import type { Problem } from './problem.ts';
import { addressesOf } from './variables.ts';

/** One path through the sections of an address, while its host may still change. */
interface Path {
  /** The text so far. Values are placeholders. */
  readonly head: string;
  /** Whether each section so far has content. Only for names that occur more than once. */
  readonly taken: ReadonlyMap<string, boolean>;
}

/** The budget for all addresses of a manifest, in characters that are read. It takes some hundredths of a second. */
const MAX_READ = 4_000_000;
/** The cost of one path at one tag, in addition to the characters that it reads. */
const STEP = 100;

/** @param isDefined whether this manifest or another one gives the name a value */
export function foreignHosts(
  raw: JsonObject,
  names: OriginNames,
  isDefined: (name: string) => boolean,
): Problem[] {
  const mayLead = (name: string): boolean => {
    const speaker = speakerOf(name, names);
    switch (speaker) {
      case 'setting':
        return true;
      case 'answer': // Where it leads is judged when it is there.
        return isDefined(name);
      case 'typed':
        return false;
      default:
        return unreachable(speaker);
    }
  };
  const problems: Problem[] = [];
  const budget = { left: MAX_READ };
  for (const { place, template } of addressesOf(raw)) {
    const parsed = parseTemplate(template.trim());
    if (!parsed.ok) continue;
    const repeated = repeatedIn(parsed.tokens);
    const walk: Walk = { names, mayLead, repeated, refused: new Set(), budget };
    follow(parsed.tokens, [{ head: '', taken: new Map() }], walk);
    for (const name of walk.refused) problems.push({ place, message: message(name) });
    if (budget.left >= 0) continue;
    problems.push({ place, message: TOO_MANY_PATHS });
    break;
  }
  return problems;
}

const message = (name: string): string =>
  `{{${name}}} would decide which host gets the request and its secrets; write the host out, or ask for it in initial_data_form. If it is a path, put a / before it`;

const TOO_MANY_PATHS =
  "has too many sections before the end of its host, or the addresses before it have, so its host can't be known; write the host out, and put sections after it";

interface Walk {
  readonly names: OriginNames;
  readonly mayLead: (name: string) => boolean;
  /** Names of sections that occur more than once. Each occurrence has the same value. */
  readonly repeated: ReadonlySet<string>;
  readonly refused: Set<string>;
  /** For the whole manifest. Below zero, it is used up. */
  readonly budget: { left: number };
}

function repeatedIn(tokens: readonly Token[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  const look = (inner: readonly Token[]): void => {
    for (const token of inner) {
      if (token.kind !== 'section') continue;
      if (seen.has(token.name)) repeated.add(token.name);
      seen.add(token.name);
      look(token.tokens);
    }
  };
  look(tokens);
  return repeated;
}

/**
 * @returns the paths whose host may still change after these tokens
 */
function follow(tokens: readonly Token[], from: readonly Path[], walk: Walk): readonly Path[] {
  let paths = from;
  for (const [index, token] of tokens.entries()) {
    if (paths.length === 0 || !isAffordable(paths, walk)) return [];
    switch (token.kind) {
      case 'text':
        walk.budget.left -= paths.length * Math.min(token.text.length, MAX_HEAD);
        paths = longer(paths, token.text);
        break;
      case 'value': {
        walk.budget.left -= Math.min(tokens.length - index, MAX_HOST_CHARACTERS);
        const after = textAfter(tokens, index);
        if (!walk.mayLead(token.name) && !paths.every(({ head }) => isUserInfo(head, () => after)))
          walk.refused.add(token.name);
        paths = paths.flatMap((path) =>
          longer([path], path.head === '' ? baseBefore(after) : SOMETHING),
        );
        break;
      }
      case 'section': {
        const { name, inverted, tokens: inner } = token;
        const isRepeated = walk.repeated.has(name);
        const entering = isRepeated ? taking(paths, name, !inverted) : paths;
        const passing = isRepeated ? taking(paths, name, inverted) : paths;
        // The value of any other section may have any names.
        const isSetting = inverted || speakerOf(name, walk.names) === 'setting';
        const within = isSetting ? walk : { ...walk, mayLead: () => false };
        paths = merged([...follow(inner, entering, within), ...passing]);
        break;
      }
      default:
        unreachable(token);
    }
  }
  return paths;
}

function isAffordable(paths: readonly Path[], { budget }: Walk): boolean {
  for (const { head, taken } of paths) budget.left -= head.length + STEP * (1 + taken.size);
  return budget.left >= 0;
}

/** The paths on which the section may have content (or none), after the earlier sections. */
const taking = (paths: readonly Path[], name: string, hasContent: boolean): readonly Path[] =>
  paths
    .filter(({ taken }) => taken.get(name) !== !hasContent)
    .map(({ head, taken }) => ({ head, taken: new Map(taken).set(name, hasContent) }));

const merged = (paths: readonly Path[]): readonly Path[] => [
  ...new Map(paths.map((path) => [JSON.stringify([path.head, ...path.taken]), path])).values(),
];

/** Only the host matters, so a path that has the whole host is done. */
const longer = (paths: readonly Path[], text: string): readonly Path[] =>
  paths
    .map(({ head, taken }) => ({
      taken,
      head: (head + text.slice(0, MAX_HEAD)).slice(0, MAX_HEAD),
    }))
    .filter(({ head }) => !hasWholeHost(head));

const MAX_HEAD = 2 * MAX_HOST_CHARACTERS;

const SOMETHING = 'x';
/** A value at the start of an address is a base address, or a scheme in `{{SCHEME}}://…`. */
const baseBefore = (after: string): string => (after.startsWith(':') ? 'https' : 'https://x');
