/** Parses what Teams sends into the parts that we use. Pure. */
import { z } from 'zod';
import type { Address } from '../../core/message.ts';
import { t } from '../../core/translate.ts';
import { type CommandText, type Word, words } from '../view/command.ts';
import type { Here } from '../view/platform.ts';
import { addressOf } from './address.ts';
import { isBelowLink } from './read-form.ts';

const account = z.looseObject({
  id: z.string(),
  name: z.string().nullish(),
  aadObjectId: z.string().nullish(),
});

type Account = Readonly<z.infer<typeof account>>;

const activitySchema = z.looseObject({
  type: z.string(),
  id: z.string().nullish(),
  name: z.string().nullish(),
  action: z.string().nullish(),
  // Clients of other channels of the same bot registration (Web Chat is on by default) can name any user, so we refuse them.
  channelId: z.literal('msteams'),
  serviceUrl: z.string(),
  from: account,
  recipient: account,
  conversation: z.looseObject({
    // The SDK writes it into a header.
    id: z.string().regex(/^[\x21-\x7e]+$/),
    conversationType: z.string().nullish(),
    isGroup: z.boolean().nullish(),
    name: z.string().nullish(),
    tenantId: z.string().nullish(),
  }),
  channelData: z
    .looseObject({
      tenant: z.looseObject({ id: z.string() }).nullish(),
      team: z.looseObject({ id: z.string().nullish() }).nullish(),
    })
    .nullish()
    .catch(undefined),
  text: z.string().nullish(),
  locale: z.string().nullish().catch(undefined),
  value: z.unknown().optional(),
  replyToId: z.string().nullish(),
  membersAdded: z.array(account).nullish(),
  attachments: z.array(z.unknown()).nullish(),
  entities: z.array(z.looseObject({ type: z.string().nullish() })).nullish(),
});
export type TeamsActivity = Readonly<z.infer<typeof activitySchema>>;

/** Undefined when the input is no Teams activity, or comes from another channel. */
export function readActivity(input: unknown): TeamsActivity | undefined {
  const parsed = activitySchema.safeParse(input);
  return parsed.success ? parsed.data : undefined;
}

export const tenantOf = ({ conversation, channelData }: TeamsActivity): string =>
  channelData?.tenant?.id ?? conversation.tenantId ?? '';

export const teamOf = ({ channelData }: TeamsActivity): string | undefined =>
  channelData?.team?.id ?? undefined;

export const isDirect = ({ conversation }: TeamsActivity): boolean =>
  conversation.conversationType === 'personal';

/** True for a message extension, which people also use in chats without the bot. */
const isExtension = ({ name }: TeamsActivity): boolean =>
  name?.startsWith('composeExtension/') === true;

const isSearch = ({ name }: TeamsActivity): boolean => name === 'application/search';

/**
 * True where the bot may be no part of the conversation: in a message extension, below a link that someone wrote, and for a search
 * in a form, which may stand in a dialog of either.
 */
export const isOutside = (activity: TeamsActivity): boolean =>
  isExtension(activity) || isSearch(activity) || isBelowLink(activity.value);

/** True when someone added the bot to their direct chat, a group chat or a team. */
export const isInstalled = ({ type, action, membersAdded, recipient }: TeamsActivity): boolean =>
  (type === 'installationUpdate' && action === 'add') ||
  (type === 'conversationUpdate' && (membersAdded ?? []).some(({ id }) => id === recipient.id));

/** The accounts that joined a team with the bot, or that added the bot to their direct chat. */
export function joinedAccounts(activity: TeamsActivity): readonly Account[] {
  const { type, from, recipient, membersAdded } = activity;
  if (type === 'installationUpdate')
    return isInstalled(activity) && isDirect(activity) ? [from] : [];
  const counts = type === 'conversationUpdate' && (isDirect(activity) || teamOf(activity));
  return counts ? (membersAdded ?? []).filter(({ id }) => id !== recipient.id) : [];
}

/** The Entra object id when Teams sends it, else the Teams id. */
export const userIdOf = ({ id, aadObjectId }: Account): string => aadObjectId ?? id;

/** The address of the activity's conversation. */
export const conversationAddress = (activity: TeamsActivity): Address =>
  addressOf({
    serviceUrl: activity.serviceUrl,
    channel: activity.channelId,
    tenant: tenantOf(activity),
    bot: activity.recipient.id,
    conversation: activity.conversation.id,
  });

const fileAttachment = z.looseObject({
  contentType: z.literal('application/vnd.microsoft.teams.file.download.info'),
  name: z.string().nullish(),
  /** Valid for some minutes, for anyone who knows it. */
  content: z.looseObject({ downloadUrl: z.string() }),
});

export interface FileAttachment {
  readonly name: string;
  readonly url: string;
}

/** The files of a message. Teams sends bots only those in direct chats. */
export const readAttachments = ({ attachments }: TeamsActivity): readonly FileAttachment[] =>
  (attachments ?? []).flatMap((attachment) => {
    const { data: file } = fileAttachment.safeParse(attachment);
    return file ? [{ name: file.name || t`The file`, url: file.content.downloadUrl }] : [];
  });

/** The conversation without a thread, and the group's name, which Teams sends only for a few conversations. */
export function hereOf(activity: TeamsActivity): Here {
  const id = activity.conversation.id.replace(/;messageid=.*$/, '');
  const name = isDirect(activity) ? undefined : activity.conversation.name;
  const address = conversationAddress({
    ...activity,
    conversation: { ...activity.conversation, id },
  });
  return { address, ...(name && { name }) };
}

const mentionEntity = z.looseObject({
  type: z.literal('mention'),
  text: z.string().min(1),
  mentioned: account,
});

/** Teams marks in the text where someone quotes a message. */
const quoteEntity = z.looseObject({
  type: z.literal('quotedReply'),
  quotedReply: z.looseObject({ messageId: z.string().min(1) }),
});

/** A word, or a mention whose Entra object id we still have to look up. */
export type RawWord =
  | string
  | { readonly teamsId: string; readonly objectId?: string; readonly name: string };

/** The typed words, without quotes and the mention of the bot. Markup that is neither stays text. */
export function readWords({ text, entities, recipient }: TeamsActivity): readonly RawWord[] {
  const mentions = (entities ?? []).flatMap((entity) => {
    const parsed = mentionEntity.safeParse(entity);
    return parsed.success ? [parsed.data] : [];
  });
  const quotes = (entities ?? []).flatMap((entity) => {
    const { data } = quoteEntity.safeParse(entity);
    return data ? [`<quoted messageId="${data.quotedReply.messageId}"/>`] : [];
  });
  const found: RawWord[] = [];
  // Teams keeps a no-break space after a mention, sometimes as the entity.
  let rest = quotes.reduce(
    (typed, quote) => typed.replaceAll(quote, ' '),
    (text ?? '').replaceAll('&nbsp;', ' '),
  );
  const typed = rest;
  const inOrder = mentions.toSorted((a, b) => typed.indexOf(a.text) - typed.indexOf(b.text));
  for (const { text: marked, mentioned } of inOrder) {
    const at = rest.indexOf(marked);
    if (at < 0) continue;
    found.push(...words(rest.slice(0, at)));
    if (mentioned.id !== recipient.id)
      found.push({
        teamsId: mentioned.id,
        name: mentioned.name ?? '',
        ...(mentioned.aadObjectId && { objectId: mentioned.aadObjectId }),
      });
    rest = rest.slice(at + marked.length);
  }
  return [...found, ...words(rest)];
}

/** Looks up the mentioned users. A mention that `objectIdOf` doesn't know becomes its name, as text. */
export async function resolveWords(
  raw: readonly RawWord[],
  objectIdOf: (teamsId: string) => Promise<string | undefined>,
): Promise<CommandText> {
  const resolved: Word[] = [];
  for (const word of raw) {
    if (typeof word === 'string') {
      resolved.push(word);
      continue;
    }
    const userId = word.objectId ?? (await objectIdOf(word.teamsId));
    if (userId) resolved.push({ kind: 'mention', userId, name: word.name });
    else resolved.push(...words(word.name));
  }
  return resolved;
}
