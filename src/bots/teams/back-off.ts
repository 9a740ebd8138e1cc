/** For answers to people: a short back-off that Teams asks for is waited out. The worker has its own way to wait. */
import { setTimeout as after } from 'node:timers/promises';
import { PlatformError } from '../view/platform.ts';
import type { TeamsPlatform } from './platform.ts';

/** Teams limits a conversation to 7 messages in a second and 8 in two: a second later there is room. */
const PAUSE_MS = 1000;
/** Nobody waits longer for an answer to a click; they would press again. */
const LONGEST_PAUSE_MS = 5000;
const TRIES = 3;

/** Waits so many milliseconds. */
export type Pause = (ms: number) => Promise<void>;
const realPause: Pause = (ms) => after(ms);

/** The same platform, which tries again, up to three times in all, when it is asked to wait up to 5 s. */
export function withBackoff(platform: TeamsPlatform, pause: Pause = realPause): TeamsPlatform {
  async function again<T>(work: () => Promise<T>): Promise<T> {
    for (let left = TRIES - 1; ; left--) {
      try {
        return await work();
      } catch (error) {
        const ms = waitFor(error);
        if (ms === undefined || left === 0) throw error;
        await pause(ms);
      }
    }
  }
  return {
    name: platform.name,
    send: (to, card) => again(() => platform.send(to, card)),
    edit: (message, card) => again(() => platform.edit(message, card)),
    post: (conversation, card, summary) => again(() => platform.post(conversation, card, summary)),
    update: (message, card, summary) => again(() => platform.update(message, card, summary)),
    openDirect: (near, user) => again(() => platform.openDirect(near, user)),
    member: (conversation, user, team) => again(() => platform.member(conversation, user, team)),
  };
}

/** Milliseconds; undefined for what waiting doesn't cure, or not soon. */
function waitFor(error: unknown): number | undefined {
  if (!(error instanceof PlatformError) || error.code !== 'rate-limited') return undefined;
  const ms = error.retryAfterMs ?? PAUSE_MS;
  return ms <= LONGEST_PAUSE_MS ? ms : undefined;
}
