/** `npm run demo`: a company on this machine, with a Teams client for an admin and one for a manager. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort, startCompany } from './company.ts';
import { personas } from './people.ts';
import { startTeamsClient } from './teams-client.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

say('Starting Latchkey with a sample company …');
const folder = await mkdtemp(join(tmpdir(), 'latchkey-demo-'));
const port = await freePort(3978);
const company = await startCompany({
  folder,
  port,
  // Nothing else of this shell's environment: its DATABASE_URL may be somebody's real one.
  environment: { TEAMS_LOCAL: '1', LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'error' },
});
const endpoint = `http://127.0.0.1:${port}/api/messages`;
const others = Object.values(personas);
const [admin, manager] = await Promise.all([
  startTeamsClient({ persona: personas.admin, others, endpoint, port: await freePort(56150) }),
  startTeamsClient({ persona: personas.manager, others, endpoint, port: await freePort(56151) }),
]);
await company.app.workerReady();

say(`
Latchkey runs. Open a Teams client in the browser:

  ${admin.url}   as Ada Okafor, admin
  ${manager.url}   as Marco Ruiz, manager of Ann Lee and Noor Haddad

Write to the bot, for example:

  access Ann          what Ann Lee has: three integrations, checked now
  grant Ann           give her one; Fernboard has 240 teams to choose from
  revoke Ann          take one away
  runs                what was granted and revoked, and how it went
  access Ben          as Marco: refused, since Ben Sato reports to Ines Falk
  help                everything it knows

Fernboard is quick, Lodestone answers 404 for whom it doesn't know, and Pigeon Post is slow and fails now and then.
Type "down Fernboard" here to see what a third party that is down looks like in chat, and "up Fernboard" after that.
Everything is on 127.0.0.1 and is forgotten at the end. Ctrl-C stops it.
`);

createInterface({ input: process.stdin }).on('line', (line) => void obey(line.trim()));

async function obey(line: string): Promise<void> {
  const [, word, name = ''] = /^(down|up)\s+(.+)$/i.exec(line) ?? [];
  if (!word)
    return say('Type "down NAME" or "up NAME"; NAME is Fernboard, Lodestone or Pigeon Post.');
  const down = word.toLowerCase() === 'down';
  const known = await (down ? company.takeDown(name) : company.bringUp(name));
  if (!known) return say(`There is no ${name}; there are Fernboard, Lodestone and Pigeon Post.`);
  return say(down ? `${name} is down.` : `${name} is up again, with nothing in it.`);
}

let stopping = false;
const stop = async (): Promise<void> => {
  if (stopping) return;
  stopping = true;
  say('Stopping …');
  await Promise.all([admin.stop(), manager.stop()]);
  await company.stop();
  await rm(folder, { recursive: true, force: true });
  process.exit(0);
};
process.on('SIGINT', () => void stop());
process.on('SIGTERM', () => void stop());
