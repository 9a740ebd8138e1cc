import { beforeEach, describe, expect, test } from 'vitest';
import { identifyWith, meetConversation } from '../../../src/bots/live/identify.ts';
import { changeAddresses } from '../../../src/engine/people/change-addresses.ts';
import { changePerson, deactivate } from '../../../src/engine/people/change-person.ts';
import { unlinkChatUser } from '../../../src/engine/people/chat-links.ts';
import { noAddressOf } from '../../../src/engine/people/no-address.ts';
import { changeWorkspaceSettings } from '../../../src/engine/settings/workspace-settings.ts';
import { type TestChat, testChat, textOf } from '../../support/chat.ts';
import { firstOf, ok } from '../../support/given/outcomes.ts';

let chat: TestChat;
beforeEach(async () => {
  chat = await testChat();
});

const ann = { email: 'ann@example.com', firstName: 'Ann', lastName: 'Lee' };
const refusal = async (userId: string) => {
  const answer = await identifyWith(chat.services)(chat.inbound(userId));
  return 'refused' in answer ? textOf(answer.refused) : undefined;
};

test('a chat user is linked by the verified email, in any case, and the audit log says so', async () => {
  const person = await chat.person(ann);
  chat.profiles.set('U1', { email: 'ANN@example.com', name: 'Ann', kind: 'member' });
  expect((await chat.turn('U1')).actor.id).toBe(person.id);
  const [entry] = await chat.services.stores.auditLog.list({ offset: 0, limit: 1 });
  expect(entry).toMatchObject({ what: 'identity.linked', personId: person.id });
});

test('what their client says is kept, and their texts follow it', async () => {
  const person = await chat.person(ann);
  chat.profiles.set('U1', { email: ann.email, name: 'Ann', kind: 'member', locale: 'de-DE' });
  expect((await chat.turn('U1')).locale).toBe('de-DE');
  expect(await chat.services.stores.people.find(person.id)).toMatchObject({
    chatLocale: 'de-DE',
    version: person.version,
  });
  const answer = await identifyWith(chat.services)({ ...chat.inbound('U1'), locale: 'sv_SE' });
  expect('refused' in answer ? undefined : answer.locale).toBe('sv-SE');
});

test.each(['', 'nonsense_ä', '../../etc'])('%j is no locale, and changes nothing', async (said) => {
  const person = await chat.person(ann);
  chat.profiles.set('U1', { email: ann.email, name: 'Ann', kind: 'member' });
  const answer = await identifyWith(chat.services)({ ...chat.inbound('U1'), locale: said });
  expect('refused' in answer ? undefined : answer.locale).toBe('en-GB');
  expect((await chat.services.stores.people.find(person.id))?.chatLocale).toBeUndefined();
});

test('a later change of the email never moves the link', async () => {
  const person = await chat.person(ann);
  await chat.person({ email: 'boss@example.com', role: 'admin' });
  chat.profiles.set('U1', { email: ann.email, name: 'Ann', kind: 'member' });
  await chat.turn('U1');
  chat.profiles.set('U1', { email: 'boss@example.com', name: 'Ann', kind: 'member' });
  expect((await chat.turn('U1')).actor.id).toBe(person.id);
});

describe('an address that two people have exchanged', () => {
  const bob = { email: 'bob@example.com', firstName: 'Bob', lastName: 'Fox' };
  const profile = (email: string) => ({ email, name: 'Ann', kind: 'member' }) as const;
  const exchanged = async () => {
    const [one, other] = [await chat.person(ann), await chat.person(bob)];
    const wanted = [
      { person: one, email: other.email },
      { person: other, email: one.email },
    ];
    const actor = { kind: 'system' } as const;
    await chat.services.transact((tx) => changeAddresses(tx, wanted, { actor }));
    return { one, other };
  };

  test('links nobody while its former owner may still show it', async () => {
    await exchanged();
    chat.profiles.set('U1', profile(bob.email));
    expect(await refusal('U1')).toBe(
      `Your address was someone else's until lately
So I can't tell which of you is writing. Ask a Latchkey admin to link you by hand, on your card in "people".`,
    );
  });

  test('links whose it is now where its former owner is another chat user', async () => {
    const { one, other } = await exchanged();
    const link = { platform: 'slack', tenant: 'T', userId: 'U2', personId: other.id } as const;
    await chat.services.transact((tx) => tx.identities.insert({ ...link, linkedAt: tx.now }));
    chat.profiles.set('U1', profile(bob.email));
    expect((await chat.turn('U1')).actor.id).toBe(one.id);
  });

  test('links nobody while someone who had it before its last owner may still show it', async () => {
    const { one } = await exchanged();
    const third = await chat.person({ email: 'cy@example.com' });
    const link = { platform: 'slack', tenant: 'T', userId: 'U1', personId: one.id } as const;
    chat.clock += 60_000;
    await chat.services.transact(async (tx) => {
      await tx.identities.insert({ ...link, linkedAt: tx.now });
      const holder = (await tx.people.find(one.id)) ?? one;
      const wanted = [
        { person: holder, email: third.email },
        { person: third, email: holder.email },
      ];
      await changeAddresses(tx, wanted, { actor: { kind: 'system' } });
    });
    chat.profiles.set('U3', profile(bob.email));
    expect(await refusal('U3')).toContain("Your address was someone else's until lately");
  });

  test('links nobody while a leaver who had it may still show it', async () => {
    const [one, other] = [await chat.person(ann), await chat.person(bob)];
    const actor = { kind: 'system' } as const;
    await chat.services.transact(async (tx) => {
      const left = ok(await deactivate(tx, other, { actor }));
      const wanted = [
        { person: one, email: other.email },
        { person: left.person, email: noAddressOf(other) },
      ];
      await changeAddresses(tx, wanted, { actor });
    });
    chat.profiles.set('U2', { email: bob.email, name: 'Bob', kind: 'member' });
    expect(await refusal('U2')).toContain("Your address was someone else's until lately");
  });

  test('links whose it is now after a month', async () => {
    const { one } = await exchanged();
    chat.clock += 31 * 24 * 60 * 60_000;
    chat.profiles.set('U1', profile(bob.email));
    expect((await chat.turn('U1')).actor.id).toBe(one.id);
  });
});

test('an admin known only by address gets the name of the profile', async () => {
  await chat.person({ email: 'ada@example.com', role: 'admin' });
  chat.profiles.set('U1', { email: 'ada@example.com', name: 'Ada B. Okafor', kind: 'member' });
  expect((await chat.turn('U1')).actor).toMatchObject({ firstName: 'Ada', lastName: 'B. Okafor' });
});

test('a member whom the directory lacks reads which address to add', async () => {
  chat.profiles.set('U1', { email: 'new@example.com', name: 'New', kind: 'member' });
  expect(await refusal('U1')).toContain(
    "No one in Latchkey's directory has the address new@example.com",
  );
});

test('where a group reads along, the address is not said', async () => {
  chat.profiles.set('U1', { email: 'new@example.com', name: 'New', kind: 'member' });
  const answer = await identifyWith(chat.services)({ ...chat.inbound('U1'), place: 'shared' });
  expect('refused' in answer && textOf(answer.refused)).toBe(
    "I don't know you yet\nNo one in Latchkey's directory has the address in your profile here. Ask your Latchkey admin to add you.",
  );
});

test('a member without a verified email reads why that matters', async () => {
  chat.profiles.set('U1', { name: 'Ann', kind: 'member' });
  expect(await refusal('U1')).toContain("I can't see your email address");
});

describe('a member whose address the platform does not call confirmed', () => {
  const unconfirmed = (email: string) =>
    chat.profiles.set('U1', { unconfirmedEmail: email, name: 'Ann', kind: 'member' });
  const letIn = () =>
    chat.services.transact((tx) => changeWorkspaceSettings(tx, { takesUnconfirmed: true }));

  test('is refused, with both ways in', async () => {
    await chat.person(ann);
    unconfirmed(ann.email);
    expect(await refusal('U1')).toBe(
      `Your address isn't confirmed
Slack hasn't confirmed the address in your profile, so I can't tell who you are. Ask a Latchkey admin to link you by hand (on your card in "people") or to allow unconfirmed addresses (in "settings").`,
    );
  });

  test('reads the same whether the directory has the address or not', async () => {
    unconfirmed('nobody@example.com');
    const without = await refusal('U1');
    unconfirmed((await chat.person(ann)).email);
    expect(await refusal('U1')).toBe(without);
  });

  test('comes in where the workspace takes that, and the audit log says how', async () => {
    const person = await chat.person(ann);
    await letIn();
    unconfirmed('ANN@example.com');
    expect((await chat.turn('U1')).actor.id).toBe(person.id);
    const [entry] = await chat.services.stores.auditLog.list({ offset: 0, limit: 1 });
    expect(entry).toMatchObject({
      what: 'identity.linked',
      detail: { userId: 'U1', how: "by an address that isn't confirmed" },
    });
  });

  test('stays in when the workspace takes it no more', async () => {
    await chat.person(ann);
    await letIn();
    unconfirmed(ann.email);
    await chat.turn('U1');
    await chat.services.transact((tx) => changeWorkspaceSettings(tx, { takesUnconfirmed: false }));
    expect(await refusal('U1')).toBeUndefined();
  });

  test('never comes in as an admin', async () => {
    await chat.person({ ...ann, role: 'admin' });
    await letIn();
    unconfirmed(ann.email);
    expect(await refusal('U1')).toContain('Ask another Latchkey admin to link you by hand');
    expect(await chat.services.stores.identities.find('slack', 'T1', 'U1')).toBeUndefined();
  });

  test('comes in as nobody who is linked to another chat user', async () => {
    const person = await chat.person(ann);
    await letIn();
    await chat.turn(ann.email);
    unconfirmed(ann.email);
    expect(await refusal('U1')).toContain('Your address belongs to another account');
    const links = await chat.services.stores.identities.ofPerson(person.id);
    expect(links.map(({ userId }) => userId)).toEqual([ann.email]);
  });

  test.each(['guest', 'bot', 'outside'] as const)('is refused as %s', async (kind) => {
    await chat.person(ann);
    await letIn();
    chat.profiles.set('U1', { unconfirmedEmail: ann.email, name: 'Ann', kind });
    expect(await refusal('U1')).toContain('I only work for people in the directory');
  });
});

describe('a mail address beside the name that someone signs in with', () => {
  const signedIn = (as: string, mail: string) =>
    chat.profiles.set('U1', { email: as, mail, name: 'Ann', kind: 'member' });
  const guest = (mail: string) => chat.profiles.set('U1', { mail, name: 'Ann', kind: 'guest' });
  const list = (...mailDomains: string[]) =>
    chat.services.transact((tx) => changeWorkspaceSettings(tx, { mailDomains }));
  const bob = { email: 'bob@corp.example', firstName: 'Bob', lastName: 'Ray' };

  test('counts for nothing where its domain is not listed, and they read how to get in', async () => {
    await chat.person(ann);
    signedIn('a.lee@corp.example', ann.email);
    expect(await refusal('U1')).toBe(
      `I don't know you yet
No one in Latchkey's directory has a.lee@corp.example, your sign-in name. Ask a Latchkey admin to add you, link you by hand (on your card in "people"), or list your email domain (in "settings").`,
    );
    await list('other.example', 'notexample.com');
    expect(await refusal('U1')).toContain("I don't know you yet");
  });

  test('reads the same whether the directory has it or not', async () => {
    signedIn('a.lee@corp.example', ann.email);
    const without = await refusal('U1');
    await chat.person(ann);
    expect(await refusal('U1')).toBe(without);
  });

  test('leads to its person where its domain is listed, and the audit log says how', async () => {
    const person = await chat.person(ann);
    await list('example.com');
    signedIn('a.lee@corp.example', 'ANN@Example.com');
    expect((await chat.turn('U1')).actor.id).toBe(person.id);
    const [entry] = await chat.services.stores.auditLog.list({ offset: 0, limit: 1 });
    expect(entry?.detail).toMatchObject({ how: 'by the mail address of their profile' });
  });

  test('counts for nothing where someone has the name that they sign in with', async () => {
    await chat.person(ann);
    const person = await chat.person(bob);
    await list('example.com');
    signedIn(bob.email, ann.email);
    expect((await chat.turn('U1')).actor.id).toBe(person.id);
  });

  test('counts for nothing where the person with that name has left', async () => {
    await chat.person(ann);
    const left = await chat.person(bob);
    await chat.services.transact((tx) => tx.people.save({ ...left, active: false }));
    await list('example.com');
    signedIn(bob.email, ann.email);
    expect(await refusal('U1')).toContain('Your access to Latchkey has ended');
  });

  test('makes nobody an admin', async () => {
    await chat.person({ ...ann, role: 'admin' });
    await list('example.com');
    signedIn('a.lee@corp.example', ann.email);
    expect(await refusal('U1')).toContain("Your email address isn't enough");
    expect(await chat.services.stores.identities.find('slack', 'T1', 'U1')).toBeUndefined();
  });

  test('lets a guest in where its domain is listed, and else says what is missing', async () => {
    const person = await chat.person(ann);
    guest(ann.email);
    expect(await refusal('U1')).toContain(
      'I can\'t recognise guests by your email address here. Ask a Latchkey admin to add you, and to link you by hand (on your card in "people") or list your email domain (in "settings").',
    );
    await list('example.com');
    expect((await chat.turn('U1')).actor.id).toBe(person.id);
  });

  test.each(['bot', 'outside'] as const)('is nothing to a %s', async (kind) => {
    await chat.person(ann);
    await list('example.com');
    chat.profiles.set('U1', { mail: ann.email, name: 'Ann', kind });
    expect(await refusal('U1')).toContain('I only work for people in the directory');
  });
});

test('a second chat user with the address of someone who is linked is refused', async () => {
  await chat.person(ann);
  await chat.turn(ann.email);
  chat.profiles.set('U1', { email: ann.email, name: 'Ann', kind: 'member' });
  expect(await refusal('U1')).toContain('Your address belongs to another account');
});

test('someone who has left is linked to nothing, and reads that it has ended', async () => {
  const person = await chat.person(ann);
  await chat.services.transact((tx) => tx.people.save({ ...person, active: false }));
  chat.profiles.set('U1', { email: ann.email, name: 'Ann', kind: 'member' });
  expect(await refusal('U1')).toContain('Your access to Latchkey has ended');
  expect(await chat.services.stores.identities.ofPerson(person.id)).toEqual([]);
});

test('a guest is refused unless the directory has them', async () => {
  chat.profiles.set('U1', { email: ann.email, name: 'Ann', kind: 'guest' });
  expect(await refusal('U1')).toContain('I only work for people in the directory');
  await chat.person(ann);
  expect(await refusal('U1')).toBeUndefined();
});

test.each(['bot', 'outside'] as const)(
  'someone who is %s is refused even with an address of the directory',
  async (kind) => {
    await chat.person(ann);
    chat.profiles.set('B1', { email: ann.email, name: 'Ann', kind });
    expect(await refusal('B1')).toContain('I only work for people in the directory');
  },
);

test('a person who is no longer active is refused, although linked', async () => {
  const person = await chat.person(ann);
  chat.profiles.set('U1', { email: ann.email, name: 'Ann', kind: 'member' });
  await chat.turn('U1');
  await chat.services.transact((tx) => tx.people.save({ ...person, active: false }));
  expect(await refusal('U1')).toContain('Your access to Latchkey has ended');
});

describe('a direct conversation where nobody wrote', () => {
  const teams = (key: string) => ({ platform: 'teams', key }) as const;
  const met = async (personId: string) => {
    const known = await chat.services.stores.conversations.on(personId, 'teams');
    return [known?.address.key, known?.lastWroteAt.getTime()];
  };

  test('is kept, and is not where they last wrote', async () => {
    const person = await chat.person(ann);
    await meetConversation(person.id, teams('one'), chat.services);
    expect(await met(person.id)).toEqual(['one', 0]);
    await chat.turn(ann.email); // In Slack.
    chat.clock += 60_000;
    await meetConversation(person.id, teams('two'), chat.services);
    expect((await chat.services.stores.conversations.latest(person.id))?.address.platform).toBe(
      'slack',
    );
  });

  test('keeps when they last wrote, wherever it moves', async () => {
    const person = await chat.person(ann);
    const wrote = chat.clock;
    const inbound = chat.inbound(ann.email);
    const user = { ...inbound.user, platform: 'teams' } as const;
    const here = { ...inbound, user, direct: teams('one') };
    await identifyWith(chat.services)(here);
    chat.clock += 3_600_000;
    await identifyWith(chat.services)({ ...here, unasked: true });
    await meetConversation(person.id, teams('one'), chat.services);
    expect(await met(person.id)).toEqual(['one', wrote]);
    await meetConversation(person.id, teams('two'), chat.services);
    expect(await met(person.id)).toEqual(['two', wrote]);
  });

  test('keeps when they last wrote, where they write at that moment', async () => {
    const person = await chat.person(ann);
    const { transact } = chat.services;
    const wrote = { personId: person.id, address: teams('one'), lastWroteAt: new Date(chat.clock) };
    const meanwhile: typeof transact = async (work) => {
      await transact((tx) => tx.conversations.put(wrote));
      return transact(work);
    };
    await meetConversation(person.id, teams('two'), { ...chat.services, transact: meanwhile });
    expect(await met(person.id)).toEqual(['two', chat.clock]);
  });
});

test('where someone writes from is remembered as their direct conversation', async () => {
  const person = await chat.person(ann);
  await chat.turn(ann.email);
  expect((await chat.services.stores.conversations.latest(person.id))?.address.key).toBe(
    `direct-${ann.email}`,
  );
});

test('who writes while an admin gives their address to its right person is linked to that one', async () => {
  const wrong = await chat.person(ann);
  const right = await chat.person({ email: 'ann.lee@example.com', firstName: 'Ann' });
  const { stores, transact } = chat.services;
  const correct = async (id: string, email: string) =>
    transact(async (tx) => {
      const person = await tx.people.find(id);
      if (person) await changePerson(tx, person, { actor: { kind: 'system' }, details: { email } });
    });
  let isCorrected = false;
  const meanwhile: typeof transact = async (work) => {
    if (!isCorrected) {
      isCorrected = true;
      await correct(wrong.id, 'other@example.com');
      await correct(right.id, ann.email);
    }
    return transact(work);
  };
  const turn = await identifyWith({ ...chat.services, transact: meanwhile })(
    chat.inbound(ann.email),
  );
  expect('actor' in turn && turn.actor.id).toBe(right.id);
  expect(await stores.identities.ofPerson(wrong.id)).toEqual([]);
});

test('where someone writes from while an admin ends their link is not remembered', async () => {
  const person = await chat.person(ann);
  await chat.turn(ann.email);
  const { stores, transact } = chat.services;
  const pair = firstOf(await stores.identities.ofPerson(person.id));
  chat.clock += 3_600_000;
  const meanwhile: typeof transact = async (work) => {
    await transact((tx) => unlinkChatUser(tx, pair, { actor: { kind: 'system' } }));
    return transact(work);
  };
  await identifyWith({ ...chat.services, transact: meanwhile })(chat.inbound(ann.email));
  expect(await stores.conversations.latest(person.id)).toBeUndefined();
});
