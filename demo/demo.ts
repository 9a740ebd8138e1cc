/**
 * `latchkey demo`, in a clone `npm run demo`: a company on this machine, with a Teams client for an admin, one for a
 * manager and one for an employee. With `--empty`: the same Latchkey with nothing in it yet, for an admin to set up. With `--log`:
 * the clients show their log of activities.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startApp } from '../src/app/app.ts';
import { BadConfiguration } from '../src/app/refused-start.ts';
import { calledAs } from '../src/cli/called-as.ts';
import { writeEnvFile } from '../src/cli/setup/env-file.ts';
import { DRAIN_MS } from '../src/jobs/agreed.ts';
import {
  addFirstWeek,
  addForgottenAccount,
  addProductBasics,
  addStaffImport,
  addTexting,
  environmentOf,
  limitToHours,
  startCompany,
} from './company.ts';
import { freePort } from './free-port.ts';
import { personas } from './people.ts';
import { startTeamsClient, type TeamsPersona } from './teams-client.ts';
import { ClientNotFetched, teamsClientFolder } from './teams-client-package.ts';
import { startTexting } from './third-parties/texting.ts';
import { startTidebook } from './third-parties/tidebook.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

try {
  await teamsClientFolder(say);
} catch (error) {
  if (!(error instanceof ClientNotFetched)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
const isEmpty = process.argv.includes('--empty');
say(`Starting Latchkey with ${isEmpty ? 'nothing in it' : 'a sample company'} …`);
const folder = await mkdtemp(join(tmpdir(), 'latchkey-demo-'));
/** Those that a test gives, in place of the usual ones. */
const given = (process.env['DEMO_PORTS'] ?? '').split(',').filter(Boolean).map(Number);
const portNear = async (usual: number) => given.shift() ?? freePort(usual);
const port = await portNear(3978);
/** What its clients send: nothing else on this machine can play one of them. */
const secret = randomBytes(16).toString('hex');
const tidebook = await startTidebook({ port: await portNear(56152) });
const options = {
  folder,
  port,
  // Nothing else of this shell's environment: its DATABASE_URL may be someone's real one.
  environment: {
    TEAMS_LOCAL: '1',
    TEAMS_LOCAL_SECRET: secret,
    LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'error',
    ALLOW_PRIVATE_HOSTS: '127.0.0.1', // Every sample third party.
  },
  moreReadyMade: new URL('catalogue/', import.meta.url),
};
const environment = environmentOf(options, { hosts: '' });
const company = isEmpty ? undefined : await orSay(startCompany(options));
const skylark = await startTexting({
  port: await portNear(56153),
  arrived: ({ to, text }) => say(`Skylark sends a text to ${to}: ${text}`),
});
if (company) {
  await addStaffImport(company.app.foundation, company);
  await addTexting(company.app.foundation, skylark.url);
  await addFirstWeek(company.app.foundation);
  await limitToHours(company.app.foundation);
  await addProductBasics(company.app.foundation, company);
  addForgottenAccount(company);
}
const app = company?.app ?? (await orSay(startApp(environment, undefined, options.moreReadyMade)));
// For the command line: `--data` finds it. A DATABASE_URL of the shell would go before the file.
await writeEnvFile(folder, [{ title: 'The demo', variables: environment }], undefined);
const ownDatabase =
  process.env['DATABASE_URL'] === undefined
    ? ''
    : `DATABASE_URL='${environment['DATABASE_URL'] ?? ''}' `;
const endpoint = `http://127.0.0.1:${port}/api/messages?secret=${secret}`;
const others = Object.values(personas);
const clientOf = async (persona: TeamsPersona, preferred: number) =>
  startTeamsClient({
    persona,
    others,
    endpoint,
    port: await portNear(preferred),
    hidesLog: !process.argv.includes('--log'),
    scriptOrigin: process.env['DEMO_SCRIPT_ORIGIN'], // That of a test, whose pages share it.
  });
const [admin, ...team] = await Promise.all([
  clientOf(personas.admin, 56150),
  ...(isEmpty ? [] : [clientOf(personas.manager, 56151), clientOf(personas.employee, 56154)]),
]);
const [manager, employee] = team;
await app.workerReady();

const clients = `  ${admin.url}   as Ada Okafor, admin${
  manager ? `\n  ${manager.url}   as Marco Ruiz, manager of Ann Lee and Noor Haddad` : ''
}${employee ? `\n  ${employee.url}   as Noor Haddad, product designer` : ''}`;

/** What an admin can do in both. */
const SETTING_UP = `  setup               how far Latchkey is set up, and the next step
  integration add     a ready-made one: take Tidebook, which is connected by OAuth2
  integrations        all of them, to open and change: Settings… says who may request, who approves, for how long
  people              the directory; hire adds someone before their first day
  settings            language, joins, safety of imports, who sends texts, quiet hours
  sequences           access, messages and tasks around a first or a last day`;

const TIDEBOOK = `Tidebook, a calendar to connect, is at ${tidebook.url}
Open that in a browser, too: its first page has the client ID and secret, and takes the callback address.`;

const GRANTING = `  access Ann          what Ann Lee has: three integrations, checked now
  grant Ann           grant her one; Fernboard has 240 teams to choose from
  revoke Ann          revoke one
  activity            grants and revokes, with their results
  access Ben          as Marco: refused, since Ben Sato reports to Ines Falk
  request             as Noor: for yourself; Marco approves, since he manages her
                      as Marco: Ada approves, since he has no manager here
                      Pigeon Post is given for 8 hours at most
  I need Fernboard for 3 days
                      a sentence: the form, filled in; so do "can I get access to pigeon post for 4 hours?",
                      "Ann needs Fernboard" as Marco, "who has Fernboard?" as Ada
  give back           end what you have yourself and need no more
  requests            as Ada: what needs her approval
  home                all of that in one card, with buttons to the rest
  away                set a delegate for some days
  help                everything it can do`;

const ENDING = `  offboard Ann        her last day, and what is removed when it is over
  review              managers keep or revoke their reports' access
  findings            press Read lists now: Fernboard has an account that belongs to no one in the company
  audit               who did what, when and from where`;

say(`
Latchkey runs. Open Microsoft's developer client for Teams in the browser:

${clients}

${
  isEmpty
    ? `Only Ada is in it. Write to the bot as she would:

${SETTING_UP}

${TIDEBOOK}`
    : `Press the buttons of its first message, or write to the bot, for example:

${GRANTING}

As Ada, set things up:

${SETTING_UP}
  import              people from Lodestone's staff list: look through them, choose, import
  tokens              an API token for a program; http://localhost:${port}/api/v1/docs says what it can do with it

See what comes when: as Ada, "people Ann", Timeline, which has Run now and Skip; "sequences First week" is where it comes from.

Send a text: as Ada, "people Ann", More…, Sequence…, Welcome. It arrives at Skylark within a minute, which says so here and at
${skylark.url}

Let another system start it: as Ada, "sequences Welcome", More…, Start automatically…, Add a webhook…, Show the secret. The lines for a
shell that call it are in docs/messages-and-events.md, under Webhooks.

Move someone: as Ada, "rules", New rule… for the department Product that gives Fernboard, and turn it on. Write "people Noor", More…, Edit…,
choose another department: Marco gets the card of her move, with what she loses and when.

And end them:

${ENDING}

${TIDEBOOK}

Fernboard is quick, Lodestone answers 404 for whom it doesn't know, and Pigeon Post is slow and fails now and then.
Type "down Fernboard" here to see what an app that is down looks like in chat, and "up Fernboard" after that.`
}

The command line works on it from another terminal. See what it can do with --help, and begin with:
  ${ownDatabase}${calledAs({ data: folder })} doctor

Everything is on 127.0.0.1 and is forgotten at the end. Ctrl-C stops it.
`);

if (company)
  createInterface({ input: process.stdin }).on('line', (line) => void obey(line.trim(), company));

async function obey(
  line: string,
  { takeDown, bringUp }: Awaited<ReturnType<typeof startCompany>>,
): Promise<void> {
  const [, word, name = ''] = /^(down|up)\s+(.+)$/i.exec(line) ?? [];
  if (!word)
    return say('Type "down NAME" or "up NAME"; NAME is Fernboard, Lodestone or Pigeon Post.');
  const down = word.toLowerCase() === 'down';
  const known = await (down ? takeDown(name) : bringUp(name));
  if (!known) return say(`There is no ${name}; there are Fernboard, Lodestone and Pigeon Post.`);
  return say(down ? `${name} is down.` : `${name} is up again, with nothing in it.`);
}

/** Nobody chose these ports: another program may take one while the demo starts. */
async function orSay<T>(starting: Promise<T>): Promise<T> {
  try {
    return await starting;
  } catch (error) {
    if (!(error instanceof BadConfiguration)) throw error;
    const why = error.problems.map(({ variable, message }) =>
      variable === 'PORT' ? 'Another program has just taken a port that it chose' : message,
    );
    process.stderr.write(`The demo could not start. ${why.join('; ')}. Start it again.\n`);
    await rm(folder, { recursive: true, force: true });
    return process.exit(1);
  }
}

let stopping = false;
const stop = async (): Promise<void> => {
  if (stopping) return;
  stopping = true;
  say(
    `Stopping: Latchkey finishes the requests and steps that are under way, for at most ${DRAIN_MS / 1000} seconds.`,
  );
  await Promise.all([admin, ...team].map((client) => client.stop()));
  await (company ?? app).stop();
  await tidebook.close();
  await skylark.close();
  await rm(folder, { recursive: true, force: true });
  process.exit(0);
};
process.on('SIGINT', () => void stop());
process.on('SIGTERM', () => void stop());
