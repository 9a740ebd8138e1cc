/**
 * A manifest's form on both platforms, for its author. It is built like a grant's form and drawn by the bot's own
 * renderers.
 */
import { grantFields, grantTitle, whoGetsWhat } from '../bots/features/access/grant-form.ts';
import type { Form } from '../bots/view/form.ts';
import { t } from '../core/translate.ts';
import type { Manifest } from '../engine/manifest/schema.ts';
import type { PersonWithFacts } from '../engine/people/stored-values.ts';
import type { OptionsAnswer } from '../engine/ports/chat-stores.ts';
import type { Previewed } from '../web/editor/editor-deps.ts';

/** The form's example person, who doesn't exist. */
const EXAMPLE: PersonWithFacts = {
  id: 'example',
  version: 1,
  email: 'ann@example.com',
  firstName: 'Ann',
  lastName: 'Example',
  role: 'new_hire',
  active: true,
  stored: {},
};

const examples = (): OptionsAnswer => ({
  kind: 'options',
  options: [1, 2, 3].map((number) => ({ label: t`Example ${number}`, value: String(number) })),
});

/** @param name the integration's */
export async function previewManifest(manifest: Manifest, name: string): Promise<Previewed> {
  if (manifest.kind === 'text')
    return { ok: false, why: t`A manifest for texts has no form, so there is nothing to preview.` };
  if (manifest.kind === 'sync')
    return {
      ok: false,
      why: t`A manifest for imports has no form, so there is nothing to preview.`,
    };
  const fields = await grantFields(manifest, EXAMPLE, async () => examples());
  const form: Form = {
    title: grantTitle(name),
    submitLabel: t`Grant`,
    intro: [whoGetsWhat(EXAMPLE, name, Object.keys(fields).length)],
    fields,
  };
  const call = { id: 'preview', payload: '{}' };
  const live = manifest.form.filter(
    ({ type, request }) => type !== 'input' && request !== undefined,
  );
  // With the first preview, since Slack's brings its SDK.
  const [{ renderForm: renderSlackForm }, { renderForm: renderTeamsForm }] = await Promise.all([
    import('../bots/slack/render-form.ts'),
    import('../bots/teams/render-form.ts'),
  ]);
  try {
    return {
      ok: true,
      preview: {
        title: form.title,
        teams: renderTeamsForm({ form, session: '', call, mode: 'dialog' }),
        slack: renderSlackForm(form, { call, origin: { place: 'direct' }, session: '' }),
        notes: live.map(
          ({ name: label }) =>
            t`The options for "${label}" come from the app when someone opens the form; these are examples.`,
        ),
      },
    };
  } catch (error) {
    // It has more fields than a Slack modal holds, or an id longer than Slack carries.
    if (error instanceof RangeError)
      return { ok: false, why: t`Slack can't show this form. ${error.message}.` };
    throw error;
  }
}
