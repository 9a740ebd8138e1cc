/** Takes a call of a hook. The signature is checked first. Of the body, only the person that it names is stored. */
import { MINUTE_MS } from '../../../core/hours.ts';
import { isJsonObject, type Json, jsonIn } from '../../../core/json.ts';
import { readEmail } from '../../people/person-details.ts';
import type { Database, Transaction } from '../../ports/unit-of-work.ts';
import { readNotation } from '../../templates/notation.ts';
import { invalidate, sequenceStartsTopic } from '../../work/topics.ts';
import { recordEvents } from '../events/record-event.ts';
import { type Hook, secretsOf } from './hook.ts';
import type { HookRefusals } from './refusals.ts';
import { checkSignature, TOLERANCE_MS } from './signature.ts';

export interface TakingCalls extends Database {
  readonly refusals: Pick<HookRefusals, 'note'>;
}

export interface Call {
  readonly hookId: string;
  /** Of `Latchkey-Signature`. */
  readonly signature: string | undefined;
  /** The bytes as they came. */
  readonly body: Uint8Array;
}

/** The answer to the caller; never anything about secrets. */
export type CallAnswer =
  | {
      readonly ok: true;
      readonly status: 202;
      readonly callId: string;
      readonly isRepeated: boolean;
    }
  | {
      readonly ok: false;
      readonly status: number;
      readonly code: string;
      readonly message: string;
      /** Seconds until the same call may be made again. */
      readonly retryAfter?: number;
    };
type Refusal = Extract<CallAnswer, { ok: false }>;

/** Before the signature is checked, the hook is read once, and nothing is stored. */
export async function takeCall(call: Call, deps: TakingCalls): Promise<CallAnswer> {
  const hook = await deps.stores.hooks.find(call.hookId);
  if (!hook || hook.deletedAt) return noHook;
  const now = deps.now();
  const signed = checkSignature(
    { header: call.signature, body: call.body },
    secretsOf(hook, now),
    now,
  );
  if (!signed.ok) {
    deps.refusals.note(hook.id, signed.message);
    return { ok: false, status: 401, code: signed.code, message: signed.message };
  }
  return deps.transact((tx) => takeSigned(tx, call, signed.fingerprint));
}

async function takeSigned(
  tx: Transaction,
  { hookId, body }: Call,
  fingerprint: string,
): Promise<CallAnswer> {
  // Held: it may have been turned off since, the same call may come twice at once, and calls are counted one by one.
  const hook = await tx.hooks.hold(hookId);
  if (!hook || hook.deletedAt) return noHook;
  const { before, ...withoutOld } = hook;
  if (before && before.until <= tx.now) await tx.hooks.save(withoutOld); // It isn't kept for longer than it signs.
  const known = await tx.hookCalls.findByFingerprint(hookId, fingerprint);
  if (known)
    return known.why === undefined
      ? { ok: true, status: 202, callId: known.id, isRepeated: true }
      : refusal(409, 'repeated', 'This call was made before, and was refused. Sign a new one.');
  const full = await whenFull(tx, hookId, tx.now);
  if (full) return full;
  const found = await whom(tx, hook, body);
  const facts = { id: tx.newId(), hookId, at: tx.now, fingerprint };
  if (!found.ok) {
    await tx.hookCalls.insert({ ...facts, why: found.message });
  } else {
    const cause = { kind: 'hook', hookId } as const;
    const [event] = await recordEvents(tx, {
      sequenceId: hook.sequenceId,
      cause,
      personIds: [found.personId],
    });
    await tx.hookCalls.insert({ ...facts, eventId: event?.id });
  }
  await tx.hookCalls.trim(hookId, new Date(facts.at.getTime() - KEPT_AT_LEAST_MS));
  await invalidate(tx, sequenceStartsTopic(hook.sequenceId));
  return found.ok ? { ok: true, status: 202, callId: facts.id, isRepeated: false } : found;
}

/** A call can be replayed while its time is accepted, so it has to be stored for longer than that. */
const KEPT_AT_LEAST_MS = 3 * TOLERANCE_MS;

/** Far more than any company hires in a minute. */
const MAX_CALLS = 60;
const WINDOW_MS = MINUTE_MS;

/** The rate limit. Every signed call is a row and the hook is held, so all processes share it. */
async function whenFull(tx: Transaction, hookId: string, now: Date): Promise<Refusal | undefined> {
  const first = await tx.hookCalls.timeOf(hookId, MAX_CALLS - 1);
  const waitMs = first ? first.getTime() + WINDOW_MS - now.getTime() : 0;
  if (waitMs <= 0) return undefined;
  return {
    ...refusal(
      429,
      'too-many-calls',
      `A hook takes ${MAX_CALLS} calls a minute. Make this one again later; Retry-After says when.`,
    ),
    retryAfter: Math.ceil(Math.min(waitMs, WINDOW_MS) / 1000), // Capped, in case the clock went back.
  };
}

type FoundSubject = { readonly ok: true; readonly personId: string } | Refusal;

/** The person that the body names. */
async function whom(tx: Transaction, hook: Hook, body: Uint8Array): Promise<FoundSubject> {
  if (!hook.isOn)
    return refusal(403, 'hook-off', 'This hook is turned off. A Latchkey admin can turn it on.');
  const json = readBody(body);
  if (!isJsonObject(json))
    return refusal(400, 'body-not-json', 'The body has to be a JSON object.');
  const at = readNotation(json, hook.emailPath);
  const where = JSON.stringify(hook.emailPath);
  if (!at.found || typeof at.value !== 'string')
    return refusal(
      422,
      'email-missing',
      `The body has no text at ${where}, where the person's email address has to be.`,
    );
  const email = readEmail(at.value);
  if (email === undefined)
    return refusal(422, 'email-malformed', `The body's value at ${where} is not an email address.`);
  const person = await tx.people.findByEmail(email);
  if (!person?.active)
    return refusal(
      422,
      'person-unknown',
      "Nobody in Latchkey's directory has that email address. Add them first.",
    );
  return { ok: true, personId: person.id };
}

function readBody(body: Uint8Array): Json | undefined {
  try {
    return jsonIn(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined; // No UTF-8: the caller gets `body-not-json`.
  }
}

const refusal = (status: number, code: string, message: string): Refusal => ({
  ok: false,
  status,
  code,
  message,
});
const noHook = refusal(404, 'hook-unknown', 'There is no such hook. It may have been deleted.');
