/**
 * What the Bot Connector takes, by its published API (Swagger, `ConnectorAPI.json`, v3): `Activity`,
 * `ConversationParameters` and what they hold. A property that the API doesn't have is refused, so that none is misspelt.
 */
import { z } from 'zod';

const account = z.strictObject({
  id: z.string(),
  name: z.string().optional(),
  aadObjectId: z.string().optional(),
  role: z.string().optional(),
});

const conversationAccount = z.strictObject({
  id: z.string(),
  isGroup: z.boolean().optional(),
  conversationType: z.string().optional(),
  name: z.string().optional(),
  aadObjectId: z.string().optional(),
  role: z.string().optional(),
  // The published file says "object"; Microsoft's SDKs and Teams use a text.
  tenantId: z.string().optional(),
});

const object = z.record(z.string(), z.unknown());

const attachment = z.strictObject({
  contentType: z.string(),
  contentUrl: z.string().optional(),
  content: object.optional(),
  name: z.string().optional(),
  thumbnailUrl: z.string().optional(),
});

/** Of `Activity` what a bot writes. */
export const activitySchema = z.strictObject({
  type: z.string(),
  id: z.string().optional(),
  serviceUrl: z.string().optional(),
  channelId: z.string().optional(),
  from: account.optional(),
  recipient: account.optional(),
  conversation: conversationAccount.optional(),
  textFormat: z.string().optional(),
  locale: z.string().optional(),
  text: z.string().optional(),
  summary: z.string().optional(),
  attachments: z.array(attachment).optional(),
  entities: z.array(object).optional(),
  channelData: object.optional(),
  replyToId: z.string().optional(),
});

export const conversationParameters = z.strictObject({
  isGroup: z.boolean().optional(),
  bot: account,
  members: z.array(account).min(1),
  topicName: z.string().optional(),
  activity: activitySchema.optional(),
  channelData: object.optional(),
  tenantId: z.string().optional(),
});
