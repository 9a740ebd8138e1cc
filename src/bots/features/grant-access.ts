/** Grant…: the integration's form, its options live from the third party, and then the run. */
import { fullName, type Integration, type Person } from '../../engine/directory.ts';
import { optionsOf } from '../../engine/form-options.ts';
import { startGrant } from '../../engine/grant.ts';
import { parseManifest } from '../../engine/manifest/parse.ts';
import type { Manifest } from '../../engine/manifest/schema.ts';
import { keepFacts } from '../../engine/people.ts';
import { formAction } from '../view/action.ts';
import { type Card, note, type Text } from '../view/card.ts';
import { type About, about, allowed } from './allowed.ts';
import { actorOf, type Turn } from './context.ts';
import { answersTo, FACT, FORM, grantFields, grantTitle, whoGetsWhat } from './grant-form.ts';
import { runCard } from './run-card.ts';

export const grantAccess = formAction({
  id: 'access.grant',
  payload: about,
  title: 'Grant access',
  submitLabel: 'Grant',

  async fields(target, turn: Turn) {
    const asked = await lookUp(target, turn);
    if ('refused' in asked) return asked;
    const { person, integration, manifest } = asked;
    const fields = await grantFields(manifest, person.stored, ({ id }) =>
      optionsOf({ ...target, fieldId: id }, turn),
    );
    return {
      title: grantTitle(integration.name),
      intro: await introduce(person, integration, Object.keys(fields).length, turn),
      fields,
    };
  },

  async submit(values, target, turn) {
    const asked = await lookUp(target, turn);
    if ('refused' in asked) return { kind: 'say', to: 'here', card: asked.refused };
    const { person, integration, manifest } = asked;
    const form = answersTo(FORM, values);
    const facts = Object.entries(answersTo(FACT, values)).map(([id, value]) => [id, String(value)]);
    if (manifest.form.some(({ id, required }) => required && !Object.hasOwn(form, id)))
      return { kind: 'say', to: 'here', card: outdated(integration) };
    const started = await turn.transact(async (tx) => {
      await keepFacts(tx, person.id, Object.fromEntries(facts));
      return startGrant(tx, { actor: actorOf(turn), person, integration, form }, turn);
    });
    if (started.kind === 'refused')
      return { kind: 'say', to: 'here', card: note('Nothing was granted', started.why) };
    if (started.kind === 'joined' && Object.keys(form).length > 0)
      return { kind: 'say', to: 'here', card: joined(integration.name, person) };
    return { kind: 'show', card: runCard.with({ runId: started.run.id }) };
  },
});

/** Two clicks at once: the first one's answers count, and the second has to know that its own do not. */
const joined = (integration: string, person: Person): Card =>
  note(
    `${integration} is being granted already`,
    `A grant for ${fullName(person)} is under way, so your answers were not used. Its card shows how it goes; "runs" finds it.`,
  );

type LookedUp =
  | { readonly person: Person; readonly integration: Integration; readonly manifest: Manifest }
  | { readonly refused: Card };

async function lookUp(target: About, turn: Turn): Promise<LookedUp> {
  const { person, integration, refused } = await allowed('grant', target, turn);
  if (refused) return { refused };
  if (integration.manifestVersionId === undefined) return { refused: byHand(integration) };
  const version = await turn.stores.integrations.findVersion(integration.manifestVersionId);
  const parsed = version && parseManifest(version.manifest);
  return parsed?.ok
    ? { person, integration, manifest: parsed.manifest }
    : {
        refused: note(
          `${integration.name} can't be used now`,
          'Its manifest can no longer be read. An admin has to save it again.',
        ),
      };
}

const byHand = ({ name }: Integration): Card =>
  note(
    `${name} is done by hand`,
    "It has no manifest, so Latchkey can't do it by itself. Ask whoever looks after it.",
  );

/** Says whom and what, and what is known of the access already. */
async function introduce(
  person: Person,
  integration: Integration,
  questions: number,
  turn: Turn,
): Promise<readonly Text[]> {
  const access = await turn.stores.access.find(person.id, integration.id);
  const known: Text[] =
    access?.state === 'has'
      ? [[`${fullName(person)} has access already. Grant runs everything once more.`]]
      : access?.state === 'unknown'
        ? [[`Whether ${fullName(person)} has access is unknown. ${access.reason}`]]
        : [];
  return [whoGetsWhat(person, integration.name, questions), ...known];
}

const outdated = ({ name }: Integration): Card =>
  note(
    'Nothing was granted',
    `The form of ${name} has changed since you opened it, and asks for more. Open it again.`,
  );
