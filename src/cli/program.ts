/** The commands and their options. Each command has its own file, which loads only when someone uses the command. */
import { Command, CommanderError, Help, Option } from 'commander';
import type { Config } from '../config/config.ts';
import { codeOf } from '../core/error-code.ts';
import { WRONG_CONFIGURATION } from '../node-version.ts';
import { PARTS } from '../try/parts.ts';
import { VERSION } from '../version.ts';
import { commandsLike } from './commands-like.ts';
import type { MoveOptions } from './database/move.ts';
import type { RestoreOptions } from './database/restore.ts';
import { addEventEndpointCommands } from './events/commands.ts';
import { addIntegrationCommands } from './integrations/commands.ts';
import { JSON_LIST, onDemand } from './on-demand.ts';
import { callItself, terminal, wantJson } from './output.ts';
import { addPeopleCommands } from './people/commands.ts';
import { CHATS } from './setup/chats.ts';
import type { TryOptions } from './try.ts';

export const program = new Command('latchkey')
  .description("Sets up people's accounts on their first day and removes them on their last.")
  .version(VERSION)
  .option(
    '--data <folder>',
    'the one with .env and the database; default: LATCHKEY_HOME, or this folder',
  )
  .exitOverride() // Commander would exit before an error of the output is known.
  .showHelpAfterError('Add --help to see how it is used.')
  .configureOutput({
    outputError: (text, write) => write(text.replace(/^error:/, 'Error:')), // As `output.error` has it.
  })
  // Without "[options]" the descriptions have room in a terminal of 80 columns.
  .configureHelp({
    subcommandTerm: (command) => new Help().subcommandTerm(command).replace(' [options]', ''),
  })
  .hook('preAction', async (_, command) => {
    refuseEmpty(program);
    refuseEmpty(command);
    const { data } = program.opts<{ data?: string }>();
    const { calledAs } = await import('./called-as.ts');
    callItself(calledAs({ data }));
    wantJson(command.opts<{ json?: boolean }>().json === true);
    if (data === undefined) return;
    const { useDataFolder } = await import('./data-folder.ts');
    useDataFolder(data, command.name());
  });

// Headings of --help, each for the commands that follow.
program.commandsGroup('To begin:');
program
  .command('demo')
  .description("a sample company with three apps, in Microsoft's local Teams client")
  .option('--empty', 'an empty company with only an admin, to set up')
  .option('--log', "with the client's log of what it sends and gets")
  .action(onDemand(async () => (await import('./setup/demo.ts')).demoCommand));

program
  .command('init')
  .description('write the configuration: asks what Latchkey needs, then runs the doctor')
  .addOption(new Option('--chat <chat>', 'which chat people use').choices(CHATS))
  .option('--public-url <url>', 'where Slack over HTTPS, Teams and browsers reach Latchkey')
  .option(
    '--database <address>',
    'sqlite, sqlite:FILE or postgres://…; one with a password better comes from DATABASE_URL',
  )
  .option('--admin <email>', 'the first admin')
  .option('--yes', 'ask nothing; secrets come from the environment, such as SLACK_BOT_TOKEN')
  .option('--overwrite', 'with --yes: change a .env that is there, and keep a copy')
  .action(onDemand(async () => (await import('./setup/run-init.ts')).runInit));

program
  .command('start')
  .description('start Latchkey: chat, web and worker')
  .action(onDemand(async () => (await import('./setup/start.ts')).startCommand));

program.commandsGroup('To keep it running:');
program
  .command('migrate')
  .description('bring the database up to date (start does that too)')
  .action(onDemand(async () => (await import('./database/migrate.ts')).migrateCommand));

program
  .command('doctor')
  .description("check everything: what works, what doesn't, and how to fix it")
  .option('--json', 'print one JSON object')
  .action(async (options: { json?: boolean }) => {
    const [{ doctorCommand }, { readSettings }] = await Promise.all([
      import('./doctor.ts'),
      import('../config/config.ts'),
    ]);
    const env = { settings: readSettings(), now: () => new Date() };
    process.exitCode = await doctorCommand(options, env, terminal());
  });

program
  .command('status')
  .description('whether Latchkey runs, since when, what is queued and what is stuck')
  .option('--json', 'print one JSON object')
  .action(async (options: { json?: boolean }) => {
    const { statusCommand } = await import('./doctor/status.ts');
    const deps = { config: await configuration(), now: () => new Date(), output: terminal() };
    process.exitCode = await statusCommand(options, deps);
  });

program
  .command('backup')
  .description('copy the SQLite database to a file, even while Latchkey runs')
  .argument('<file>', 'must not exist')
  .action(async (file: string) => {
    const [{ backUpCommand }, { operator }] = await Promise.all([
      import('./database/backup.ts'),
      import('./operator.ts'),
    ]);
    const by = { actor: operator(), now: new Date(), output: terminal() };
    await backUpCommand(await configuration(), file, by);
  });

program
  .command('restore')
  .description('put a copy of "backup" in the place of the database; Latchkey must be stopped')
  .argument('<file>', 'the copy')
  .option('--key <file>', 'a copy of its key, where none is beside the database')
  .option('--overwrite', 'where a database is there, which is kept under another name')
  .action(async (file: string, options: RestoreOptions) => {
    const { restoreCommand } = await import('./database/restore.ts');
    const config = await configuration();
    await restoreCommand(file, options, { config, now: new Date(), output: terminal() });
  });

program
  .command('move')
  .description('copy everything from SQLite into PostgreSQL, or back; Latchkey must be stopped')
  .requiredOption(
    '--to <address>',
    'postgres://user:password@host/name, sqlite:FILE, a file, or - to type it or pipe it in',
  )
  .option('--write', 'also set DATABASE_URL, and the key, in .env')
  .action(async (options: MoveOptions) => {
    const [{ moveCommand }, { dataFolder }, { typed }, { operator }] = await Promise.all([
      import('./database/move.ts'),
      import('../config/environment.ts'),
      import('./setup/questions.ts'),
      import('./operator.ts'),
    ]);
    const [config, folder, actor] = [await configuration(), dataFolder(), operator()];
    const now = () => new Date();
    await moveCommand(options, { config, folder, actor, output: terminal(), now, typed });
  });

program
  .command('rotate-keys')
  .description('encrypt everything again with the first of LATCHKEY_KEYS, even while Latchkey runs')
  .action(onDemand(async () => (await import('./database/rotate-keys.ts')).rotateKeysCommand));

program.commandsGroup('What Latchkey knows:');
program
  .command('export')
  .description('write integrations, policies, bundles, rules, sequences and settings as files')
  .argument('<folder>', 'one of its own; an earlier export there is replaced')
  .option('--hard-coded', 'write what seems to be a secret, too, and name each place')
  .option('--yaml', 'write YAML; manifests stay JSON')
  .action(onDemand(async () => (await import('./configuration-files/export.ts')).exportCommand));

program
  .command('apply')
  .description('make Latchkey as the files of a folder say, after a plan')
  .argument('<folder>', 'as "latchkey export" writes it')
  .option('--dry-run', 'only show the plan; exit code 2 if something would change')
  .option('--yes', 'also apply what needs an OK, such as large changes of rules')
  .option('--prune', 'turn off what earlier files named and none does any more')
  .option('--release', 'leave that to chat')
  .action(onDemand(async () => (await import('./configuration-files/apply.ts')).applyCommand));

addIntegrationCommands(program);
addPeopleCommands(program);
addEventEndpointCommands(program);

program.commandsGroup('Access, and the proof of it:');
program
  .command('access')
  .description('what someone has, checked at the app now')
  .argument('<person>', 'email address or name')
  .option(...JSON_LIST)
  .action(onDemand(async () => (await import('./access.ts')).accessCommand));

program
  .command('grant')
  .description('grant access, as in chat')
  .argument('<person>', 'email address or name')
  .argument('<integration>')
  .option(
    '--set <id=value>',
    "an answer to the integration's form; repeatable, also for several options of one field",
    collect,
    [],
  )
  .option('--for <time>', 'how long it lasts: 4h, 10d, 2w')
  .option('--days <days>', 'the same in days')
  .option(
    '--reason <text>',
    'the reason to grant it while its removal is stuck or waits for someone',
  )
  .action(onDemand(async () => (await import('./grant.ts')).grantCommand));

program
  .command('revoke')
  .description('remove access, as in chat, until it is proven gone')
  .argument('<person>', 'email address or name')
  .argument('[integration]')
  .option('--all', "everything that can be revoked and isn't proven removed")
  .action(onDemand(async () => (await import('./grant.ts')).revokeCommand));

program
  .command('removals')
  .description('access that is being removed, and where that is stuck')
  .argument('[person]', 'email address or name')
  .option(...JSON_LIST)
  .action(onDemand(async () => (await import('./removals.ts')).removalsCommand));

program
  .command('evidence')
  .description('write a pack of evidence for an auditor: who got and lost which access, and why')
  .option('--out <file>', 'the ZIP file to write; must not exist', 'evidence.zip')
  .option('--from <day>', 'such as 2026-01-01; default: EVIDENCE_DAYS ago')
  .option('--until <day>', 'its last day; default: now')
  .option('--person <person>', 'only theirs: email address or name')
  .option('--integration <name>', 'only access to it')
  .option('--review <name>', 'only what this access review was about')
  .action(onDemand(async () => (await import('./proof/evidence.ts')).evidenceCommand));

program
  .command('verify')
  .description('find what was changed in a pack of evidence, or in the sealed audit log')
  .argument('[pack]', 'a pack of evidence: the ZIP file')
  .option('--audit', 'the audit log of this database')
  .option('--head <line>', 'a head that was kept elsewhere, or a file with some')
  .option('--key <line>', 'the public key that signs, or a file with it; default: the own one')
  .option('--json', 'print one JSON object')
  .action(onDemand(async () => (await import('./proof/verify.ts')).verifyCommand));

program.commandsGroup('Manifests:');
program
  .command('new')
  .description('begin something new')
  .command('manifest')
  .description('write a short manifest to start from, and show the next steps')
  .argument('[name]', 'of the app')
  .action(onDemand(async () => (await import('./setup/new-manifest.ts')).newManifest));

program
  .command('check')
  .description('check manifests for mistakes and risks')
  .argument('<file...>', 'manifests, JSON')
  .option('--json', 'print one JSON object')
  .action(async (files: string[], options: { json?: boolean }) => {
    const { checkCommand } = await import('./check.ts');
    process.exitCode = await checkCommand(files, options, terminal());
  });

program
  .command('try')
  .description('run a manifest with no server and no database')
  .argument('<file>', 'the manifest, JSON')
  .option('--person <file>', 'the person: a JSON object of person fields')
  .option('--part <part>', `what to try: ${PARTS.join(', ')}`)
  .option('--secrets <file>', 'values of initial_data_form: a JSON object by id')
  .option('--form <file>', 'answers to the form: a JSON object by id')
  .option('--people <file>', 'people in the directory already, for a sync: a JSON array')
  .option('--dry-run', 'render every request and send none')
  .option('--json', 'print one JSON object and nothing else')
  .action(async (file: string, options: TryOptions) => {
    const { tryCommand } = await import('./try.ts');
    process.exitCode = await tryCommand(file, options, terminal());
  });

program.commandsGroup('The apps in Slack and Teams:');
program
  .command('slack-manifest')
  .description('print the Slack app manifest for this configuration')
  .option(
    '--no-workflow-step',
    'without the step for workflows, which Slack has in paid plans only',
  )
  .action(async (given: { workflowStep: boolean }) => {
    const { printSlackManifest } = await import('./slack-manifest.ts');
    printSlackManifest(await configuration(), terminal(), given);
  });

program
  .command('teams-package')
  .description('write the Teams app package for this configuration')
  .option('--out <file>', 'where it goes', 'latchkey-teams.zip')
  .action(async ({ out }: { out: string }) => {
    const { writeTeamsPackage } = await import('./teams-package.ts');
    process.exitCode = await writeTeamsPackage(await configuration(), out, terminal());
  });

// The last, since commands that are made after it would have theirs under this heading, too.
program.commandsGroup('To begin:');
for (const each of [program, ...program.commands]) if (each.commands.length > 0) addHelp(each);

/** Commander's own knows one name, and shows the whole help for one that is misspelt. */
function addHelp(to: Command): void {
  to.helpCommand(false)
    .command('help')
    .description('how a command is used')
    .argument('[command...]')
    .action((names: readonly string[]) => {
      let found = to;
      for (const name of names)
        found = found.commands.find((each) => each.name() === name) ?? refuseUnknown(name, found);
      found.help();
    });
}

// Commander itself compares with the names of this level alone: for "import" it would say "export".
program.on('command:*', ([name = '']: string[]) => refuseUnknown(name, program));

function refuseUnknown(name: string, among: Command): never {
  const meant = commandsLike(name, among);
  const hint = meant.length === 0 ? '' : `\n(Did you mean ${meant.join(' or ')}?)`;
  return program.error(`error: unknown command '${name}'${hint}`, {
    code: 'commander.unknownCommand',
  });
}

/** A script passes an empty text for a variable that isn't set. The command would take it for no option, or for a name. */
function refuseEmpty(command: Command): void {
  const refuse = (what: string, advice: string) =>
    command.error(`error: ${what} is empty; ${advice}`, { code: 'commander.missingArgument' });
  const argument = command.registeredArguments[command.args.indexOf('')];
  if (argument) refuse(`argument '${argument.name()}'`, 'give it a value');
  if (command.parent?.name() === 'people' && command.name() === 'change') return; // There it clears the field.
  for (const option of command.options) {
    const name = option.attributeName();
    if (command.getOptionValueSource(name) === 'cli' && command.getOptionValue(name) === '')
      refuse(`option '${option.flags}'`, 'give it a value, or leave it out');
  }
}

async function configuration(): Promise<Config> {
  return (await import('./configuration.ts')).configuration();
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** Errors whose message is all that is shown. Not by their classes, which load Knex and more. */
const SAID_BY_ITSELF: readonly unknown[] = ['command', 'sqlite-missing', 'unreadable-env-file'];
const isSaidByItself = (error: unknown): error is Error => SAID_BY_ITSELF.includes(codeOf(error));

/** Runs one command, and sets the exit code of this process. @param args what follows the program's name */
export async function runCommandLine(args: readonly string[]): Promise<void> {
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode; // It has said why.
      return;
    }
    if (!isSaidByItself(error)) throw error;
    const [output, { message }] = [terminal(), error];
    if (args.includes('--json')) output.json({ ok: false, error: message });
    output.error(message);
    // What npm could not get of SQLite at a start, it may get at the next one.
    const isInVain = program.args[0] === 'start' && codeOf(error) === 'unreadable-env-file';
    process.exitCode = isInVain ? WRONG_CONFIGURATION : 1;
  }
}
