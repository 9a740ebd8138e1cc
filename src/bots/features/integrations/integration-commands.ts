/** Commands for admins who set up integrations. */
import { t } from '../../../core/translate.ts';
import { seesAnApp } from '../../../engine/integrations/seen-apps.ts';
import type { Turn } from '../../live/context.ts';
import { type Command, type CommandText, plainText } from '../../view/command.ts';
import { openDiscoveries } from '../access/discoveries.ts';
import { addIntegration } from './add-ways.ts';
import { openIntegrations } from './integrations-list.ts';

/** Adds or finds an integration. People write both `add` and a name after either command. */
async function addOrFind(args: CommandText, turn: Turn) {
  const [first, ...rest] = args;
  const adds = typeof first === 'string' && first.toLowerCase() === 'add';
  return adds ? addIntegration(rest, turn) : openIntegrations(plainText(args), turn);
}

export const integrationCommands: readonly Command<Turn>[] = [
  {
    word: 'integrations',
    wordsAlone: ['integrationen'],
    usage: 'integrations [name]',
    summary: () => t`the integrations that grant access or import people, and their state`,
    right: 'see app',
    mayUse: ({ stores, actor }) => seesAnApp(stores, actor),
    run: addOrFind,
  },
  {
    word: 'existing',
    usage: 'existing',
    summary: () => t`find access that people already have at your apps`,
    right: 'see the set-up',
    run: (_args, turn) => openDiscoveries(turn),
  },
  {
    word: 'integration',
    usage: 'integration add [name]',
    summary: () => t`add an integration: ready-made, from a file, or in your browser`,
    right: 'set up',
    run: addOrFind,
  },
];
