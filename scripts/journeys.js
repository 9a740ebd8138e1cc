/**
 * How many files of `src` a reader meets on three journeys: `node scripts/journeys.js [--files]`, after a build. Each is played in a
 * double of Slack against main, in this process, and its worker. A file counts where one of its functions ran between the first
 * click and the last card, in either; what runs at a start, or from time to time, doesn't. With `--files` it lists the functions.
 */
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { argv, exit, kill, pid, stdout } from 'node:process';
import { pathToFileURL } from 'node:url';

/** Each process writes V8's coverage into `FOLDER` at this signal, and begins to count again. */
const SIGNAL = 'SIGUSR2';
/** Every transaction makes all stores, and reads or writes by few. */
const MAKES_A_STORE = /^create\w+Store$/;

const dist = new URL('../dist/', import.meta.url);
const { SWEEP_MS } = await import(new URL('src/jobs/messages.js', dist));
const folder = mkdtempSync(join(tmpdir(), 'latchkey-journeys-'));
const coverage = `
  import { writeFileSync } from 'node:fs';
  import { Session } from 'node:inspector/promises';
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true });
  let taken = 0;
  process.on('${SIGNAL}', async () => {
    const { result } = await session.post('Profiler.takePreciseCoverage');
    writeFileSync(${JSON.stringify(`${folder}/`)} + process.pid + '-' + ++taken, JSON.stringify(result));
  });`;
/** The worker looks for late work from time to time, wherever a journey is then. */
const noSweeps = `
  const { setInterval } = globalThis;
  globalThis.setInterval = (work, ms) => setInterval(ms === ${SWEEP_MS} ? () => undefined : work, ms);`;
const script = (text) => `data:text/javascript,${encodeURIComponent(text)}`;
await import(script(coverage));

const { startCompany } = await import(new URL('demo/company.js', dist));
const { freePort } = await import(new URL('demo/free-port.js', dist));
const { personas } = await import(new URL('demo/people.js', dist));
const { readable } = await import(new URL('test/support/slack-double/readable.js', dist));
const { SlackDouble } = await import(new URL('test/support/slack-double/slack-double.js', dist));

const slack = await SlackDouble.start();
const company = await startCompany({
  folder: folderIn('database'),
  port: await freePort(0),
  slowMail: { delay: async () => {}, failsWrite: () => false },
  environment: {
    LOG_LEVEL: 'error',
    NODE_OPTIONS: `--import ${script(coverage + noSweeps)}`,
    SLACK_BOT_TOKEN: slack.token,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
  },
  jobsFolder: jobsWithoutTicks(),
});
const processes = [pid, await company.app.workerReady()];
slack.eventsUrl = `${company.app.url}/slack/events`;
const marco = slack.addUser('marco', { email: 'marco.ruiz@harbour.example' });
const noor = slack.addUser('noor', { email: 'noor.haddad@harbour.example' });
const ann = slack.addUser('ann', { email: 'ann.lee@harbour.example' });
const admin = slack.addUser('admin', { email: personas.admin.email });
const inTeam = { Team: 'Lagoon Security', Role: 'Editor' };

// First, since a card that another journey changed may be drawn again after its end.
await filesOn('an import of a file, until the notice', async () => {
  const file = admin.upload('hires.csv', 'email,first name\nzoe@harbour.example,Zoe\n');
  await admin.writeWith('people import', [file]);
  const card = await slack.message('New: 1 person', { channel: admin.direct });
  await admin.press(card, 'Import 1 person');
  await slack.message('✓ hires.csv imported', { channel: admin.direct });
});
await marco.command('access Ann Lee');
const annsCard = await slack.message('No access', { channel: marco.direct });
await filesOn('Grant, from the click until both read that it is there', async () => {
  await marco.press(annsCard, 'Grant…');
  const form = await slack.modal('Team');
  await marco.type(form, 'Team', 'lagoon sec');
  marco.fill(form, inTeam);
  await marco.submit(form);
  await slack.message('You now have Fernboard', { channel: ann.direct });
  await slack.message('✓ Has access', { channel: marco.direct });
});
await filesOn('a request, its approval, and the revoke', async () => {
  await noor.command('request fern');
  const form = await slack.modal('Why do you need it?');
  await noor.type(form, 'Team', 'lagoon sec');
  noor.fill(form, { ...inTeam, 'Why do you need it?': 'I plan the launch with them.' });
  await noor.submit(form);
  const request = await slack.message('Noor Haddad requests', { channel: marco.direct });
  await marco.press(request, 'Approve');
  await slack.message('Access was granted.', { channel: noor.direct });
  await marco.command('access Noor Haddad');
  const card = await slack.nextMessage(({ blocks }) =>
    /Access of Noor Haddad[^]*✓ Has access/.test(readable(blocks)),
  );
  await marco.press(card, 'Revoke…');
  await marco.submit(await slack.modal('This revokes Fernboard'));
  await slack.message('You no longer have Fernboard', { channel: noor.direct });
});
await company.stop();
await slack.stop();
rmSync(folder, { recursive: true, force: true });
exit(); // The listener for the signal would keep this process.

async function filesOn(journey, play) {
  await functionsThatRan();
  await play();
  const files = [...(await functionsThatRan())];
  const met = files
    .filter(([, names]) => !names.every((name) => MAKES_A_STORE.test(name)))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  stdout.write(`| files on the journey: ${journey} | ${met.length} |\n`);
  if (!argv.includes('--files')) return;
  let shown = '';
  for (const [file, names] of met) {
    if (dirname(file) !== shown) stdout.write(`${dirname(file)}\n`);
    shown = dirname(file);
    stdout.write(`  ${basename(file)}: ${names.filter(Boolean).join(', ')}\n`);
  }
}

/** @returns by file, those that ran in any process since the last time */
async function functionsThatRan() {
  const before = readdirSync(folder);
  const changes = watch(folder);
  for (const process of processes) kill(process, SIGNAL);
  let written = [];
  while (written.length < processes.length) {
    await once(changes, 'change');
    const names = readdirSync(folder).filter((name) => !before.includes(name));
    written = names.map((name) => readFileSync(join(folder, name), 'utf8'));
    written = written.filter((text) => text.endsWith(']'));
  }
  changes.close();
  const ran = new Map();
  for (const { url, functions } of written.flatMap((text) => JSON.parse(text))) {
    if (!url.startsWith(`${dist}src/`)) continue;
    const file = url.slice(dist.href.length).replace(/js$/, 'ts');
    // The function that begins with the file is the file itself, which runs when it is loaded.
    const names = functions
      .filter(({ ranges: [{ startOffset, count }] }) => startOffset > 0 && count > 0)
      .map(({ functionName }) => functionName);
    if (names.length > 0) ran.set(file, [...new Set([...(ran.get(file) ?? []), ...names])]);
  }
  return ran;
}

/** Main looks for what is due each minute. */
function jobsWithoutTicks() {
  const jobs = folderIn('jobs');
  writeFileSync(join(jobs, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(jobs, 'worker.js'), `import '${new URL('src/jobs/worker.js', dist)}';`);
  writeFileSync(join(jobs, 'tick.js'), '');
  return pathToFileURL(`${jobs}/`);
}

function folderIn(name) {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}
