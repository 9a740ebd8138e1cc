/** Forms that somebody has been shown: what they send, what they are offered while they type, and the end of one that they give up. */
import { inLocale, locale } from '../../core/say.ts';
import { BadPayload, type PressReply } from './action.ts';
import { failed, staleForm, tooMany } from './answers.ts';
import { type BotParts, speakingTo } from './bot-parts.ts';
import type { Card } from './card.ts';
import { readFiles } from './file.ts';
import { type Form, suggest } from './form.ts';
import type { SessionUser, ShownCall, ShownForm } from './form-sessions.ts';
import type { Inbound, Submission, SubmissionOutcome, Surface } from './platform.ts';
import type { Replies } from './replies.ts';

/** Slack's `external_select` shows 100, and nobody reads more. */
const SUGGESTIONS = 100;

type Parts<Turn extends SessionUser> = Pick<
  BotParts<Turn>,
  'actions' | 'sessions' | 'firstTime' | 'identify' | 'room' | 'onError'
>;

export class OpenForms<Turn extends SessionUser> {
  readonly #parts: Parts<Turn>;
  readonly #replies: Replies<Turn>;

  constructor(parts: Parts<Turn>, replies: Replies<Turn>) {
    this.#parts = parts;
    this.#replies = replies;
  }

  /** Never throws. */
  async take(
    inbound: Inbound,
    submission: Submission,
    surface: Surface,
  ): Promise<SubmissionOutcome> {
    return this.#orCloseFailed(submission, surface, async () => {
      if (!this.#hasRoom(inbound)) return this.#close(surface, tooMany());
      if (!(await this.#parts.firstTime(inbound.key))) return this.#close(surface);
      const turn = await this.#parts.identify(inbound);
      if ('refused' in turn) return this.#close(surface, turn.refused);
      return speakingTo(turn, () =>
        this.#orCloseFailed(submission, surface, () =>
          this.#answerForm(turn, inbound, submission, surface),
        ),
      );
    });
  }

  async #answerForm(
    turn: Turn,
    inbound: Inbound,
    { call, session, raw, files: sent = {} }: Submission,
    surface: Surface,
  ): Promise<SubmissionOutcome> {
    const action = this.#parts.actions.find(call.id);
    const form = (await this.#sessionOf(session, call, turn))?.form;
    if (!action || !form) return this.#close(surface, staleForm());
    const files = await readFiles(form.fields, sent);
    const read = action.read(form.fields, { ...raw, ...files.raw });
    const errors = { ...(!read.ok && read.errors), ...files.errors };
    if (!read.ok || Object.keys(errors).length > 0) return { kind: 'invalid', errors, form };

    if (!(await this.#parts.sessions.use(session))) return this.#close(surface, staleForm());
    const reply = await action.submit(call.payload, read.values, turn, form.fields);
    if (reply.kind === 'invalid') {
      await this.#parts.sessions.reopen(session);
      return { kind: 'invalid', errors: reply.errors, form };
    }
    if (reply.kind === 'open') return this.#next(reply, turn, surface);
    return this.#closed(`submit ${call.id}`, () =>
      this.#replies.carryOut(reply, turn, inbound, surface),
    );
  }

  async #next(
    { call, form }: Extract<PressReply, { kind: 'open' }>,
    turn: Turn,
    surface: Surface,
  ): Promise<SubmissionOutcome> {
    const next = await form;
    if ('refused' in next) return this.#close(surface, next.refused);
    const session = await this.#parts.sessions.save({ form: next, call }, turn);
    return { kind: 'next', form: next, session, call };
  }

  #close(surface: Surface, card?: Card): SubmissionOutcome {
    return this.#closed('here', async () => (card ? surface.here(card) : undefined));
  }

  /** The adapter calls `after` when it has answered the platform: for the same reader as now. */
  #closed(where: string, after: () => Promise<void>): SubmissionOutcome {
    const theirs = locale();
    return {
      kind: 'closed',
      after: () => inLocale(theirs, () => this.#replies.quietly(where, after)),
      locale: theirs,
    };
  }

  async #orCloseFailed(
    { call }: Submission,
    surface: Surface,
    work: () => Promise<SubmissionOutcome>,
  ): Promise<SubmissionOutcome> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof BadPayload) return this.#close(surface, staleForm());
      this.#parts.onError(error, `submit ${call.id}`);
      return this.#close(surface, failed());
    }
  }

  /**
   * The form that this person was shown, for a client that has to draw it again by itself (a search in a form that
   * stands in the conversation); undefined for a session that is over, isn't this person's, or is for another action, and
   * for someone who asks too much.
   */
  async shown(inbound: Inbound, session: string, call: ShownCall): Promise<Form | undefined> {
    try {
      if (!this.#mayType(inbound)) return undefined;
      const turn = await this.#parts.identify(inbound);
      return 'refused' in turn ? undefined : (await this.#sessionOf(session, call, turn))?.form;
    } catch (error) {
      this.#parts.onError(error, 'shown');
      return undefined;
    }
  }

  /** Somebody gave a form up. True when it was open, theirs and for `call`: it is over then. Never throws. */
  async cancel(inbound: Inbound, session: string, call: ShownCall): Promise<boolean> {
    try {
      const open = await this.shown(inbound, session, call);
      return open !== undefined && (await this.#parts.sessions.use(session));
    } catch (error) {
      this.#parts.onError(error, `cancel ${call.id}`);
      return false;
    }
  }

  /** Never throws. */
  async suggestions(
    inbound: Inbound,
    session: string,
    field: string,
    typed: string,
  ): Promise<ReturnType<typeof suggest>> {
    try {
      if (!this.#mayType(inbound)) return [];
      const turn = await this.#parts.identify({ ...inbound, unasked: true });
      if ('refused' in turn) return [];
      const form = (await this.#parts.sessions.find(session, turn))?.form;
      const asked = form && Object.hasOwn(form.fields, field) ? form.fields[field] : undefined;
      return asked && 'options' in asked ? suggest(asked.options, typed, SUGGESTIONS) : [];
    } catch (error) {
      this.#parts.onError(error, 'suggestions');
      return [];
    }
  }

  /** What comes with an answer is the client's word: a form answers the very action and payload it was shown for. */
  async #sessionOf(id: string, call: ShownCall, turn: Turn): Promise<ShownForm | undefined> {
    const shown = await this.#parts.sessions.find(id, turn);
    const same = shown?.call.id === call.id && shown.call.payload === call.payload;
    return same ? shown : undefined;
  }

  /** Counted apart: who is refused here is not told, and must be told of the next click that is refused. */
  #mayType({ user }: Inbound): boolean {
    return this.#parts.room?.(user, 'typing').ok ?? true;
  }

  #hasRoom({ user }: Inbound): boolean {
    return this.#parts.room?.(user).ok ?? true;
  }
}
