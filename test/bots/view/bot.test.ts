import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ActionBook, buttonAction, formAction } from '../../../src/bots/view/action.ts';
import { Bot } from '../../../src/bots/view/bot.ts';
import type { BotDeps } from '../../../src/bots/view/bot-deps.ts';
import { type Card, note } from '../../../src/bots/view/card.ts';
import { words } from '../../../src/bots/view/command.ts';
import type { ShownForm } from '../../../src/bots/view/form-sessions.ts';
import type { Inbound, Surface } from '../../../src/bots/view/platform.ts';
import { PlatformError } from '../../../src/bots/view/platform.ts';
import type { RateLimitResult } from '../../../src/core/rate-limit.ts';
import { WorkQueue } from '../../../src/core/work-queue.ts';

interface Turn {
  readonly personId: string;
  readonly locale?: string;
}

/** What the surface showed: where, and the title. */
let shown: string[];
let errors: string[];
let granted: number;
let joined: string[];
/** Whether the last who asked did so without writing or pressing anything. */
let unasked: boolean;
let bot: Bot<Turn>;
let parts: BotDeps<Turn>;
/** The user's; a test changes it. */
let personId: string;
let limited: RateLimitResult;
let typing: RateLimitResult;
/** What is to be done after five seconds; undefined where nobody waits. */
let afterFiveSeconds: (() => void) | undefined;
/** Whether anything has been done before: a database that says nothing leaves it open. */
let firstTimeOf: (key: string) => Promise<boolean>;
/** What the user reads. */
let reads: string;

const grant = formAction({
  id: 'grant',
  payload: z.object({ id: z.string() }),
  title: () => 'Grant',
  submitLabel: () => 'Grant',
  fields: async (_payload, _turn: Turn) => ({
    fields: { reason: { kind: 'text', label: 'Reason' } },
  }),
  async submit({ reason }) {
    if (reason === 'bad') return { kind: 'invalid', errors: { reason: "That isn't a reason." } };
    granted += 1;
    return { kind: 'say', to: 'here', card: note('Granted') };
  },
});
/** Takes whatever `grant` takes. */
const other = formAction({
  id: 'other',
  payload: z.object({ id: z.string() }),
  title: () => 'Other',
  submitLabel: () => 'Do it',
  fields: async (_payload, _turn: Turn) => ({ fields: {} }),
  async submit() {
    granted += 1;
    return { kind: 'nothing' };
  },
});
const broken = buttonAction({
  id: 'broken',
  payload: z.object({}),
  handle: async (_payload, _turn: Turn) => {
    throw new Error('a bug with a secret in it');
  },
});
const replace = buttonAction({
  id: 'replace',
  payload: z.object({}),
  handle: async (_payload, _turn: Turn) => ({ kind: 'replace', card: note('Replaced') }),
});

beforeEach(() => {
  reads = 'en-GB';
  limited = { ok: true };
  typing = { ok: true };
  afterFiveSeconds = undefined;
  shown = [];
  errors = [];
  granted = 0;
  joined = [];
  personId = 'ann';
  const seen = new Set<string>();
  firstTimeOf = async (key) => !seen.has(key) && Boolean(seen.add(key));
  const forms = new Map<string, { shown: ShownForm; personId: string; used: boolean }>();
  parts = {
    actions: new ActionBook<Turn>([grant, other, broken, replace]),
    commands: [
      {
        word: 'help',
        otherWords: ['hello'],
        wordsAlone: ['hilfe', 'übersicht'],
        usage: 'help',
        summary: () => 'this list',
        run: async () => ({ kind: 'say', to: 'here', card: note('Help') }),
      },
      {
        word: 'runs',
        usage: 'runs',
        summary: () => 'a list for one person',
        run: async () => ({ kind: 'say', to: 'person', card: note('Runs') }),
      },
    ],
    sessions: {
      async save(shownForm, user) {
        const id = `session-${forms.size + 1}`;
        forms.set(id, { shown: shownForm, personId: user.personId, used: false });
        return id;
      },
      async find(id, user) {
        const session = forms.get(id);
        return session && !session.used && session.personId === user.personId
          ? session.shown
          : undefined;
      },
      async isAnswered(id, user) {
        const session = forms.get(id);
        return session?.personId === user.personId && session.used;
      },
      async use(id) {
        const session = forms.get(id);
        if (!session || session.used) return false;
        session.used = true;
        return true;
      },
      async reopen(id) {
        const session = forms.get(id);
        if (session) session.used = false;
      },
    },
    live: {
      show: async () => undefined,
      replace: async () => undefined,
      current: async () => undefined,
      forget: async ({ key }) => void shown.push(`forgotten ${key}`),
    },
    firstTime: (key) => firstTimeOf(key),
    later(ms, work) {
      afterFiveSeconds = ms === 5000 ? work : undefined;
      return () => {
        afterFiveSeconds = undefined;
      };
    },
    async onJoin({ user }, { name }) {
      joined.push(`${name} ${user.userId}`);
    },
    async identify(asking) {
      unasked = asking.unasked === true;
      return personId === '' ? { refused: note('Who are you?') } : { personId, locale: reads };
    },
    rateLimit: (_user, what) => (what === 'typing' ? typing : limited),
    onError: (error, where) => void errors.push(`${where}: ${String(error)}`),
  };
  bot = new Bot(parts);
});

let events = 0;
const inbound = (): Inbound => ({
  user: { platform: 'slack', tenant: 'T', userId: 'U' },
  key: `event-${++events}`,
  place: 'direct',
  profileOf: async () => undefined,
});
const say = (where: string) => async (card: Card) => void shown.push(`${where} ${card.title}`);
const surface: Surface = {
  clicked: { platform: 'slack', key: 'clicked' },
  toPerson: async (card) => {
    shown.push(`person ${card.title}`);
    return { platform: 'slack', key: 'm' };
  },
  here: say('here'),
  replace: say('replace'),
  async openForm(title) {
    shown.push(`open ${title}`);
    return {
      fill: async (form, session) => void shown.push(`fill ${form.title} ${session}`),
      refuse: say('refuse'),
    };
  },
};
const call = grant.with({ id: 'x' });
const submit = async (session: string, reason: string, event = inbound()) => {
  const outcome = await bot.submit(event, { call, session, raw: { reason } }, surface);
  if (outcome.kind === 'closed') await outcome.after();
  return outcome;
};

describe('someone who reads German', () => {
  beforeEach(() => {
    reads = 'de';
  });

  test('reads in German what breaks, that a form has expired, and the result of one', async () => {
    await bot.press(inbound(), broken.with({}), surface);
    await submit('session-of-nobody', 'because');
    expect(shown).toEqual([
      'here Bei uns ist etwas schiefgegangen',
      'here Dieses Formular ist abgelaufen',
    ]);
  });

  test('is shown forms that remember it, whichever process draws them later', async () => {
    await bot.press(inbound(), call, surface);
    expect(await bot.shown(inbound(), 'session-1', call)).toMatchObject({ locale: 'de' });
  });

  test('is refused in German before it is known who they are, where their client says so', async () => {
    limited = { ok: false, afterMs: 100, isFirst: true };
    await bot.press({ ...inbound(), locale: 'de-DE' }, call, surface);
    expect(shown).toEqual(['here Das ging zu schnell']);
  });
});

describe('a database that does not answer', () => {
  let answer: (isFirst: boolean) => void;
  let fail: (why: Error) => void;
  beforeEach(() => {
    firstTimeOf = () =>
      new Promise((resolve, reject) => {
        answer = resolve;
        fail = reject;
      });
  });

  test('is shown after five seconds, and then how it ended', async () => {
    const pressed = bot.press(inbound(), replace.with({}), surface);
    afterFiveSeconds?.();
    answer(true);
    await pressed;
    expect(shown).toEqual([
      'here This is taking longer than usual',
      'replace Replaced',
      'forgotten clicked',
    ]);
  });

  test('is shown to nobody who had their answer before, however it went', async () => {
    const helped = bot.command(inbound(), ['help'], surface);
    answer(true);
    await helped;
    expect(afterFiveSeconds).toBeUndefined();
    const failing = bot.command(inbound(), ['help'], surface);
    fail(new Error('no connection'));
    await failing;
    expect(afterFiveSeconds).toBeUndefined();
    expect(shown).toEqual(['here Help', 'here Something went wrong on our side']);
  });
});

describe('someone who does very much at once', () => {
  test('reads that once, and nothing of it is done', async () => {
    limited = { ok: false, afterMs: 100, isFirst: true };
    await bot.press(inbound(), call, surface);
    limited = { ok: false, afterMs: 100, isFirst: false };
    await bot.press(inbound(), call, surface);
    await bot.command(inbound(), ['help'], surface);
    expect(shown).toEqual(["here You're going too fast"]);
  });

  test('is offered nothing, is shown no form again and ends none, while they type too much; the form stays good', async () => {
    await bot.press(inbound(), call, surface);
    typing = { ok: false, afterMs: 100, isFirst: true };
    expect(await bot.suggestions(inbound(), 'session-1', { field: 'reason', text: 'x' })).toEqual(
      [],
    );
    expect(await bot.shown(inbound(), 'session-1', call)).toBeUndefined();
    expect(await bot.cancel(inbound(), 'session-1', call)).toBe(false);
    typing = { ok: true };
    expect(await bot.shown(inbound(), 'session-1', call)).toBeDefined();
    expect(await bot.cancel(inbound(), 'session-1', call)).toBe(true);
  });

  test('may send the same again: it was not taken for done', async () => {
    limited = { ok: false, afterMs: 100, isFirst: true };
    const event = inbound();
    await bot.press(event, call, surface);
    limited = { ok: true };
    await bot.press(event, call, surface);
    expect(shown).toContain('open Grant');
  });

  test('is said for each form that was not taken, and the form stays good', async () => {
    await bot.press(inbound(), call, surface);
    limited = { ok: false, afterMs: 100, isFirst: false };
    await submit('session-1', 'because');
    expect(granted).toBe(0);
    expect(shown).toContain("here You're going too fast");
  });
});

describe('when there is more to do than can be done soon', () => {
  let acceptFirst: () => void;
  beforeEach(() => {
    firstTimeOf = (key) =>
      key === 'first'
        ? new Promise((resolve) => {
            acceptFirst = () => resolve(true);
          })
        : Promise.resolve(true);
  });
  const lined = () => new Bot<Turn>({ ...parts, queue: new WorkQueue({ atOnce: 1, waiting: 1 }) });

  test('what comes waits its turn, and where the queue is full the one that waits longest reads that it was not done', async () => {
    bot = lined();
    const first = bot.command({ ...inbound(), key: 'first' }, ['help'], surface);
    const second = bot.press(inbound(), call, surface);
    const third = bot.press(inbound(), replace.with({}), surface);
    await second;
    expect(shown).toEqual(["here I'm busy right now"]);
    acceptFirst();
    await Promise.all([first, third]);
    expect(shown.slice(1)).toEqual(['here Help', 'replace Replaced', 'forgotten clicked']);
  });

  test('a card that people pin keeps its place: the answer stands below it', async () => {
    const home = { view: 'home', payload: '{}', topic: 'home' };
    bot = new Bot<Turn>({ ...parts, live: { ...parts.live, pinnedAt: async () => home } });
    await bot.press(inbound(), replace.with({}), surface);
    expect(shown).toEqual(['person Replaced']);
  });

  test("the platform's repeat of what waits is neither done nor answered", async () => {
    bot = lined();
    const first = bot.command({ ...inbound(), key: 'first' }, ['help'], surface);
    const again = { ...inbound(), key: 'again' };
    const waits = bot.press(again, replace.with({}), surface);
    await bot.press(again, replace.with({}), surface);
    expect(shown).toEqual([]);
    acceptFirst();
    await Promise.all([first, waits]);
    expect(shown).toEqual(['here Help', 'replace Replaced', 'forgotten clicked']);
  });

  test('what has waited for too long is answered as not done, and is not done later', async () => {
    let runOut = () => {};
    const timeout = {
      ms: 5000,
      later: (_ms: number, work: () => void) => {
        runOut = work;
        return () => undefined;
      },
    };
    bot = new Bot<Turn>({
      ...parts,
      queue: new WorkQueue({ atOnce: 1, waiting: 1, timeout: timeout }),
    });
    const first = bot.command({ ...inbound(), key: 'first' }, ['help'], surface);
    const second = bot.press(inbound(), replace.with({}), surface);
    runOut();
    await second;
    acceptFirst();
    await first;
    expect(shown).toEqual(["here I'm busy right now", 'here Help']);
  });

  test('a form that was sent is taken all the same: its window waits for it', async () => {
    await bot.press(inbound(), call, surface);
    bot = lined();
    const first = bot.command({ ...inbound(), key: 'first' }, ['help'], surface);
    await submit('session-1', 'because');
    expect(granted).toBe(1);
    acceptFirst();
    await first;
  });
});

describe('someone who joins', () => {
  const ann = { name: 'Ann', kind: 'member' } as const;

  test('is reported once, though nobody in the directory yet, and reads nothing', async () => {
    personId = '';
    const event = { ...inbound(), profileOf: async () => ann };
    await bot.joined(event);
    await bot.joined(event);
    expect([joined, shown]).toEqual([['Ann U'], []]);
  });

  test('is reported later, when the platform knows them', async () => {
    const event = inbound();
    await bot.joined(event); // Unknown.
    await bot.joined({ ...event, profileOf: () => Promise.reject(new Error('unreachable')) });
    await bot.joined({ ...event, profileOf: async () => ann });
    expect(joined).toEqual(['Ann U']);
    expect(errors).toEqual(['joined: Error: unreachable']);
  });
});

describe('a command', () => {
  const file = { kind: 'file', name: 'help', text: async () => 'x' } as const;

  test('of a file alone is none, whatever the file is called', async () => {
    await bot.command(inbound(), [file], surface);
    expect(shown).toEqual(['here What should I do with this file?']);
  });

  test('is found in any case', async () => {
    await bot.command(inbound(), ['HELP'], surface);
    expect(shown).toEqual(['here Help']);
  });

  test('that is almost one is answered with what was meant', async () => {
    const cards: Card[] = [];
    await bot.command(inbound(), ['hlep', 'me'], {
      ...surface,
      here: async (card) => void cards.push(card),
    });
    expect(cards).toEqual([
      note(`I don't know "hlep"`, ['Did you mean ', { kind: 'code', text: 'help me' }, '?']),
    ]);
  });

  test('that is almost one gets a button, where one can carry what was meant; else its beginning is named', async () => {
    const cards: Card[] = [];
    const here = async (card: Card) => void cards.push(card);
    const use = (command: string) =>
      command.length < 20 ? other.with({ id: command }) : undefined;
    const helpful = new Bot<Turn>({ ...parts, use });
    await helpful.command(inbound(), ['hlep', 'me'], { ...surface, here });
    await helpful.command(inbound(), ['hlep', 'ab '.repeat(1000)], { ...surface, here });
    expect(cards[0]?.blocks.at(-1)).toMatchObject({
      kind: 'buttons',
      buttons: [{ does: other.with({ id: 'help me' }) }],
    });
    const beginning = { kind: 'code', text: `help ${'ab '.repeat(17)}ab…` } as const;
    expect(cards[1]).toEqual(note(`I don't know "hlep"`, ['Did you mean ', beginning, '?']));
  });

  test("that is a card's German name opens it alone, and begins a sentence with more words", async () => {
    for (const text of [['Hilfe'], ['hilfe', 'für', 'Ann'], ['Uebersicht'], ['U\u0308bersicht']])
      await bot.command(inbound(), text, surface);
    expect(shown).toEqual([
      'here Help',
      `here I don't know "hilfe für Ann"`,
      'here Help',
      'here Help',
    ]);
  });

  test("that is almost a card's German name gets a button, for who reads German", async () => {
    const cards: Card[] = [];
    const here = async (card: Card) => void cards.push(card);
    const german = new Bot<Turn>({ ...parts, use: (id) => other.with({ id }) });
    reads = 'de';
    await german.command(inbound(), ['übersict'], { ...surface, here });
    reads = 'en';
    expect(cards[0]?.blocks.at(-1)).toMatchObject({
      buttons: [{ label: 'Ja', does: other.with({ id: 'übersicht' }) }],
    });
    await german.command(inbound(), ['übersict'], { ...surface, here });
    expect(JSON.stringify(cards[1])).not.toContain('Did you mean');
  });

  test('with words before it is answered with the command alone', async () => {
    const cards: Card[] = [];
    await bot.command(inbound(), ['show', 'my', 'Help', 'Me'], {
      ...surface,
      here: async (card) => void cards.push(card),
    });
    expect(cards).toEqual([
      note(`I don't know "show"`, ['Did you mean ', { kind: 'code', text: 'help Me' }, '?']),
    ]);
  });

  test('that means nothing is quoted, as long as a title fits', async () => {
    await bot.command(inbound(), words('I found nothing'), surface);
    await bot.command(inbound(), ['x'.repeat(3000)], surface);
    expect(shown).toEqual([
      'here I don\'t know "I found nothing"',
      `here I don't know "${'x'.repeat(39)}…"`,
    ]);
  });

  test('is found by another word that means the same', async () => {
    await bot.command(inbound(), ['Hello'], surface);
    expect(shown).toEqual(['here Help']);
  });

  test('that is almost one that they may not use leads to none', async () => {
    const cards: Card[] = [];
    const cautious = new Bot<Turn>({ ...parts, usable: async () => [] });
    await cautious.command(inbound(), ['hlep'], {
      ...surface,
      here: async (card) => void cards.push(card),
    });
    expect(JSON.stringify(cards)).not.toContain('Did you mean');
  });

  test.each(['thanks!', 'Thank you', 'danke'])('%s is answered kindly', async (text) => {
    await bot.command(inbound(), words(text), surface);
    expect(shown).toEqual(["here You're welcome"]);
  });

  test('behind thanks is not taken for thanks', async () => {
    await bot.command(inbound(), words('Thanks, but revoke it'), surface);
    expect(shown).not.toContain("here You're welcome");
  });

  test('of someone who is refused does nothing but say why', async () => {
    personId = '';
    await bot.command(inbound(), ['help'], surface);
    expect(shown).toEqual(['here Who are you?']);
  });

  test('in a shared place says there that its answer was sent to the person', async () => {
    await bot.command({ ...inbound(), place: 'shared' }, ['runs'], surface);
    expect(shown).toEqual(['person Runs', "here I've sent it to you"]);
  });

  test('that is delivered twice is answered once', async () => {
    const event = inbound();
    await Promise.all([
      bot.command(event, ['help'], surface),
      bot.command(event, ['help'], surface),
    ]);
    expect(shown).toEqual(['here Help']);
  });
});

describe('someone who opens the messages', () => {
  const opens = () => bot.opened({ ...inbound(), unasked: true }, surface);

  test('is greeted', async () => {
    await opens();
    expect(shown).toEqual(['here Hello']);
  });

  test('reads nothing where they are refused; someone who installs the bot reads why', async () => {
    personId = '';
    await opens();
    expect(shown).toEqual([]);
    await bot.met({ ...inbound(), unasked: true }, surface);
    expect(shown).toEqual(['here Who are you?']);
  });

  test('reads nothing where there is too much of it, or where it fails', async () => {
    limited = { ok: false, afterMs: 100, isFirst: true };
    await opens();
    limited = { ok: true };
    firstTimeOf = () => Promise.reject(new Error('no connection'));
    await opens();
    expect(shown).toEqual([]);
    expect(errors).toEqual(['opened: Error: no connection']);
  });

  test('does not read that it takes long', async () => {
    let answer: (isFirst: boolean) => void = () => undefined;
    firstTimeOf = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const opening = opens();
    expect(afterFiveSeconds).toBeUndefined();
    answer(true);
    await opening;
    expect(shown).toEqual(['here Hello']);
  });
});

describe('a button', () => {
  test('opens its form at once and fills it', async () => {
    await bot.press(inbound(), call, surface);
    expect(shown).toEqual(['open Grant', 'fill Grant session-1']);
  });

  test('whose card is replaced by something static makes the message stop following', async () => {
    await bot.press(inbound(), replace.with({}), surface);
    expect(shown).toEqual(['replace Replaced', 'forgotten clicked']);
  });

  test.each([
    ['of an action that does not exist', { id: 'nothing', payload: '{}' }],
    ['with a payload that is no JSON', { id: 'grant', payload: '{' }],
    ["with another action's payload", { id: 'grant', payload: '{"other":1}' }],
  ])('%s no longer works, and nothing is logged', async (_name, forged) => {
    await bot.press(inbound(), forged, surface);
    expect(shown).toEqual(['here This button no longer works']);
    expect(errors).toEqual([]);
  });

  test('that breaks says so without its reason, which the log has', async () => {
    await bot.press(inbound(), broken.with({}), surface);
    expect(shown).toEqual(['here Something went wrong on our side']);
    expect(errors[0]).toContain('press broken: Error: a bug');
  });

  test.each(['gone', 'rate-limited'] as const)(
    'whose message can not be edited, since it or the limit is %s, says in another one what it did',
    async (why) => {
      const refused = () => Promise.reject(new PlatformError(why, 'refused'));
      await bot.press(inbound(), replace.with({}), { ...surface, replace: refused });
      expect(shown).toEqual(['person Replaced']);
      expect(errors).toEqual([]);
    },
  );

  test('of a platform that is gone is logged, and nothing is thrown', async () => {
    const gone = () => Promise.reject(new PlatformError('unreachable', 'gone'));
    await bot.press(inbound(), replace.with({}), { ...surface, replace: gone, here: gone });
    expect(errors).toHaveLength(2);
  });
});

describe('a form', () => {
  beforeEach(() => bot.press(inbound(), call, surface));

  test('that is answered closes, and then says what came of it', async () => {
    await submit('session-1', 'because');
    expect(granted).toBe(1);
    expect(shown.at(-1)).toBe('here Granted');
  });

  test('stays open with an error beside the field that is blank', async () => {
    expect(await submit('session-1', ' ')).toMatchObject({
      kind: 'invalid',
      errors: { reason: 'Needs an answer.' },
    });
  });

  test('can be answered again after the feature refused the answer', async () => {
    expect(await submit('session-1', 'bad')).toMatchObject({ kind: 'invalid' });
    await submit('session-1', 'because');
    expect(granted).toBe(1);
  });

  test('that is answered by two different clicks at once is taken once, and the second says nothing', async () => {
    await Promise.all([submit('session-1', 'because'), submit('session-1', 'because')]);
    expect(granted).toBe(1);
    expect(shown.filter((text) => text.startsWith('here'))).toEqual(['here Granted']);
  });

  test('whose answer is delivered twice is taken once, and says nothing twice', async () => {
    const event = inbound();
    await submit('session-1', 'because', event);
    await submit('session-1', 'because', event);
    expect(shown.filter((text) => text.startsWith('here'))).toEqual(['here Granted']);
  });

  test.each([
    ['another action', { ...call, id: 'other' }],
    ['another payload', grant.with({ id: 'y' })],
  ])("can't be answered as %s than it was shown for", async (_name, claimed) => {
    const submission = { call: claimed, session: 'session-1', raw: { reason: 'because' } };
    const outcome = await bot.submit(inbound(), submission, surface);
    if (outcome.kind === 'closed') await outcome.after();
    expect([granted, shown.at(-1)]).toEqual([0, 'here This form has expired']);
    expect(await bot.shown(inbound(), 'session-1', claimed)).toBeUndefined();
    await submit('session-1', 'because'); // It is open still.
    expect(granted).toBe(1);
  });

  test('that looks something up as one types is no sign that someone wrote', async () => {
    await bot.suggestions(inbound(), 'session-1', { field: 'reason', text: 'x' });
    expect(unasked).toBe(true);
    await submit('session-1', 'because');
    expect(unasked).toBe(false);
  });

  test("can't be answered by someone else", async () => {
    personId = 'mallory';
    await submit('session-1', 'because');
    expect(granted).toBe(0);
    expect(shown.at(-1)).toBe('here This form has expired');
  });
});

test('a message of one long word is read once', async () => {
  const before = process.cpuUsage();
  await bot.command(inbound(), [`help${'!'.repeat(100_000)}x`], surface);
  // Where each mark is read again for each before it, that takes ten seconds and more.
  expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
  expect(shown).toHaveLength(1);
});
