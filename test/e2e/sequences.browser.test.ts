/** An admin makes a sequence in chat and hires someone who starts today: the items happen, the person and the manager are notified, the task is done. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { personas } from '../../demo/people.ts';
import { openTeamsClients } from '../support/browser/teams-clients.ts';
import { type TestCompany, testCompany } from '../support/company/company.ts';
import type { TeamsChat } from '../support/teams/teams-chat.ts';
import { tick } from '../support/tick.ts';

/** Long enough for forms and runs, with a machine that does other things beside. */
const STORY_MS = 240_000;

const KIM = {
  objectId: '00000000-0000-0000-0000-0000000000a4',
  givenName: 'Kim',
  surname: 'Novak',
  email: 'kim.novak@harbour.example',
};

let company: TestCompany;
let teams: { close(): Promise<void> } | undefined;
let ada: TeamsChat;
let marco: TeamsChat;
let kim: TeamsChat;

beforeAll(async () => {
  company = await testCompany({ TEAMS_LOCAL: '1' });
  const opened = await openTeamsClients(company, [personas.admin, personas.manager, KIM]);
  teams = opened;
  [ada, marco, kim] = opened.pages;
  await marco.send('tasks'); // The bot can write to someone in Teams from their first message on.
  await marco.waitForText('You have no open tasks.');
}, STORY_MS);

afterAll(async () => {
  await teams?.close();
  await company?.stop();
});

test(
  'what an admin puts into a sequence in chat happens to a new hire who gets it',
  async () => {
    await ada.send('sequences');
    await ada.open('New sequence…', 'Next, add what it does');
    await ada.fill('Name', 'Welcome');
    await ada.open('Create', 'It does nothing yet');

    await ada.open('Add a task…', 'One item per line, at most');
    await ada.fill('What to do', 'Order a laptop for {{first_name}}');
    await ada.fill('Checklist', 'Choose a model\nEncrypt its disk');
    await ada.choose('When', 'Immediately when assigned');
    await ada.open('Save', 'Task for the manager: Order a laptop');

    await ada.open('Add a grant…', 'What should Welcome grant?');
    await ada.open('Grant: Fernboard', 'Your answers here apply to everyone who has the sequence');
    await ada.fill('Part of the name', 'lagoon sec');
    await ada.open('Search', 'of 240 options match');
    await ada.choose('Choose: Team', 'Lagoon Security');
    await ada.choose('Role', 'Editor');
    await ada.fill('Time of day', '00:00');
    await ada.open('Save', 'Grant Fernboard · on the first day, at 00:00');

    await ada.open('Add a message…', 'Required for email.');
    await ada.choose('Send as', 'A direct message in chat');
    await ada.fill('Text', 'Welcome, {{first_name}}! {{manager}} waits for you at the door.');
    await ada.fill('Time of day', '00:00');
    await ada.open('Save', 'Direct message to the person');
    await ada.picture('Direct message to the person', 'sequence-card');

    await ada.send(`hire Kim Novak ${KIM.email}`);
    await ada.waitForText('Adds them to the directory');
    await ada.choose('Manager', `Marco Ruiz · ${personas.manager.email}`);
    await ada.fill('First day', new Date().toISOString().slice(0, 10));
    await ada.choose('Sequences', 'Welcome');
    await ada.open('Add', 'not linked yet');

    await tick(company.app.foundation);
    await marco.waitForText('Order a laptop for Kim');
    await marco.waitForText('Onboarding of Kim Novak'); // The page draws anew, and loses ticks, when it comes.
    await marco.tick('Order a laptop for Kim', 'Encrypt its disk');
    await marco.open('Save ticks', 'Encrypt its disk · Marco Ruiz');
    await marco.picture('Order a laptop for Kim', 'task-card');
    await kim.send('home');
    await kim.waitForText('Hello Kim');

    await ada.open('Timeline', 'Timeline of Kim Novak');
    await ada.waitForText('Run it now, or skip it?'); // The start date began before they were hired.
    await ada.picture('Timeline of Kim Novak', 'sequence-timeline');
    await ada.press('Run now'); // The newest one: the message.
    await kim.waitForText('Welcome, Kim! Marco Ruiz waits for you at the door.');
    await ada.waitForText('sent in chat on');
    await ada.press('Run now');
    await kim.waitForText('Fernboard');
    await ada.waitForText('✓ done on');
    expect(company.teamTool.state.members.get(KIM.email)?.role).toBe('editor');

    await marco.tick('Order a laptop for Kim', 'Choose a model');
    await marco.press('Done'); // It sends the ticks that aren't saved.
    await ada.waitForText('✓ task done');
  },
  STORY_MS,
);
