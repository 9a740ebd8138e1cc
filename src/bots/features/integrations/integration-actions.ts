/** Actions and commands for admins who set up integrations. */
import { t } from '../../../core/translate.ts';
import type { Reader, Turn } from '../../live/context.ts';
import type { Action } from '../../view/action.ts';
import { type Command, type CommandText, plainText } from '../../view/command.ts';
import type { CardView } from '../../view/live-card.ts';
import {
  findAt,
  findEverywhere,
  openDiscoveries,
  showDiscoveries,
  stopAt,
} from '../access/discoveries.ts';
import { noOwnNotices, noticesComeHere, placeLost } from '../messages/notices.ts';
import { addByHand } from './add-by-hand.ts';
import {
  addFromFile,
  addOnPage,
  discardDraft,
  finishDraft,
  turnDraftPage,
} from './add-integration.ts';
import { addIntegration } from './add-ways.ts';
import { showCallbackAddress } from './callback-address.ts';
import {
  addReadyMade,
  openCatalogue,
  readNotes,
  searchReadyMade,
  turnCataloguePage,
} from './catalogue-list.ts';
import { deleteIntegration } from './delete-integration.ts';
import { discardEdit, editIntegration, saveEdit, turnEditPage } from './edit-integration.ts';
import { changePolicy } from './integration-settings.ts';
import {
  openVersions,
  restoreVersion,
  showChanges,
  turnChangesPage,
  turnVersionsPage,
} from './integration-versions.ts';
import { openWarnings, turnWarningsPage } from './integration-warnings.ts';
import {
  addFromList,
  openIntegration,
  openIntegrations,
  searchIntegrations,
  turnIntegrationsPage,
} from './integrations-list.ts';
import { changeNameAndIcon } from './name-and-icon.ts';
import { turnIntegrationOff, turnIntegrationOn } from './turn-integration.ts';

/** Cards that are sent without a request. */
export const integrationNotices: readonly CardView<Reader>[] = [noticesComeHere, placeLost];

export const integrationActions: readonly Action<Turn>[] = [
  showDiscoveries,
  stopAt,
  addByHand,
  addFromFile,
  addFromList,
  addOnPage,
  addReadyMade,
  changeNameAndIcon,
  changePolicy,
  deleteIntegration,
  discardDraft,
  discardEdit,
  editIntegration,
  findAt,
  findEverywhere,
  finishDraft,
  openCatalogue,
  openIntegration,
  openVersions,
  noOwnNotices,
  openWarnings,
  readNotes,
  restoreVersion,
  saveEdit,
  searchIntegrations,
  searchReadyMade,
  showCallbackAddress,
  showChanges,
  turnCataloguePage,
  turnChangesPage,
  turnDraftPage,
  turnEditPage,
  turnIntegrationOff,
  turnIntegrationOn,
  turnIntegrationsPage,
  turnVersionsPage,
  turnWarningsPage,
];

/** Adds or finds an integration. People write both `add` and a name after either command. */
async function addOrFind(args: CommandText, turn: Turn) {
  const [first, ...rest] = args;
  const adds = typeof first === 'string' && first.toLowerCase() === 'add';
  return adds ? addIntegration(rest, turn) : openIntegrations(plainText(args), turn);
}

export const integrationCommands: readonly Command<Turn>[] = [
  {
    word: 'integrations',
    usage: 'integrations [name]',
    summary: () => t`the integrations that grant access or import people, and their state`,
    forReaders: true,
    run: addOrFind,
  },
  {
    word: 'existing',
    usage: 'existing',
    summary: () => t`find access that people already have at your apps`,
    forReaders: true,
    run: (_args, turn) => openDiscoveries(turn),
  },
  {
    word: 'integration',
    usage: 'integration add [name]',
    summary: () => t`add an integration: ready-made, from a file, or in your browser`,
    forAdmins: true,
    run: addOrFind,
  },
];
