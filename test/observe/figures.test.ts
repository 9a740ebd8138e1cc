import { Counter, Gauge, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { figure } from '../../src/observe/figure.ts';
import { figuresOf, pageOf } from '../../src/observe/figures.ts';
import { createMeters } from '../../src/observe/meters.ts';

test('a metric of two parts stands once, with the values of both', async () => {
  const [main, worker] = [createMeters('main'), createMeters('worker')];
  main.failed();
  worker.failed();
  worker.failed();
  const page = await pageOf([await figuresOf(main.registry), await figuresOf(worker.registry)]);
  const lines = page.split('\n').filter((line) => line.includes('latchkey_errors_total'));
  expect(lines).toEqual([
    '# HELP latchkey_errors_total Lines of the log at level error',
    '# TYPE latchkey_errors_total counter',
    'latchkey_errors_total{process="main"} 1',
    'latchkey_errors_total{process="worker"} 2',
  ]);
});

test('a histogram keeps its buckets on the way between processes', async () => {
  const worker = createMeters('worker');
  worker.thirdPartyAnswered({ integration: 'Asana', outcome: '2xx', seconds: 0.3 });
  const sent = JSON.parse(JSON.stringify(await figuresOf(worker.registry))) as unknown[];
  const page = await pageOf([sent.map((each) => figure.parse(each))]);
  expect(page).toContain(
    'latchkey_third_party_seconds_bucket{le="0.5",integration="Asana",process="worker"} 1',
  );
  expect(page).toContain(
    'latchkey_third_party_seconds_bucket{le="0.25",integration="Asana",process="worker"} 0',
  );
  expect(page).toContain(
    'latchkey_third_party_seconds_count{integration="Asana",process="worker"} 1',
  );
});

test('what is no number is left out', async () => {
  const registry = new Registry();
  registry.registerMetric(new Gauge({ name: 'a', help: 'x', registers: [] }));
  registry.registerMetric(new Counter({ name: 'b', help: 'x', registers: [] }));
  const figures = (await figuresOf(registry)).map((each) =>
    each.name === 'a' ? { ...each, values: [{ labels: {}, value: null }] } : each,
  );
  expect(await pageOf([figures])).toBe(
    '# HELP a x\n# TYPE a gauge\n\n# HELP b x\n# TYPE b counter\nb 0\n',
  );
});

test('above two hundred integrations the others are counted together', async () => {
  const meters = createMeters('worker');
  for (let n = 0; n < 1000; n += 1)
    meters.runEnded({ integration: `i${n}`, kind: 'execute', outcome: 'succeeded' });
  const runs = (await figuresOf(meters.registry)).find(
    ({ name }) => name === 'latchkey_runs_total',
  );
  const succeeded = runs?.values.filter(({ labels }) => labels['outcome'] === 'succeeded');
  expect(succeeded).toHaveLength(201);
  expect(succeeded?.find(({ labels }) => labels['integration'] === 'other')?.value).toBe(800);
});

test('what someone is called for is 0 before it happens, so that the first time is an increase', async () => {
  const meters = createMeters('worker');
  meters.expectJobs(['audit.seal']);
  meters.expectRuns(['Jira']);
  meters.runEnded({ integration: 'Asana', kind: 'execute', outcome: 'succeeded' });
  const page = await pageOf([await figuresOf(meters.registry)]);
  for (const line of [
    'latchkey_runs_total{integration="Asana",kind="execute",outcome="failed",process="worker"} 0',
    'latchkey_runs_total{integration="Asana",kind="execute",outcome="blocked",process="worker"} 0',
    'latchkey_runs_total{integration="Jira",kind="execute",outcome="failed",process="worker"} 0',
    'latchkey_runs_total{integration="Jira",kind="revoke",outcome="blocked",process="worker"} 0',
    'latchkey_deliveries_total{via="none",outcome="failed",process="worker"} 0',
    'latchkey_deliveries_total{via="none",outcome="unknown",process="worker"} 0',
    'latchkey_imports_total{source="service",outcome="failed",process="worker"} 0',
    'latchkey_imports_total{source="file",outcome="failed",process="worker"} 0',
    'latchkey_job_seconds_count{name="audit.seal",outcome="failed",process="worker"} 0',
  ])
    expect(page).toContain(line);
});

test('no label is one that Prometheus gives itself: it would rename ours', async () => {
  const meters = createMeters('worker');
  meters.jobEnded('run.advance', 'done', 1);
  const figures = await figuresOf(meters.registry);
  const labels = figures.flatMap(({ values }) =>
    values.flatMap((each) => Object.keys(each.labels)),
  );
  expect(labels).toContain('name');
  expect(labels.filter((label) => ['job', 'instance'].includes(label))).toEqual([]);
});
