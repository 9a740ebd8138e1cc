/** `setup`, for admins: how far Latchkey is set up, with the next step as a button. It follows changes made elsewhere. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type { Person } from '../../../engine/people/directory.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import { configuredOf, confirmKeyCopy } from '../../../engine/settings/set-up-memory.ts';
import {
  NEEDED,
  nextStep,
  type SetUpStep,
  setUpSteps,
} from '../../../engine/settings/setting-up.ts';
import { setUpTopic } from '../../../engine/work/topics.ts';
import type { Reader, Turn } from '../../live/context.ts';
import { buttonAction, type Reply, replaceWith, showCard } from '../../view/action.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Card,
  muted,
  paragraph,
  strong,
} from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { adminsTo, asAdmin, refuse } from '../admins.ts';
import { change } from '../change.ts';
import { importPeople } from '../imports/import-people.ts';
import { addByHand } from '../integrations/add-by-hand.ts';
import { addFromFile, addOnPage } from '../integrations/add-integration.ts';
import { openCatalogue } from '../integrations/catalogue-list.ts';
import { enterSecrets } from '../integrations/enter-secrets.ts';
import { openPage } from '../integrations/open-page.ts';
import { pickPerson } from '../people/find-person.ts';
import { hirePerson } from '../people/hire-person.ts';
import { type Asker, noteToAsk } from '../whom-to-ask.ts';

export const firstSteps = liveCard({
  id: 'first-steps',
  payload: z.object({}),
  topic: () => setUpTopic,

  async render(_payload, { reader, stores }: Reader): Promise<Card> {
    if (!isAdmin(reader)) return notAnAdmin({ reader, stores });
    const steps = await setUpSteps(stores, await configuredOf(stores));
    const next = nextStep(steps);
    const others = steps.filter((step) => step !== next);
    const needed = others.filter(({ id }) => NEEDED.has(id));
    const optional = others.filter(({ id }) => !NEEDED.has(id));
    return {
      title: titleOf(steps),
      blocks: [
        ...(next ? nextBlocks(next, reader) : []),
        { kind: 'divider' },
        ...needed.map(line),
        ...(optional.length > 0
          ? [paragraph([strong(t`Also worth having`)]), ...optional.map(line)]
          : []),
        ...buttonRow([{ label: t`Refresh`, does: lookAgain.with({}) }]),
      ],
    };
  },
});

const wanted = () => t`set up Latchkey`;

export const lookAgain = buttonAction({
  id: 'setup.look',
  payload: z.object({}),
  admit: adminsTo(wanted),
  refusesInPlace: true,
  handle: async () => replaceWith(firstSteps.with({})),
});

export const keyIsCopied = buttonAction({
  id: 'setup.key-copied',
  payload: z.object({}),
  admit: adminsTo(wanted),

  async handle(_payload, turn): Promise<Reply> {
    await change(turn, async (tx, by) => {
      if (await confirmKeyCopy(tx)) await tx.audit('setup.key-copied', by);
    });
    return replaceWith(firstSteps.with({}));
  },
});

export async function openFirstSteps(turn: Turn): Promise<Reply> {
  const { refused } = await asAdmin(wanted, turn);
  return refused ? refuse(refused) : showCard(firstSteps.with({}));
}

/** Counts what Latchkey can't work without. */
function titleOf(steps: readonly SetUpStep[]): string {
  const missing = steps.filter(({ state }) => state === 'missing').length;
  const needed = steps.filter(({ id }) => NEEDED.has(id)).length;
  return missing === 0
    ? t`✓ Latchkey is set up`
    : t`Setting up Latchkey: ${needed - missing} of ${needed}`;
}

function nextBlocks(step: SetUpStep, reader: Person): Block[] {
  const buttons = buttonsFor(step, reader);
  return [paragraph([strong(t`Next: ${step.sentence}.`), ' ', step.next]), ...buttonRow(buttons)];
}

function line({ state, sentence, next }: SetUpStep): Block {
  switch (state) {
    case 'done':
      return muted(`✓ ${sentence}`);
    case 'missing':
      return paragraph(`○ ${sentence}. ${next}`);
    case 'optional':
      return muted(`○ ${sentence}. ${next}`);
    default:
      return unreachable(state);
  }
}

/** Empty where the step is done outside chat. */
function buttonsFor({ id, integrationId }: SetUpStep, reader: Person): Button[] {
  const primary = (label: string, does: Button['does']): Button[] => [
    { label, tone: 'primary', does },
  ];
  switch (id) {
    case 'people':
      return [
        ...primary(t`Add someone…`, hirePerson.with({ worksHere: true })),
        { label: t`Import a file…`, does: importPeople.with({}) },
      ];
    case 'integration':
      return [
        ...primary(t`Add a ready-made one`, openCatalogue.with({})),
        { label: t`Upload a manifest…`, does: addFromFile.with({}) },
        { label: t`Write one…`, does: addOnPage.with({}) },
        { label: t`Add a manual one…`, does: addByHand.with({}) },
      ];
    case 'secrets':
      return integrationId === undefined
        ? []
        : primary(t`Enter secrets…`, enterSecrets.with({ integrationId }));
    case 'connection':
      return integrationId === undefined
        ? []
        : primary(t`Connect`, openPage.with({ purpose: 'connect', subject: integrationId }));
    case 'grant':
      return primary(
        t`Try it on yourself`,
        pickPerson.with({ personId: reader.id, purpose: 'grant' }),
      );
    case 'key-backup':
      return primary(t`I have a copy`, keyIsCopied.with({}));
    case 'admin':
    case 'public-url':
    case 'mail':
    case 'texts':
    case 'notices':
      return [];
    default:
      return unreachable(id);
  }
}

const notAnAdmin = async (asker: Asker): Promise<Card> =>
  noteToAsk(t`Only admins set up Latchkey`, t`You aren't one of them (any more).`, asker);
