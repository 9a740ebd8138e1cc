/** What operators are given to watch Latchkey with names figures that Latchkey tells. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { readConfig } from '../../src/config/config.ts';
import { lanes } from '../../src/engine/work/lanes.ts';
import { figuresOf } from '../../src/observe/figures.ts';
import { addLooks, createMeters } from '../../src/observe/meters.ts';
import { ok } from '../support/given/outcomes.ts';
import { NOT_SAID } from '../support/plain-words.ts';

const FIGURE = /\b(?:latchkey|process|nodejs)_[a-z\d_]+/g;
/** What Prometheus makes of a histogram. */
const PARTS = /_(?:bucket|sum|count)$/;
/** Prometheus adds its own two, `/metrics` the third. */
const OF_EVERY_FIGURE = new Set(['instance', 'job', 'process']);

const rows = readFileSync('docs/configuration.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'));
const settings = rows
  .filter((row) => /^\| `[A-Z]/.test(row))
  .map((row) => row.replaceAll(/^\| | \|$/g, '').split(' | '))
  .map(([names = '', fallback = '', meaning = '', example = '']) => ({
    name: /[A-Z_]+/.exec(names)?.[0] ?? '',
    fallback,
    meaning,
    examples: [...example.matchAll(/`([^`]+)`/g)].map(([, value = '']) => value),
  }));
/** What is wrong with the variable itself, and not with what else is missing. */
const refusedAs = (name: string, value: string): boolean => {
  const read = readConfig({ [name]: value });
  return (
    !read.ok &&
    read.problems.some((each) => each.variable === name && / is not /.test(each.message))
  );
};

/** Before any of our code. */
const READ_BY_NODE = ['NODE_EXTRA_CA_CERTS'];

function allFigures(): Registry {
  const { registry } = createMeters('main');
  addLooks(registry, {
    queue: async () => [],
    removals: async () => ({}),
    unsealedSeconds: async () => 0,
    freeBytes: async () => ({}),
    parts: async () => ({}),
  });
  return registry;
}

const told = async (): Promise<ReadonlySet<string>> =>
  new Set((await figuresOf(allFigures())).map(({ name }) => name));

const strangersIn = async (texts: readonly string[]): Promise<readonly string[]> => {
  const known = await told();
  return texts
    .flatMap((text) => text.match(FIGURE) ?? [])
    .filter((name) => !known.has(name) && !known.has(name.replace(PARTS, '')));
};

test('every figure of the Grafana dashboard is exported, and every panel has one', async () => {
  const dashboard = z
    .object({
      panels: z.array(
        z.object({
          type: z.string(),
          title: z.string(),
          targets: z.array(z.object({ expr: z.string() })).default([]),
        }),
      ),
    })
    .parse(JSON.parse(readFileSync('deploy/grafana/latchkey.json', 'utf8')));
  const panels = dashboard.panels.filter(({ type }) => type !== 'row');
  const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  expect(panels.filter(({ targets }) => targets.length === 0)).toEqual([]);
  expect(expressions.filter((expr) => expr.match(FIGURE) === null)).toEqual([]);
  expect(await strangersIn(expressions)).toEqual([]);
});

test('every figure is on the dashboard, and the page for operators explains it', async () => {
  const dashboard = readFileSync('deploy/grafana/latchkey.json', 'utf8');
  const page = readFileSync('docs/operations.md', 'utf8');
  const ours = [...(await told())].filter((name) => name.startsWith('latchkey_'));
  expect(ours.filter((name) => !dashboard.includes(name))).toEqual([]);
  expect(ours.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  expect(await strangersIn([page])).toEqual([]);
});

test('the rules of when to call someone ask for figures that are exported; each says what to do, is explained, and is shown firing', async () => {
  const rules = readFileSync('deploy/prometheus/latchkey.rules.yml', 'utf8');
  const page = readFileSync('docs/operations.md', 'utf8');
  const shown = readFileSync('deploy/prometheus/latchkey.rules.test.yml', 'utf8');
  const names = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
  expect(names).not.toEqual([]);
  expect(await strangersIn([rules, shown])).toEqual([]);
  expect(rules.match(/^ {10}do: ./gm)).toHaveLength(names.length);
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  const fires = (name = '') => new RegExp(`alertname: ${name}\\n +exp_alerts:`).test(shown);
  expect(names.filter((name) => !fires(name))).toEqual([]);
});

test('the rules and the dashboard ask for labels that their figures have', () => {
  const rules = readFileSync('deploy/prometheus/latchkey.rules.yml', 'utf8');
  const dashboard = readFileSync('deploy/grafana/latchkey.json', 'utf8').replaceAll('\\"', '"');
  const labels = (name: string): readonly string[] => {
    const metric = allFigures().getSingleMetric(name.replace(PARTS, ''));
    return z.object({ labelNames: z.array(z.string()) }).parse(metric).labelNames;
  };
  const asked = [...`${rules}${dashboard}`.matchAll(/\b(latchkey_\w+)\{([^}]+)\}/g)].flatMap(
    ([, name = '', filter = '']) =>
      [...filter.matchAll(/(\w+)[=!]/g)].map(([, label = '']) => ({ name, label })),
  );
  expect(asked.length).toBeGreaterThan(10);
  const strangers = asked.filter(({ name, label }) => !labels(name).includes(label));
  expect(strangers.filter(({ label }) => !OF_EVERY_FIGURE.has(label))).toEqual([]);
});

test('what operators read at night uses the words of everyone else', async () => {
  const rules = readFileSync('deploy/prometheus/latchkey.rules.yml', 'utf8');
  const dashboard = readFileSync('deploy/grafana/latchkey.json', 'utf8');
  const said = [
    ...[...rules.matchAll(/^ +do: (.+)$/gm)].map(([, text = '']) => text),
    ...[...dashboard.matchAll(/"(?:title|description)": "([^"]+)"/g)].map(([, text = '']) => text),
    ...(await figuresOf(allFigures())).map(({ help }) => help),
  ];
  expect(said.length).toBeGreaterThan(80);
  expect(said.filter((text) => NOT_SAID.some((word) => word.test(text)))).toEqual([]);
});

test('work that waits in any lane calls someone', () => {
  const rules = readFileSync('deploy/prometheus/latchkey.rules.yml', 'utf8');
  const watched = [...rules.matchAll(/oldest_seconds\{lane=~"([\w|]+)"/g)].flatMap(
    ([, names = '']) => names.split('|'),
  );
  expect(watched.toSorted()).toEqual([...lanes].toSorted());
});

test('every variable that is read is in the reference, and no other', () => {
  const read = new Set(READ_BY_NODE);
  const noting = (values: Readonly<Record<string, string>>) =>
    new Proxy(values, {
      get(target, name) {
        if (typeof name === 'string') read.add(name);
        return Reflect.get(target, name) as unknown;
      },
    });
  readConfig(noting({}));
  readConfig(
    noting({ DATABASE_URL: 'postgres://db/latchkey', TEAMS_LOCAL: '1', SMTP_URL: 'smtp://a' }),
  );

  const explained = rows.flatMap(
    (row) => row.split(' | ')[0]?.match(/`([A-Za-z][A-Za-z_]+)`/g) ?? [],
  );
  expect(explained.map((name) => name.replaceAll('`', '')).toSorted()).toEqual(
    [...read].toSorted(),
  );
  const cells = rows.filter((row) => /^\| `[A-Z]/.test(row)).map((row) => row.split(' | '));
  const gaps = cells.filter((row) => row.length !== 4 || row.some((cell) => /^[\s|]*$/.test(cell)));
  expect(gaps, 'each has a default, a meaning and an example').toEqual([]);
});

test('each default that the reference gives is the one that counts', () => {
  const read = ok(readConfig({}));
  const { config } = read;
  const inCode = {
    PORT: config.port,
    HOST: config.host,
    PUBLIC_URL: config.publicUrl.replace(String(config.port), '$PORT'),
    TIME_ZONE: config.timeZone,
    LOG_LEVEL: config.logLevel,
    WORKER_CONCURRENCY: config.workerConcurrency,
    RETENTION_DAYS: config.retentionDays,
    EVIDENCE_DAYS: config.evidenceDays,
    AUDIT_DAYS: config.auditDays,
    DATABASE_URL: config.databaseUrl,
    SECRETS_IN_CHAT: config.secretsInChat,
  };
  const written = settings.filter(({ name }) => name in inCode);
  expect(Object.fromEntries(written.map(({ name, fallback }) => [name, fallback]))).toEqual(
    Object.fromEntries(Object.entries(inCode).map(([name, value]) => [name, `\`${value}\``])),
  );
});

/** Their examples are files of someone else's machine, or have a part left out. */
const NOT_TAKEN = /^(?:\/etc|\/var\/run)\/|…|<|^openssl /;

test.each(settings)('$name takes the values that the reference shows', ({ name, examples }) => {
  const values = examples.filter((value) => !NOT_TAKEN.test(value));
  expect(values.filter((value) => refusedAs(name, value))).toEqual([]);
});

test.each(settings.filter(({ name }) => /_DAYS$|^PORT$|CONCURRENCY$/.test(name)))(
  '$name has the range that the reference gives',
  ({ name, meaning }) => {
    const [, least, most] = (/, (\d+) to (\d+)/.exec(meaning) ?? []).map(Number);
    if (least === undefined || most === undefined) throw new Error(`${name} has no range`);
    const tried = [least - 1, least, most, most + 1];
    expect(tried.map((value) => refusedAs(name, String(value)))).toEqual([
      true,
      false,
      false,
      true,
    ]);
  },
);

test('the page about the doctor has every check that it makes, and no other', () => {
  const folder = 'src/cli/doctor';
  const files = ['src/cli/doctor.ts', ...readdirSync(folder).map((name) => join(folder, name))];
  const code = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  const made = code.matchAll(/(?:const [A-Z]+ = |\b(?:fine|warning|problem)\(\s*)'([A-Z][a-z]+)'/g);
  const written = readFileSync('docs/doctor.md', 'utf8').matchAll(/^\| ([A-Z][a-z]+) \|/gm);
  const names = (found: Iterable<RegExpMatchArray>) =>
    [...new Set(Array.from(found, ([, name = '']) => name))].toSorted();
  expect(names(written)).toEqual(names(made));
});
