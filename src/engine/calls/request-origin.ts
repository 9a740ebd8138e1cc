/**
 * Who says where a request goes. Secrets go along with it, so its *origin* (scheme, host and port) is for the manifest's own
 * text and for `initial_data_form`, which an admin fills in. What an app answered, or what is stored with a person, may lead
 * to an origin that the manifest names itself; an answer of the form and a fact about the person say nothing of it.
 *
 * The judgement goes by the rendered text and not by the place of a tag: the *head* of an address is what comes before the
 * first value of anyone else, and where the head has the whole host, nothing behind it can change that.
 *
 * Lint says the same of a manifest before it is saved (`manifest/lint-origins.ts`).
 */
import { t } from '../../core/translate.ts';
import type { Manifest } from '../manifest/schema.ts';
import { TEXT_VARIABLES } from '../manifest/variables.ts';
import { scopeOf, toText } from '../templates/render.ts';
import {
  isUserInfo,
  MAX_HOST_CHARACTERS,
  MAX_PARTS,
  percentEncode,
  textAfter,
} from '../templates/render-url.ts';
import { fillTemplate, type Part } from '../templates/template.ts';
import { buildVariables, RESERVED_NAMES, type Variables } from '../templates/variables.ts';

/** Names that a manifest gives a meaning of its own. */
export interface OriginNames {
  /** Ids of `initial_data_form`. */
  readonly settings: ReadonlySet<string>;
  /** What someone types for one person: ids of `form` and `extra_user_info`. */
  readonly typed: ReadonlySet<string>;
}

/**
 * `setting`: an admin's word, and our own address. `answer`: of the app, or stored with a person. `typed`: everything else.
 */
export type Speaker = 'setting' | 'answer' | 'typed';

const ANSWERS = ['responses', 'oauth', 'NEXT_PAGE_TOKEN'];

export function speakerOf(name: string, { settings, typed }: OriginNames): Speaker {
  if (settings.has(name) || name === 'redirect_url') return 'setting';
  const [first = ''] = name.split('.');
  if (ANSWERS.includes(first)) return 'answer';
  const isReserved = RESERVED_NAMES.some((reserved) => reserved === first);
  return name === '.' || isReserved || typed.has(name) || typed.has(first) ? 'typed' : 'answer';
}

/** @returns why nothing may be sent to `url`, which `template` was rendered to; undefined where it may */
export function whyNotThere(
  { template, url }: { readonly template: string; readonly url: string },
  variables: Variables,
  manifest: Manifest,
): string | undefined {
  const { names, templates } = addressesIn(manifest);
  const { head, others } = headOf(template, variables, names);
  const [first] = others;
  if (first === undefined) return originOf(head) === originOf(url) ? undefined : elsewhere();
  const typed = others.find((name) => speakerOf(name, names) === 'typed');
  if (typed !== undefined) return typedHost(typed);
  const wanted = originOf(url);
  const isNamed =
    wanted !== undefined && templates.some((each) => ownOrigin(each, variables, names) === wanted);
  return isNamed ? undefined : answeredHost(first);
}

const typedHost = (name: string): string =>
  t`{{${name}}} would say where this request goes, and secrets with it, so nothing was sent. In the manifest, write the host out or ask for it in initial_data_form.`;
const answeredHost = (name: string): string =>
  t`{{${name}}} leads to an address that the manifest doesn't name, so nothing was sent. In the manifest, write that host out or ask for it in initial_data_form.`;
const elsewhere = (): string =>
  t`The address of this request leads elsewhere than the manifest says, so nothing was sent. Write the address out in the manifest.`;

interface Head {
  /** As far as it is known who said it: up to the end of the host, or all of it. */
  readonly head: string;
  /** Whose values have a say in that, beside settings. */
  readonly others: readonly string[];
}

/** Each of a manifest's addresses may be looked at for one request, and lists of an answer may be long. */
const MAX_ADDRESS_VISITS = 2000;

/** Undefined where anyone else than the manifest and its admin has a say in it. */
function ownOrigin(template: string, variables: Variables, names: OriginNames): string | undefined {
  const { head, others } = headOf(template, variables, names, 'own');
  return others.length === 0 ? originOf(head) : undefined;
}

/** @param whose `own`: only where it is the manifest's and its admin's own; the first value of anyone else ends it */
function headOf(
  template: string,
  variables: Variables,
  names: OriginNames,
  whose: 'own' | 'anyone' = 'anyone',
): Head {
  const filled = fillTemplate(template.trim(), scopeOf(variables), MAX_ADDRESS_VISITS);
  if (!filled.ok) return { head: '', others: [] };
  let head = '';
  const others: string[] = [];
  for (const [index, part] of filled.value.entries()) {
    if (hasWholeHost(head) || (whose === 'own' && others.length > 0)) break;
    // No host is so long: nothing is sent there.
    if (head.length > MAX_HOST_CHARACTERS || index > MAX_PARTS) return { head: '', others };
    if (part.kind === 'text') {
      head += part.text;
      continue;
    }
    const text = toText(part.value);
    const isCredential = index > 0 && isUserInfo(head, () => textAfter(filled.value, index));
    const isSetting = speakerOf(part.name, names) === 'setting' && isOwn(part, variables);
    if (!isSetting && !isCredential) others.push(part.name);
    head += isCredential ? percentEncode(text) : text;
  }
  return { head, others };
}

/** The origins that a manifest names with these values of `initial_data_form`: what needs a person's facts to be one is left out. */
export function originsOf(
  manifest: Manifest,
  settings: Readonly<Record<string, string>>,
): ReadonlySet<string> {
  const { names, templates } = addressesIn(manifest);
  const variables = buildVariables({ secrets: settings });
  const origins = templates.map((template) => ownOrigin(template, variables, names));
  return new Set(origins.filter((origin) => origin !== undefined));
}

/** Inside a section the section's value may have a name of ours. */
const isOwn = (part: Extract<Part, { kind: 'value' }>, variables: Variables): boolean =>
  Object.hasOwn(variables, part.name) && variables[part.name] === part.value;

/** To URL parsers a backslash is a slash, and any number of them begins a host. */
const WHOLE_HOST = /^https?:[/\\]*[^/?#\\]+[/?#\\]/i;

/** Whether what follows this text can't change the host of an http(s) address any more. */
export function hasWholeHost(head: string): boolean {
  const start = head.slice(0, 2 * MAX_HOST_CHARACTERS);
  const plain = start.replaceAll(/[\t\r\n]/g, '').trimStart();
  return /^https?:/i.test(plain) ? WHOLE_HOST.test(plain) : /[/?#\\]/.test(plain);
}

/** Undefined for what is no address. */
export const originOf = (text: string): string | undefined =>
  URL.canParse(text) ? new URL(text).origin : undefined;

interface Addresses {
  readonly names: OriginNames;
  /** Every address of the manifest, as it is written. */
  readonly templates: readonly string[];
}

/** Parsed manifests are kept and never change. */
const known = new WeakMap<Manifest, Addresses>();

function addressesIn(manifest: Manifest): Addresses {
  const before = known.get(manifest);
  if (before) return before;
  const { kind, form, extraUserInfo, initialDataForm, oauth, exists, execute, revoke } = manifest;
  const requests = [
    ...form.map(({ request }) => request),
    exists,
    ...execute,
    ...revoke,
    oauth?.accessToken,
    oauth?.refresh,
  ];
  const found: Addresses = {
    names: {
      settings: new Set(initialDataForm.map(({ id }) => id)),
      typed: new Set([
        ...[...form, ...extraUserInfo].map(({ id }) => id),
        ...(kind === 'text' ? TEXT_VARIABLES : []),
      ]),
    },
    templates: [
      ...requests.map((request) => request?.url),
      oauth?.authenticateUrl,
      kind === 'sync' ? manifest.nextPage : undefined,
    ].filter((url) => url !== undefined),
  };
  known.set(manifest, found);
  return found;
}
