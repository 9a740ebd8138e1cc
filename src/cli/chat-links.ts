/** Links chat users to people when chat can't, for example for a first admin who came by single sign-on. */
import { unreachable } from '../core/unreachable.ts';
import { type Linked, linkChatUser, unlinkChatUser } from '../engine/people/chat-links.ts';
import { fullName } from '../engine/people/directory.ts';
import type { ChatIdentity } from '../engine/ports/people-stores.ts';
import type { Transaction } from '../engine/ports/unit-of-work.ts';
import { CommandError } from './command-error.ts';
import { shownTime } from './output.ts';
import { inSession, type Session, withPerson } from './session.ts';

/** In a longer list nobody finds their user. The others can write again. */
const MAX_LISTED = 200;

type ChatUser = Pick<ChatIdentity, 'platform' | 'tenant' | 'userId'>;

/** `latchkey people refused` */
export const listRefusedCommand = (): Promise<void> =>
  inSession(async ({ stores, output }) => {
    const users = await stores.refusedUsers.newest(MAX_LISTED);
    output.table(
      ['USER', 'NAME', 'ADDRESS', 'WHEN'],
      users.map((user) => [textOf(user), user.name, user.email ?? '', shownTime(user.refusedAt)]),
      'No one was refused.',
    );
    if (users.length > 0) output.note('Link one of them with "latchkey people link PERSON USER".');
  });

/** `latchkey people link PERSON USER` */
export const linkChatUserCommand = (name: string, typed: string): Promise<void> =>
  withPerson(name, async (person, session) => {
    const user = await chatUserNamed(typed, session);
    const link = (tx: Transaction) =>
      linkChatUser(
        tx,
        { ...user, personId: person.id },
        { linkedBy: 'by-hand', actor: session.actor },
      );
    const why = whyNot(await session.transact(link));
    if (why !== undefined) throw new CommandError(`nothing was linked: ${why}`);
    session.output.line(
      `${fullName(person)} <${person.email}> is the chat user ${textOf(user)} now.`,
    );
  });

/** `latchkey people unlink PERSON` */
export const unlinkChatUsersCommand = (name: string): Promise<void> =>
  withPerson(name, async (person, session) => {
    const ended = await session.transact(async (tx) => {
      const links = await tx.identities.ofPerson(person.id);
      for (const each of links) await unlinkChatUser(tx, each, session);
      return links.map(textOf);
    });
    if (ended.length === 0) throw new CommandError(`${fullName(person)} is linked to no chat user`);
    session.output.line(`${fullName(person)} <${person.email}> is no longer ${ended.join(', ')}.`);
  });

const textOf = ({ platform, tenant, userId }: ChatUser): string =>
  `${platform}:${tenant}/${userId}`;

const IN_FULL = /^(slack|teams):([\w-]{1,100})\/([\w-]{1,100})$/;

async function chatUserNamed(typed: string, { stores }: Session): Promise<ChatUser> {
  const [, platform, tenant, userId] = IN_FULL.exec(typed) ?? [];
  if ((platform === 'slack' || platform === 'teams') && tenant && userId)
    return { platform, tenant, userId };
  const refused = await stores.refusedUsers.newest(MAX_LISTED);
  const [user, ...others] = refused.filter((each) => each.userId === typed);
  if (user && others.length === 0)
    return { platform: user.platform, tenant: user.tenant, userId: user.userId };
  throw new CommandError(
    `no chat user with the id ${typed} was refused; see "latchkey people refused", or give it like slack:T012AB3CD/U045EF6GH`,
  );
}

function whyNot(linked: Linked): string | undefined {
  switch (linked.kind) {
    case 'linked':
    case 'already':
      return undefined;
    case 'user-taken':
      return 'that chat user is linked to someone else';
    case 'person-taken':
      return 'they are linked to another chat user there; "latchkey people unlink" ends that';
    case 'admin':
    case 'gone':
      return 'they have left';
    default:
      return unreachable(linked);
  }
}
