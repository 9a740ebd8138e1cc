/** Everything that people press and send, twice at the same moment: two processes got the two clicks. Both are answered. */
import { expect, test } from 'vitest';
import type { PressReply, SubmitReply } from '../../src/bots/view/action.ts';
import type { ActionCall } from '../../src/bots/view/action-call.ts';
import type { Button } from '../../src/bots/view/card.ts';
import { playCompany } from '../support/card-page.ts';
import { type TestChat, testChatOn } from '../support/chat.ts';
import { Clicker } from '../support/clicks.ts';
import { temporaryPostgres } from '../support/peers/postgres.ts';

const PLAY_MS = 240_000;

class TwiceClicker extends Clicker {
  readonly #broken: string[];

  constructor(chat: TestChat, email: string, broken: string[]) {
    super(chat, email);
    this.#broken = broken;
  }

  override press(button: Button | ActionCall): Promise<PressReply> {
    return this.#twice(`press ${idOf(button)}`, () => super.press(button));
  }

  override answers(...given: Parameters<Clicker['answers']>): Promise<SubmitReply> {
    return this.#twice(`send ${idOf(given[0])}`, () => super.answers(...given));
  }

  /** Goes on with what the first one was told. */
  async #twice<Reply extends PressReply | SubmitReply>(
    what: string,
    click: () => Promise<Reply>,
  ): Promise<Reply> {
    const both = await Promise.allSettled([click(), click()]);
    for (const each of both)
      if (each.status === 'rejected') this.#broken.push(`${what}: ${String(each.reason)}`);
      else if (each.value.kind === 'open')
        await each.value.form.catch((error: unknown) => {
          this.#broken.push(`${what}, its form: ${String(error)}`);
        });
    const told = both.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const [first] = told.toSorted((a, b) => Number(isDone(b)) - Number(isDone(a)));
    return first ?? click();
  }
}

const idOf = (button: Button | ActionCall): string =>
  'does' in button ? button.does.id : button.id;
const isDone = ({ kind }: PressReply | SubmitReply): boolean =>
  kind !== 'say' && kind !== 'invalid';

test('of two clicks at the same moment both are answered', { timeout: PLAY_MS }, async () => {
  const broken: string[] = [];
  const played = await playCompany(undefined, {
    // Nothing of the play asks for a file.
    open: async () => (await testChatOn(temporaryPostgres)) as TestChat,
    clickerOf: (...of) => new TwiceClicker(...of, broken),
  });
  await played.end();
  expect([...new Set(broken)]).toEqual([]);
});
