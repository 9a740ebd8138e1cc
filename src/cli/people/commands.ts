/** The commands about people, their authenticators and the tokens that they answer for. */
import { type Command, Option } from 'commander';
import { ROLES } from '../../engine/people/directory.ts';
import { JSON_LIST, onDemand, wholeNumber } from '../on-demand.ts';

/** What `add` and `change` both take. */
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

export function addPeopleCommands(program: Command): void {
  addPeople(program);
  addAuthenticator(program);
  addToken(program);
}

function addPeople(program: Command): void {
  const people = program.command('people').description('add, change and list people');
  withPersonOptions(people.command('add'))
    .description('add a person')
    .requiredOption('--email <address>')
    .action(onDemand(async () => (await import('./people.ts')).addPersonCommand));
  withPersonOptions(people.command('change'))
    .description("change the given values; '' clears one")
    .argument('<person>', 'email address or name')
    .option('--email <address>', 'the new one; their chat user stays linked')
    .action(onDemand(async () => (await import('./people.ts')).changePersonCommand));
  people
    .command('deactivate')
    .description('someone has left: block them, and remove their access')
    .argument('<person>', 'email address or name')
    .action(onDemand(async () => (await import('./people.ts')).deactivatePersonCommand));
  people
    .command('reactivate')
    .description('someone is back: removals of their access wait three days')
    .argument('<email>')
    .action(onDemand(async () => (await import('./people.ts')).reactivatePersonCommand));
  people
    .command('refused')
    .description('chat users who wrote and were refused, since no address matches them')
    .option(...JSON_LIST)
    .action(onDemand(async () => (await import('../chat-links.ts')).listRefusedCommand));
  people
    .command('link')
    .description("link a person to a chat user whose address doesn't match")
    .argument('<person>', 'email address or name')
    .argument('<user>', 'the id of a chat user who was refused, or like slack:T012AB3CD/U045EF6GH')
    .action(onDemand(async () => (await import('../chat-links.ts')).linkChatUserCommand));
  people
    .command('unlink')
    .description('end the link of a person to their chat users')
    .argument('<person>', 'email address or name')
    .action(onDemand(async () => (await import('../chat-links.ts')).unlinkChatUsersCommand));
  people
    .command('export')
    .description('export everything that is kept about a person, as JSON')
    .argument('<person>', 'email address or name')
    .option('--out <file>', 'the file to write; default: the terminal')
    .action(onDemand(async () => (await import('./erase-person.ts')).exportPersonCommand));
  people
    .command('erase')
    .description('delete everything that is kept about a person, for good')
    .argument('<person>', 'email address or name')
    .option('--yes', 'erase them; without it, only say what goes and what stays')
    .action(onDemand(async () => (await import('./erase-person.ts')).erasePersonCommand));
  people
    .command('import')
    .description('add the people of a CSV file')
    .argument('<file>', 'its first line names the columns: email, first name, last name, …')
    .option('--dry-run', 'only say what it would do')
    .option('--update', 'update people who are in the directory already')
    .action(onDemand(async () => (await import('./import-people.ts')).importPeopleCommand));
  people
    .command('list')
    .description('the people, by name')
    .option('--search <text>', 'only people whose name or address contains it', '')
    .option('--page <number>', 'which fifty', wholeNumber, 1)
    .option(...JSON_LIST)
    .action(onDemand(async () => (await import('./people.ts')).listPeopleCommand));
}

function addAuthenticator(program: Command): void {
  const authenticator = program
    .command('authenticator')
    .description("answer for someone's authenticator, where no other admin can");
  authenticator
    .command('confirm')
    .description('it is theirs: its codes count')
    .argument('<person>', 'email address or name')
    .argument('<characters>', 'the five that their page showed: ask them in person or in a call')
    .action(
      onDemand(async () => (await import('./authenticators.ts')).confirmAuthenticatorCommand),
    );
  authenticator
    .command('unlock')
    .description('after five wrong codes in a row')
    .argument('<person>', 'email address or name')
    .action(onDemand(async () => (await import('./authenticators.ts')).unlockAuthenticatorCommand));
  authenticator
    .command('remove')
    .description('for a phone that is lost or stolen')
    .argument('<person>', 'email address or name')
    .action(onDemand(async () => (await import('./authenticators.ts')).removeAuthenticatorCommand));
}

function addToken(program: Command): void {
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
  latchkey token add Assistant --scopes read,request --personal --for 'Ann Lee'`,
    )
    .action(onDemand(async () => (await import('./tokens.ts')).addTokenCommand));
  token
    .command('list')
    .description("everyone's, those that work first")
    .option('--page <number>', 'which fifty', wholeNumber, 1)
    .option(...JSON_LIST)
    .action(onDemand(async () => (await import('./tokens.ts')).listTokensCommand));
  token
    .command('revoke')
    .description('end one: programs that use it are refused')
    .argument('<id>', 'as the list shows it')
    .action(onDemand(async () => (await import('./tokens.ts')).revokeTokenCommand));
}
