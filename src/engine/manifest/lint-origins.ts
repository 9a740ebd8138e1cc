/**
 * Errors about addresses whose host someone else than the manifest and its admin would say (`../request-origin.ts`). What a
 * section holds may be there or not, so an address is followed along every *path* through its sections.
 */
import type { JsonObject } from '../../core/json.ts';
import { unreachable } from '../../core/unreachable.ts';
import { isUserInfo, MAX_HOST_CHARACTERS, textAfter } from '../render-url.ts';
import { hasWholeHost, type OriginNames, speakerOf } from '../request-origin.ts';
import { parseTemplate, type Token } from '../template.ts';
import type { Problem } from './problem.ts';
import { addressesOf } from './variables.ts';

/** One way through the sections of an address. */
interface Path {
  /** What stands there by then; of a value only that something does. */
  readonly head: string;
  /** Whether the sections that were met have content, by their names. */
  readonly taken: Readonly<Record<string, boolean>>;
}

/** No address of a service comes near; beyond it the rest is judged when the request is rendered. */
const MAX_PATHS = 64;
const MAX_VISITS = 500;

/** @param isDefined whether a name has a value by this manifest or another */
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
  return addressesOf(raw).flatMap(({ place, template }) => {
    const parsed = parseTemplate(template.trim());
    if (!parsed.ok) return [];
    const walk: Walk = { names, mayLead, refused: new Set(), visits: 0 };
    follow(parsed.tokens, [{ head: '', taken: {} }], false, walk);
    return [...walk.refused].map((name) => ({ place, message: message(name) }));
  });
}

const message = (name: string): string =>
  `{{${name}}} would say to which host the request goes, and secrets with it; write the host out, or ask for it in initial_data_form. If it is a path, put a / before it`;

interface Walk {
  readonly names: OriginNames;
  readonly mayLead: (name: string) => boolean;
  readonly refused: Set<string>;
  visits: number;
}

/** @param inOther inside a section over what is no setting, whose value may have any name */
function follow(
  tokens: readonly Token[],
  from: readonly Path[],
  inOther: boolean,
  walk: Walk,
): readonly Path[] {
  let paths = from;
  for (const [index, token] of tokens.entries()) {
    if (++walk.visits > MAX_VISITS) return paths;
    const after = () => textAfter(tokens, index);
    switch (token.kind) {
      case 'text':
        paths = paths.map((path) => longer(path, token.text));
        break;
      case 'value':
        paths = paths.map((path) => {
          if (hasWholeHost(path.head)) return path;
          const isRefused = inOther || !walk.mayLead(token.name);
          if (isRefused && !isUserInfo(path.head, after)) walk.refused.add(token.name);
          return longer(path, path.head === '' ? baseBefore(after()) : SOMETHING);
        });
        break;
      case 'section': {
        const { name, inverted, tokens: inner } = token;
        const entering = paths
          .filter(({ taken }) => taken[name] !== inverted)
          .map(({ head, taken }) => ({ head, taken: { ...taken, [name]: !inverted } }));
        const passing = paths
          .filter(({ taken }) => taken[name] !== !inverted)
          .map(({ head, taken }) => ({ head, taken: { ...taken, [name]: inverted } }));
        const isOther = !inverted && speakerOf(name, walk.names) !== 'setting';
        paths = [...follow(inner, entering, inOther || isOther, walk), ...passing].slice(
          0,
          MAX_PATHS,
        );
        break;
      }
      default:
        unreachable(token);
    }
  }
  return paths;
}

/** What is known of the host by now is all that matters. */
const longer = (path: Path, text: string): Path =>
  hasWholeHost(path.head)
    ? path
    : { ...path, head: `${path.head}${text}`.slice(0, 2 * MAX_HOST_CHARACTERS) };

const SOMETHING = 'x';
/** A value that begins an address is a base address, or in `{{SCHEME}}://…` a scheme. */
const baseBefore = (after: string): string => (after.startsWith(':') ? 'https' : 'https://x');
