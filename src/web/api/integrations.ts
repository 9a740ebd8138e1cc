/** `/integrations`: what there is to request, and how the apps stand of who may see that. */
import { z } from 'zod';
import { hasWords } from '../../core/fold.ts';
import { staticOptions } from '../../engine/integrations/form.ts';
import { type IntegrationState, stateOf } from '../../engine/integrations/integration-state.ts';
import { provisionOf } from '../../engine/integrations/manifest-of.ts';
import type { ManifestFormField } from '../../engine/manifest/form-schema.ts';
import { type Integration, isManual } from '../../engine/people/directory.ts';
import { mayAt, maySeeSetUp } from '../../engine/people/permission.ts';
import { requestableOf } from '../../engine/requests/requestable.ts';
import { policyOf, settingsOf } from '../../engine/settings/settings.ts';
import { asksForCodes } from '../../engine/step-up/use-code.ts';
import { cut, type Endpoint, listing, named, reading, type Turn } from './endpoint.ts';
import { id, MAX_SEARCH } from './values.ts';

const common = {
  id,
  name: z.string(),
  icon: z.string().optional().describe('An emoji'),
  isRequestable: z
    .boolean()
    .describe('Whether the owner of the token may request it for themselves'),
  longestHours: z
    .number()
    .int()
    .optional()
    .describe('How long it is granted at most. Left out: there may be no end date'),
  enabled: z.boolean(),
  byHand: z.boolean().describe('It has no manifest: people grant and revoke it'),
  ownerIds: z.array(id).optional().describe('Only for owners, admins and auditors'),
};

const integration = named('Integration', z.object(common));

const field = named(
  'FormField',
  z.object({
    id: z.string().describe('The name of the answer'),
    label: z.string(),
    description: z.string().optional(),
    kind: z
      .enum(['text', 'choice', 'choices', 'fact'])
      .describe(
        '`choices` takes a list. `fact`: about the person; asked only while it is not known',
      ),
    required: z.boolean(),
    options: z
      .array(z.object({ value: z.string(), label: z.string() }))
      .optional()
      .describe('Left out where the app lists them when they are needed'),
  }),
);

const details = named(
  'IntegrationDetails',
  z.object({
    ...common,
    state: z
      .enum([
        'ready',
        'manual',
        'needs-secrets',
        'needs-connecting',
        'reconnect',
        'unreadable',
        'off',
        'deleting',
        'needs-admin',
      ])
      .optional()
      .describe(
        'Only for owners, admins and auditors. Owners read `needs-admin` for what only an admin can mend',
      ),
    asksForCodes: z
      .boolean()
      .describe('Whether an approval needs a code of an authenticator, which is typed in chat'),
    form: z.array(field).describe('What a request or a grant answers'),
  }),
);

interface Seen {
  readonly of: Integration;
  readonly isRequestable: boolean;
}

/** Those of them that they see, in their order. */
async function seenOf(
  all: readonly Integration[],
  { stores, reader }: Turn,
): Promise<readonly Seen[]> {
  const requestable = new Set(await requestableOf(stores, reader, all));
  return all
    .filter((of) => of.deletedAt === undefined)
    .map((of) => ({ of, isRequestable: requestable.has(of) }))
    .filter((each) => each.isRequestable || mayAt(reader, 'see app', each.of));
}

const shown = ({ of, isRequestable }: Seen, { reader }: Turn): z.input<typeof integration> => ({
  id: of.id,
  name: of.name,
  icon: of.icon,
  isRequestable,
  longestHours: policyOf(of).longestHours ?? undefined,
  enabled: of.enabled,
  byHand: isManual(of),
  ownerIds: mayAt(reader, 'see app', of) ? [...(settingsOf(of).ownerIds ?? [])] : undefined,
});

/** Owners can do nothing about what an app lacks, so what that is isn't theirs to know. */
const stateFor = (
  { kind }: IntegrationState,
  seesSetUp: boolean,
): IntegrationState['kind'] | 'needs-admin' =>
  seesSetUp || kind === 'ready' || kind === 'manual' || kind === 'off' || kind === 'deleting'
    ? kind
    : 'needs-admin';

const fieldShown = (asked: ManifestFormField): z.input<typeof field> => {
  const options = asked.request ? undefined : staticOptions(asked);
  return {
    id: asked.id,
    label: asked.name,
    description: asked.description,
    kind: asked.type === 'input' ? 'text' : asked.type === 'choice' ? 'choice' : 'choices',
    required: asked.required,
    options: options?.kind === 'options' ? [...options.options] : undefined,
  };
};

export const integrations: readonly Endpoint[] = [
  listing({
    path: '/integrations',
    tag: 'Integrations',
    scope: 'read',
    summary: 'Integrations, the oldest first',
    description:
      'Admins and auditors see all, owners theirs, and everyone what they may request for themselves.',
    name: 'IntegrationPage',
    item: integration,
    filters: { text: z.string().max(MAX_SEARCH).default('').describe('Words of the name') },
    place: z.string(),
    async read({ query, after = '', limit }, turn) {
      const later = (await turn.stores.integrations.list())
        .filter((each) => each.id > after && hasWords(each.name, query.text))
        .toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const { rows, next } = cut(await seenOf(later, turn), limit, ({ of }) => of.id);
      return { items: rows.map((each) => shown(each, turn)), next };
    },
  }),
  reading({
    path: '/integrations/{id}',
    tag: 'Integrations',
    scope: 'read',
    summary: 'One integration, with the form that a request or a grant answers',
    answer: details,
    async read(integrationId, turn) {
      const { stores, reader } = turn;
      const one = await stores.integrations.find(integrationId);
      const [seen] = one ? await seenOf([one], turn) : [];
      if (!seen) return undefined;
      const { of: found } = seen;
      const manifest = await provisionOf(stores, found);
      const seesState = mayAt(reader, 'see app', found);
      return {
        ...shown(seen, turn),
        state: seesState ? stateFor(await stateOf(stores, found), maySeeSetUp(reader)) : undefined,
        asksForCodes: asksForCodes(found),
        form: [
          ...(manifest?.form ?? []).map(fieldShown),
          ...(manifest?.extraUserInfo ?? []).map((asked) => ({
            id: asked.id,
            label: asked.name,
            description: asked.description,
            kind: 'fact' as const,
            required: true,
          })),
        ],
      };
    },
  }),
];
