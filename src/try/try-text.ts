/** Tries a manifest that sends texts: one text, to the person's number or another. Its waits take real time. */
import { t } from '../core/translate.ts';
import { gatherText } from '../engine/calls/context.ts';
import { sendText } from '../engine/messages/texts.ts';
import type { Person } from '../engine/people/directory.ts';
import { phoneHint, readPhone } from '../engine/people/phone.ts';
import type { OutgoingText, Sending } from '../engine/ports/sending.ts';
import type { RunInputs } from '../engine/runs/run.ts';
import type { SpokenEnv } from './env.ts';
import type { Fixture } from './fixture.ts';
import { knownTo } from './known.ts';
import { nothingDone, notReady, refused, type TryResult } from './result.ts';
import { showAsked, watch } from './watch.ts';

/** Sent when the form's answers have no `message`. */
const sample = () => t`A test text from Latchkey, to check that texts arrive.`;

/** The text to send: `to` and `message` from the form's answers. By default it goes to the person's phone. */
export const triedText = (
  form: RunInputs['form'],
  person: Person | undefined,
): Omit<OutgoingText, 'id'> => ({
  to: textIn(form, 'to') ?? person?.phone ?? '',
  message: textIn(form, 'message') ?? sample(),
});

function textIn(form: RunInputs['form'], id: 'to' | 'message'): string | undefined {
  const answer = Object.hasOwn(form, id) ? form[id] : undefined;
  return typeof answer === 'string' ? answer : undefined;
}

export async function tryText(
  { person, form }: { readonly person: Person; readonly form: RunInputs['form'] },
  fixture: Fixture,
  env: SpokenEnv,
): Promise<TryResult> {
  const { to: written, message } = triedText(form, person);
  const to = readPhone(written);
  if (to === undefined)
    return refused(
      'input',
      t`There is no number to send it to. Give the person a phone number, and ${phoneHint()}.`,
    );
  const gathered = await gatherText(fixture.stores, fixture.integration.id, { to, message });
  if (!gathered.ok) return notReady(gathered, env.words);
  const known = knownTo(gathered.context, fixture, env);
  const watched = watch(known.exchanges.http, env);
  const deps = { http: watched.http, tokens: known.tokens, now: env.now };
  const sending = await sendText(gathered.context, env.newId(), deps);
  const redact = await known.redactNow();
  return {
    ...nothingDone,
    status: sending.kind === 'sent' ? 'succeeded' : 'failed',
    error:
      sending.kind !== 'sent' ? { code: codeOf(sending), message: sending.why, step: 0 } : null,
    steps: watched.asked().map((asked) => showAsked(asked, known.exchanges, redact)),
    deliveries:
      sending.kind === 'sent'
        ? [{ type: 'text', to: redact(to), subject: null, message: redact(message) }]
        : [],
    oauth: { refreshed: await known.refreshed() },
  };
}

const codeOf = ({ kind }: Exclude<Sending, { kind: 'sent' }>): string =>
  kind === 'unknown' ? 'unknown-outcome' : 'not-sent';
