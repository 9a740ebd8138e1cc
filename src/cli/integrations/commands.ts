/** The commands about integrations and the versions of their manifests. */
import type { Command } from 'commander';
import { JSON_LIST, onDemand, wholeNumber } from '../on-demand.ts';

export function addIntegrationCommands(program: Command): void {
  const integration = program
    .command('integration')
    .description('add, change and list integrations');
  integration
    .command('add')
    .description('add an integration from its manifest')
    .argument('<name>', 'what people call it')
    .argument('<file>', 'the manifest, JSON')
    .option('--secrets <file>', 'values of initial_data_form: a JSON object by id')
    .action(onDemand(async () => (await import('./integration.ts')).addIntegrationCommand));
  integration
    .command('secrets')
    .description('set or replace values of initial_data_form; others keep theirs')
    .argument('<name>')
    .argument('<file>', 'a JSON object by id')
    .action(onDemand(async () => (await import('./integration.ts')).setSecretsCommand));
  integration
    .command('list')
    .description('every integration and its state')
    .option(...JSON_LIST)
    .action(onDemand(async () => (await import('./integration.ts')).listIntegrationsCommand));

  integration
    .command('update')
    .description('save the next version of a manifest, and show what changes')
    .argument('<name>')
    .argument('<file>', 'the manifest, JSON')
    .option('--dry-run', 'only show what would change')
    .action(
      onDemand(async () => (await import('./change-integration.ts')).updateIntegrationCommand),
    );
  integration
    .command('versions')
    .description('every version of a manifest, the newest first')
    .argument('<name>')
    .option(...JSON_LIST)
    .action(onDemand(async () => (await import('./change-integration.ts')).listVersionsCommand));
  integration
    .command('restore')
    .description('save an earlier version again, as the newest')
    .argument('<name>')
    .argument('<number>', 'of the version', wholeNumber)
    .action(onDemand(async () => (await import('./change-integration.ts')).restoreVersionCommand));
  integration
    .command('off')
    .description('stop granting it; access that people have can still be revoked')
    .argument('<name>')
    .action(onDemand(async () => (await import('./change-integration.ts')).turnOffCommand));
  integration
    .command('on')
    .description('turn it on again')
    .argument('<name>')
    .action(onDemand(async () => (await import('./change-integration.ts')).turnOnCommand));
  integration
    .command('delete')
    .description('delete an integration with its secrets; without --yes, only say what is lost')
    .argument('<name>')
    .option('--yes', 'delete it')
    .option('--remove-access', 'first remove the access that people have there')
    .option('--keep-access', 'keep the access that people have; a task names them')
    .action(
      onDemand(async () => (await import('./change-integration.ts')).deleteIntegrationCommand),
    );
}
