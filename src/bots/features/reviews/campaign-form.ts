/** The form of a recurring review: what it asks, whom, how often, from when. */
import { z } from 'zod';
import { addDays, dayIn } from '../../../core/days.ts';
import { HOURS_A_DAY, hoursWords } from '../../../core/hours.ts';
import { t } from '../../../core/translate.ts';
import {
  type Campaign,
  hasReadableScope,
  MAX_DAYS,
  nextOn,
  type Recurrence,
  recurrences,
} from '../../../engine/reviews/campaign.ts';
import {
  type CampaignDraft,
  changeCampaign,
  makeCampaign,
  mayChangeCampaign,
} from '../../../engine/reviews/campaigns.ts';
import type { ReviewScope } from '../../../engine/reviews/review.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { formAction, type OrRefused, type Reply } from '../../view/action.ts';
import { outdatedForm } from '../../view/answers.ts';
import { type Card, code, note, rich } from '../../view/card.ts';
import type { Fields, OrErrors } from '../../view/form.ts';
import { asOfNow } from '../../view/left-alone.ts';
import { auditRefusal, refuse } from '../admins.ts';
import { notTheirs } from '../integrations/integration-target.ts';
import { asSentence } from '../people/person-words.ts';
import {
  type Allowed,
  mayStart,
  type ReviewAnswers,
  readReview,
  reviewFields,
} from './review-fields.ts';
import { campaignPayload, showCampaign } from './review-ref.ts';
import { everyWords } from './review-words.ts';

/** The lengths that a form offers, in days. */
const LENGTHS = [7, 14, 21, 28, 45, 60] as const;
const USUAL_DAYS = 14;

/** It is a card's title, and stands in lists. */
const LONGEST_NAME = 100;

export const nameProblem = (name: string): string | undefined =>
  name.trim().length > LONGEST_NAME ? t`At most ${LONGEST_NAME} characters.` : undefined;

const whatToChange = () => t`change recurring reviews`;

/** The campaign as it is now, where the actor may change it. */
export async function campaignFor(
  { campaignId }: { readonly campaignId: string },
  turn: Turn,
): Promise<OrRefused<{ readonly campaign: Campaign }>> {
  const actor = await turn.stores.people.find(turn.actor.id);
  const campaign = await turn.stores.campaigns.find(campaignId);
  if (actor && campaign && (await mayChangeCampaign(actor, campaign, turn.stores)))
    return { campaign };
  await auditRefusal(whatToChange, turn, {});
  return { refused: await notTheirs(whatToChange, turn) };
}

/** The same for its form, with what the actor may review. */
async function campaignToEdit(
  target: z.infer<typeof campaignPayload>,
  turn: Turn,
): Promise<OrRefused<{ readonly campaign: Campaign; readonly allowed: Allowed }>> {
  const { campaign, refused } = await campaignFor(target, turn);
  if (refused) return { refused };
  const start = await mayStart(whatToChange, turn);
  return start.refused ? { refused: start.refused } : { campaign, allowed: start.allowed };
}

export const addCampaign = formAction({
  id: 'review-campaign.add',
  payload: z.object({}),
  admit: (_payload, turn: Turn) => mayStart(whatToChange, turn),
  title: () => t`Recurring review`,
  submitLabel: () => t`Save`,

  fields: async (_payload, { allowed, ...turn }) => ({
    intro: intro(),
    fields: await fieldsOf(allowed, turn),
  }),

  async submit(values, _payload, { allowed, ...turn }) {
    const read = await readDraft(values, { allowed }, turn);
    if (!read.ok) return { kind: 'invalid', errors: read.errors };
    const by = { by: allowed.starter, actor: actorOf(turn) };
    const { id } = await turn.transact((tx) => makeCampaign(tx, read.draft, by));
    return showCampaign(id);
  },
});

export const editCampaign = formAction({
  id: 'review-campaign.edit',
  payload: campaignPayload,
  admit: campaignToEdit,
  title: () => t`Recurring review`,
  submitLabel: () => t`Save`,

  fields: async (_payload, { campaign, allowed, ...turn }) => ({
    intro: intro(),
    fields: await fieldsOf(allowed, turn, campaign),
  }),

  async submit(sent, { campaignId }, { campaign, allowed, ...turn }) {
    const shown = await fieldsOf(allowed, turn, campaign);
    const values = asOfNow(sent, turn.shown, shown);
    const read = await readDraft(values, { allowed, campaign }, { ...turn, shown });
    if (!read.ok) return { kind: 'invalid', errors: read.errors };
    return turn.transact(async (tx): Promise<Reply> => {
      const now = await tx.campaigns.find(campaignId);
      if (now?.version !== campaign.version) return refuse(outdatedForm());
      await changeCampaign(tx, { campaign: now, draft: read.draft }, actorOf(turn));
      return showCampaign(campaignId);
    });
  },
});

const intro = () => [
  t`On each date, at 9:00, reviewers get a card with the access that is theirs to review. The person who set this up gets the progress, and the report at the end.`,
];

async function fieldsOf(allowed: Allowed, turn: Turn, before?: Campaign) {
  const today = dayIn(turn.installation.timeZone, turn.now());
  return {
    name: {
      kind: 'text',
      label: t`Name`,
      hint: t`The title of each reviewer's card.`,
      initial: before?.name ?? t`Access review`,
    },
    every: {
      kind: 'choice',
      label: t`How often`,
      options: (Object.keys(recurrences) as Recurrence[]).map((value) => ({
        value,
        label: asSentence(everyWords()[value]).slice(0, -1),
      })),
      initial: before?.every ?? 'quarter',
    },
    first: {
      kind: 'date',
      label: before ? t`Next date` : t`First date`,
      hint: t`The other dates are counted from this one.`,
      initial: before ? nextOn(before, today) : addDays(today, 1),
    },
    days: {
      kind: 'choice',
      label: t`How long reviewers have`,
      options: LENGTHS.map((days) => ({
        value: String(days),
        label: hoursWords(days * HOURS_A_DAY),
      })),
      initial: String(before?.days ?? USUAL_DAYS),
    },
    ...(await reviewFields(allowed, turn, before && { ...before, scope: scopeNow(before) })),
  } as const satisfies Fields;
}

/** Empty where it can't be read, to be chosen again. */
const scopeNow = (campaign: Campaign): ReviewScope =>
  hasReadableScope(campaign) ? campaign.scope : {};

type Draft = OrErrors<{ readonly draft: CampaignDraft }>;

interface CampaignAnswers extends ReviewAnswers {
  readonly name: string;
  readonly every: Recurrence;
  readonly first: string;
  readonly days: string;
}

async function readDraft(
  values: CampaignAnswers,
  { allowed, campaign }: { readonly allowed: Allowed; readonly campaign?: Campaign },
  turn: Turn & { readonly shown: Fields },
): Promise<Draft> {
  const { name, every, first } = values;
  const today = dayIn(turn.installation.timeZone, turn.now());
  const problem = nameProblem(name);
  if (problem !== undefined) return { ok: false, errors: { name: problem } };
  const days = Number(values.days);
  const most = MAX_DAYS[every];
  if (days > most)
    return {
      ok: false,
      errors: { days: t`At most ${most} days, so that one ends before the next.` },
    };
  if (first < today)
    return { ok: false, errors: { first: t`This day is over. Choose a later one.` } };
  const read = await readReview(
    values,
    { ...allowed, before: campaign && scopeNow(campaign) },
    turn,
  );
  if (!read.ok) return read;
  // Left alone, the dates are still counted from the first one: the last day of a month stays the last.
  const isSame = campaign && campaign.every === every && nextOn(campaign, today) === first;
  const firstOn = isSame ? campaign.firstOn : first;
  const draft = { name: name.trim(), every, firstOn, days, ...read.asking, scope: read.scope };
  return { ok: true, draft };
}

export const nothingToReview = (): Card =>
  note(
    t`There is nothing to review`,
    t`As far as Latchkey knows, no one has access to what you chose.`,
    rich`Admins find access that people already have with ${code('existing')}.`,
  );
