/**
 * How far an installation is set up, from an empty database to people who have access. Each *step* is one thing that it needs.
 * Latchkey can't work while a step is *missing*. An *optional* step improves it.
 */
import { listed } from '../../core/listed.ts';
import { plural, sentences, t } from '../../core/translate.ts';
import { stateOf, statesOf, type WithState } from '../integrations/integration-state.ts';
import { textIntegration } from '../messages/texts.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { type Configured, setUpMemory } from './set-up-memory.ts';
import { workspaceSettings } from './workspace-settings.ts';

export type SetUpStepId =
  | 'admin'
  | 'people'
  | 'integration'
  | 'secrets'
  | 'connection'
  | 'grant'
  | 'public-url'
  | 'mail'
  | 'texts'
  | 'notices'
  | 'key-backup';

/** Without these Latchkey does nothing for anyone; every other step only improves it. */
export const NEEDED: ReadonlySet<SetUpStepId> = new Set([
  'admin',
  'people',
  'integration',
  'secrets',
  'connection',
  'grant',
]);

export interface SetUpStep {
  readonly id: SetUpStepId;
  readonly state: 'done' | 'missing' | 'optional';
  /** What is there, or what is missing. */
  readonly sentence: string;
  /** What to do. Empty when it is done. */
  readonly next: string;
  /** Only for a step about one integration. */
  readonly integrationId?: string;
}

/** Every step, in the best order to do them. */
export async function setUpSteps(stores: Stores, given: Configured): Promise<readonly SetUpStep[]> {
  const integrations = await statesOf(stores, await stores.integrations.list());
  return [
    await admin(stores, given),
    await people(stores),
    integration(integrations),
    secrets(integrations),
    connection(integrations, given),
    await grant(stores, integrations),
    publicUrl(given),
    mail(given),
    await notices(stores),
    ...(await keyBackup(stores, given)),
    await texts(stores),
  ];
}

export const nextStep = (steps: readonly SetUpStep[]): SetUpStep | undefined =>
  steps.find(({ state }) => state === 'missing') ?? steps.find(({ state }) => state === 'optional');

/** Whether the set-up has not begun: no integration, and only admins in the directory. */
export async function isUntouched(stores: Stores): Promise<boolean> {
  if ((await stores.integrations.list()).length > 0) return false;
  const { all, admins } = await peopleAndAdmins(stores);
  return all <= admins;
}

const done = (id: SetUpStepId, sentence: string): SetUpStep => ({
  id,
  state: 'done',
  sentence,
  next: '',
});
const missing = (id: SetUpStepId, sentence: string, next: string): SetUpStep => ({
  id,
  state: 'missing',
  sentence,
  next,
});
const optional = (id: SetUpStepId, sentence: string, next: string): SetUpStep => ({
  id,
  state: 'optional',
  sentence,
  next,
});

/** Until then no admin can set up anything. */
export const withoutChat = (): SetUpStep =>
  missing(
    'admin',
    t`No chat is connected`,
    t`Set SLACK_… or TEAMS_…, and restart Latchkey. The command "latchkey init" asks for each, and says where it is.`,
  );

async function admin(stores: Stores, { chats }: Configured): Promise<SetUpStep> {
  if (chats.length === 0) return withoutChat();
  const admins = await stores.people.admins();
  if (admins.length === 0)
    return missing(
      'admin',
      t`There is no admin yet`,
      t`Set ADMIN_EMAILS to the addresses of the first admins, like ADMIN_EMAILS=ann@example.com, and restart Latchkey.`,
    );
  for (const { id } of admins)
    if ((await stores.identities.ofPerson(id)).length > 0)
      return done('admin', t`An admin is linked in chat`);
  return missing(
    'admin',
    t`No admin has written to Latchkey in chat yet`,
    t`An admin has to write "setup" to the bot. The address in their profile must match the one in the directory.`,
  );
}

async function people(stores: Stores): Promise<SetUpStep> {
  const { all, admins } = await peopleAndAdmins(stores);
  if (all > admins) return done('people', t`People are in the directory`);
  return missing(
    'people',
    all === 0 ? t`No one is in the directory yet` : t`Only admins are in the directory`,
    t`Add the people, or import them from a file or from your HR system.`,
  );
}

async function peopleAndAdmins({ people: kept }: Stores) {
  const { total } = await kept.search('', { offset: 0, limit: 1 });
  return { all: total, admins: (await kept.admins()).length };
}

function integration(integrations: readonly WithState[]): SetUpStep {
  const on = integrations.filter(({ state }) => state.kind !== 'off' && state.kind !== 'deleting');
  if (on.length > 0)
    return done(
      'integration',
      plural(on.length, {
        one: t`There is an integration`,
        other: t`There are ${on.length} integrations`,
      }),
    );
  return missing(
    'integration',
    integrations.length === 0 ? t`There is no integration yet` : t`Every integration is turned off`,
    integrations.length === 0
      ? t`Add the first one: a ready-made one, or your own manifest.`
      : t`Turn one on, or add another.`,
  );
}

function secrets(integrations: readonly WithState[]): SetUpStep {
  for (const { integration: each, state } of integrations)
    if (state.kind === 'needs-secrets')
      return {
        ...missing(
          'secrets',
          t`${each.name} still needs ${listed(state.names, 'and')}`,
          t`Enter what is missing on a secure page.`,
        ),
        integrationId: each.id,
      };
  return integrations.length === 0
    ? missing('secrets', t`No secrets are entered yet`, t`This comes after the first integration.`)
    : done('secrets', t`No integration is missing a secret`);
}

function connection(integrations: readonly WithState[], { publicUrl: isSet }: Configured) {
  const here =
    !isSet && t`Without PUBLIC_URL, this only works in a browser on the machine Latchkey runs on.`;
  for (const { integration: each, state } of integrations) {
    if (state.kind === 'needs-connecting')
      return {
        ...missing(
          'connection',
          t`${each.name} isn't connected`,
          sentences(t`Connect it and sign in to the app.`, here),
        ),
        integrationId: each.id,
      };
    if (state.kind === 'reconnect')
      return {
        ...missing(
          'connection',
          t`${each.name} rejected the saved sign-in`,
          sentences(t`Reconnect it.`, here),
        ),
        integrationId: each.id,
      };
  }
  return integrations.length === 0
    ? missing('connection', t`Nothing is connected`, t`This comes after the first integration.`)
    : done('connection', t`Every integration that needs a connection has one`);
}

/** Looks at access too, because old runs are purged. */
async function grant(stores: Stores, integrations: readonly WithState[]): Promise<SetUpStep> {
  const gone = done('grant', t`Access was granted`);
  const succeeded = await stores.runs.list({ outcome: 'succeeded' }, { offset: 0, limit: 1 });
  if (succeeded.total > 0) return gone;
  for (const { integration: each } of integrations)
    if ((await stores.access.countAt(each.id)).has > 0) return gone;
  return missing(
    'grant',
    t`No access was granted yet`,
    t`Grant someone access: open their card under People on Home.`,
  );
}

const publicUrl = ({ publicUrl: isSet }: Configured): SetUpStep =>
  isSet
    ? done('public-url', t`Latchkey has a public address`)
    : optional(
        'public-url',
        t`Latchkey has no public address, so its links only open on its own machine`,
        t`Set PUBLIC_URL, like PUBLIC_URL=https://latchkey.example.com, and restart Latchkey.`,
      );

const mail = ({ mail: isSet }: Configured): SetUpStep =>
  isSet
    ? done('mail', t`Latchkey can send mail`)
    : optional(
        'mail',
        t`Latchkey can't send mail`,
        t`Set SMTP_URL and MAIL_FROM, and restart Latchkey.`,
      );

/** Whether texts can be sent now. If not, they go as direct messages. */
async function texts(stores: Stores): Promise<SetUpStep> {
  const { textProviderId } = await workspaceSettings(stores);
  const sender = await textIntegration(stores);
  if (!sender)
    return optional(
      'texts',
      textProviderId === undefined
        ? t`Latchkey can't send texts; they go as direct messages`
        : t`The integration chosen to send texts is turned off or deleted; they go as direct messages`,
      t`Add Twilio, or your own manifest that sends texts, and choose it under Settings on Home.`,
    );
  const state = await stateOf(stores, sender);
  return state.kind === 'ready'
    ? done('texts', t`${sender.name} sends the texts`)
    : optional(
        'texts',
        t`${sender.name} should send texts but can't yet`,
        t`Its card shows what is missing: press Integrations on Home.`,
      );
}

async function notices(stores: Stores): Promise<SetUpStep> {
  const { notices: place } = await workspaceSettings(stores);
  return place
    ? done('notices', t`Notices go to ${place.name}`)
    : optional(
        'notices',
        t`Notices go to each admin, because no channel is set for them`,
        t`Write "@Latchkey notices" in the channel where they should go.`,
      );
}

async function keyBackup(stores: Stores, { keyFile }: Configured): Promise<readonly SetUpStep[]> {
  if (keyFile === null) return [];
  const { keyIsCopied } = await setUpMemory(stores);
  return [
    keyIsCopied
      ? done('key-backup', t`You have a copy of the encryption key`)
      : optional(
          'key-backup',
          t`The encryption key is in ${keyFile}; if it's lost, every stored secret is lost`,
          t`Keep a copy of that file, separate from the database.`,
        ),
  ];
}
