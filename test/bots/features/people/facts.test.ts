/** Facts that someone else typed about a person: who is asked, what the cards say, and who enters or corrects them. */
import { beforeEach, describe, expect, test } from 'vitest';
import { accessCard } from '../../../../src/bots/features/access/access-card.ts';
import { grantAccess } from '../../../../src/bots/features/access/grant-access.ts';
import { confirmFact, rejectFact } from '../../../../src/bots/features/people/confirm-fact.ts';
import { editFacts, enterFacts } from '../../../../src/bots/features/people/enter-facts.ts';
import {
  askAboutFact,
  factClaimCard,
} from '../../../../src/bots/features/people/fact-claim-card.ts';
import { personCard } from '../../../../src/bots/features/people/person-card.ts';
import { askForAccess } from '../../../../src/bots/features/requests/request-access.ts';
import { requestCard } from '../../../../src/bots/features/requests/request-card.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import type { Jobs } from '../../../../src/engine/ports/jobs.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, Clicker, introOf } from '../../../support/clicks.ts';
import { accessSince } from '../../../support/has-access.ts';

const NAME = 'GITHUB_USERNAME';
const FIELD = `fact.${NAME}`;

let chat: TestChat;
let integrationId: string;
let ada: Person;
let bo: Person;
let ann: Person;

beforeEach(async () => {
  chat = await testChat();
  ada = await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  bo = await chat.person({ email: 'bo@example.com', firstName: 'Bo' });
  ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann', managerEmail: bo.email });
  integrationId = await chat.integration('GitHub team', {
    extra_user_info: [{ id: NAME, name: 'GitHub username', description: 'After github.com/.' }],
    exists: { method: 'GET', url: 'https://api.example.com/{{GITHUB_USERNAME}}' },
    execute: [{ url: 'https://api.example.com/{{GITHUB_USERNAME}}' }],
  });
});

const by = ({ email }: Person): Clicker => new Clicker(chat, email);
const cardRef = () => factClaimCard.with({ personId: ann.id, name: NAME });
const about = () => ({ personId: ann.id, integrationId });
const enters = (person: Person, value: string) =>
  by(person).sends(enterFacts.with(about()), { [FIELD]: value });
const storedOf = async ({ id }: Person) => (await chat.services.stores.people.find(id))?.stored;
const claimsOf = ({ id }: Person) => chat.services.stores.factClaims.of(id);
/** She has written to the bot. */
const isInChat = (person: Person) => chat.turn(person.email);

/** Who gets its card by the worker. */
async function asked(): Promise<readonly string[]> {
  await askAboutFact({ personId: ann.id, name: NAME }, chat.services);
  const jobs = await chat.database
    .db<{ name: string; payload: string }>('jobs')
    .where({ name: 'message.post' })
    .orderBy('id');
  await chat.database.db('jobs').delete();
  return jobs.map(({ payload }) => {
    const post = JSON.parse(payload) as Jobs['message.post'];
    return post.card.view === 'fact-claim' ? post.personId : post.card.view;
  });
}

describe('someone in chat', () => {
  beforeEach(() => isInChat(ann));

  test('is asked themselves, with what was entered and by whom', async () => {
    await enters(bo, 'octocat');
    expect(await asked()).toEqual([ann.id]);
    const card = await by(ann).sees(cardRef());
    expect(textOf(card)).toBe(
      [
        'Confirm: your GitHub username is octocat',
        'GitHub username: octocat',
        'Entered by: Bo',
        'Latchkey uses it to grant, check and remove your access, but only after you confirm it.',
        "[Yes, that's mine] [No…]",
      ].join('\n'),
    );
  });

  test('says yes with one press', async () => {
    await enters(bo, 'octocat');
    const yes = buttonOf(await by(ann).sees(cardRef()), "Yes, that's mine");
    expect(await by(ann).press(yes)).toEqual({ kind: 'nothing' });
    expect(await storedOf(ann)).toEqual({ [NAME]: 'octocat' });
    expect(textOf(await by(ann).sees(cardRef()))).toContain('✓ Your GitHub username is octocat');
    expect(textOf(await by(ann).presses(yes))).toContain('There is nothing left to confirm');
  });

  test('says no, or what it is instead', async () => {
    await enters(bo, 'octocat');
    const no = () =>
      by(ann)
        .sees(cardRef())
        .then((card) => buttonOf(card, 'No…'));
    const form = await by(ann).opens(await no());
    expect(form).toMatchObject({
      title: 'Not octocat?',
      fields: { value: { label: 'What is your GitHub username?', optional: true } },
    });
    expect(await by(ann).sends(await no())).toEqual({ kind: 'nothing' });
    expect(await storedOf(ann)).toEqual({});
    expect(textOf(await by(ann).sees(cardRef()))).toContain("Your GitHub username wasn't saved");

    await enters(bo, 'octocat');
    await by(ann).sends(await no(), { value: 'ann-lee' });
    expect(await storedOf(ann)).toEqual({ [NAME]: 'ann-lee' });
  });

  test('reads that someone else has that name, and not who', async () => {
    await enters(bo, 'octocat');
    await chat.services.transact(async (tx) => {
      const cleo = await tx.people.find(ada.id);
      if (cleo) await tx.people.save({ ...cleo, stored: { [NAME]: 'OCTOCAT' } });
    });
    const yes = buttonOf(await by(ann).sees(cardRef()), "Yes, that's mine");
    const told = textOf(await by(ann).presses(yes));
    expect(told).toContain('Someone else already has octocat as GitHub username.');
    expect(told).not.toContain('Ada');
    expect(await storedOf(ann)).toEqual({});
  });

  test('whose card an admin has from before sees that they answer themselves', async () => {
    await enters(bo, 'octocat');
    expect(textOf(await by(ada).sees(cardRef()))).toContain('Ann will confirm this themselves');
    expect(textOf(await by(bo).sees(cardRef()))).toContain('This question is closed');
  });
});

describe('someone who is not in chat yet', () => {
  test('is not asked: admins are, and confirm it', async () => {
    await enters(bo, 'octocat');
    expect(await asked()).toEqual([ada.id]);
    const card = await by(ada).sees(cardRef());
    expect(textOf(card)).toContain("Confirm: Ann's GitHub username is octocat");
    expect(textOf(card)).toContain("Ann isn't in chat, so an admin confirms it.");
    await by(ada).press(buttonOf(card, 'Confirm'));
    expect(await storedOf(ann)).toEqual({ [NAME]: 'octocat' });
    expect(textOf(await by(ada).sees(cardRef()))).toContain("✓ Ann's GitHub username is confirmed");
  });

  test('is asked when they write to the bot for the first time', async () => {
    await enters(bo, 'octocat');
    await asked();
    await isInChat(ann);
    const jobs = await chat.database.db('jobs').where({ name: 'fact.ask' });
    expect(jobs).toHaveLength(1);
    expect(await asked()).toEqual([ann.id]);
  });

  test('has what waits on their card, with the buttons for admins alone', async () => {
    await enters(bo, 'octocat');
    const ref = personCard.with({ personId: ann.id });
    const forAdmin = await by(ada).sees(ref);
    expect(textOf(forAdmin)).toContain(
      'GitHub username: octocat · entered by Bo; waiting for an admin to confirm',
    );
    const forManager = textOf(await by(bo).sees(ref));
    expect(forManager).toContain('waiting for an admin to confirm');
    expect(forManager).not.toContain('[Confirm]');
    expect(await by(ada).press(buttonOf(forAdmin, 'Confirm'))).toEqual({ kind: 'nothing' });
    expect(textOf(await by(ada).sees(ref))).not.toContain('waiting for');
  });

  test('has no such buttons once they are in chat', async () => {
    await enters(bo, 'octocat');
    await isInChat(ann);
    const card = textOf(await by(ada).sees(personCard.with({ personId: ann.id })));
    expect(card).toContain('entered by Bo; waiting for Ann to confirm');
    expect(card).not.toContain('[Confirm]');
  });
});

describe('what an app needs to know', () => {
  test('is entered by the person, and confirmed by that', async () => {
    const form = await by(ann).opens(enterFacts.with(about()));
    expect(form).toMatchObject({
      title: 'GitHub team',
      fields: { [FIELD]: { label: 'GitHub username', hint: 'After github.com/.' } },
    });
    expect(introOf(form)).toContain('From now on, Latchkey uses it for your access.');
    expect(await enters(ann, 'ann-lee')).toEqual({ kind: 'nothing' });
    expect(await storedOf(ann)).toEqual({ [NAME]: 'ann-lee' });
    await expect(enters(bo, 'octocat')).rejects.toThrow('Nothing is missing now');
  });

  test('waits for the person where their manager enters it, who reads that', async () => {
    expect(introOf(await by(bo).opens(enterFacts.with(about())))).toContain(
      'Ann has to confirm it before Latchkey uses it.',
    );
    const card = await by(bo).gets(enterFacts.with(about()), { [FIELD]: 'octocat' });
    expect(textOf(card)).toContain('Ann has to confirm this first');
    expect(await storedOf(ann)).toEqual({});
    // Asked again, it begins with what was entered.
    const again = await by(bo).opens(enterFacts.with(about()));
    expect(again.fields[FIELD]).toMatchObject({ initial: 'octocat' });
  });

  test('is refused beside its field where it is too long, or another person has it', async () => {
    await by(ada).sends(editFacts.with({ personId: bo.id }), { [FIELD]: 'octocat' });
    const told = await by(ann).isTold(enterFacts.with(about()), { [FIELD]: 'Octocat' });
    expect(told[FIELD]).toContain('Someone else already has Octocat as GitHub username.');
    const long = await by(ann).isTold(enterFacts.with(about()), { [FIELD]: 'x'.repeat(1001) });
    expect(long[FIELD]).toContain('1000');
  });

  test('is refused where it is too long by every form that asks for it', async () => {
    const given = { [FIELD]: 'x'.repeat(1001), reason: 'I write there' };
    const told = [
      await by(ann).isTold(askForAccess.with({ integrationId }), given),
      await by(bo).isTold(grantAccess.with(about()), given),
    ];
    for (const each of told)
      expect(each[FIELD]).toBe('This has 1001 characters; the limit is 1000. Please shorten it.');
    expect(await claimsOf(ann)).toEqual([]);
  });
});

test('an approved request waits for a fact that its app names, and its card says so', async () => {
  await isInChat(ann);
  await enters(bo, 'octocat');
  const wiki = await chat.integration('Wiki', {
    execute: [{ url: 'https://wiki.example.com/{{GITHUB_USERNAME}}' }],
  });
  await by(ann).sends(askForAccess.with({ integrationId: wiki }), { reason: 'I write there' });
  const { stores } = chat.services;
  const request = (await stores.requests.list({}, { offset: 0, limit: 1 })).requests[0];
  const card = requestCard.with({ requestId: request?.id ?? '' });
  await by(bo).press(buttonOf(await by(bo).sees(card), 'Approve'));
  expect(textOf(await by(ann).sees(card))).toContain(
    'It starts when Ann confirms this in chat: GitHub username.',
  );
  await by(ann).press(buttonOf(await by(ann).sees(cardRef()), "Yes, that's mine"));
  const [run] = await stores.runs.unfinishedOf(ann.id);
  expect(run).toMatchObject({ integrationId: wiki, state: 'queued' });
});

test('a request for what another person has is refused beside its field', async () => {
  await by(ada).sends(editFacts.with({ personId: bo.id }), { [FIELD]: 'octocat' });
  const told = await by(ann).isTold(askForAccess.with({ integrationId }), {
    [FIELD]: 'octocat',
    reason: 'I write there',
  });
  expect(told[FIELD]).toContain('Someone else already has octocat as GitHub username.');
});

describe('the row of an app on an access card', () => {
  const rowFor = async (reader: Person) => {
    const ref = accessCard.with({ personId: ann.id, page: 0, askedAt: 0 });
    return by(reader).sees(ref);
  };
  beforeEach(() =>
    chat.services.stores.access.put(
      accessSince(chat.services.now(), {
        personId: ann.id,
        integrationId,
        state: 'unknown',
        reason: "GitHub username isn't known, so Latchkey couldn't check.",
      }),
    ),
  );

  test('has a button for those who may enter what is missing', async () => {
    const stranger = await chat.person({ email: 'eve@example.com' });
    for (const reader of [ann, bo, ada]) {
      const enter = buttonOf(await rowFor(reader), 'Enter GitHub username…');
      expect((await by(reader).opens(enter)).fields).toHaveProperty([FIELD]);
    }
    expect(textOf(await rowFor(stranger))).not.toContain('Enter GitHub username');
  });

  test('says what waits and for whom, with buttons for those who confirm it', async () => {
    await isInChat(ann);
    await enters(bo, 'octocat');
    const forManager = textOf(await rowFor(bo));
    expect(forManager).toContain('GitHub username: waiting for Ann to confirm');
    expect(forManager).not.toContain('[Confirm octocat]');
    expect(forManager).not.toContain('Enter GitHub username');
    const own = await rowFor(ann);
    await by(ann).press(buttonOf(own, 'Confirm octocat'));
    expect(await storedOf(ann)).toEqual({ [NAME]: 'octocat' });
    expect(textOf(await rowFor(ann))).not.toContain('waiting for');
  });
});

describe('an admin', () => {
  test('corrects what is known, and empties it', async () => {
    await enters(ann, 'ann-lee');
    const edit = editFacts.with({ personId: ann.id });
    expect((await by(ada).opens(edit)).fields[FIELD]).toMatchObject({ initial: 'ann-lee' });
    await by(ada).sends(edit, { [FIELD]: 'annlee' });
    expect(await storedOf(ann)).toEqual({ [NAME]: 'annlee' });
    await by(ada).sends(edit, { [FIELD]: undefined });
    expect(await storedOf(ann)).toEqual({});
  });

  test('corrects one fact beside a longer one that something else has stored', async () => {
    await chat.integration('Shirts', {
      extra_user_info: [{ id: 'SHIRT', name: 'T-shirt size' }],
      execute: [{ url: 'https://shirts.example.com/{{SHIRT}}' }],
    });
    const key = 'k'.repeat(400);
    await chat.services.transact(async (tx) => {
      const now = await tx.people.find(ann.id);
      if (now) await tx.people.save({ ...now, stored: { [NAME]: key, SHIRT: 'S' } });
    });
    await by(ada).gets(editFacts.with({ personId: ann.id }), { 'fact.SHIRT': 'M' });
    expect(await storedOf(ann)).toEqual({ [NAME]: key, SHIRT: 'M' });
  });

  test('confirms nothing by leaving what waits as it stands', async () => {
    await isInChat(ann);
    await enters(bo, 'octocat');
    await by(ada).sends(editFacts.with({ personId: ann.id }));
    expect(await storedOf(ann)).toEqual({});
    expect(await claimsOf(ann)).toHaveLength(1);
  });

  test('reads who has a name that is taken', async () => {
    await by(ada).sends(editFacts.with({ personId: bo.id }), { [FIELD]: 'octocat' });
    const told = await by(ada).isTold(editFacts.with({ personId: ann.id }), { [FIELD]: 'octocat' });
    expect(told[FIELD]).toContain('Bo (bo@example.com) already has octocat as GitHub username.');
  });
});

test('buttons carry no value, and an answer to something else is refused', async () => {
  await isInChat(ann);
  await enters(bo, 'octocat');
  const at = chat.clock;
  const ref = { personId: ann.id, name: NAME, at: at - 1 };
  expect(textOf(await by(ann).presses(confirmFact.with(ref)))).toContain(
    'There is nothing left to confirm',
  );
  await expect(by(ann).opens(rejectFact.with(ref))).rejects.toThrow(
    'There is nothing left to confirm',
  );
  const card = JSON.stringify(await by(ann).sees(cardRef()));
  expect(card.match(/payload[^}]*octocat/)).toBeNull();
});
