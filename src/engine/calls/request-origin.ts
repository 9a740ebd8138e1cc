/**
 * Which values may choose where a request goes. A request carries secrets, so only the manifest's own text and
 * `initial_data_form`, which an admin fills in, may choose its *origin* (scheme, host and port). An app's answer or a value
 * stored with a person may lead to an origin that the manifest names itself. Answers of the form and facts about the person
 * may not choose the origin at all.
 *
 * The check uses the rendered text, not the place of a tag. The *head* of an address is the text before the first value from
 * anyone else. When the head holds the whole host, the rest can't change it.
 *
 * Lint reports the same before a manifest is saved (`manifest/lint-origins.ts`).
 */
import { onceFor } from '../../core/once-for.ts';
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

/** Names that a manifest defines. */
export interface OriginNames {
  /** Ids of `initial_data_form`. */
  readonly settings: ReadonlySet<string>;
  /** What someone types for one person: ids of `form` and `extra_user_info`. */
  readonly typed: ReadonlySet<string>;
}

/** `setting`: set by an admin, or our own address. `answer`: from the app, or stored with a person. `typed`: everything else. */
export type Speaker = 'setting' | 'answer' | 'typed';

const ANSWERS = ['responses', 'oauth', 'NEXT_PAGE_TOKEN'];

export function speakerOf(name: string, { settings, typed }: OriginNames): Speaker {
  if (settings.has(name) || name === 'redirect_url') return 'setting';
  const [first = ''] = name.split('.');
  if (ANSWERS.includes(first)) return 'answer';
  const isReserved = RESERVED_NAMES.some((reserved) => reserved === first);
  return name === '.' || isReserved || typed.has(name) || typed.has(first) ? 'typed' : 'answer';
}

/** @returns why nothing may be sent to `url`, the rendered `template`; undefined when it may */
export function whyNotThere(
  { template, url }: { readonly template: string; readonly url: string },
  variables: Variables,
  manifest: Manifest,
): string | undefined {
  const { names, templates } = addressesIn(manifest);
  const { head, others } = headOf(template, variables, { names });
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
  t`{{${name}}} would choose where this request and its secrets go, so nothing was sent. In the manifest, write the host out or ask for it in initial_data_form.`;
const answeredHost = (name: string): string =>
  t`{{${name}}} leads to an address that the manifest doesn't name, so nothing was sent. In the manifest, write that host out or ask for it in initial_data_form.`;
const elsewhere = (): string =>
  t`This request would go to another host than the manifest says, so nothing was sent. Write the address out in the manifest.`;

interface Head {
  /** The part whose origin of values is known: up to the end of the host, or all of it. */
  readonly head: string;
  /** Names of the values in it that are not settings. */
  readonly others: readonly string[];
}

/** A limit, because one request may check every address of a manifest, and an answer may hold long lists. */
const MAX_ADDRESS_VISITS = 2000;

/** Undefined when the origin depends on anything but the manifest and its admin. */
function ownOrigin(template: string, variables: Variables, names: OriginNames): string | undefined {
  const { head, others } = headOf(template, variables, { names, whose: 'own' });
  return others.length === 0 ? originOf(head) : undefined;
}

/** @param whose `own`: the head ends at the first value that is neither the manifest's nor its admin's */
function headOf(
  template: string,
  variables: Variables,
  { names, whose = 'anyone' }: { readonly names: OriginNames; readonly whose?: 'own' | 'anyone' },
): Head {
  const filled = fillTemplate(template.trim(), scopeOf(variables), MAX_ADDRESS_VISITS);
  if (!filled.ok) return { head: '', others: [] };
  let head = '';
  const others: string[] = [];
  for (const [index, part] of filled.value.entries()) {
    if (hasWholeHost(head) || (whose === 'own' && others.length > 0)) break;
    // No host is this long, so nothing is sent there.
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

/** The origins that a manifest names with these values of `initial_data_form`. Origins that depend on a person are left out. */
export function originsOf(
  manifest: Manifest,
  settings: Readonly<Record<string, string>>,
): ReadonlySet<string> {
  const { names, templates } = addressesIn(manifest);
  const variables = buildVariables({ secrets: settings });
  const origins = templates.map((template) => ownOrigin(template, variables, names));
  return new Set(origins.filter((origin) => origin !== undefined));
}

/** Inside a section, a field of the section's value may have the same name as a setting. */
const isOwn = (part: Extract<Part, { kind: 'value' }>, variables: Variables): boolean =>
  Object.hasOwn(variables, part.name) && variables[part.name] === part.value;

/** URL parsers treat a backslash as a slash, and any number of them begins a host. */
const WHOLE_HOST = /^https?:[/\\]*[^/?#\\]+[/?#\\]/i;

/** Whether text after this one can no longer change the host of an http(s) address. */
export function hasWholeHost(head: string): boolean {
  const start = head.slice(0, 2 * MAX_HOST_CHARACTERS);
  const plain = start.replaceAll(/[\t\r\n]/g, '').trimStart();
  return /^https?:/i.test(plain) ? WHOLE_HOST.test(plain) : /[/?#\\]/.test(plain);
}

/** Undefined when the text is not an address. */
export const originOf = (text: string): string | undefined =>
  URL.canParse(text) ? new URL(text).origin : undefined;

interface Addresses {
  readonly names: OriginNames;
  /** Every address of the manifest, before it is rendered. */
  readonly templates: readonly string[];
}

const addressesIn = onceFor((manifest: Manifest): Addresses => {
  const { kind, form, extraUserInfo, initialDataForm, oauth, exists, execute, revoke } = manifest;
  const list = kind === 'provision' ? manifest.accounts : undefined;
  const requests = [
    ...(list?.execute ?? []),
    ...form.map(({ request }) => request),
    exists,
    ...execute,
    ...revoke,
    oauth?.accessToken,
    oauth?.refresh,
  ];
  return {
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
      kind === 'sync' ? manifest.nextPage : list?.nextPage,
    ].filter((url) => url !== undefined),
  };
});
