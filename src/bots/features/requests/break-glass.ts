/** Break-glass…: access at once, without an approval; OK and Look into it… of who reviews it. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { hoursWords } from '../../../core/hours.ts';
import { t } from '../../../core/translate.ts';
import { unansweredOf } from '../../../engine/calls/run-context.ts';
import { provisionOf } from '../../../engine/integrations/manifest-of.ts';
import type { Manifest } from '../../../engine/manifest/schema.ts';
import type { Integration, Person } from '../../../engine/people/directory.ts';
import { takenFact } from '../../../engine/people/fact-claims.ts';
import {
  type BreakGlassReviewed,
  breakGlassHours,
  breakGlassLeft,
  reviewBreakGlass,
  takeBreakGlass,
  whyNotBreakGlass,
} from '../../../engine/requests/break-glass.ts';
import { chosenForApproval, hasMarkedOptions } from '../../../engine/requests/needs-approval.ts';
import type { RunInputs } from '../../../engine/runs/run.ts';
import { settingsOf } from '../../../engine/settings/settings.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import {
  buttonAction,
  formAction,
  type OrRefused,
  type Reply,
  sayHere,
  showCard,
} from '../../view/action.ts';
import { type Card, note } from '../../view/card.ts';
import type { Fields } from '../../view/form.ts';
import {
  answersInWords,
  answersTo,
  changedForm,
  FORM,
  factsIn,
  grantFields,
  knownOf,
  markApprovals,
  optionsAt,
  refuseFact,
} from '../access/grant-form.ts';
import { lengthFields, readLength } from '../access/length-fields.ts';
import { auditRefusal } from '../admins.ts';
import { CODE, codeFieldOf, refuseWithoutCode } from '../step-up/code-field.ts';
import { MAX_COMMENT, MAX_REASON } from '../typed-text.ts';
import { requestRef } from './request-ref.ts';
import { requestIntro } from './request-title.ts';

/** No manifest field can have this name: they all have a prefix. */
const REASON = 'reason';

export const breakGlass = formAction({
  id: 'request.break-glass',
  payload: z.object({ integrationId: z.string() }),
  admit: lookUp,
  title: () => t`Break-glass`,
  submitLabel: () => t`Take access now`,

  async fields(_payload, { person, integration, manifest, most, ...turn }) {
    const known = await knownOf(person, turn.stores);
    const options = await grantFields(manifest, known, optionsAt(integration, person, turn));
    const isMarked = !settingsOf(integration).breakGlass?.withApprovalOptions;
    return {
      title: t`Break-glass: ${integration.name}`,
      intro: compact([
        t`You get access at once, without approval, for ${hoursWords(most)} at most. The app's owners and Latchkey admins are notified now, and review it the next morning.`,
        most !== breakGlassHours(integration) &&
          t`You took it before. Until that is reviewed, you have ${hoursWords(most)} left.`,
        isMarked &&
          hasMarkedOptions(manifest.form) &&
          t`Options that need approval can't be taken this way.`,
      ]),
      fields: {
        ...(isMarked ? markApprovals(manifest.form, options) : options),
        [REASON]: {
          kind: 'text',
          label: t`What happened?`,
          hint: t`Everyone who reviews this will see it.`,
          multiline: true,
          maxLength: MAX_REASON,
        },
        ...lengthFields({ longest: most }),
        ...codeFieldOf(integration),
      } satisfies Fields,
    };
  },

  async submit(values, { integrationId }, { person, integration, manifest, most, shown, ...turn }) {
    const length = readLength(values, most);
    if (!length.ok) return { kind: 'invalid', errors: length.errors };
    const reason = values[REASON];
    const form = answersTo(FORM, values);
    if (unansweredOf(manifest, form).length > 0)
      return sayHere(changedForm(t`Nothing was granted`, integration));
    const errors = optionErrors(manifest, { integration, form });
    if (Object.keys(errors).length > 0) return { kind: 'invalid', errors };
    const facts = factsIn(values);
    const taken = await takenFact(turn.stores, {
      personId: person.id,
      facts,
      actor: actorOf(turn),
    });
    if (taken) return refuseFact(taken);
    const refusal = await refuseWithoutCode({ integration, typed: values[CODE] }, turn);
    if (refusal) return refusal;
    const content = { reason, form, answers: answersInWords(manifest, values, shown), facts };
    const outcome = await turn.transact((tx) =>
      takeBreakGlass(
        tx,
        { person, integration, hours: length.hours ?? most, content },
        actorOf(turn),
      ),
    );
    if (outcome.kind === 'taken') return showCard(requestRef(outcome.request.id));
    await auditRefusal(toTake, turn, { personId: person.id, integrationId });
    return sayHere(note(t`You can't take this access now`, outcome.why));
  },
});

/** In the form, where nothing of what was typed is lost. The engine refuses such an option in any case. */
function optionErrors(
  { form: fields }: Manifest,
  { integration, form }: Pick<RunInputs, 'form'> & { readonly integration: Integration },
): Readonly<Record<string, string>> {
  if (settingsOf(integration).breakGlass?.withApprovalOptions) return {};
  const marked = fields.filter((field) => chosenForApproval([field], form).length > 0);
  const why = t`This needs approval. Choose another option, or request the access instead.`;
  return Object.fromEntries(marked.map(({ id }) => [FORM + id, why]));
}

const toTake = () => t`take access without an approval`;

type BreakGlassForm = OrRefused<{
  readonly person: Person;
  readonly integration: Integration;
  readonly manifest: Manifest;
  /** In hours; at least one. */
  readonly most: number;
}>;

/** A refusal is in the audit log. */
async function lookUp(
  { integrationId }: { readonly integrationId: string },
  turn: Turn,
): Promise<BreakGlassForm> {
  const { stores, actor } = turn;
  const [person, integration] = await Promise.all([
    stores.people.find(actor.id),
    stores.integrations.find(integrationId),
  ]);
  if (!person || !integration)
    return { refused: note(t`This no longer exists`, t`It has been deleted.`) };
  const why = await whyNotBreakGlass(stores, person, integration);
  const manifest = await provisionOf(stores, integration);
  const most = await breakGlassLeft(stores, person, integration);
  if (why === undefined && manifest) return { person, integration, manifest, most };
  await auditRefusal(toTake, turn, { personId: person.id, integrationId });
  return {
    refused: note(
      t`You can't take this access now`,
      why ?? t`Latchkey can no longer read its manifest. An admin needs to save it again.`,
    ),
  };
}

// ---------------------------------------------------------------- its review

const about = z.object({ requestId: z.string() });

export const breakGlassOk = buttonAction({
  id: 'break-glass.ok',
  payload: about,
  handle: ({ requestId }, turn: Turn) => review({ requestId }, turn),
});

export const lookIntoBreakGlass = formAction({
  id: 'break-glass.look-into',
  payload: about,
  title: () => t`Look into it`,
  submitLabel: () => t`Save`,

  async fields({ requestId }, turn: Turn) {
    const request = await turn.stores.requests.find(requestId);
    return {
      intro: [
        ...(request ? await requestIntro(request, turn) : []),
        t`The access ends on time either way. The audit log records that you are looking into it.`,
      ],
      fields: {
        comment: {
          kind: 'text',
          label: t`What are you looking into?`,
          hint: t`The person is notified. Everyone who sees this request will see this.`,
          multiline: true,
          maxLength: MAX_COMMENT,
        },
      },
    };
  },

  submit: ({ comment }, { requestId }, turn: Turn) => review({ requestId, comment }, turn),
});

async function review(
  what: { readonly requestId: string; readonly comment?: string },
  turn: Turn,
): Promise<Reply> {
  const done = await turn.transact((tx) =>
    reviewBreakGlass(tx, what, { by: turn.actor, actor: actorOf(turn) }),
  );
  if (done === 'reviewed') return { kind: 'nothing' }; // Its cards follow it.
  if (done === 'not-yours') await auditRefusal(() => t`review this access`, turn, {});
  return sayHere(whyNotReviewed()[done]);
}

const whyNotReviewed = (): Record<Exclude<BreakGlassReviewed, 'reviewed'>, Card> => ({
  gone: note(t`This no longer exists`, t`It has been deleted.`),
  'not-yours': note(
    t`You can't review this`,
    t`Only the app's owners and Latchkey admins can, and not for their own access. Nothing changed.`,
  ),
  'reviewed-already': note(
    t`This was reviewed already`,
    t`Nothing changed; its card shows by whom.`,
  ),
});
