/** A page with the cards and forms that people meet: a company is played, and each is drawn as Slack and as Teams show it. */
import { removalRef } from '../../src/bots/features/access/removal-ref.ts';
import { commands } from '../../src/bots/features/features.ts';
import { chooseLanguage } from '../../src/bots/features/people/language.ts';
import { runRef } from '../../src/bots/features/runs/run-ref.ts';
import { welcomeCard } from '../../src/bots/features/welcome.ts';
import { renderCard as renderSlack } from '../../src/bots/slack/render-card.ts';
import { renderCard as renderTeams } from '../../src/bots/teams/render-card.ts';
import type { PressReply, SubmitReply } from '../../src/bots/view/action.ts';
import type { ActionCall } from '../../src/bots/view/action-call.ts';
import { type Button, type Card, note } from '../../src/bots/view/card.ts';
import { showDay } from '../../src/bots/view/dates.ts';
import { type Field, type Form, optionText } from '../../src/bots/view/form.ts';
import type { LiveCardRef } from '../../src/core/message.ts';
import { unreachable } from '../../src/core/unreachable.ts';
import { startGrant } from '../../src/engine/access/grant.ts';
import { makeBundle, putItem } from '../../src/engine/bundles/change-bundle.ts';
import { addManual } from '../../src/engine/integrations/integrations.ts';
import { fail, lease } from '../../src/engine/runs/run.ts';
import { claimJobs, finishJobs } from '../../src/store/queue/queue.ts';
import { sharedChat, type TestChat, textOf } from './chat.ts';
import { buttonsOf, Clicker } from './clicks.ts';
import { ok, present } from './given/outcomes.ts';
import { accessSince } from './has-access.ts';
import { begunRemoval, inState } from './removals.ts';
import type { DoubleBlock } from './slack-double/block-kit.ts';
import { readable } from './slack-double/readable.ts';

export interface Drawn {
  /** What it was drawn for: a word, or the button that was pressed. */
  readonly by: string;
  /** `Ada, an admin` */
  readonly reader: string;
  /** Of a live card, a command or an action: one and the same builder draws what has the same id. */
  readonly builder: string;
  readonly shown: Card | Form;
}

const isForm = (shown: Card | Form): shown is Form => 'fields' in shown;

type Shown = Card | Form;
interface Player {
  readonly name: string;
  readonly email: string;
  readonly clicker: Clicker;
}

/** The words that take something, with what they are given here. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  access: 'Ann',
  grant: 'Ann',
  revoke: 'Ann',
  offboard: 'Ann',
  people: 'Ann',
  request: 'Fernboard',
  integrations: 'Fernboard',
};

export interface Playing {
  /** What the company has beside the little that it begins with. */
  readonly grow?: (chat: TestChat) => Promise<void>;
  /** What they write into a text field, where its form takes it. */
  readonly typed?: string;
  /** Left out: on SQLite. On another database nobody reads the messages that come of it. */
  readonly open?: () => Promise<TestChat>;
  /** Left out: they press everything once. */
  readonly clickerOf?: (chat: TestChat, email: string) => Clicker;
}

/** Plays until every button that someone is shown was pressed once. @param language that all of them choose first */
export async function playCompany(
  language?: 'de',
  { grow, typed, open = sharedChat, clickerOf }: Playing = {},
): Promise<{
  readonly drawn: readonly Drawn[];
  readonly chat: TestChat;
  /** One call of each action whose button someone was shown, by the action's id. */
  readonly calls: ReadonlyMap<string, ActionCall>;
  end(): Promise<void>;
}> {
  const chat = await open();
  const players = await company(chat, clickerOf);
  await grow?.(chat);
  if (language)
    for (const { clicker } of players) await clicker.answers(chooseLanguage.with({}), { language });
  const drawn: Drawn[] = [];
  const pressed = new Map(players.map(({ email }) => [email, new Set<string>()]));
  for (const player of players) {
    const play = { player, pressed: pressed.get(player.email) ?? new Set<string>(), drawn, typed };
    await playAll(play);
    if (open !== sharedChat) continue; // The jobs of the others are where their own queue keeps them.
    await readMessages(chat, (email) => {
      const reader = players.find((each) => each.email === email);
      return reader && { player: reader, pressed: pressed.get(email) ?? new Set(), drawn, typed };
    });
  }
  drawn.push(...(await staged(chat, players)));
  const calls = new Map(
    drawn
      .flatMap(({ shown }) => (isForm(shown) ? [] : buttonsOf(shown)))
      .map(({ does }) => [does.id, does] as const),
  );
  return { drawn, chat, calls, end: () => chat.cleanup() };
}

/** What no press leads to: the welcome, a grant that failed and access that is stuck, for each who reads it. */
async function staged(chat: TestChat, players: readonly Player[]): Promise<readonly Drawn[]> {
  const { stores, transact, now } = chat.services;
  const [ann, marco] = await Promise.all(
    ['ann@example.com', 'marco@example.com'].map((email) => stores.people.findByEmail(email)),
  );
  const id = await chat.integration('Tidebook', {
    execute: [{ url: 'https://tidebook.example/users', data: { email: '{{email}}' } }],
    revoke: [{ url: 'https://tidebook.example/users/{{email}}', method: 'DELETE' }],
  });
  const integration = await stores.integrations.find(id);
  if (!ann || !marco || !integration) throw new Error('The company is not complete');
  const actor = { kind: 'person', personId: marco.id, via: 'slack' } as const;
  const runId = await transact(async (tx) => {
    const started = await startGrant(tx, { actor, person: marco, integration, form: {} });
    if (started.kind !== 'started' || started.run.state !== 'queued') throw new Error(started.kind);
    const newestManifestVersionId = started.run.manifestVersionId;
    const run = lease(started.run, { workerId: 'page', newestManifestVersionId }, now());
    const message =
      "Tidebook doesn't accept Latchkey's credentials, or they don't allow this. Check its secrets, and what they allow.";
    await tx.runs.save(fail(run, { code: 'http-status', message, step: 0 }, now()));
    const known = { personId: ann.id, integrationId: id, state: 'has', reason: '' } as const;
    await tx.access.put({ ...known, since: now(), checkedAt: now() });
    return run.id;
  });
  const removal = await begunRemoval(chat, ann, id, marco);
  const retryAt = new Date(now().getTime() + 15 * 60_000);
  const why = "The last try failed. Tidebook doesn't answer.";
  await inState(chat, removal, { state: 'stuck', tries: 2, retryAt, why });
  const cards: readonly [by: string, card: LiveCardRef, readers: readonly string[]][] = [
    ['The first message to the bot', welcomeCard.with({ personId: ann.id }), ['ann@example.com']],
    ['A grant that failed', runRef(runId), ['marco@example.com', 'ada@example.com']],
    ['A removal that is stuck', removalRef(removal.id), ['marco@example.com']],
  ];
  return Promise.all(
    cards.flatMap(([by, card, readers]) =>
      players
        .filter(({ email }) => readers.includes(email))
        .map(async ({ name, clicker }) => ({
          by,
          reader: name,
          builder: `${card.view} for ${name}`,
          shown: await clicker.sees(card),
        })),
    ),
  );
}

async function company(
  chat: TestChat,
  clickerOf: Playing['clickerOf'] = (...of) => new Clicker(...of),
): Promise<readonly Player[]> {
  await chat.person({
    email: 'ada@example.com',
    firstName: 'Ada',
    lastName: 'Okafor',
    role: 'admin',
  });
  await chat.person({ email: 'marco@example.com', firstName: 'Marco', lastName: 'Ruiz' });
  await chat.person({
    email: 'ann@example.com',
    firstName: 'Ann',
    lastName: 'Lee',
    position: 'Product manager',
    department: 'Product',
    startDate: '2026-12-01',
    managerEmail: 'marco@example.com',
  });
  const fernboard = await chat.integration('Fernboard', {
    extra_user_info: [{ id: 'FERNBOARD_NAME', name: 'Fernboard username' }],
    form: [
      {
        id: 'ROLE',
        name: 'Role',
        type: 'choice',
        items: [
          { id: 'editor', name: 'Editor' },
          { id: 'owner', name: 'Owner', needs_approval: true },
        ],
      },
    ],
    exists: {
      url: 'https://fernboard.example/users/{{email}}',
      method: 'GET',
      fail_when_4xx_response_code: false,
    },
    execute: [
      {
        url: 'https://fernboard.example/users',
        data: { email: '{{email}}', name: '{{FERNBOARD_NAME}}' },
      },
    ],
    revoke: [{ url: 'https://fernboard.example/users/{{email}}', method: 'DELETE' }],
  });
  await chat.integration('Lodestone', {
    initial_data_form: [{ id: 'TOKEN', name: 'API token' }],
    action: 'create',
    execute: [{ url: 'https://lodestone.example/people', method: 'GET' }],
    data_structure: { email: 'email', first_name: 'first', last_name: 'last' },
  });
  await chat.services.transact((tx) =>
    addManual(tx, { name: 'Door badge', assignee: { kind: 'manager' } }, { actor: SYSTEM }),
  );
  await chat.services.transact(async (tx) => {
    const typed = { name: 'Product basics', description: 'For everyone in Product.', tags: '' };
    const made = ok(await makeBundle(tx, typed, { actor: SYSTEM }));
    const badge = present(await tx.integrations.findByName('Door badge'));
    const answers = [{ label: 'Role', value: 'Editor' }];
    const editor = { integrationId: fernboard, form: { ROLE: 'editor' }, answers, hours: 90 * 24 };
    for (const item of [editor, { integrationId: badge.id, form: {}, answers: [] }])
      await putItem(tx, made.bundle.id, { item, actor: SYSTEM });
  });
  const { stores, now } = chat.services;
  const ann = await stores.people.findByEmail('ann@example.com');
  await stores.access.put(
    accessSince(now(), { personId: ann?.id ?? '', integrationId: fernboard }),
  );
  const player = (name: string, email: string): Player => ({
    name,
    email,
    clicker: clickerOf(chat, email),
  });
  return [
    player('Ann, who works there', 'ann@example.com'),
    player('Marco, her manager', 'marco@example.com'),
    player('Ada, an admin', 'ada@example.com'),
  ];
}
const SYSTEM = { kind: 'system' } as const;

async function playAll(play: Play): Promise<void> {
  for (const { word } of commands) {
    const argument = ARGUMENTS[word];
    for (const text of argument === undefined ? [word] : [word, `${word} ${argument}`]) {
      const reply = await play.player.clicker.writes(...text.split(' '));
      await follow({ reply, by: `\`${text}\``, id: word }, play);
    }
  }
}

/** The messages that came of it, drawn for those who get them. */
async function readMessages(
  chat: TestChat,
  playOf: (email: string) => Play | undefined,
): Promise<void> {
  const { stores, now } = chat.services;
  const claim = { lane: 'chat', limit: 250, leaseMs: 60_000, workerId: 'page' } as const;
  for (const job of await claimJobs(chat.database.db, { ...claim, now: now() })) {
    await finishJobs(chat.database.db, [job]);
    if (job.name !== 'message.post') continue;
    const { personId, card } = job.payload;
    const play = playOf((await stores.people.find(personId))?.email ?? '');
    if (!play) continue;
    const shown = await play.player.clicker.sees(card);
    await followCard(shown, { by: `A message: ${shown.title}`, builder: card.view }, play);
  }
}

interface Play {
  readonly player: Player;
  /** The ids of actions whose button was pressed. */
  readonly pressed: Set<string>;
  readonly drawn: Drawn[];
  readonly typed: string | undefined;
}
interface Came {
  readonly reply: PressReply | SubmitReply;
  readonly by: string;
  readonly id: string;
}

/** Draws what came, and presses its buttons. */
async function follow({ reply, by, id }: Came, play: Play): Promise<void> {
  const { player, drawn } = play;
  const reader = player.name;
  if (reply.kind === 'open') {
    const form = await reply.form;
    if ('refused' in form) return followCard(form.refused, { by, builder: `${id} refused` }, play);
    drawn.push({ by, reader, builder: `${reply.call.id} form`, shown: form });
    return send(form, { by, call: reply.call }, play);
  }
  if (!('card' in reply)) return;
  const { card } = reply;
  if (!('view' in card)) {
    const isRefused = textOf(card).includes('[What I can do]');
    return followCard(card, { by, builder: isRefused ? `${id} refused` : id }, play);
  }
  const builder = card.drawn?.isAsPosted ? id : card.view;
  return followCard(await player.clicker.sees(card), { by, builder }, play);
}

async function followCard(
  card: Card,
  { by, builder }: Pick<Drawn, 'by' | 'builder'>,
  play: Play,
): Promise<void> {
  const { player, pressed, drawn } = play;
  drawn.push({ by, reader: player.name, builder, shown: card });
  const isLast = ({ does }: Button) => Number(LAST.has(does.id));
  for (const button of buttonsOf(card).toSorted((a, b) => isLast(a) - isLast(b))) {
    const { id } = button.does;
    if (pressed.has(id)) continue;
    pressed.add(id);
    const reply = await player.clicker.press(button);
    await follow({ reply, by: `${button.label}, on “${card.title}”`, id }, play);
  }
}

/** Sends a form as it opened, with something in each field that needs it. What deletes or ends something stays unsent. */
async function send(
  form: Form,
  { by, call }: { readonly by: string; readonly call: ActionCall },
  play: Play,
): Promise<void> {
  const cannot = Object.values(form.fields).some(({ kind }) => UNANSWERED.includes(kind));
  if (
    ((form.tone === 'danger' || ENDS.has(call.id)) && !SENT_TOO.has(call.id)) ||
    cannot ||
    play.pressed.has(`${call.id} sent`)
  )
    return;
  play.pressed.add(`${call.id} sent`);
  const answers = Object.fromEntries(
    Object.entries(form.fields).flatMap(([name, field]) => answerTo(name, field)),
  );
  const { clicker } = play.player;
  const written = writtenInto(form, play.typed);
  const first = written && (await clicker.answersTo(form, call, { ...answers, ...written }));
  const reply =
    first && first.kind !== 'invalid' ? first : await clicker.answersTo(form, call, answers);
  await follow({ reply, by: `${by}, then ${form.submitLabel}`, id: `${call.id} sent` }, play);
}

/** The same text for each text field. */
const writtenInto = (form: Form, typed: string | undefined) =>
  typed === undefined
    ? undefined
    : Object.fromEntries(
        Object.entries(form.fields).flatMap(([name, field]) =>
          field.kind === 'text' ? [[name, typed]] : [],
        ),
      );

/** What turns off what the play goes on with is pressed after all else on its card. */
const LAST = new Set(['sequence.turn']);
/** Forms that destroy nothing, but end what the play goes on with. */
const ENDS = new Set([
  'bundle.deny',
  'fact.reject',
  'offboarding.plan',
  'request.break-glass',
  'request.deny',
]);
/** Forms that end something, and after which the play goes on all the same. */
const SENT_TOO = new Set(['access.revoke']);

/** A file, a chat user, and a list that nobody gave. */
const UNANSWERED: readonly Field['kind'][] = ['file', 'user', 'problem'];

export const answerTo = (name: string, field: Field): [string, string | readonly string[]][] => {
  if ('initial' in field && field.initial !== undefined && field.initial !== '') return [];
  if (field.optional) return [];
  switch (field.kind) {
    case 'text':
      return [[name, /mail|address/i.test(field.label) ? 'ann@example.com' : 'Release planning']];
    case 'date':
      return [[name, '2026-12-18']];
    case 'choice':
      return field.options.slice(0, 1).map(({ value }) => [name, value]);
    case 'choices':
      return [[name, field.options.slice(0, 1).map(({ value }) => value)]];
    case 'file':
    case 'user':
    case 'problem':
      return [];
    default:
      return unreachable(field);
  }
};

const INTRO = `# Cards, as people read them

What Latchkey shows, card by card and form by form, for reading in one go. A test plays a small company: Ann, her manager Marco, and Ada, an admin, write each word
and press each button once, and read the messages that come of it. So the page has what one press leads to, not each state that a card can be in. Of the cards that need an app's answer,
the calendar or an outage, few are here; the pictures of the other pages have more. \`UPDATE=1 npx vitest run test/docs/cards.test.ts\`
writes it again.

Buttons are in brackets. Slack and Teams draw a card from the same content; where they say something in other words, both are here.
`;

/** The first drawing of each builder, and its longest, by who reads it. */
export function cardPage(all: readonly Drawn[]): string {
  const drawn = worthReading(all);
  const readers = [...new Set(drawn.map(({ reader }) => reader))];
  const sections = readers.map((reader) => {
    const own = drawn.filter((each) => each.reader === reader);
    return [`## ${reader}`, ...own.map(section)].join('\n\n');
  });
  const page = [INTRO.trim(), ...sections].join('\n\n');
  return `${page.replaceAll(ID, '01900000-0000-7000-8000-000000000000')}\n`;
}

/** Of a row, in an address: another one each time. */
const ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

function worthReading(all: readonly Drawn[]): readonly Drawn[] {
  const kept = new Map<string, Drawn[]>();
  for (const each of all) {
    const [first, longest] = kept.get(each.builder) ?? [];
    if (!first) kept.set(each.builder, [each]);
    else if (sizeOf(each) > sizeOf(longest ?? first)) kept.set(each.builder, [first, each]);
  }
  const wanted = new Set([...kept.values()].flat());
  return all.filter((each) => wanted.has(each));
}

const sizeOf = ({ shown }: Drawn): number => wordsOf(shown).length;

function section({ by, shown }: Drawn): string {
  const lines = isForm(shown) ? [formText(shown)] : cardTexts(shown);
  return [`### ${by}`, ...lines.map(({ on, text }) => block(on, text))].join('\n\n');
}

interface Told {
  /** The platform, where both say something else. */
  readonly on?: string;
  readonly text: string;
}

const block = (on: string | undefined, text: string): string =>
  `${on === undefined ? '' : `${on}:\n\n`}\`\`\`text\n${text}\n\`\`\``;

/** Once where Slack and Teams say the same words, whatever their order. */
function cardTexts(card: Card): readonly Told[] {
  const slack = renderSlack(card)
    .map(({ blocks }) => readable(blocks as DoubleBlock[])) // What the renderer makes, the double checks.
    .join('\n');
  const teams = renderTeams(card, { dialogs: true }).flatMap(textsIn).join('\n');
  const both = withoutLinks(textOf(card));
  if (sameWords(slack, textOf(card)) && sameWords(teams, textOf(card))) return [{ text: both }];
  return [
    { on: 'Slack', text: withoutLinks(slack) },
    { on: 'Teams', text: withoutLinks(teams) },
  ];
}

const sameWords = (one: string, other: string): boolean => bagOf(one) === bagOf(other);
/** Without what only one platform draws: brackets, colons of facts, lines between parts, the names of menus. */
const bagOf = (text: string): string =>
  text
    .replaceAll(/[[\]:·]|-{3}|More…|⋯/g, ' ')
    .replaceAll(/…(?=\s|$)/g, ' ')
    .split(/\s+/)
    .filter(Boolean)
    .toSorted()
    .join(' ');

/** The key of a link is another one in each test. */
const withoutLinks = (text: string): string => text.replaceAll(/(\/links\/)[\w.~-]+/g, '$1…');

/** What an Adaptive Card says, in order. */
function textsIn(element: unknown): readonly string[] {
  if (Array.isArray(element)) return element.flatMap(textsIn);
  if (typeof element !== 'object' || element === null) return [];
  const { type, inlines, actions: buttons, items, columns, body, facts } = element as Element;
  if (type === 'RichTextBlock' && Array.isArray(inlines))
    return [inlines.map((run) => (typeof run === 'string' ? run : (run as Element).text)).join('')];
  const { text, title, value, card } = element as Element;
  const own = [text, title, typeof value === 'string' ? value : undefined];
  return [
    ...own.filter((each): each is string => typeof each === 'string'),
    ...[body, items, columns, facts, buttons, card].flatMap(textsIn),
  ];
}
type Key =
  | 'type'
  | 'text'
  | 'title'
  | 'value'
  | 'inlines'
  | 'actions'
  | 'items'
  | 'columns'
  | 'body'
  | 'facts'
  | 'card';
type Element = Readonly<Partial<Record<Key, unknown>>>;

function formText(form: Form): Told {
  const fields = Object.values(form.fields).flatMap((field) => [
    `${field.label}${field.optional ? ' (optional)' : ''}: ${held(field)}`,
    ...(field.hint === undefined ? [] : [`  ${field.hint}`]),
  ]);
  const intro = form.intro.length > 0 ? [textOf(note('', ...form.intro)).trim()] : [];
  const text = [form.title, ...intro, ...fields, `[${form.submitLabel}] [Cancel]`].join('\n');
  return { text: withoutLinks(text) };
}

/** The choices of a field, or what it holds. */
function held(field: Field): string {
  if ('options' in field) return `( ${field.options.slice(0, 6).map(optionText).join(' | ')} )`;
  if (field.kind === 'problem') return field.message;
  if (field.kind === 'date' && field.initial !== undefined) return showDay(field.initial);
  return 'initial' in field && field.initial !== undefined && field.initial !== ''
    ? [field.initial].flat().join(', ')
    : '…';
}

const wordsOf = (shown: Shown): string => (isForm(shown) ? formText(shown).text : textOf(shown));

export const buttonsIn = (shown: Shown): readonly string[] =>
  isForm(shown) ? [shown.submitLabel] : buttonsOf(shown).map(({ label }) => label);

/** Each text, line and field of it, without its title and buttons. */
export const paragraphsIn = (shown: Shown): readonly string[] =>
  wordsOf(shown)
    .split('\n')
    .slice(1)
    .filter((line) => !line.startsWith('['));
