/** Handles a submitted form. We acknowledge it within Slack's time limit, however long its action takes. */
import type { ViewSubmitAction, webApi } from '@slack/bolt';
import { inLocale, locale, t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { within } from '../../core/within.ts';
import { failed } from '../view/answers.ts';
import type { Bot } from '../view/bot.ts';
import { note } from '../view/card.ts';
import type { FieldErrors, Form, RawValues } from '../view/form.ts';
import type { SessionUser } from '../view/form-sessions.ts';
import type { NextForm, SubmissionOutcome } from '../view/platform.ts';
import { chatFile } from './files.ts';
import { decodeMetadata, inboundOf, type SlackBotDeps } from './interaction.ts';
import { FORM_FILE_MS, INPUT_TEXT, LONG_WAIT_MS } from './limits.ts';
import { blockIdOf, readForm, readFormFiles } from './read-form.ts';
import {
  hasInput,
  type ModalFrame,
  renderForm,
  renderLoading,
  renderRefusal,
} from './render-form.ts';
import { surfaceOf } from './surface.ts';
import { api, slackSaid, waitingOnce } from './web-api.ts';

const formIsOver = () =>
  note(
    t`This form has expired`,
    t`It's from an older version of Latchkey. Nothing changed; open it again.`,
  );

/** Passes the answers to the bot and shows the outcome: at once when it is ready in time, else later in the modal. */
export async function handleSubmission<Turn extends SessionUser>(
  { user, trigger_id: triggerId, view }: ViewSubmitAction,
  ack: ViewAck,
  { bot, ...deps }: SlackBotDeps & { readonly bot: Bot<Turn> },
): Promise<void> {
  const carried = decodeMetadata(view.private_metadata);
  if (!carried) {
    const call = { id: view.callback_id, payload: '' };
    const refusal = renderRefusal({ call, origin: { place: 'direct' } }, formIsOver());
    return ack({ response_action: 'update', view: refusal });
  }
  const { payload, session, origin } = carried;
  const call = { id: view.callback_id, payload };
  const frame: ModalFrame = { call, origin };
  const { client, budget } = deps;
  const raw = readForm(view.state.values);
  const answered: Answered = { session, raw, frame };
  const files = Object.fromEntries(
    Object.entries(readFormFiles(view.state.values)).map(
      ([field, file]) => [field, chatFile(client, file, FORM_FILE_MS)] as const,
    ),
  );
  const surface = surfaceOf({ client, budget, userId: user.id, origin, triggerId });
  const outcome = bot.submit(
    await inboundOf(deps, { userId: user.id, key: triggerId }, { place: origin.place }),
    { call, session, raw, files, longestText: INPUT_TEXT },
    surface,
  );

  try {
    const inTime = await within(deps.submitTimeoutMs, outcome);
    if (inTime) {
      await acknowledge(inTime, answered, ack);
    } else {
      await ack({ response_action: 'update', view: renderLoading(frame, view.title.text) });
      const ended = await outcome;
      const theirs = ended.kind === 'closed' ? ended.locale : (ended.form.locale ?? locale());
      await inLocale(theirs, async () => {
        try {
          await showLate(client, view.id, lateView(ended, answered));
        } catch (error) {
          // The modal keeps saying "Loading…", and nothing else says that the answer isn't taken.
          if (ended.kind !== 'closed') await surface.here(failed());
          throw error;
        }
      });
    }
  } finally {
    // The action is done even when the modal is closed, so the outcome still goes out.
    const ended = await outcome;
    if (ended.kind === 'closed') await ended.after();
  }
}

/** What a form needs to be shown again. */
interface Answered {
  readonly session: string;
  readonly raw: RawValues;
  readonly frame: ModalFrame;
}

type ViewAck = (
  answer?:
    | { response_action: 'errors'; errors: Record<string, string> }
    | { response_action: 'update'; view: ReturnType<typeof renderForm> },
) => Promise<void>;

async function acknowledge(
  outcome: SubmissionOutcome,
  { session, raw, frame }: Answered,
  ack: ViewAck,
): Promise<void> {
  switch (outcome.kind) {
    case 'closed':
      return ack();
    case 'invalid': {
      const { errors, form } = outcome;
      const beside = errorsBeside(errors, form);
      return beside
        ? ack({ response_action: 'errors', errors: beside })
        : ack({
            response_action: 'update',
            view: renderForm(form, { ...frame, session }, { errors, kept: raw }),
          });
    }
    case 'next':
      return ack({ response_action: 'update', view: nextView(outcome, frame) });
    default:
      return unreachable(outcome);
  }
}

const nextView = ({ form, session, call }: NextForm, { origin }: ModalFrame) =>
  renderForm(form, { call, origin, session });

/** Errors by input. Undefined when one belongs to a field without an input: Slack would refuse all of them. */
function errorsBeside(errors: FieldErrors, form: Form): Record<string, string> | undefined {
  const found = Object.entries(errors).flatMap(([name, error]) =>
    error === undefined ? [] : [[name, error] as const],
  );
  const placed = found.every(
    ([name]) =>
      Object.hasOwn(form.fields, name) && form.fields[name] && hasInput(form.fields[name]),
  );
  return placed && found.length > 0
    ? Object.fromEntries(found.map(([name, error]) => [blockIdOf(name), error]))
    : undefined;
}

/** The modal shows "Loading…" since the time limit passed. This replaces it with the outcome. */
async function showLate(
  client: webApi.WebClient,
  viewId: string,
  view: ReturnType<typeof lateView>,
): Promise<void> {
  try {
    await waitingOnce(() => api(client.views.update({ view_id: viewId, view })), LONG_WAIT_MS);
  } catch (error) {
    if (!slackSaid(error, 'not_found')) throw error; // The person has closed it.
  }
}

function lateView(outcome: SubmissionOutcome, { session, raw, frame }: Answered) {
  switch (outcome.kind) {
    case 'invalid':
      return renderForm(outcome.form, { ...frame, session }, { errors: outcome.errors, kept: raw });
    case 'next':
      return nextView(outcome, frame);
    case 'closed':
      return renderRefusal(frame, note(t`Done`, t`You can close this window.`));
    default:
      return unreachable(outcome);
  }
}
