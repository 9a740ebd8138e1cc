import { plural } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { type IntegrationState, stateOf } from '../../engine/integrations/integration-state.ts';
import { addIntegration, setSecrets } from '../../engine/integrations/integrations.ts';
import { manifestIn } from '../../engine/integrations/manifest-of.ts';
import { problemText } from '../../engine/manifest/problem.ts';
import { CommandError } from '../command-error.ts';
import { contentOf, inSession, textsIn, withIntegration } from '../session.ts';

/** `latchkey integration add NAME FILE [--secrets FILE]` */
export const addIntegrationCommand = (
  name: string,
  file: string,
  options: { readonly secrets?: string },
): Promise<void> =>
  inSession(async ({ transact, actor, output }) => {
    const manifest = await contentOf(file);
    const secrets = options.secrets
      ? textsIn(await contentOf(options.secrets), options.secrets)
      : {};
    const added = await transact((tx) =>
      addIntegration(tx, { name, manifest, secrets }, { actor }),
    );
    for (const warning of added.warnings) output.note(`Warning: ${problemText(warning)}`);
    if (!added.ok) throw new CommandError(`${file} was not added`, added.errors.map(problemText));
    output.line(`Added ${added.integration.name}.`);
    const missing = added.missing.join(', ');
    const command = `latchkey integration secrets "${added.integration.name}" FILE`;
    if (added.missing.length > 0)
      output.note(
        plural(added.missing.length, {
          one: `It can't be used before ${missing} is set: put it into a file and run: ${command}`,
          other: `It can't be used before ${missing} are set: put them into a file and run: ${command}`,
        }),
      );
  });

/** `latchkey integration secrets NAME FILE` */
export const setSecretsCommand = (name: string, file: string): Promise<void> =>
  withIntegration(name, async (integration, session) => {
    const secrets = textsIn(await contentOf(file), file);
    if (Object.keys(secrets).length === 0)
      throw new CommandError(`nothing was set: ${file} has no value, such as {"TOKEN": "…"}`);
    const problems = await session.transact((tx) =>
      setSecrets(tx, integration, { secrets, actor: session.actor }),
    );
    if (problems.length > 0) throw new CommandError('nothing was set', problems.map(problemText));
    session.output.line(`Set ${Object.keys(secrets).join(', ')} of ${integration.name}.`);
  });

/** `latchkey integration list` */
export const listIntegrationsCommand = (): Promise<void> =>
  inSession(async ({ stores, output }) => {
    const rows = [];
    for (const integration of await stores.integrations.list()) {
      const version = await stores.integrations.findVersion(integration.manifestVersionId);
      rows.push([
        integration.name,
        manifestIn(version)?.kind ?? '',
        `${version?.number ?? ''}`,
        wordsOf(await stateOf(stores, integration)),
      ]);
    }
    output.table(
      ['NAME', 'KIND', 'VERSION', 'STATE'],
      rows,
      'There are no integrations yet. Add one with: latchkey integration add NAME FILE',
    );
  });

function wordsOf(state: IntegrationState): string {
  switch (state.kind) {
    case 'ready':
    case 'off':
    case 'manual':
      return state.kind;
    case 'deleting':
      return 'being deleted';
    case 'needs-secrets':
      return `needs ${state.missing.join(', ')}`;
    case 'needs-connecting':
      return 'needs connecting';
    case 'reconnect':
      return 'needs connecting again';
    case 'unreadable':
      return 'manifest unreadable';
    default:
      return unreachable(state);
  }
}
