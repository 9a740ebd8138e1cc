import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parseSync } from 'oxc-parser';
import { expect, test } from 'vitest';

/**
 * Who may import whom: each place's own files, the places that it stands on, and the packages that are its
 * craft. `bots/slack` and `bots/teams` name `express` for the handlers that they hand to the web server.
 */
const mayImport: Record<string, readonly string[]> = {
  core: ['uuid', 'lossless-json', 'temporal-polyfill', 'fflate'],
  engine: [
    'core',
    'zod',
    'mustache',
    'otpauth',
    'croner',
    'cronstrue',
    'cronstrue/locales/de.js',
    'diff',
    'csv-parse',
    'yaml',
    'temporal-polyfill',
  ],
  // What has a rule of its own comes before the folder that it is in.
  'store/memory.ts': ['store', 'core', 'engine', 'knex'],
  store: ['core', 'engine', 'migrations', 'knex', 'pg', 'jose', 'zod', 'graphile-worker'],
  'http/call-by-name.ts': [],
  http: ['core', 'engine', 'http/call-by-name.ts', 'got', 'ipaddr.js', 'undici'],
  'try/page': ['core', 'engine', 'try', 'web', 'express', 'zod'],
  // A manifest that is tried keeps everything in memory, whether a terminal or a page asks for it.
  try: ['core', 'engine', 'store/memory.ts'],
  mail: ['core', 'engine', 'nodemailer'],
  'bots/view': ['core', 'zod'],
  'bots/live': ['core', 'engine', 'bots/view', 'zod'],
  'bots/features': ['core', 'engine', 'bots/view', 'bots/live', 'zod'],
  'bots/slack': ['core', 'bots/view', 'http/call-by-name.ts', '@slack/bolt', 'express', 'zod'],
  'bots/teams': [
    'core',
    'bots/view',
    'http/call-by-name.ts',
    'botbuilder',
    'express',
    'jose',
    'zod',
  ],
  jobs: ['core', 'engine', 'observe', 'bree', 'zod'],
  // What is watched is handed in: nothing that does the work knows that it is watched.
  observe: [
    'version.ts',
    'core',
    'engine',
    'prom-client',
    'zod',
    '@opentelemetry/api',
    '@opentelemetry/exporter-trace-otlp-http',
    '@opentelemetry/resources',
    '@opentelemetry/sdk-trace',
  ],
  // It runs in browsers: of the server's code it knows types alone.
  'web/assets': [
    'web',
    'schemas/manifest.schema.json',
    '@codemirror/autocomplete',
    '@codemirror/commands',
    '@codemirror/lang-json',
    '@codemirror/language',
    '@codemirror/lint',
    '@codemirror/state',
    '@codemirror/view',
    'adaptivecards',
  ],
  web: [
    'core',
    'engine',
    'try',
    'try/page',
    'diff',
    'express',
    'helmet',
    'marked',
    'mustache',
    'uqr',
    'zod',
  ],
  config: ['core', 'http', 'observe', 'dotenv', 'zod'],
  'node-version.ts': [],
  'version.ts': [],
  'catalogue.ts': ['core', 'engine'],
  'log.ts': ['config', 'pino'],
};
/** They put everything together, so they may import everything; nothing else imports them. */
const compositionRoots = [
  'main.ts',
  'app',
  'cli',
  'jobs/worker-process.ts',
  'try/command',
  'try/manifest-tries.ts',
];

/** Given the world as arguments: they never look at the clock, roll dice, or touch the machine. */
const pureFolders = ['engine', 'bots/view', 'bots/live', 'bots/features'];
const pureNodeModules = ['node:assert', 'node:buffer', 'node:crypto', 'node:util'];

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => normalize(name));

const testFiles = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join('test', name));
/**
 * Where the domains of the engine meet: what the others may import of each is its types, and the functions by which they call it.
 * All else of a domain is its own. `ports` and `work` belong to all.
 */
const openFiles: Record<string, string> = {
  access: `account account-keys accounts access-overview at-app check-access deferred-grants discover-access discovery deferred-words exists grant grantable health held-answers hold
    holds just-granted make-way queue-check set-up-first stop-grants written removals/begin-removal removals/expedite removals/gone-if
    removals/keep-paused removals/pause-removals removals/people-with-access removals/removal removals/removals removals/remove-all removals/wake-removal`,
  bundles: 'bundle bundle-draft bundle-request change-bundle',
  calls:
    'ask context excess-words failure-words limits markup oauth oauth-app outcome rate-limit refusal request request-origin run-context',
  configuration: 'managed',
  'event-endpoints': 'event-endpoint',
  evidence: 'evidence pack',
  findings: 'account-round finding hold-round judge',
  imports: `end-sync file-import keep-import owned-fields pages/next-page pages/page-source pages/read-pages sync-rows
    sync-run sync-schedules`,
  integrations: `change-integration delete-integration emoji form integration-state integrations manifest-names manifest-of name-and-icon queue-emptying seen-apps
    stored-names version-facts`,
  links: 'link links web-sessions',
  manifest:
    'diff form-schema keys-twice lint-requests parse problem request-schema schedule schema variables workspace-check',
  messages: 'deliver deliveries delivery drop-messages send-head texts',
  offboarding: 'end-offboarding offboard offboarding',
  people: `brought-facts change-addresses change-person directory exchanged-address fact-claim fact-claims fact-questions former-duties join joins locales
    many-people needed-facts no-address people permission person-changed person-details phone stored-values`,
  requests: `access-request approvers approvers-problem break-glass-record choose-route create-request decide-request groups needs-approval try-route policy-words question readable-content
    press-now reassignment requestable
    queue-reevaluation seats/seat`,
  reviews: 'campaign item-batches report-lines review reviews',
  rules: `addresses change-rule condition condition-words conditions evaluate exceptions give-bundle impact load-rules note-people
    rule still-rules`,
  runs: 'change-run last-answer plain-error run run-entry step-outcome stop-run unknown-outcome wake-run',
  sequences: `cancel-planned change-items change-sequence changing decide-item plan-again planned-item queue-replan sequence sequence-batch waiting
    events/change-starts events/event events/record-event hooks/hook`,
  settings: 'read-setting restored route save-settings settings workspace-settings',
  tasks: 'account-task by-hand doer end-task manual new-task task',
  templates: 'name-index notation redact render render-url template token-secrets variables',
  'step-up': 'note-authenticator authenticator use-code',
  tokens: 'end-tokens token',
  transitions: 'follow report transition',
};
/** Rows of a domain that another one reads, too. */
const sharedRows = ['live/conversations.ts', 'people/erased-addresses.ts', 'runs/run-rows.ts'];

/** As many as one screen lists. */
const MAX_FILES = 30;
/** A file with more has two readers, who each look for one half. */
const MAX_LINES = 400;

/** What a reader sees at once. Lines of the functions inside a function are theirs. */
const MAX_OWN_LINES = 60;
/** Longer ones, and why each may be: it lists things, and who reads it looks for one of them. */
const LONG: Readonly<Record<string, string>> = {
  'engine/work/audit-words.ts words': 'a sentence for each kind of entry',
  'engine/work/audit-details.ts detailNames': 'a name for each detail',
  'observe/meters.ts createMeters': 'a metric each',
  'observe/watch-work.ts aboutJob': 'a case for each job',
  'bots/slack/app-manifest.ts slackAppManifest': 'the manifest, as Slack reads it',
  'store/stores.ts createStores': 'a store each',
  'store/people/people.ts createPeopleStore': 'a function of the store each',
  'store/reviews/reviews.ts createReviewStore': 'a function of the store each',
  'store/runs/runs.ts createRunStore': 'a function of the store each',
  'cli/integrations/commands.ts addIntegrationCommands': 'a command each, with its options',
  'cli/people/commands.ts addPeople': 'a command each, with its options',
};

test.each(Object.entries(mayImport))('src/%s imports only what it may', (place, allowed) => {
  const wrong = filesIn(place).flatMap((file) =>
    importsOf(file)
      .filter((name) => !name.startsWith('node:'))
      .filter((name) => name !== place && !allowed.includes(name))
      .map((name) => `${file} imports ${name}`),
  );
  expect(wrong).toEqual([]);
});

test('every file has a place with a rule', () => {
  const places = [...Object.keys(mayImport), ...compositionRoots];
  expect(files.filter((file) => !places.some((place) => isIn(file, place)))).toEqual([]);
});

test.each(pureFolders)('src/%s takes clock, chance and the machine as arguments', (folder) => {
  const impure =
    /\bnew Date\(\s*\)|\bDate\.now\b|\bMath\.random\b|\bperformance\.now\b|\brandom\w*\b.*'node:crypto'/;
  const wrong = filesIn(folder).flatMap((file) => [
    ...linesWith(file, impure),
    ...importsOf(file)
      .filter((name) => name.startsWith('node:') && !pureNodeModules.includes(name))
      .map((name) => `${file} imports ${name}`),
  ]);
  expect(wrong).toEqual([]);
});

test('only config/environment.ts reads the environment', () => {
  const readers = files.filter(
    (file) => linesWith(file, /\bprocess\.env\b|\bimport\b.*\benv\b.*'node:process'/).length > 0,
  );
  expect(readers).toEqual(['config/environment.ts']);
});

test('the audit log is read where people look at it and in its export, and decides nothing', () => {
  const readers = files.filter(
    (file) =>
      linesWith(file, /\bauditLog\.(list|listBefore|count)\b|\bauditLog\b.*} = /).length > 0,
  );
  expect(readers.toSorted()).toEqual([
    'bots/features/settings/audit-log.ts',
    'engine/configuration/changed-since.ts',
    'engine/work/exports.ts',
    'web/api/audit.ts',
  ]);
  const ofItsTable = files.filter((file) => linesWith(file, /'audit_log'/).length > 0);
  expect(ofItsTable.toSorted()).toEqual(['store/people/personal-data.ts', 'store/work/audit.ts']);
});

test('what only sends loads no SDK of a platform before the first message, so that a worker starts quickly', () => {
  const loaded = new Set(['app/platforms.ts']);
  for (const file of loaded)
    for (const [, name = ''] of sourceOf(file).matchAll(/^import (?!type\b)[^;]*?'(\.[^']+)';/gm))
      loaded.add(join(dirname(file), name));
  const sdks = ['@slack/bolt', 'botbuilder', 'express'];
  expect([...loaded].filter((file) => loadsOneOf(file, sdks))).toEqual([]);
});

test("Teams' SDK, which is archived, is named in the file of its driver alone, which loads when it is chosen", () => {
  const driver = 'bots/teams/connector/botbuilder-driver.ts';
  const users = files.filter((file) =>
    importsOf(file).some((name) => /^bot(builder|framework)/.test(name)),
  );
  expect(users).toEqual([driver]);
  const loaders = files.filter((file) =>
    [...sourceOf(file).matchAll(/\bfrom '(\.[^']+)'/g)].some(
      ([, name = '']) => join(dirname(file), name) === driver,
    ),
  );
  expect(loaders).toEqual([]);
});

/**
 * What no library promises, by the file of ours that may name it: it says why, and has a test that fails when the library
 * changes. Names that begin with an underscore are oxlint's (`no-underscore-dangle`).
 */
const internals: Record<string, RegExp> = {
  'store/knex-internals.ts': /\bdb\.client\b/,
  'store/transactions-internals.ts': /\btransacting: true\b/,
  'store/statement-texts-internals.ts': /\b_statements, _comments\b/,
  'store/together-internals.ts': /\b_statements: parts\b/,
  'store/pg-internals.ts': /\breadyForQuery\b|\bconnection\.stream\b/,
  'store/queue/graphile-worker-internals.ts':
    /\b(localQueue|jobQueue|workerPool)\b(?!:)|graphile_worker\._private/,
  'store/queue/listening-internals.ts': /startsWith\('LISTEN'\)/,
  'bots/slack/bolt-internals.ts': /\bprocessEvent\b/,
  'bots/teams/connector/botbuilder-driver.ts':
    /\bCloudAdapter\b|\bcreateClaimsIdentity\b|\b(add|remove)Policy\b/,
};
/** They turn types of ours into others of ours. */
const ownCasts = ['try/dry-run.ts', 'bots/features/sequences/integration-item.ts'];

test.each(Object.entries(internals))(
  'only src/%s reaches into its library, and a test tries what it finds there',
  (file, pattern) => {
    const reaching = files
      .filter((name) => !name.endsWith('.d.ts'))
      .filter((name) => linesWith(name, pattern).length > 0);
    expect(reaching).toEqual([file]);
    expect(testFiles).toContain(join('test', file.replace(/\.ts$/, '.test.ts')));
  },
);

test('only a file of its own takes a library’s value for what its types don’t say', () => {
  const pattern = /\bas unknown as\b|oxlint-disable.*no-underscore-dangle/;
  const wrong = files.filter((name) => linesWith(name, pattern).length > 0);
  const allowed = [...Object.keys(internals), ...ownCasts];
  expect(wrong.filter((name) => !allowed.includes(name))).toEqual([]);
});

test('a folder has at most 30 files, so that a reader sees them all at once', () => {
  const counts = new Map<string, number>();
  for (const file of [...files, ...testFiles])
    counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  expect([...counts].filter(([, count]) => count > MAX_FILES)).toEqual([]);
});

test('a function has at most 60 lines of its own, but for lists', () => {
  const long = files.flatMap(longFunctionsIn);
  expect(long.toSorted()).toEqual(Object.keys(LONG).toSorted());
});

test('a file of src has at most 400 lines', () => {
  const long = files.filter((file) => sourceOf(file).split('\n').length - 1 > MAX_LINES);
  expect(long).toEqual([]);
});

test('no files import each other in a circle, types included', () => {
  let left = new Map(files.map((file) => [file, ourImportsOf(file)]));
  for (let before = 0; before !== left.size; ) {
    before = left.size;
    const imported = new Set([...left.values()].flat());
    left = new Map(
      [...left].filter(([file, its]) => imported.has(file) && its.some((each) => left.has(each))),
    );
  }
  expect([...left.keys()]).toEqual([]);
});

test('of another domain the engine imports what is named for that, and the stores likewise', () => {
  const named = Object.entries(openFiles).flatMap(([domain, names]) =>
    names.split(/\s+/).map((name) => `engine/${domain}/${name}.ts`),
  );
  const crossing = files
    .filter((file) => isIn(file, 'engine') || isIn(file, 'store'))
    .flatMap((file) =>
      ourImportsOf(file)
        .filter((to) => isIn(to, 'engine') && to.split('/')[1] !== file.split('/')[1])
        .filter((to) => !isIn(to, 'engine/ports') && !isIn(to, 'engine/work'))
        .map((to) => ({ file, to })),
    );
  expect(crossing.filter(({ to }) => !named.includes(to))).toEqual([]);
  const crossed = new Set(crossing.map(({ to }) => to));
  expect(named.filter((name) => !crossed.has(name))).toEqual([]);
});

test('every kind of event is emitted somewhere', () => {
  const union = sourceOf('engine/work/events.ts');
  const kinds = [...union.matchAll(/readonly kind: '([a-z-]+)'/g)].map(([, kind]) => kind);
  const code = files.map(sourceOf).join('\n');
  const emitted = [...code.matchAll(/emit\(\{\s*kind: '([a-z-]+)'/g)].map(([, kind]) => kind);
  expect(new Set(emitted)).toEqual(new Set(kinds));
});

test("a domain's rows are read by its own stores", () => {
  const common = ['work', 'queue', 'vault'];
  const wrong = files
    .filter((file) => /^store\/[^/]+\//.test(file))
    .flatMap((file) =>
      ourImportsOf(file)
        .filter((to) => /^store\/[^/]+\//.test(to))
        .filter((to) => to.split('/')[1] !== file.split('/')[1])
        .filter((to) => ![...common, file.split('/')[1]].includes(to.split('/')[1]))
        .filter((to) => !sharedRows.some((each) => to === `store/${each}`))
        .map((to) => `${file} imports ${to}`),
    );
  expect(wrong).toEqual([]);
});

/** Biome leaves a blank line between them where it moves the first import. */
test("a file's imports follow its comment at once", () => {
  const apart = files.filter((file) =>
    /^\/\*\*(?:[^*]|\*(?!\/))*\*\/\n\nimport /.test(sourceOf(file)),
  );
  expect(apart).toEqual([]);
});

test('imports are read as packages, and as places where they are relative', () => {
  expect(importsOf('config/config.ts')).toEqual(
    expect.arrayContaining(['node:net', 'zod', 'core', 'http']),
  );
});

function filesIn(place: string): string[] {
  return files.filter(
    (file) =>
      placeOf(join('src', file)) === place && !compositionRoots.some((root) => isIn(file, root)),
  );
}

function isIn(file: string, place: string): boolean {
  return file === place || file.startsWith(`${place}/`);
}

/** Packages by name, files of ours by their folder in the table (or their path, where it has none). */
function importsOf(file: string): string[] {
  return [...sourceOf(file).matchAll(/\b(?:from|import)(?:\s+|\s*\(\s*)'([^']+)'/g)]
    .map(([, name]) => name ?? '')
    .map((name) => (name.startsWith('.') ? placeOf(join('src', dirname(file), name)) : name));
}

/** Files of ours, by their path in `src`; not those that are loaded late. */
function ourImportsOf(file: string): string[] {
  return [...sourceOf(file).matchAll(/\bfrom\s+'(\.[^']+)'/g)]
    .map(([, name]) => join(dirname(file), name ?? ''))
    .filter((name) => files.includes(name));
}

/** Whether it imports more than types of one of these packages. */
function loadsOneOf(file: string, packages: readonly string[]): boolean {
  return [...sourceOf(file).matchAll(/^import (?!type\b)[^;]*?'([^']+)';/gm)].some(
    ([, name = '']) => packages.includes(name),
  );
}

function placeOf(path: string): string {
  const inside = path.replace(/^src\//, '');
  if (inside.startsWith('migrations/')) return 'migrations';
  return Object.keys(mayImport).find((place) => isIn(inside, place)) ?? inside;
}

interface AstNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly id?: { readonly name?: string } | null;
  readonly key?: { readonly name?: string };
  readonly body?: unknown;
}

const isNode = (value: unknown): value is AstNode =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value;

const childrenOf = (node: AstNode): readonly AstNode[] => Object.values(node).flat().filter(isNode);

const isFunction = ({ type, body }: AstNode): boolean => /Function/.test(type) && isNode(body);

/** @returns `engine/runs/run.ts advanceRun` of each */
function longFunctionsIn(file: string): readonly string[] {
  const text = sourceOf(file);
  const linesOf = ({ start, end }: AstNode): number => text.slice(start, end).split('\n').length;
  const ofOthers = (node: AstNode): number =>
    childrenOf(node).reduce(
      (sum, child) => sum + (isFunction(child) ? linesOf(child) - 1 : ofOthers(child)),
      0,
    );
  const longIn = (node: AstNode, name: string): readonly string[] => [
    ...(isFunction(node) &&
    linesOf(node) > MAX_OWN_LINES &&
    linesOf(node) - ofOthers(node) > MAX_OWN_LINES
      ? [`${file} ${node.id?.name ?? name}`]
      : []),
    ...childrenOf(node).flatMap((child) => longIn(child, node.id?.name ?? node.key?.name ?? name)),
  ];
  return childrenOf(parseSync(file, text).program).flatMap((node) => longIn(node, ''));
}

function linesWith(file: string, pattern: RegExp): string[] {
  return sourceOf(file)
    .split('\n')
    .flatMap((line, index) =>
      isCode(line) && pattern.test(line) ? [`${file}:${index + 1} ${line.trim()}`] : [],
    );
}

function isCode(line: string): boolean {
  return !/^\s*(\/\/|\/?\*)/.test(line);
}

function sourceOf(file: string): string {
  return readFileSync(join('src', file), 'utf8');
}
