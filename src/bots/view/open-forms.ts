/** Forms that people have open: their answers, their type-ahead options, and what happens when one is cancelled. */
import { inLocale, locale } from '../../core/translate.ts';
import { type PressReply, unlessBadPayload } from './action.ts';
import type { ShownCall } from './action-call.ts';
import { outdatedForm, staleForm } from './answers.ts';
import type { BotDeps } from './bot-deps.ts';
import type { Card } from './card.ts';
import { readFiles } from './file.ts';
import { type Form, longTexts, suggest } from './form.ts';
import type { SessionUser, ShownForm } from './form-sessions.ts';
import { cardOf } from './pipeline/interaction.ts';
import type { Pipelines } from './pipeline/pipelines.ts';
import type { Inbound, Submission, SubmissionOutcome, Surface } from './platform.ts';
import type { Replies } from './replies.ts';

/** The limit of Slack's `external_select`, and more than anyone reads. */
const SUGGESTIONS = 100;

/** What someone has typed so far into a field with suggestions. */
export interface Typed {
  readonly field: string;
  readonly text: string;
}

type Sent = Submission & { readonly inbound: Inbound };

type Deps<Turn extends SessionUser> = Pick<BotDeps<Turn>, 'actions' | 'sessions'> &
  Pick<Pipelines<Turn>, 'forms' | 'typing'> & { readonly replies: Replies<Turn> };

export class OpenForms<Turn extends SessionUser> {
  readonly #deps: Deps<Turn>;

  constructor(deps: Deps<Turn>) {
    this.#deps = deps;
  }

  /** Never throws. */
  take(inbound: Inbound, submission: Submission, surface: Surface): Promise<SubmissionOutcome> {
    return this.#deps.forms({
      kind: 'submit',
      where: `submit ${submission.call.id}`,
      inbound,
      refuse: (refusal) => this.#close(surface, cardOf(refusal)),
      handle: (turn) => this.#answerForm(turn, { ...submission, inbound }, surface),
    });
  }

  async #answerForm(
    turn: Turn,
    { inbound, call, session, raw, longestText, files: sent = {} }: Sent,
    surface: Surface,
  ): Promise<SubmissionOutcome> {
    const action = this.#deps.actions.findForm(call.id);
    const form = (await this.#sessionOf(session, call, turn))?.form;
    if (!action || !form) return this.#over(session, turn, surface);
    const files = await readFiles(form.fields, sent);
    const kept = longestText === undefined ? {} : longTexts(form.fields, longestText);
    const read = action.read(form.fields, { ...kept, ...raw, ...files.raw });
    const errors = { ...(!read.ok && read.errors), ...files.errors };
    if (!read.ok || Object.keys(errors).length > 0) return { kind: 'invalid', errors, form };

    if (!(await this.#deps.sessions.use(session))) return this.#over(session, turn, surface);
    const reply = await unlessBadPayload(() =>
      action.submit(call.payload, read.values, { ...turn, shown: form.fields }),
    );
    if (!reply) return this.#close(surface, staleForm());
    // Nobody can correct a field that this form doesn't have: something has changed since it was opened.
    const isPlaced = (name: string) => Object.hasOwn(form.fields, name);
    if (reply.kind === 'invalid' && !Object.keys(reply.errors).some(isPlaced))
      return this.#close(surface, outdatedForm());
    if (reply.kind === 'invalid') {
      await this.#deps.sessions.reopen(session);
      return { kind: 'invalid', errors: reply.errors, form };
    }
    if (reply.kind === 'open') return this.#next(reply, turn, surface);
    return this.#closed(`submit ${call.id}`, () =>
      this.#deps.replies.carryOut(reply, turn, { inbound, surface }),
    );
  }

  async #next(
    { call, form }: Extract<PressReply, { kind: 'open' }>,
    turn: Turn,
    surface: Surface,
  ): Promise<SubmissionOutcome> {
    const next = await form;
    if ('refused' in next) return this.#close(surface, next.refused);
    const session = await this.#deps.sessions.save({ form: next, call }, turn);
    return { kind: 'next', form: next, session, call };
  }

  /** A second click on a form that is answered gets silence: the outcome of the first stands there. */
  async #over(session: string, turn: Turn, surface: Surface): Promise<SubmissionOutcome> {
    const isAnswered = await this.#deps.sessions.isAnswered(session, turn);
    return this.#close(surface, isAnswered ? undefined : staleForm());
  }

  #close(surface: Surface, card?: Card): SubmissionOutcome {
    return this.#closed('here', async () => (card ? surface.here(card) : undefined));
  }

  /** The adapter calls `after` once it has answered the platform. It runs in the current language. */
  #closed(where: string, after: () => Promise<void>): SubmissionOutcome {
    const theirs = locale();
    return {
      kind: 'closed',
      after: () => inLocale(theirs, () => this.#deps.replies.quietly(where, after)),
      locale: theirs,
    };
  }

  /** See `Bot.shown`. */
  shown(inbound: Inbound, session: string, call: ShownCall): Promise<Form | undefined> {
    return this.#deps.typing<Form | undefined>({
      where: `shown ${call.id}`,
      inbound,
      refuse: () => undefined,
      handle: async (turn) => (await this.#sessionOf(session, call, turn))?.form,
    });
  }

  /** See `Bot.cancel`. */
  cancel(inbound: Inbound, session: string, call: ShownCall): Promise<boolean> {
    return this.#deps.typing<boolean>({
      where: `cancel ${call.id}`,
      inbound,
      refuse: () => false,
      handle: async (turn) => {
        const open = await this.#sessionOf(session, call, turn);
        return open !== undefined && (await this.#deps.sessions.use(session));
      },
    });
  }

  /** See `Bot.suggestions`. */
  suggestions(
    inbound: Inbound,
    session: string,
    { field, text }: Typed,
  ): Promise<ReturnType<typeof suggest>> {
    return this.#deps.typing<ReturnType<typeof suggest>>({
      kind: 'suggestions',
      where: 'suggestions',
      inbound: { ...inbound, unasked: true },
      refuse: () => [],
      handle: async (turn) => {
        const form = (await this.#deps.sessions.find(session, turn))?.form;
        const asked = form && Object.hasOwn(form.fields, field) ? form.fields[field] : undefined;
        return asked && 'options' in asked ? suggest(asked.options, text, SUGGESTIONS) : [];
      },
    });
  }

  /** The client could forge the action and payload in an answer, so they must match those of the stored session. */
  async #sessionOf(id: string, call: ShownCall, turn: Turn): Promise<ShownForm | undefined> {
    const shown = await this.#deps.sessions.find(id, turn);
    const same = shown?.call.id === call.id && shown.call.payload === call.payload;
    return same ? shown : undefined;
  }
}
