/** The workflow of the continuous integration, as far as it can be read without running it. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

interface Step {
  readonly uses?: string;
  readonly run?: string;
}
interface Workflow {
  readonly permissions: object;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly steps: readonly Step[];
        readonly 'timeout-minutes': number;
        readonly strategy?: { readonly matrix: { readonly node: readonly string[] } };
      }
    >
  >;
}

const workflow = parse(readFileSync('.github/workflows/ci.yml', 'utf8')) as Workflow;
const jobs = Object.values(workflow.jobs);
const runs = (part: string) =>
  jobs.filter(({ steps }) => steps.some(({ run }) => run?.includes(part)));

test('runs everything on each version of Node that documents and package.json name', () => {
  const [job] = runs('.ci/run');
  expect(job?.strategy?.matrix.node).toEqual(['20', '22', '24']);
  const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    engines: { node: string };
  };
  expect(engines.node).toBe('>=20.19');
});

test.each(['docker build', 'docker image inspect', 'docker run', 'helm lint', 'helm template'])(
  'does %s',
  (what) => {
    expect(runs(what)).toHaveLength(1);
  },
);

test('may only read, takes actions of GitHub alone, and ends', () => {
  expect(workflow.permissions).toEqual({ contents: 'read' });
  const actions = jobs.flatMap(({ steps }) => steps.flatMap(({ uses }) => uses ?? []));
  expect(actions.filter((uses) => !/^actions\/[\w-]+@v\d+$/.test(uses))).toEqual([]);
  for (const job of jobs) expect(job['timeout-minutes']).toBeLessThanOrEqual(60);
});
