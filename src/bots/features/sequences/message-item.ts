/** An item of a sequence that sends a message. */
import { t } from '../../../core/translate.ts';
import { NOTICES_CHANNEL } from '../../../engine/messages/delivery.ts';
import { noticePlaceOf } from '../../../engine/messages/notices.ts';
import { readEmail } from '../../../engine/people/person-details.ts';
import { phoneHint, readPhone } from '../../../engine/people/phone.ts';
import type { SequenceMessage } from '../../../engine/sequences/sequence.ts';
import type { Turn } from '../../live/context.ts';
import { formAction } from '../../view/action.ts';
import { code, rich } from '../../view/card.ts';
import { errorsOf, type Fields, hasErrors, type Option } from '../../view/form.ts';
import { asOfNow } from '../../view/left-alone.ts';
import { type ItemFacts, itemFor, itemTarget, saveItem } from './sequence-item-ref.ts';
import { problemIn } from './template-problem.ts';
import { readTiming, timingFields } from './timing-fields.ts';

const channels = (): readonly Option<SequenceMessage['channel']>[] => [
  { value: 'email', label: t`An email` },
  { value: 'direct', label: t`A direct message in chat` },
  { value: 'text', label: t`A text message to the phone` },
  { value: 'channel', label: t`A message in a channel` },
];

const OTHER = 'other';
const recipients = (): readonly Option[] => [
  { value: '{{email}}', label: t`The person` },
  { value: '{{manager_email}}', label: t`Their manager` },
  { value: '{{buddy_email}}', label: t`Their buddy` },
  { value: NOTICES_CHANNEL, label: t`The channel for notices` },
  { value: OTHER, label: t`The address or channel below` },
];

export const messageItem = formAction({
  id: 'sequence.message',
  payload: itemTarget,
  admit: itemFor,
  title: () => t`Message`,
  submitLabel: () => t`Save`,

  fields: async (_target, facts) => ({
    title: messageOf(facts) ? t`Edit the message` : t`Add a message`,
    intro: [
      rich`You can use what Latchkey knows about the person: ${code('{{first_name}}')}, ${code('{{start}}')}, ${code('{{manager}}')}, and everything that integrations have stored for them.`,
    ],
    fields: fieldsOf(facts),
  }),

  async submit(sent, _target, { sequence, item, tasks, shown, ...turn }) {
    const values = asOfNow(sent, shown, fieldsOf({ sequence, item, tasks }));
    const { channel, text, subject = '' } = values;
    const to = values.to === OTHER ? (values.other ?? '').trim() : values.to;
    const timing = readTiming(values);
    const errors = {
      ...errorsOf(timing),
      to: await wrongChannel(channel, values.to, turn),
      other: problemIn(to) ?? wrongRecipient(channel, to),
      subject:
        channel === 'email' && subject.trim() === ''
          ? t`An email needs a subject.`
          : problemIn(subject),
      text: problemIn(text),
    };
    if (!timing.ok || hasErrors(errors)) return { kind: 'invalid', errors };
    const does: SequenceMessage = { kind: 'message', channel, to, subject: subject.trim(), text };
    return saveItem({ sequence, item }, { does, ...timing }, turn);
  },
});

const messageOf = ({ item }: Pick<ItemFacts, 'item'>): SequenceMessage | undefined =>
  item?.does.kind === 'message' ? item.does : undefined;

function fieldsOf({ sequence, item, tasks }: ItemFacts) {
  const message = messageOf({ item });
  const to = message?.to ?? '{{email}}';
  const known = recipients().some(({ value }) => value === to);
  return {
    channel: {
      kind: 'choice',
      label: t`Send as`,
      options: channels(),
      initial: message?.channel ?? 'email',
    },
    to: { kind: 'choice', label: t`To`, options: recipients(), initial: known ? to : OTHER },
    other: {
      kind: 'text',
      label: t`Address or channel`,
      hint: t`An email address, a phone number, or in Slack a channel like #general.`,
      optional: true,
      initial: known ? undefined : to,
    },
    subject: {
      kind: 'text',
      label: t`Subject`,
      hint: t`Required for email.`,
      optional: true,
      initial: message?.subject || undefined,
    },
    text: {
      kind: 'text',
      label: t`Text`,
      multiline: true,
      initial: message?.text,
    },
    ...timingFields(sequence.anchor, tasks, item),
  } as const satisfies Fields;
}

/** A person isn't valid for a message in a channel, and a channel isn't valid for other messages. */
async function wrongChannel(
  channel: SequenceMessage['channel'],
  to: string,
  { stores }: Turn,
): Promise<string | undefined> {
  if (channel !== 'channel')
    return to === NOTICES_CHANNEL ? t`Only a message in a channel can go there.` : undefined;
  if (to === NOTICES_CHANNEL)
    return (await noticePlaceOf(stores))
      ? undefined
      : t`No channel for notices is set. Write "@Latchkey notices" in that channel, then choose it here.`;
  return to === OTHER ? undefined : t`Choose a channel, not a person.`;
}

function wrongRecipient(channel: SequenceMessage['channel'], to: string): string | undefined {
  if (to === '') return t`Enter an address or channel, or choose a recipient above.`;
  // A variable is filled in later.
  const isKnown = to.includes('{{') || readEmail(to) !== undefined || readPhone(to) !== undefined;
  return channel === 'text' && !isKnown
    ? t`Texts can't be sent to this number: ${phoneHint()}.`
    : undefined;
}
