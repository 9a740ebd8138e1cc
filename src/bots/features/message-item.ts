/** An item of a sequence that sends a message. */
import { readEmail } from '../../engine/person-details.ts';
import { PHONE_HINT, readPhone } from '../../engine/phone.ts';
import type { SequenceMessage } from '../../engine/sequences/sequence.ts';
import { formAction } from '../view/action.ts';
import type { Fields, Option } from '../view/form.ts';
import { refuse } from './admins.ts';
import type { Turn } from './context.ts';
import { itemFor, itemTarget, saveItem } from './sequence-item-ref.ts';
import { problemIn } from './template-problem.ts';
import { readTiming, timingFields } from './timing-fields.ts';

const channels: readonly Option<SequenceMessage['channel']>[] = [
  { value: 'email', label: 'An email' },
  { value: 'direct', label: 'A direct message in chat' },
  { value: 'text', label: 'A text message to the phone' },
  { value: 'channel', label: 'A message in a channel' },
];

const OTHER = 'other';
const recipients: readonly Option[] = [
  { value: '{{email}}', label: 'The person' },
  { value: '{{manager_email}}', label: 'Their manager' },
  { value: '{{buddy_email}}', label: 'Their buddy' },
  { value: OTHER, label: 'The address or channel below' },
];

export const messageItem = formAction({
  id: 'sequence.message',
  payload: itemTarget,
  title: 'A message',
  submitLabel: 'Save',

  async fields(target, turn: Turn) {
    const { sequence, item, tasks, refused } = await itemFor(target, turn);
    if (refused) return { refused };
    const message = item?.does.kind === 'message' ? item.does : undefined;
    const to = message?.to ?? '{{email}}';
    const known = recipients.some(({ value }) => value === to);
    return {
      intro: [
        [
          'Texts may name what Latchkey knows of the person: ',
          { kind: 'code', text: '{{first_name}}' },
          ', ',
          { kind: 'code', text: '{{start}}' },
          ', ',
          { kind: 'code', text: '{{manager}}' },
          ', and everything that integrations have stored with them.',
        ],
      ],
      fields: {
        channel: {
          kind: 'choice',
          label: 'What is sent',
          options: channels,
          initial: message?.channel ?? 'email',
        },
        to: { kind: 'choice', label: 'To', options: recipients, initial: known ? to : OTHER },
        other: {
          kind: 'text',
          label: 'Address or channel',
          hint: 'An email address, a phone number, or a channel like #general.',
          optional: true,
          ...(!known && { initial: to }),
        },
        subject: {
          kind: 'text',
          label: 'Subject',
          hint: 'An email needs one.',
          optional: true,
          ...(message?.subject && { initial: message.subject }),
        },
        text: {
          kind: 'text',
          label: 'Text',
          multiline: true,
          ...(message && { initial: message.text }),
        },
        ...timingFields(sequence.anchor, tasks, item),
      } satisfies Fields,
    };
  },

  async submit(values, target, turn) {
    const { refused } = await itemFor(target, turn);
    if (refused) return refuse(refused);
    const { channel, text, subject = '' } = values;
    const to = values.to === OTHER ? (values.other ?? '').trim() : values.to;
    const timing = readTiming(values);
    const errors = {
      ...(timing.ok ? {} : timing.errors),
      ...(to === '' && { other: 'Write an address or a channel, or choose somebody above.' }),
      ...(channel === 'text' &&
        wrongNumber(to) && {
          other: `That is no number that a text can be sent to: ${PHONE_HINT}.`,
        }),
      ...(channel === 'channel' && values.to !== OTHER && { other: 'Write which channel.' }),
      ...(channel === 'email' && subject.trim() === '' && { subject: 'An email needs a subject.' }),
      ...problemIn('subject', subject),
      ...problemIn('text', text),
      ...problemIn('other', to),
    };
    if (!timing.ok || Object.keys(errors).length > 0) return { kind: 'invalid', errors };
    const does: SequenceMessage = { kind: 'message', channel, to, subject: subject.trim(), text };
    return saveItem(target, { does, ...timing }, turn);
  },
});

/** Neither somebody's address, nor a variable, nor a number as E.164 has it. */
const wrongNumber = (to: string): boolean =>
  to !== '' && !to.includes('{{') && readEmail(to) === undefined && readPhone(to) === undefined;
