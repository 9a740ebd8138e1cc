/** Documents that say the same get one form: what is the default anyway isn't said. */
import { type JsonObject, stringifyJson } from '../../core/json.ts';
import { defaultPolicy, FOR_ROUTE, type Policy } from '../settings/settings.ts';
import { type Documents, documentSchemas } from './document.ts';
import { type ThingKind } from './managed.ts';
import { withFileKeys } from './named.ts';

export const textOf = (document: JsonObject): string =>
  `${stringifyJson(withFileKeys(document), 2)}\n`;

/** @param document parsed by the schema of its kind */
export function normalForm(kind: ThingKind, document: Documents[ThingKind]): JsonObject {
  const said = plain(saidBy(kind, document));
  return JSON.parse(JSON.stringify(documentSchemas[kind].parse(said))) as JsonObject;
}

/** The same for one that is stored, which may be older than the schema: then it stays as it is. */
export function normalised(kind: ThingKind, document: JsonObject): JsonObject {
  const parsed = documentSchemas[kind].safeParse(document);
  return parsed.success ? normalForm(kind, parsed.data) : document;
}

function saidBy(kind: ThingKind, document: Documents[ThingKind]): object {
  if (kind === 'integration') return integrationForm(document as Documents['integration']);
  if (kind === 'bundle') return bundleForm(document as Documents['bundle']);
  if (kind === 'sequence') return sequenceForm(document as Documents['sequence']);
  return 'name' in document ? { ...document, name: inOneLine(document.name) } : document;
}

/** What starts it has no order of its own. */
const sequenceForm = ({ name, startsOn, ...rest }: Documents['sequence']): object => ({
  ...rest,
  name: inOneLine(name),
  startsOn: startsOn.toSorted((one, other) => (keyText(one) < keyText(other) ? -1 : 1)),
});

/** Without keys whose value is undefined. */
const plain = (value: object): unknown => JSON.parse(JSON.stringify(value));

const inOneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

const bundleForm = ({ name, description, tags, ...rest }: Documents['bundle']): object => ({
  ...rest,
  name: inOneLine(name),
  description: description.trim(),
  tags: [...new Set(tags.map(inOneLine))],
});

function integrationForm(document: Documents['integration']): object {
  const { name, icon, ownerIds = [], policy, asksForCodes, paused, owns = [], ...rest } = document;
  const whole = policy && wholePolicy(policy);
  const isDefault = !whole || sameJson(whole, defaultPolicy);
  return {
    ...rest,
    name: name.trim(),
    ...(icon?.trim() && { icon: icon.trim() }),
    ...(ownerIds.length > 0 && { ownerIds }),
    ...(!isDefault && { policy: withoutForRoute(whole) }),
    ...(asksForCodes && { asksForCodes }),
    ...(paused && { paused }),
    ...(owns.length > 0 && { owns }),
  };
}

export const wholePolicy = (policy: NonNullable<Documents['integration']['policy']>): Policy => ({
  ...defaultPolicy,
  ...policy,
  ...(policy.route && FOR_ROUTE),
});

/** Beside a route they have no meaning. */
function withoutForRoute(policy: Policy): Partial<Policy> {
  const { approvers: _approvers, approvals: _approvals, ...rest } = policy;
  return policy.route ? rest : policy;
}

/** The order of keys doesn't count. */
export const sameJson = (one: unknown, other: unknown): boolean => keyText(one) === keyText(other);

/** JSON with its keys in one order. */
export const keyText = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
