/** The Helm chart, as far as it can be read without Helm: CI's workflow renders it. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const CHART = 'deploy/helm/latchkey';

const read = (file: string): string => readFileSync(join(CHART, file), 'utf8');
const values = parse(read('values.yaml')) as Record<string, unknown>;
const templates = readdirSync(join(CHART, 'templates')).map((file) =>
  read(join('templates', file)),
);
const isValid = new Ajv({ strict: false }).compile(
  JSON.parse(read('values.schema.json')) as Record<string, unknown>,
);

test('its version is that of Latchkey', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(parse(read('Chart.yaml'))).toMatchObject({ version, appVersion: version });
});

test('its default values are what its schema allows', () => {
  isValid(values);
  expect(isValid.errors).toBeNull();
});

test.each([
  ['a misspelt name', { replica: 3 }],
  ['an address that is not encrypted', { publicUrl: 'http://latchkey.example.com' }],
  ['a digest that is none', { image: { digest: 'latest' } }],
  ['a number that Helm would write otherwise', { env: { SLACK_CLIENT_ID: 1525077454.25 } }],
  ['a long one, too', { env: { SLACK_CLIENT_ID: 1525077454 } }],
  ['a variable that the chart sets', { env: { PORT: 8080 } }],
  [
    'a variable that has a value of its own',
    { env: { PUBLIC_URL: 'https://latchkey.example.com' } },
  ],
  // Helm takes null as: leave it out.
  ['a group of values that is null', { service: undefined }],
  ['a port that is null', { service: {} }],
])('%s is refused', (_what, change) => {
  expect(isValid({ ...values, ...change })).toBe(false);
});

test('a number of few digits needs no quotation marks', () => {
  const env = { RETENTION_DAYS: 365, SLACK_CLIENT_ID: '1525077454.25', LOG_LEVEL: 'info' };
  expect(isValid({ ...values, env })).toBe(true);
});

test('templates use each value that there is, and no other', () => {
  const used = new Set(
    templates.flatMap((text) => [...text.matchAll(/\.Values\.([\w.]+)/g)].map(([, path]) => path)),
  );
  const known = (path: string): unknown =>
    path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], values);
  expect([...used].filter((path) => known(path ?? '') === undefined)).toEqual([]);
  const unused = Object.keys(values).filter(
    (key) => ![...used].some((path) => path === key || path?.startsWith(`${key}.`)),
  );
  expect(unused).toEqual([]);
});

test('the database is named to each process, so that none begins with a file of its own where the Secret lacks it', () => {
  const env = read('templates/_helpers.tpl').split('define "latchkey.env"')[1] ?? '';
  expect(env).toMatch(
    /secretKeyRef:\s+name: \{\{ include "latchkey\.secret" \. \}\}\s+key: DATABASE_URL/,
  );
});

test('a Secret of the chart needs no address of the database that env has', () => {
  const secret = read('templates/secret.yaml');
  const condition = /\{\{- if not \(hasKey \(\.Values\.env \| default dict\) "DATABASE_URL"\) \}\}/;
  expect(read('templates/_helpers.tpl')).toMatch(condition);
  expect(secret).toMatch(
    new RegExp(
      `${condition.source}\\s+.*required \\(printf "secrets\\.DATABASE_URL:[^\\n]+\\s+\\{\\{- end`,
    ),
  );
});

test('each group that templates read a value of must be there, or its template takes null', () => {
  const { required } = JSON.parse(read('values.schema.json')) as { required: string[] };
  const groups = new Set(
    templates.flatMap((text) =>
      [...text.matchAll(/\.Values\.(\w+)\.\w/g)].map(([, group]) => group ?? ''),
    ),
  );
  expect([...groups].filter((group) => !required.includes(group))).toEqual([]);
});

test('secrets that are null are as none, so that the chart names those that it needs', () => {
  const uses = templates.flatMap((text) => text.match(/.*\.Values\.secrets.*/g) ?? []);
  expect(uses.map((line) => line.trim())).toEqual([
    'checksum/secrets: {{ toJson .Values.secrets | sha256sum }}',
    '{{- $secrets := .Values.secrets | default dict }}',
  ]);
});

test('pods that are not ready let a node be drained, on each Kubernetes that the chart takes', () => {
  expect(read('templates/availability.yaml')).toContain('unhealthyPodEvictionPolicy: AlwaysAllow');
  const { kubeVersion } = parse(read('Chart.yaml')) as { kubeVersion: string };
  expect(kubeVersion).toBe('>=1.27.0-0'); // 1.26 drops the field, unless a feature gate is set.
});

test('the PodMonitor of the page for operators finds the pods, under the job that the rules ask for', () => {
  const page = readFileSync('docs/operations.md', 'utf8');
  const [, text = ''] = /```yaml\n(apiVersion: monitoring[^`]+)```/.exec(page) ?? [];
  const { spec } = parse(text) as {
    readonly spec: {
      readonly jobLabel: string;
      readonly selector: { readonly matchLabels: Record<string, string> };
      readonly podMetricsEndpoints: readonly { readonly port: string }[];
    };
  };
  const { name } = parse(read('Chart.yaml')) as { name: string };
  expect(read('templates/_helpers.tpl')).toContain(`${spec.jobLabel}: {{ .Chart.Name }}`);
  expect(spec.selector.matchLabels).toEqual({ [spec.jobLabel]: name });
  expect(readFileSync('deploy/prometheus/latchkey.rules.yml', 'utf8')).toContain(
    `absent(up{job="${name}"})`,
  );
  for (const { port } of spec.podMetricsEndpoints)
    expect(read('templates/deployment.yaml')).toContain(`name: ${port}, containerPort`);
});

test('the PrometheusRule of the page for operators has the rules as they are', () => {
  const page = readFileSync('docs/operations.md', 'utf8');
  const [, command = ''] =
    /```sh\n([^`]+PrometheusRule[^`]+) \| kubectl apply --filename -\n/.exec(page) ?? [];
  const made: unknown = parse(execFileSync('sh', ['-c', command], { encoding: 'utf8' }));
  expect(made).toEqual({
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'latchkey', labels: { release: 'prometheus' } },
    spec: parse(readFileSync('deploy/prometheus/latchkey.rules.yml', 'utf8')) as unknown,
  });
});

test('the comments of files to install with name documents that there are', () => {
  const files = ['compose.yaml', 'compose.sqlite.yaml', 'Dockerfile', 'deploy/latchkey.service'];
  const texts = [...files.map((file) => readFileSync(file, 'utf8')), read('values.yaml')];
  const named = texts.flatMap((text) => text.match(/docs\/[\w/-]+\.md/g) ?? []);
  expect(named.filter((file) => !existsSync(file))).toEqual([]);
  expect(texts[0]).toContain('docs/install-several.md');
});
