#!/usr/bin/env node
/** The command line. Each command is a file of its own; here is only which words and options there are. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { loadEnvironment } from '../config.ts';
import { PARTS } from '../try/try-manifest.ts';
import { VERSION } from '../version.ts';
import { accessCommand } from './access.ts';
import { backUpCommand } from './backup.ts';
import {
  deleteIntegrationCommand,
  listVersionsCommand,
  restoreVersionCommand,
  turnOffCommand,
  turnOnCommand,
  updateIntegrationCommand,
} from './change-integration.ts';
import { checkCommand } from './check.ts';
import { doctorCommand } from './doctor.ts';
import { erasePersonCommand, exportPersonCommand } from './erase-person.ts';
import { grantCommand, revokeCommand } from './grant.ts';
import { type ImportOptions, importPeopleCommand } from './import-people.ts';
import {
  addIntegrationCommand,
  listIntegrationsCommand,
  setSecretsCommand,
} from './integration.ts';
import {
  type AddPersonOptions,
  addPersonCommand,
  changePersonCommand,
  deactivatePersonCommand,
  listPeopleCommand,
  type PersonOptions,
  ROLES,
  reactivatePersonCommand,
} from './people.ts';
import { rotateKeysCommand } from './rotate-keys.ts';
import { CommandError, configuration, inSession, terminal } from './session.ts';
import { printSlackManifest } from './slack-manifest.ts';
import { TEAMS_PACKAGE_FILE, writeTeamsPackage } from './teams-package.ts';
import { type TryOptions, tryCommand } from './try.ts';

const program = new Command('latchkey')
  .description('Gives people their accounts on day one and takes them away on the last day.')
  .version(VERSION)
  .showHelpAfterError('Add --help to see how it is used.');

program
  .command('start')
  .description('start Latchkey: chat, web and worker')
  .action(async () => {
    await import('../main.ts');
  });

program
  .command('migrate')
  .description('bring the database up to date (start does that too)')
  .action(() => inSession(async ({ output }) => output.line('The database is up to date.')));

program
  .command('doctor')
  .description('what works, what does not, and what to do about it')
  .option('--json', 'print one JSON object')
  .action(async (options: { json?: boolean }) => {
    const world = { environment: loadEnvironment(), now: () => new Date() };
    process.exitCode = await doctorCommand(options, world, terminal());
  });

program
  .command('backup')
  .description('copy the SQLite database to a file; Latchkey may run meanwhile')
  .argument('<file>', 'must not exist')
  .action((file: string) => backUpCommand(configuration(), file, terminal()));

program
  .command('rotate-keys')
  .description('seal everything again under the first of LATCHKEY_KEYS; Latchkey may run meanwhile')
  .action(rotateKeysCommand);

const integration = program.command('integration').description('the third parties');
integration
  .command('add')
  .description('add an integration from its manifest')
  .argument('<name>', 'what people call it')
  .argument('<file>', 'the manifest, JSON')
  .option('--secrets <file>', 'values of initial_data_form: a JSON object by id')
  .action(addIntegrationCommand);
integration
  .command('secrets')
  .description('set or replace values of initial_data_form; others keep theirs')
  .argument('<name>')
  .argument('<file>', 'a JSON object by id')
  .action(setSecretsCommand);
integration
  .command('list')
  .description('every integration and its state')
  .action(listIntegrationsCommand);

integration
  .command('update')
  .description('save the next version of a manifest, and show what changes')
  .argument('<name>')
  .argument('<file>', 'the manifest, JSON')
  .option('--dry-run', 'only show what would change')
  .action(updateIntegrationCommand);
integration
  .command('versions')
  .description('every version of a manifest, the newest first')
  .argument('<name>')
  .action(listVersionsCommand);
integration
  .command('restore')
  .description('save an earlier version again, as the newest')
  .argument('<name>')
  .argument('<number>', 'of the version', wholeNumber)
  .action(restoreVersionCommand);
integration
  .command('off')
  .description('grant it to nobody any more; what people have can still be revoked')
  .argument('<name>')
  .action(turnOffCommand);
integration.command('on').description('turn it on again').argument('<name>').action(turnOnCommand);
integration
  .command('delete')
  .description('delete an integration with its secrets, and say what is lost')
  .argument('<name>')
  .option('--yes', 'do it, instead of only saying what is lost')
  .action(deleteIntegrationCommand);

const people = program.command('people').description('the directory');
const withPersonOptions = (command: Command): Command =>
  command
    .option('--first-name <name>')
    .option('--last-name <name>')
    .option('--phone <number>')
    .option('--position <title>')
    .option('--department <name>')
    .option('--manager <email>', 'of somebody in the directory')
    .option('--buddy <email>', 'of somebody in the directory')
    .option('--start <date>', 'first day, such as 2026-11-24')
    .option('--time-zone <name>', 'such as Europe/Amsterdam')
    .addOption(new Option('--role <role>').choices(ROLES));
withPersonOptions(people.command('add'))
  .description('add a person')
  .requiredOption('--email <address>')
  .action((options: AddPersonOptions) => addPersonCommand(options));
withPersonOptions(people.command('change'))
  .description("change what is given; '' takes a value away")
  .argument('<person>', 'email address or name')
  .option('--email <address>', 'the new one; their chat user stays linked')
  .action((person: string, options: PersonOptions) => changePersonCommand(person, options));
people
  .command('deactivate')
  .description('they have left: Latchkey refuses them; what they have stays until it is revoked')
  .argument('<person>', 'email address or name')
  .action(deactivatePersonCommand);
people
  .command('reactivate')
  .description('they are back, without what they had')
  .argument('<email>')
  .action(reactivatePersonCommand);
people
  .command('export')
  .description('everything that is kept of a person, as JSON')
  .argument('<person>', 'email address or name')
  .option('--out <file>', 'where it goes, in place of the terminal')
  .action(exportPersonCommand);
people
  .command('erase')
  .description('delete everything that is kept of a person, for good')
  .argument('<person>', 'email address or name')
  .option('--yes', 'do it, instead of only saying what goes and what stays')
  .action(erasePersonCommand);
people
  .command('import')
  .description('add the people of a CSV file')
  .argument('<file>', 'its first line names the columns: email, first name, last name, …')
  .option('--dry-run', 'only say what it would do')
  .option('--update', 'give people who are there the values of the file')
  .action((file: string, options: ImportOptions) => importPeopleCommand(file, options));
people
  .command('list')
  .description('the people, by name')
  .option('--search <text>', 'only whose name or address contains it', '')
  .option('--page <number>', 'which fifty', wholeNumber, 1)
  .action(listPeopleCommand);

program
  .command('access')
  .description('what somebody has, asked now')
  .argument('<person>', 'email address or name')
  .action(accessCommand);

program
  .command('grant')
  .description('give somebody access, as in chat')
  .argument('<person>', 'email address or name')
  .argument('<integration>')
  .option('--set <id=value>', "an answer to the integration's form; repeatable", collect, [])
  .option('--days <days>', 'it ends by itself after so many days')
  .action(async (person: string, name: string, options: { set: string[]; days?: string }) => {
    process.exitCode = await grantCommand(person, name, options);
  });

program
  .command('revoke')
  .description('take access away, as in chat')
  .argument('<person>', 'email address or name')
  .argument('[integration]')
  .option('--all', 'everything that can be revoked and is not known to be gone')
  .action(async (person: string, name: string | undefined, options: { all?: boolean }) => {
    process.exitCode = await revokeCommand(person, name, options);
  });

program
  .command('check')
  .description('what is wrong or unwise in manifests')
  .argument('<file...>', 'manifests, JSON')
  .option('--json', 'print one JSON object')
  .action(async (files: string[], options: { json?: boolean }) => {
    process.exitCode = await checkCommand(files, options, terminal());
  });

program
  .command('try')
  .description('run a manifest with no server and no database')
  .argument('<file>', 'the manifest, JSON')
  .option('--person <file>', 'whom it is about: a JSON object of person fields')
  .option('--part <part>', `what to try: ${PARTS.join(', ')}`)
  .option('--secrets <file>', 'values of initial_data_form: a JSON object by id')
  .option('--form <file>', 'answers to the form: a JSON object by id')
  .option('--people <file>', 'who exists already, for a sync: a JSON array of people')
  .option('--dry-run', 'render every request and send none')
  .option('--json', 'print one JSON object and nothing else')
  .action(async (file: string, options: TryOptions) => {
    process.exitCode = await tryCommand(file, options, terminal());
  });

program
  .command('slack-manifest')
  .description('print the Slack app manifest for this configuration')
  .action(() => printSlackManifest(configuration(), terminal()));

program
  .command('teams-package')
  .description('write the Teams app package for this configuration')
  .option('--out <file>', 'where it goes', TEAMS_PACKAGE_FILE)
  .action(async ({ out }: { out: string }) => {
    process.exitCode = await writeTeamsPackage(configuration(), out, terminal());
  });

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('use a number such as 2');
  return Number(text);
}

// Whoever reads may stop early, as `| head` does; what the command does is done to its end all the same.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  terminal().error(error.message);
  process.exitCode = 1;
}
