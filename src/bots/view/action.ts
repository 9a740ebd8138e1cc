/**
 * What a person can press. An action's id, payload, form and handler are one value. A card refers to it by
 * `grantAccess.with({ … })`, so an id or a payload can't be mistyped. Handlers return replies and adapters send them.
 */
import { locale } from '../../core/translate.ts';
import type { ActionCall } from './action-call.ts';
import { type Card, type ShownCard, type Text, textOf } from './card.ts';
import {
  errorsIn,
  type FieldErrors,
  type Fields,
  type Form,
  type RawValues,
  type ReadValues,
  readValues,
  type Values,
} from './form.ts';

/** What a handler wants to be shown. Handlers return it; only adapters call a platform. */
export type Reply =
  | { readonly kind: 'nothing' }
  /**
   * `here` is the conversation of the request. A group may read it, so nothing about a person goes there. `person` is
   * their direct conversation; a shared conversation only gets a note that something was sent.
   */
  | { readonly kind: 'say'; readonly card: Card; readonly to: 'person' | 'here' }
  /** A card that follows its topic, in the reader's direct conversation. */
  | { readonly kind: 'show'; readonly card: ShownCard }
  /** Replaces the card that was clicked. */
  | { readonly kind: 'replace'; readonly card: Card | ShownCard };

/**
 * A form opens before its fields are known, since Slack's trigger expires after three seconds. The adapter shows a
 * loading form, fills it when `form` settles, and stores the form. The answer is read against the stored form.
 */
export type PressReply =
  | Reply
  | {
      readonly kind: 'open';
      readonly title: string;
      readonly call: ActionCall;
      /** Settles with the form, or with a card that explains why there is none. */
      readonly form: Promise<Form | { readonly refused: Card }>;
    };
/** `open` replaces the form that was sent with another one, which confirms the answer. */
export type SubmitReply<F extends Fields = Fields> =
  | PressReply
  | { readonly kind: 'invalid'; readonly errors: FieldErrors<F> };

/** Parses unknown input into a `T` or throws, as a zod schema does. */
export interface Schema<T> {
  parse(input: unknown): T;
}

/** A button as adapters see it: its payload is still text. */
export interface ButtonAction<Context> extends NeedsRight {
  readonly kind: 'button';
  readonly id: string;
  /** @throws {BadPayload} */
  press(payload: string, context: Context): Promise<Reply>;
}

/** The fields as this person was shown them; left out where they are unknown. */
interface ShownFields {
  readonly shown: Fields;
}

/** A form as adapters see it: its payload and values are still text. */
export interface FormAction<Context> extends NeedsRight {
  readonly kind: 'form';
  readonly id: string;
  /** @throws {BadPayload} */
  press(payload: string, context: Context): Promise<PressReply>;
  /** Reads an answer against the fields that this person was shown, from the stored form session. */
  read(shown: Fields, raw: RawValues): ReadValues<Fields>;
  /**
   * @param values the result of `read`
   * @throws {BadPayload}
   */
  submit(
    payload: string,
    values: Values<Fields>,
    context: Context & Partial<ShownFields>,
  ): Promise<SubmitReply>;
}

export type Action<Context> = ButtonAction<Context> | FormAction<Context>;

/** What features see: `with` accepts only this action's payload. */
interface WithPayload<Payload> {
  with(payload: Payload): ActionCall;
}
export type ButtonOf<Payload, Context> = ButtonAction<Context> & WithPayload<Payload>;
export type FormOf<Payload, Context> = FormAction<Context> & WithPayload<Payload>;

/** Thrown by `press` and `submit` for a payload that was forged, or made by another version. */
class BadPayload extends Error {
  readonly code = 'bad-payload';
  constructor(action: string, options: ErrorOptions) {
    super(`The payload is not one of ${action}`, options);
    this.name = 'BadPayload';
  }
}

/** Undefined where `work` throws `BadPayload`. */
export async function unlessBadPayload<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BadPayload) return undefined;
    throw error;
  }
}

function decodePayload<P>(action: string, schema: Schema<P>, text: string): P {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new BadPayload(action, { cause });
  }
}

/** What was found, or the card that says why this person can't. */
export type OrRefused<T> =
  | (T & { readonly refused?: undefined })
  | ({ readonly [K in keyof T]?: undefined } & { readonly refused: Card });

export interface Admission {
  readonly refused?: Card | undefined;
}
export type Admitted<A> = Exclude<A, { readonly refused: Card }>;

/** What is found has no name that the context has: it must not stand for the actor there, or for the time. */
type Apart<C> = { readonly [K in keyof C | keyof ShownFields]?: never };

/** Whether this person may, and what the payload is about as it is now. */
export interface Admit<P, C, A> extends NeedsRight {
  (payload: P, context: C): Promise<A>;
}

interface NeedsRight {
  /** The right of `permission.ts` that is asked for. Left out where it depends on what the payload is about, or everyone may. */
  readonly right?: string | undefined;
}

interface ActionSpec<P, C, A extends Admission> extends NeedsRight {
  readonly id: string;
  readonly payload: Schema<P>;
  /**
   * Asked at each press, and again when the form is sent, since a role may change in between. What it found is in the context of the
   * other functions. Its right is the action's, too. Where the card or list that the action shows asks instead, the action says that
   * `right` itself.
   */
  readonly admit?: Admit<P, C, A & Apart<C>>;
}

interface ButtonSpec<P, C, A extends Admission> extends ActionSpec<P, C, A> {
  /** A refusal replaces the card that was clicked: what it shows is no longer for this person. Left out: it is said below. */
  readonly refusesInPlace?: true;
  readonly handle: (payload: P, context: C & Admitted<A>) => Promise<Reply>;
}

export function buttonAction<P, C, A extends Admission = Admission>({
  id,
  payload,
  admit,
  right = admit?.right,
  refusesInPlace,
  handle,
}: ButtonSpec<P, C, A>): ButtonOf<P, C> {
  return {
    kind: 'button',
    id,
    right,
    with: (input) => ({ id, payload: JSON.stringify(input), opensForm: false }),

    async press(text, context) {
      const decoded = decodePayload(id, payload, text);
      const admitted = await admit?.(decoded, context);
      if (admitted?.refused) return (refusesInPlace ? replaceWith : sayHere)(admitted.refused);
      return handle(decoded, { ...(admitted as Admitted<A>), ...context });
    },
  };
}

export const sayHere = (card: Card): Reply => ({ kind: 'say', to: 'here', card });
export const sayToPerson = (card: Card): Reply => ({ kind: 'say', to: 'person', card });
export const showCard = (card: ShownCard): Reply => ({ kind: 'show', card });
export const replaceWith = (card: Card | ShownCard): Reply => ({ kind: 'replace', card });

/** The result of `fields`: the form's content, or why there is none. */
export type OpenedForm<F extends Fields | undefined> =
  | {
      readonly title?: string;
      readonly submitLabel?: string;
      readonly intro?: readonly (string | Text)[];
      /** Left out where there is nothing to fill in. */
      readonly fields?: F;
    }
  | { readonly refused: Card };

interface FormSpec<P, F extends Fields, C, A extends Admission> extends ActionSpec<P, C, A> {
  /** A function, since each press may be in another language. */
  readonly title: (payload: P) => string;
  readonly submitLabel: () => string;
  readonly tone?: 'danger';
  /** The answer to a press that needs no form. It must be quick: a window can only open for a few seconds. */
  instead?(payload: P, context: C): Promise<Reply | undefined>;
  /**
   * May wait for apps; the form shows that it is loading. `undefined` is only there so that TypeScript infers F: to the
   * literal of a refusal it adds `fields?: undefined`.
   */
  fields(payload: P, context: C & Admitted<A>): Promise<OpenedForm<F | undefined>>;
  /** @param context with the fields as they were shown, for forms that another person's change may overtake: see `left-alone.ts` */
  submit(
    values: Values<F>,
    payload: P,
    context: C & Admitted<A> & ShownFields,
  ): Promise<SubmitReply<F>>;
}

export function formAction<P, const F extends Fields, C, A extends Admission = Admission>(
  spec: FormSpec<P, F, C, A>,
): FormOf<P, C> {
  const { id, title, submitLabel, tone, right = spec.admit?.right } = spec;
  const decode = (text: string) => decodePayload(id, spec.payload, text);
  const open = async (payload: P, context: C): Promise<OpenedForm<F | undefined>> => {
    const admitted = await spec.admit?.(payload, context);
    if (admitted?.refused) return { refused: admitted.refused };
    return spec.fields(payload, { ...(admitted as Admitted<A>), ...context });
  };

  return {
    kind: 'form',
    id,
    right,
    with: (input) => ({ id, payload: JSON.stringify(input), opensForm: true }),

    async press(text, context) {
      const payload = decode(text);
      const instead = await spec.instead?.(payload, context);
      if (instead) return instead;
      const form = open(payload, context).then((asked) =>
        'refused' in asked
          ? asked
          : {
              title: asked.title ?? title(payload),
              submitLabel: asked.submitLabel ?? submitLabel(),
              intro: (asked.intro ?? []).map(textOf),
              fields: (asked.fields ?? {}) as F, // See `FormSpec.fields`.
              locale: locale(),
              tone,
            },
      );
      return {
        kind: 'open',
        title: title(payload),
        call: { id, payload: text, opensForm: true },
        form,
      };
    },

    read: (shown, raw) => readValues(shown, raw),

    async submit(text, values, context) {
      const payload = decode(text);
      const admitted = await spec.admit?.(payload, context);
      if (admitted?.refused) return sayHere(admitted.refused);
      const found = { ...(admitted as Admitted<A>), shown: {}, ...context };
      const reply = await spec.submit(values as Values<F>, payload, found); // The values of this action's own `fields`.
      return reply.kind === 'invalid' ? { ...reply, errors: errorsIn(reply.errors) } : reply;
    },
  };
}

/** All actions of the bot, by id. */
export class ActionBook<Context> {
  readonly #actions: ReadonlyMap<string, Action<Context>>;

  constructor(actions: readonly Action<Context>[]) {
    this.#actions = new Map(actions.map((action) => [action.id, action]));
    if (this.#actions.size !== actions.length) throw new TypeError('Two actions share an id');
  }

  get ids(): readonly string[] {
    return [...this.#actions.keys()];
  }

  /** Undefined for an id that was forged, or that an older version used. */
  find(id: string): Action<Context> | undefined {
    return this.#actions.get(id);
  }

  /** Like `find`, but undefined for buttons. */
  findForm(id: string): FormAction<Context> | undefined {
    const action = this.find(id);
    return action?.kind === 'form' ? action : undefined;
  }
}
