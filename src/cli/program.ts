/** The commands and their options. Each command has its own file, which loads only when someone uses the command. */
import { Command, CommanderError, Help, InvalidArgumentError, Option } from 'commander';
import type { Config } from '../config/config.ts';
import { ROLES } from '../engine/people/roles.ts';
import { PARTS } from '../try/parts.ts';
import { VERSION } from '../version.ts';
import type { MoveOptions } from './database/move.ts';
import { terminal } from './output.ts';
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
  .hook('preAction', async () => {
    const { data } = program.opts<{ data?: string }>();
    if (data !== undefined) (await import('../config/config.ts')).setDataFolder(data);
  });

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
      import('../config/config.ts'),
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

const integration = program.command('integration').description('add, change and list integrations');
integration
  .command('add')
  .description('add an integration from its manifest')
  .argument('<name>', 'what people call it')
  .argument('<file>', 'the manifest, JSON')
  .option('--secrets <file>', 'values of initial_data_form: a JSON object by id')
  .action(onDemand(async () => (await import('./integration.ts')).addIntegrationCommand));
integration
  .command('secrets')
  .description('set or replace values of initial_data_form; others keep theirs')
  .argument('<name>')
  .argument('<file>', 'a JSON object by id')
  .action(onDemand(async () => (await import('./integration.ts')).setSecretsCommand));
integration
  .command('list')
  .description('every integration and its state')
  .action(onDemand(async () => (await import('./integration.ts')).listIntegrationsCommand));

integration
  .command('update')
  .description('save the next version of a manifest, and show what changes')
  .argument('<name>')
  .argument('<file>', 'the manifest, JSON')
  .option('--dry-run', 'only show what would change')
  .action(onDemand(async () => (await import('./change-integration.ts')).updateIntegrationCommand));
integration
  .command('versions')
  .description('every version of a manifest, the newest first')
  .argument('<name>')
  .action(onDemand(async () => (await import('./change-integration.ts')).listVersionsCommand));
integration
  .command('restore')
  .description('save an earlier version again, as the newest')
  .argument('<name>')
  .argument('<number>', 'of the version', wholeNumber)
  .action(onDemand(async () => (await import('./change-integration.ts')).restoreVersionCommand));
integration
  .command('off')
  .description('stop granting it; access that people have can still be revoked')
  .argument('<name>')
  .action(onDemand(async () => (await import('./change-integration.ts')).turnOffCommand));
integration
  .command('on')
  .description('turn it on again')
  .argument('<name>')
  .action(onDemand(async () => (await import('./change-integration.ts')).turnOnCommand));
integration
  .command('delete')
  .description('delete an integration with its secrets; without --yes, only say what is lost')
  .argument('<name>')
  .option('--yes', 'delete it')
  .option('--remove-access', 'first remove the access that people have there')
  .option('--keep-access', 'keep the access that people have; a task names them')
  .action(onDemand(async () => (await import('./change-integration.ts')).deleteIntegrationCommand));

const people = program.command('people').description('add, change and list people');
const withPersonOptions = (command: Command): Command =>
  command
    .option('--first-name <name>')
    .option('--last-name <name>')
    .option('--phone <number>')
    .option('--position <title>')
    .option('--department <name>')
    .option('--manager <email>', 'of someone in the directory')
    .option('--buddy <email>', 'of someone in the directory')
    .option('--start <date>', 'first day, such as 2026-11-24')
    .option('--time-zone <name>', 'such as Europe/Amsterdam')
    .addOption(new Option('--role <role>').choices(ROLES));
withPersonOptions(people.command('add'))
  .description('add a person')
  .requiredOption('--email <address>')
  .action(onDemand(async () => (await import('./people/people.ts')).addPersonCommand));
withPersonOptions(people.command('change'))
  .description("change the given values; '' clears one")
  .argument('<person>', 'email address or name')
  .option('--email <address>', 'the new one; their chat user stays linked')
  .action(onDemand(async () => (await import('./people/people.ts')).changePersonCommand));
people
  .command('deactivate')
  .description('someone has left: block them, and remove their access')
  .argument('<person>', 'email address or name')
  .action(onDemand(async () => (await import('./people/people.ts')).deactivatePersonCommand));
people
  .command('reactivate')
  .description('someone is back: removals of their access wait three days')
  .argument('<email>')
  .action(onDemand(async () => (await import('./people/people.ts')).reactivatePersonCommand));
people
  .command('refused')
  .description('chat users who wrote and were refused, since no address matches them')
  .action(onDemand(async () => (await import('./chat-links.ts')).listRefusedCommand));
people
  .command('link')
  .description("link a person to a chat user whose address doesn't match")
  .argument('<person>', 'email address or name')
  .argument('<user>', 'the id of a chat user who was refused, or like slack:T012AB3CD/U045EF6GH')
  .action(onDemand(async () => (await import('./chat-links.ts')).linkChatUserCommand));
people
  .command('unlink')
  .description('end the link of a person to their chat users')
  .argument('<person>', 'email address or name')
  .action(onDemand(async () => (await import('./chat-links.ts')).unlinkChatUsersCommand));
people
  .command('export')
  .description('export everything that is kept about a person, as JSON')
  .argument('<person>', 'email address or name')
  .option('--out <file>', 'the file to write; default: the terminal')
  .action(onDemand(async () => (await import('./people/erase-person.ts')).exportPersonCommand));
people
  .command('erase')
  .description('delete everything that is kept about a person, for good')
  .argument('<person>', 'email address or name')
  .option('--yes', 'erase them; without it, only say what goes and what stays')
  .action(onDemand(async () => (await import('./people/erase-person.ts')).erasePersonCommand));
people
  .command('import')
  .description('add the people of a CSV file')
  .argument('<file>', 'its first line names the columns: email, first name, last name, …')
  .option('--dry-run', 'only say what it would do')
  .option('--update', 'update people who are in the directory already')
  .action(onDemand(async () => (await import('./people/import-people.ts')).importPeopleCommand));
people
  .command('list')
  .description('the people, by name')
  .option('--search <text>', 'only people whose name or address contains it', '')
  .option('--page <number>', 'which fifty', wholeNumber, 1)
  .action(onDemand(async () => (await import('./people/people.ts')).listPeopleCommand));

const authenticator = program
  .command('authenticator')
  .description("answer for someone's authenticator, where no other admin can");
authenticator
  .command('confirm')
  .description('it is theirs: its codes count')
  .argument('<person>', 'email address or name')
  .argument('<characters>', 'the five that their page showed: ask them in person or in a call')
  .action(
    onDemand(async () => (await import('./people/authenticators.ts')).confirmAuthenticatorCommand),
  );
authenticator
  .command('unlock')
  .description('after five wrong codes in a row')
  .argument('<person>', 'email address or name')
  .action(
    onDemand(async () => (await import('./people/authenticators.ts')).unlockAuthenticatorCommand),
  );
authenticator
  .command('remove')
  .description('for a phone that is lost or stolen')
  .argument('<person>', 'email address or name')
  .action(
    onDemand(async () => (await import('./people/authenticators.ts')).removeAuthenticatorCommand),
  );

const token = program.command('token').description('API tokens: create, list and revoke them');
token
  .command('add')
  .description('create one, and print it once')
  .argument('<name>', 'what it is for, such as the program that uses it')
  .option('--scopes <list>', 'of read, request, approve, access, audit', 'read')
  .option('--expires <days>', 'at most 365d', '90d')
  .option('--for <person>', 'the admin who answers for it: email address or name')
  .option('--personal', 'it acts as that person, who need not be an admin')
  .addHelpText(
    'after',
    `
Examples:
  latchkey token add 'Nightly report' --scopes read,audit --expires 30d
  latchkey token add "Ann's assistant" --scopes read,request --personal --for ann@example.com`,
  )
  .action(onDemand(async () => (await import('./people/tokens.ts')).addTokenCommand));
token
  .command('list')
  .description("everyone's, those that work first")
  .option('--page <number>', 'which fifty', wholeNumber, 1)
  .action(onDemand(async () => (await import('./people/tokens.ts')).listTokensCommand));
token
  .command('revoke')
  .description('end one: programs that use it are refused')
  .argument('<id>', 'as the list shows it')
  .action(onDemand(async () => (await import('./people/tokens.ts')).revokeTokenCommand));

const eventEndpoint = program
  .command('event-endpoint')
  .description('addresses that receive events as signed webhooks');
const eventEndpoints = () => import('./events/event-endpoints.ts');
eventEndpoint
  .command('add')
  .description('add an address, and show its secret once')
  .argument('<name>', 'of the system that receives')
  .argument('<url>', 'begins with https://')
  .option('--events <kinds>', 'such as access,request.approved,audit', 'all')
  .action(onDemand(async () => (await eventEndpoints()).addEndpointCommand));
eventEndpoint
  .command('list')
  .description('every event endpoint and its state')
  .action(onDemand(async () => (await eventEndpoints()).listEndpointsCommand));
eventEndpoint
  .command('rotate')
  .description('make a new secret, and show it once; the previous one signs for 24 hours, too')
  .argument('<name>')
  .action(onDemand(async () => (await eventEndpoints()).rotateEndpointCommand));
eventEndpoint
  .command('remove')
  .description('delete it with its deliveries')
  .argument('<name>')
  .action(onDemand(async () => (await eventEndpoints()).removeEndpointCommand));
eventEndpoint
  .command('test')
  .description('send a test, and say what it answered')
  .argument('<name>')
  .action(onDemand(async () => (await eventEndpoints()).testEndpointCommand));

program
  .command('access')
  .description('what someone has, checked at the app now')
  .argument('<person>', 'email address or name')
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

/**
 * An action whose code loads when it is called.
 * @param load finds the command; it gets commander's values and may return the exit code
 */
function onDemand<Given extends readonly unknown[]>(
  load: () => Promise<(...given: Given) => Promise<number | void>>,
): (...given: Given) => Promise<void> {
  return async (...given) => {
    const run = await load();
    const code = await run(...given);
    if (typeof code === 'number') process.exitCode = code;
  };
}

async function configuration(): Promise<Config> {
  return (await import('./configuration.ts')).configuration();
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('use a number such as 2');
  return Number(text);
}

/** Errors whose message is all that is shown. Not by their classes, which load Knex and more. */
const SAID_BY_ITSELF: readonly unknown[] = ['command', 'sqlite-missing', 'unreadable-env-file'];
const isSaidByItself = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && SAID_BY_ITSELF.includes(error.code);

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
    process.exitCode = 1;
  }
}
