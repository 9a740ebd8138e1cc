/** Integrations of a test engine by their manifests: added, refused, saved again, deleted. */
import { saveManifest } from '../../src/engine/integrations/change-integration.ts';
import { deleteIntegration } from '../../src/engine/integrations/delete-integration.ts';
import { addIntegration } from '../../src/engine/integrations/integrations.ts';
import { problemText } from '../../src/engine/manifest/problem.ts';
import type { Integration } from '../../src/engine/people/directory.ts';
import type { TestEngine } from './engine.ts';
import { ok } from './given/outcomes.ts';

/** @param engine the one of the test that runs */
export function savedManifests(engine: () => TestEngine) {
  const deps = () => ({ ...engine(), actor: engine().actor });
  const add = (name: string, manifest: object) =>
    engine().transact((tx) =>
      addIntegration(tx, { name, manifest: JSON.stringify(manifest), secrets: {} }, deps()),
    );
  return {
    added: async (name: string, manifest: object): Promise<Integration> =>
      ok(await add(name, manifest)).integration,

    /** @returns why it can't be added; empty where it can */
    refusals: async (name: string, manifest: object): Promise<readonly string[]> => {
      const outcome = await add(name, manifest);
      return outcome.ok ? [] : outcome.errors.map(problemText);
    },

    save: (integration: Integration, manifest: object) =>
      engine().transact((tx) =>
        saveManifest(tx, integration, { text: JSON.stringify(manifest), ...deps() }),
      ),

    remove: (integration: Integration) =>
      engine().transact((tx) => deleteIntegration(tx, integration, { access: 'keep', ...deps() })),
  };
}
