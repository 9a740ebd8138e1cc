/**
 * Runs the commands of the documents: every line of every `sh` block, in a scratch folder with the package, or in this clone.
 * What can't be run here stands in `NOT_RUN` with the reason. `test/docs/documents.test.ts` holds the list, and that every
 * `latchkey` command is one.
 * Usage: npm run package && node scripts/documents.js [page…]
 */
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { argv, env, stderr, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';

/** The first that matches counts. */
export const NOT_RUN = [
  { command: /^docker /, why: 'needs Docker' },
  { command: /^for image in /, why: 'needs Docker' },
  { command: /^(kubectl|helm) |^\).* kubectl /m, why: 'needs Kubernetes' },
  { command: /^(sudo|journalctl) /, why: 'needs root and systemd' },
  { command: /^(pg_dump|pg_restore|createdb) /, why: "needs PostgreSQL's own programs" },
  {
    command: /^latchkey move --to -/,
    why: 'needs a PostgreSQL; test/e2e/restore.test.ts does it',
  },
  {
    command: /^latchkey restore /,
    why: 'needs a backup of that day; test/cli/restore.test.ts has one',
  },
  { command: /^npm ci && npm (test|run check)/, why: 'is what .ci/run does' },
  { command: /^npm ci && npm run demo/, why: 'is what .ci/run does, and then the demo' },
  { command: /^npm run demo/, why: 'runs until it is stopped; the package’s demo is run' },
  { command: /^npm run bench/, why: 'takes half an hour' },
  { command: /^npm install-scripts /, why: 'is of npm 12 alone' },
  { command: /^mkdir latchkey && cd/, why: 'the scratch folder is that folder' },
  { command: /^npx latchkey init$/, why: 'asks in a terminal; test/cli/init.test.ts answers' },
  {
    command: /^curl -sS "\$URL\/api\/v1/,
    why: 'needs a token; test/docs/api-example.test.ts runs it',
  },
  {
    command: /^curl -sS "\$URL\/mcp"/,
    why: 'needs a token; test/docs/mcp-example.test.ts runs it',
  },
  {
    command: /^latchkey token (add|revoke) /,
    why: 'needs its person or token; test/cli/people/tokens.test.ts has them',
  },
  {
    command: /^(BODY|T|V1)=|^curl -sS "\$URL"/,
    why: 'needs a hook; test/docs/webhook-example.test.ts runs it',
  },
];

/** They run until they are stopped: once they have said this. */
const UNTIL = [
  { command: /latchkey demo$/, said: /https?:\/\/\S+/ },
  { command: /latchkey start$/, said: /Latchkey is up/ },
];

/** Every file with commands for people. */
export const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...['docs', 'docs/guides', 'docs/manifest', 'manifests'].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  ),
];

/**
 * The commands of a document's `sh` blocks, without their comments. A command of several lines is one.
 * @returns each with the number of its first line
 */
export function commandsIn(markdown) {
  const found = [];
  let [inBlock, open] = [false, undefined];
  for (const [index, raw] of markdown.split('\n').entries()) {
    const line = raw.trim();
    if (line.startsWith('```')) {
      if (open) throw new Error(`Has no end in line ${open.line}: ${open.command}`);
      inBlock = !inBlock && line === '```sh';
      continue;
    }
    if (!inBlock || (line === '' && !open)) continue;
    const text = line.replace(/(^|\s)#\s.*$/, '').trim();
    if (text === '' && !open) continue;
    const command = open ? `${open.command}\n${text}` : text;
    const at = open ? open.line : index + 1;
    if (isWhole(command)) found.push({ line: at, command });
    open = isWhole(command) ? undefined : { line: at, command };
  }
  return found;
}

/** Without what stands in quotation marks: an apostrophe in one isn't another one. */
const unquoted = (command) => command.replaceAll(/"(?:\\.|[^"\\])*"|'[^']*'/g, '');

const isWhole = (command) =>
  !command.endsWith('\\') &&
  !/["']/.test(unquoted(command)) &&
  (!/^\($/m.test(command) || /^\)/m.test(command)) &&
  (!/^for .*; do$/m.test(command) || /^done$/m.test(command));

export const whyNotRun = (command) => NOT_RUN.find((each) => each.command.test(command))?.why;

/**
 * The arguments of each `latchkey` in a command, as a shell would give them.
 * @returns a list for each; a word that stands for others, such as `…`, ends it
 */
export function latchkeyIn(command) {
  return command
    .replaceAll('\\\n', ' ')
    .split(/&&|\||;|>|</)
    .flatMap((part) => {
      const words = wordsOf(part);
      const at = words.findLastIndex((word) => /^(\S*\/)?latchkey$/.test(word));
      const isCommand = at >= 0 && BEFORE.test(words.slice(0, at).join(' '));
      if (!isCommand) return [];
      const args = words.slice(at + 1);
      if (args[0] === '--') args.shift();
      const end = args.findIndex((word) => word === '…');
      return [end < 0 ? args : args.slice(0, end)];
    });
}

/** What may stand before the command's name. */
const BEFORE =
  /^(|npx|npm run -s|docker exec( --\w+)* latchkey|docker compose exec latchkey-\d|sudo systemd-run .*)$/s;

/** Quotation marks group. */
const wordsOf = (text) =>
  [...text.matchAll(/(?:"[^"]*"|'[^']*'|\$\([^)]*\)|[^\s"'])+/g)].map(([word]) =>
    word.replaceAll(/["']/g, ''),
  );

const PORT = '39217';

/** A folder with the package, and a data folder beside it. */
function scratch() {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-documents-'));
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const tgz = `latchkey-${version}.tgz`;
  copyFileSync(join('release', tgz), join(folder, tgz));
  writeFileSync(join(folder, 'package.json'), '{}');
  const bin = join(folder, 'node_modules', '.bin');
  const environment = {
    ...env,
    PATH: `${bin}:${env.PATH}`,
    LATCHKEY_HOME: join(folder, 'home'),
    ADMIN_EMAILS: 'you@example.com',
    PORT,
  };
  return { folder, environment };
}

/** The reader has a file of their own there: with some value for each secret of the manifest. */
function writeSecrets(command, file) {
  const manifest = /manifests\/[\w-]+\.json/.exec(command)?.[0];
  if (manifest === undefined) return;
  const { initial_data_form: fields = [] } = JSON.parse(readFileSync(manifest, 'utf8'));
  const values = Object.fromEntries(fields.map(({ id }) => [id, 'value']));
  writeFileSync(file, JSON.stringify(values));
}

/** @returns whether it did what it should, and what it said */
function run(command, { folder, environment }) {
  const secrets = join(folder, 'secrets.json');
  writeSecrets(command, secrets);
  const isOfClone = /^(npm run|npx vitest) /.test(command);
  const here = command
    .replaceAll('/backups/', `${folder}/backups/`)
    .replaceAll(/(?<= )secrets\.json/g, secrets);
  const until = UNTIL.find((each) => each.command.test(command))?.said;
  // A plan that would change something ends with 2.
  const expected = command.startsWith('latchkey apply ') ? [0, 2] : [0];
  return new Promise((done) => {
    const child = spawn('bash', ['-ec', here], {
      cwd: isOfClone ? resolve('.') : folder,
      env: environment,
      detached: true, // With what it starts it is a group, which ends together.
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    const hear = (text) => {
      const isNew = until !== undefined && !until.test(said) && until.test(said + text);
      said += text;
      if (isNew && child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('close', (code) =>
      done({ isGood: until ? until.test(said) : expected.includes(code), said }),
    );
  });
}

async function main() {
  const place = scratch();
  const chosen = argv.length > 2 ? argv.slice(2) : documents;
  let failed = 0;
  try {
    for (const [index, file] of chosen.entries()) {
      // Each page's reader has a Latchkey of their own, with nothing in it yet.
      place.environment.LATCHKEY_HOME = join(place.folder, `home-${index}`);
      const commands = commandsIn(readFileSync(file, 'utf8'));
      if (commands.some(({ command }) => whyNotRun(command) === undefined))
        await run('npm run -s latchkey -- migrate', place);
      for (const { line, command } of commands) {
        const why = whyNotRun(command);
        const outcome = why === undefined ? await run(command, place) : { isGood: true };
        const word = why === undefined ? (outcome.isGood ? 'ran' : 'FAILED') : `not run: ${why}`;
        stdout.write(`${file}:${line}  ${word}  ${command.split('\n')[0]}\n`);
        if (outcome.isGood) continue;
        failed += 1;
        stderr.write(`${outcome.said}\n`);
      }
    }
  } finally {
    rmSync(place.folder, { recursive: true, force: true });
  }
  process.exitCode = failed === 0 ? 0 : 1;
}

if (argv[1] === fileURLToPath(import.meta.url)) await main();
