/** What applying files would change: every thing that they create or change, field by field. */
import { didYouMean } from '../../core/did-you-mean.ts';
import { fold } from '../../core/fold.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { diffManifests, type ManifestChange } from '../manifest/diff.ts';
import { placeOf } from '../manifest/problem.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { FileProblem, FileThing, StoredThing, Thing } from './document.ts';
import { stemOf } from './file-names.ts';
import { type ManagedThing, type ThingKind } from './managed.ts';
import { filePath, type RefKind, referencesIn, withReferences } from './named.ts';
import { keyText, normalised, sameJson, textOf } from './normal-form.ts';

export interface Change {
  readonly thing: FileThing;
  /** As it is now. Undefined: it is created. */
  readonly stored: StoredThing | undefined;
  /** Where it differs, as people read it. Empty where what is stored can't be read, and the file says what counts in its place. */
  readonly fields: readonly ManifestChange[];
  /** The file that it was applied from. Undefined: none. */
  readonly managedBy: string | undefined;
}

/** A thing that is as its file says. */
export type Unchanged = Change & { readonly stored: StoredThing };

export interface Plan {
  /** In the order in which they are applied. */
  readonly changes: readonly Change[];
  readonly unchanged: readonly Unchanged[];
  /** Things that no file names. `managed`: one did when files were applied the last time. */
  readonly others: readonly { readonly stored: StoredThing; readonly managed?: ManagedThing }[];
  /** Of references and names; with any of them nothing may be applied. */
  readonly problems: readonly FileProblem[];
  /** By `nameKey` of a name of now: the one that the files give it. */
  readonly renames: ReadonlyMap<string, string>;
}

/** What refers to something comes after it. */
const ORDER: readonly ThingKind[] = ['integration', 'settings', 'bundle', 'rule', 'sequence'];

/** @param read what the files say, each by itself without a mistake */
export async function planOf(
  stores: Pick<Stores, 'people'>,
  read: readonly FileThing[],
  now: { readonly things: readonly StoredThing[]; readonly managed: readonly ManagedThing[] },
): Promise<Plan> {
  const doubled = doubledNames(read);
  if (doubled.length > 0)
    return { changes: [], unchanged: [], others: [], problems: doubled, renames: new Map() };
  const pairs = paired(read, now);
  const canon = await canonOf(stores, pairs, now.things);
  const changes: Change[] = [];
  const unchanged: Unchanged[] = [];
  const problems: FileProblem[] = [];
  const marks = new Map(now.managed.map((each) => [keyOf(each), each]));
  for (const { thing: said, stored } of inOrder(pairs)) {
    const { thing, wrong } = canonical(said, stored, canon);
    const fields = differences(thing, stored && renamed(stored, canon));
    const managedBy = marks.get(keyOf(stored))?.file;
    if (stored && !stored.isUnread && fields.length === 0)
      unchanged.push({ thing, stored, fields, managedBy });
    else {
      changes.push({ thing, stored, fields, managedBy });
      problems.push(...wrong);
    }
  }
  const matched = new Set(pairs.map(({ stored }) => keyOf(stored)));
  const others = now.things
    .filter((stored) => !matched.has(keyOf(stored)))
    .map((stored) => ({ stored, managed: marks.get(keyOf(stored)) }))
    .filter(({ stored, managed }) => stored.kind !== 'settings' || managed);
  return { changes, unchanged, others, problems, renames: canon.renames };
}

/** The file that it was applied from, where that is another one. */
export const movedFrom = ({ thing, managedBy }: Change): string | undefined =>
  managedBy === thing.file ? undefined : managedBy;

/** Everything that there is when the plan is applied. */
export const thingsAfter = ({ changes, unchanged, others }: Plan): readonly Thing[] => [
  ...[...changes, ...unchanged].map(({ thing }) => thing),
  ...others.map(({ stored }) => stored),
];

/** The rules that grant the bundle when the plan is applied, by name. */
export const rulesGranting = (plan: Plan, { name }: StoredThing): readonly string[] =>
  thingsAfter(plan)
    .filter(({ kind, document }) => kind === 'rule' && grants(document, name))
    .map((rule) => rule.name);

const grants = (rule: JsonObject, bundle: string): boolean =>
  referencesIn(rule).some(({ to, value }) => to === 'bundle' && value === bundle);

const keyOf = (of: { readonly kind: ThingKind; readonly id: string } | undefined): string =>
  of ? `${of.kind} ${of.id}` : '';

const nameKey = ({ kind, name }: { readonly kind: string; readonly name: string }): string =>
  `${kind} ${fold(name.trim())}`;

function doubledNames(read: readonly FileThing[]): readonly FileProblem[] {
  const first = new Map<string, string>();
  return read.flatMap((thing) => {
    const { kind, name, file } = thing;
    const other = first.get(nameKey(thing));
    if (other === undefined) first.set(nameKey(thing), file);
    return other === undefined
      ? []
      : [
          {
            file,
            place: 'name',
            message: `${name} is the ${kind} of ${other}, too; keep one, or rename one`,
          },
        ];
  });
}

interface Pair {
  readonly thing: FileThing;
  readonly stored: StoredThing | undefined;
}

/** By name; a file whose name is new is the thing that it was applied to before, renamed. */
function paired(
  read: readonly FileThing[],
  {
    things,
    managed,
  }: { readonly things: readonly StoredThing[]; readonly managed: readonly ManagedThing[] },
): readonly Pair[] {
  const byName = new Map(things.map((stored) => [nameKey(stored), stored]));
  const byFile = thingsByFile(managed, things);
  const named = new Set(read.map(nameKey));
  return read.map((thing) => {
    const found = byName.get(nameKey(thing));
    if (found) return { thing, stored: found };
    const before = byFile.get(stemOf(thing.file))?.stored;
    const isRenamed = before?.kind === thing.kind && !named.has(nameKey(before));
    return { thing, stored: isRenamed ? before : undefined };
  });
}

/** By stem, what each file was applied to. Of several, such as after two files changed places, the last one. */
export function thingsByFile<T extends StoredThing>(
  managed: readonly ManagedThing[],
  things: readonly T[],
): ReadonlyMap<string, { readonly stored: T; readonly file: string }> {
  const byKey = new Map(things.map((stored) => [keyOf(stored), stored]));
  return new Map(
    managed
      .toSorted((a, b) => a.appliedAt.getTime() - b.appliedAt.getTime())
      .flatMap((each) => {
        const stored = byKey.get(keyOf(each));
        return stored ? [[stemOf(each.file), { stored, file: each.file }] as const] : [];
      }),
  );
}

const inOrder = (pairs: readonly Pair[]): readonly Pair[] =>
  pairs.toSorted(
    (a, b) => rankOf(a.thing) - rankOf(b.thing) || (a.thing.name < b.thing.name ? -1 : 1),
  );

/** A rule lets go of a bundle before that loses its last app. */
const rankOf = (thing: Thing): number =>
  isEmptyBundle(thing) ? ORDER.length : ORDER.indexOf(thing.kind);

/** No rule may grant it. */
export const isEmptyBundle = ({ kind, document: { apps } }: Thing): boolean =>
  kind === 'bundle' && Array.isArray(apps) && apps.length === 0;

/** How names are written, and which there are. */
interface Canon {
  /** By `nameKey`: integrations and bundles, those of files first. */
  readonly names: ReadonlyMap<string, string>;
  /** By address, whether they have left. */
  readonly people: ReadonlyMap<string, { readonly hasLeft: boolean }>;
  /** By `nameKey` of the name of now: the name that the files give it. */
  readonly renames: ReadonlyMap<string, string>;
}

async function canonOf(
  { people }: Pick<Stores, 'people'>,
  pairs: readonly Pair[],
  things: readonly StoredThing[],
): Promise<Canon> {
  const named = pairs
    .flatMap(({ thing }) => referencesIn(thing.document))
    .flatMap(({ to, value }) => (to === 'person' ? emailOf(value) : []));
  const found = await people.findByEmails([...new Set(named)]);
  return {
    names: new Map(
      [...things, ...pairs.map(({ thing }) => thing)].map((each) => [nameKey(each), each.name]),
    ),
    people: new Map(found.map(({ email, active }) => [email, { hasLeft: !active }])),
    renames: new Map(
      pairs.flatMap(({ thing, stored }) =>
        stored && stored.name !== thing.name ? [[nameKey(stored), thing.name]] : [],
      ),
    ),
  };
}

const emailOf = (typed: string): string => typed.trim().toLowerCase();

/** Names as they are written elsewhere, and a problem for each that nothing has. */
function canonical(
  thing: FileThing,
  stored: StoredThing | undefined,
  { names, people, renames }: Canon,
): { readonly thing: FileThing; readonly wrong: readonly FileProblem[] } {
  const wrong: FileProblem[] = [];
  // Who has left since they were named doesn't keep the rest of the file from being applied.
  const before = new Set(
    referencesIn(stored?.document).flatMap(({ to, value }) => (to === 'person' ? value : [])),
  );
  const document = withReferences(thing.document, ({ to, value, path }) => {
    const problem = (message: string): string => {
      wrong.push({ file: thing.file, place: placeOf(filePath(path)), message });
      return value;
    };
    if (to === 'person') {
      const email = emailOf(value);
      const person = people.get(email);
      if (!person)
        return problem(
          `no one has the address ${value}; add them with "latchkey people add --email ${value}", or name someone else`,
        );
      return person.hasLeft && !before.has(email)
        ? problem(`${email} has left; name someone else`)
        : email;
    }
    const key = nameKey({ kind: to, name: value });
    const known = renames.get(key) ?? names.get(key);
    return known ?? problem(nothingCalled(to, value, names));
  });
  return { thing: { ...thing, document: normalised(thing.kind, document) }, wrong };
}

function nothingCalled(to: RefKind, value: string, names: Canon['names']): string {
  const known = [...names].flatMap(([key, each]) => (key.startsWith(`${to} `) ? each : []));
  const near = didYouMean(value, known);
  const cure = near === undefined ? `add a file for it` : `did you mean "${near}"?`;
  return `no ${to} is called "${value}"; ${cure}`;
}

/** As it is now, but under the names that the files give. */
const renamed = (stored: StoredThing, { renames }: Pick<Canon, 'renames'>): StoredThing => ({
  ...stored,
  document: normalised(
    stored.kind,
    withReferences(
      stored.document,
      ({ to, value }) => renames.get(nameKey({ kind: to, name: value })) ?? value,
    ),
  ),
});

/** Whether it still is as the plan saw it. Things that it names may have their new names by now. */
export const isAsPlanned = (
  now: StoredThing,
  seen: StoredThing,
  plan: Pick<Plan, 'renames'>,
): boolean =>
  now.manifest === seen.manifest &&
  sameJson(
    withoutAnswers(renamed(now, plan).document),
    withoutAnswers(renamed(seen, plan).document),
  );

/** A manifest that has just changed may say them otherwise. */
const withoutAnswers = (document: JsonObject): Json =>
  mapped(document, ({ answers: _answers, ...app }) => app);

function differences(thing: FileThing, stored: StoredThing | undefined): readonly ManifestChange[] {
  const before = stored ? withoutLeftOut(stored.document, thing.document) : {};
  const fields = diffManifests(textOf(before as JsonObject), textOf(thing.document));
  return [...fields, ...manifestChanges(stored?.manifest, thing.manifest)];
}

function manifestChanges(
  before: string | undefined,
  after: string | undefined,
): readonly ManifestChange[] {
  if (before === after) return [];
  if (before === undefined && after !== undefined)
    return diffManifests('null', after).map(({ after: text }) => ({
      place: 'manifest',
      kind: 'added',
      after: text,
    }));
  const changes = diffManifests(before ?? 'null', after ?? 'null').map((change) => ({
    ...change,
    place: change.place === 'manifest' ? change.place : `manifest.${change.place}`,
  }));
  // It is kept byte for byte.
  return changes.length > 0
    ? changes
    : [{ place: 'manifest', kind: 'changed', after: 'the same in another layout' }];
}

/** Answers as people read them don't count where the file leaves them out. */
function withoutLeftOut(stored: Json, said: Json): Json {
  const leftOut = new Set<string>();
  visit(said, (app) => {
    if (app['answers'] === undefined) leftOut.add(appKey(app));
  });
  return mapped(stored, ({ answers, ...app }) =>
    answers === undefined || leftOut.has(appKey(app)) ? app : { ...app, answers },
  );
}

const appKey = ({ integrationId, form }: JsonObject): string => keyText([integrationId, form]);

const isApp = (value: JsonObject): boolean => isJsonObject(value['form']);

function visit(value: Json, see: (app: JsonObject) => void): void {
  mapped(value, (app) => {
    see(app);
    return app;
  });
}

function mapped(value: Json, change: (app: JsonObject) => JsonObject): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map((each) => mapped(each, change));
  if (!isJsonObject(value)) return value;
  if (isApp(value)) return change(value);
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, mapped(inner, change)]),
  );
}
