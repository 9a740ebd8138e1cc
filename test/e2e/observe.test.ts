/** What an operator sees of one grant in Slack: figures of both processes, log lines that belong together, and a trace. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGrant } from '../../src/engine/access/grant.ts';
import { addIntegration } from '../../src/engine/integrations/integrations.ts';
import type { Actor } from '../../src/engine/people/directory.ts';
import { type CompanyProcess, startCompanyProcess } from '../support/company/company-process.ts';
import { leaks } from '../support/leaks.ts';
import { outgoingSecrets } from '../support/outgoing-secrets.ts';
import { attributeOf, type Collector, startCollector } from '../support/peers/collector.ts';
import { SlackDouble } from '../support/slack-double/slack-double.ts';
import { until } from '../support/until.ts';

const actor: Actor = { kind: 'operator', user: 'test' };
let slack: SlackDouble;
let collector: Collector;
let company: CompanyProcess;
let isStopped = false;

beforeAll(async () => {
  [slack, collector] = await Promise.all([SlackDouble.start(), startCollector()]);
  company = await startCompanyProcess({
    SLACK_BOT_TOKEN: slack.token,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer%20collector-token-1',
  });
  slack.eventsUrl = `${company.url}/slack/events`;
  const marco = slack.addUser('marco', { email: 'marco.ruiz@harbour.example' });
  slack.addUser('ann', { email: 'ann.lee@harbour.example' });
  await marco.command('access Ann Lee');
  await marco.press(await slack.message('No access', { channel: marco.direct }), 'Grant…');
  const modal = await marco.form('Team');
  await marco.type(modal, 'Team', 'lagoon sec');
  marco.fill(modal, { Team: 'Lagoon Security', Role: 'Editor' });
  await marco.submit(modal);
  await company.logged(/A run has ended/);
  await grantWithMessage();
  await company.logged(/A delivery was tried/);
});
afterAll(async () => {
  if (!isStopped) await company?.stop();
  await Promise.all([slack?.stop(), collector?.close()]);
});

/** What main counts, when the worker has nothing more to do; and what the worker counts. */
const BOTH = [
  /^latchkey_queue_jobs\{lane="background",state="due",process="main"} 0$/,
  /process="worker"/,
];

test('the figures of both processes stand on one page', async () => {
  let page: readonly string[] = [];
  // The worker may have more to do, and answers for two seconds only: on a busy machine the next page has its figures.
  await until(async () => {
    page = await metrics();
    return BOTH.every((line) => page.some((each) => line.test(each)));
  });
  const value = (series: RegExp): number =>
    page
      .filter((line) => series.test(line))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);

  // No revoke has ended yet, so the worker expected it at its start.
  expect(page).toContain(
    'latchkey_runs_total{integration="Fernboard",kind="revoke",outcome="failed",process="worker"} 0',
  );
  expect(
    value(
      /^latchkey_runs_total\{integration="Fernboard",kind="execute",outcome="succeeded",process="worker"}/,
    ),
  ).toBe(1);
  expect(
    value(/^latchkey_third_party_calls_total\{integration="Fernboard",outcome="2xx",/),
  ).toBeGreaterThan(2);
  expect(value(/^latchkey_third_party_seconds_count\{integration="Fernboard",/)).toBeGreaterThan(2);
  expect(
    value(/^latchkey_interactions_total\{platform="slack",kind="submit",process="main"}/),
  ).toBe(1);
  expect(
    value(/^latchkey_acknowledgement_seconds_count\{platform="slack",process="main"}/),
  ).toBeGreaterThan(3);
  expect(
    value(
      /^latchkey_chat_calls_total\{platform="slack",operation="views.open",outcome="ok",process="main"}/,
    ),
  ).toBe(1);
  expect(
    value(
      /^latchkey_chat_calls_total\{platform="slack",operation="chat.postMessage",outcome="ok",process="worker"}/,
    ),
  ).toBeGreaterThan(0);
  expect(value(/^latchkey_deliveries_total\{via="chat",outcome="sent",process="worker"}/)).toBe(1);
  expect(value(/^latchkey_ready\{part="(database|worker|slack)",process="main"}/)).toBe(3);
  expect(value(/^process_resident_memory_bytes\{process="(main|worker)"}/)).toBeGreaterThan(
    50_000_000,
  );
  // A job that fails for the first time is an increase.
  expect(page).toContain(
    'latchkey_job_seconds_count{name="audit.seal",outcome="failed",process="worker"} 0',
  );
  // Prometheus refuses a page that has a metric twice.
  const heads = page.filter((line) => line.startsWith('# TYPE'));
  expect(heads).toEqual([...new Set(heads)]);
});

test('lines of the log name the request that led to a run, and the run in the worker', async () => {
  const lines = company
    .log()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  const asked = lines.find((line) => line['msg'] === 'A run was requested');
  expect(asked).toMatchObject({ platform: 'slack', interaction: 'submit' });
  expect(asked?.['requestId']).toMatch(/^[\da-f-]{36}$/);
  const worked = lines.filter((line) => 'workerId' in line && line['runId'] === asked?.['runId']);
  expect(worked).toContainEqual(
    expect.objectContaining({ job: 'run.advance', msg: 'A run has ended', outcome: 'succeeded' }),
  );
});

test('a trace shows the interaction, and the run with its steps, calls and delivery', async () => {
  const step = await collector.next(({ name }) => name === 'run step');
  const call = await collector.next(
    ({ name, parentSpanId }) => name === 'outbound call' && parentSpanId === step.spanId,
  );
  expect(attributeOf(call, 'http.request.method')).toMatch(/^(GET|POST|PUT)$/);
  expect(attributeOf(call, 'http.response.status_code')).toBe('201');
  expect(attributeOf(step, 'latchkey.integration')).toBe('Fernboard');
  const job = await collector.next(({ spanId }) => spanId === step.parentSpanId);
  expect(job.name).toBe('job run.advance');
  expect(attributeOf(job, 'latchkey.runId')).toBe(attributeOf(step, 'latchkey.runId'));
  await collector.next(({ name }) => name === 'delivery');

  const interaction = await collector.next(
    (span) => span.name === 'interaction' && attributeOf(span, 'latchkey.interaction') === 'submit',
  );
  const request = await collector.next(({ spanId }) => spanId === interaction.parentSpanId);
  expect(request.name).toBe('request');
  expect(new Set(collector.authorizations)).toEqual(new Set(['Bearer collector-token-1']));
});

test('no secret, and nothing that anybody wrote, is in traces or figures', async () => {
  const seen = { traces: collector.text(), metrics: (await metrics()).join('\n') };
  expect(leaks({ ...outgoingSecrets, slackToken: slack.token }, seen)).toEqual([]);
  for (const text of Object.values(seen))
    expect(text).not.toMatch(/ann\.lee|Lagoon|\?|https?:\/\//);
});

test('an answer names its request, which the log names too', async () => {
  const answer = await fetch(`${company.url}/healthz`);
  expect(answer.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
});

test('a terminal that is closed stops it as a signal to end does', async () => {
  isStopped = true;
  await company.stop('SIGHUP');
  expect(company.log()).toContain('Latchkey is stopping. It waits for requests');
});

/** An integration that does nothing but write to the person. */
async function grantWithMessage(): Promise<void> {
  const { transact } = company.foundation;
  const message = { type: 'chat', to: '{{email}}', message: 'Welcome aboard' };
  const manifest = JSON.stringify({
    execute: [
      { url: `${company.teamTool.url}/health`, method: 'GET', status_code: [200, 401, 404] },
    ],
    post_execute_notification: [message],
  });
  await transact(async (tx) => {
    const wish = { name: 'Greeter', manifest, secrets: {} };
    const added = await addIntegration(tx, wish, { actor });
    const person = await tx.people.findByEmail('ann.lee@harbour.example');
    if (!added.ok || !person) throw new TypeError('The greeter could not be set up');
    const { integration } = added;
    await startGrant(tx, { actor, person, integration, form: {} });
  });
}

async function metrics(): Promise<readonly string[]> {
  const answer = await fetch(`${company.url}/metrics`);
  return (await answer.text()).split('\n');
}
