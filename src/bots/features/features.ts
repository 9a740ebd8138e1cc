/** Everything the bot can do: every action, command and live card, for the composition roots. */
import { ActionBook } from '../view/action.ts';
import { CardBook } from '../view/live-card.ts';
import { accessCard, checkAgain, turnAccessPage } from './access-card.ts';
import { accessNotice } from './access-notice.ts';
import { addHookHere } from './add-hook.ts';
import { answerFacts } from './answer-facts.ts';
import { assignSequence, openTimeline } from './assign-sequence.ts';
import { filterAudit, turnAuditPage } from './audit-log.ts';
import { endAbsence, setAbsence } from './away.ts';
import { cancelledGrant } from './cancelled-grant.ts';
import { changeRole } from './change-role.ts';
import { pickPerson } from './choose-person.ts';
import { confirmFact, rejectFact } from './confirm-fact.ts';
import { confirmLinkNumber, linkQuestion } from './confirm-link.ts';
import { connectionNotice } from './connection-notice.ts';
import type { Reader, Turn } from './context.ts';
import { runPlannedNow, skipPlanned } from './decide-item.ts';
import { approveRequest, denyRequest, withdrawOwnRequest } from './decide-request.ts';
import { keepAccess, revokeReviewed } from './decide-review.ts';
import { discardHeldSync, importHeldSync } from './decide-sync.ts';
import { deliveryCard, showDelivery } from './delivery-card.ts';
import { deleteThisHook, editHook, turnHookTo } from './edit-hook.ts';
import { editPerson } from './edit-person.ts';
import {
  deleteSequence,
  duplicateSequence,
  editSequence,
  makeSequence,
  turnSequence,
} from './edit-sequence.ts';
import { endReviewNow } from './end-review.ts';
import { editFacts, enterFacts } from './enter-facts.ts';
import { enterSecrets } from './enter-secrets.ts';
import { erasePerson } from './erase-person.ts';
import { exportFile } from './export-file.ts';
import { factClaimCard } from './fact-claim-card.ts';
import { firstSteps, keyIsCopied, lookAgain } from './first-steps.ts';
import { grantAccess } from './grant-access.ts';
import { hirePerson } from './hire-person.ts';
import { holdCard } from './hold-card.ts';
import { pinnedHome, refreshHome, showOwnAccess } from './home.ts';
import { hookCard, openHook } from './hook-card.ts';
import { endOldSecret, replaceSecret, showSecret } from './hook-secret.ts';
import { openIgnored, searchIgnored, takeOffIgnored, turnIgnoredPage } from './ignored-people.ts';
import { dropImport, runImport, stopRunning, turnImportPage } from './import-actions.ts';
import { importCard } from './import-card.ts';
import { importPeople } from './import-people.ts';
import { turnSourcesPage } from './import-sources.ts';
import { integrationActions, integrationNotices } from './integration-actions.ts';
import { integrationCard } from './integration-card.ts';
import { integrationItem, pickForSequence } from './integration-item.ts';
import { ignoreAllJoins, ignoreListed, joinsCard, openJoins, turnJoinsPage } from './join-list.ts';
import { ignoreJoin, joinCard } from './joins.ts';
import { chooseLanguage } from './language.ts';
import { deactivatePerson, reactivatePerson } from './leave-person.ts';
import { cancelChatLink, confirmChatLink, linkChat } from './link-chat.ts';
import { newerBelow } from './live-messages.ts';
import { setManagersOfAdmins } from './managers-of-admins.ts';
import { messageItem } from './message-item.ts';
import { noticesHere, settingsToMe } from './notice-place.ts';
import { moveOffboarding, offboardAtOnce, offboardPerson, stopOffboarding } from './offboard.ts';
import { offboardingCard, turnOffboardingPage } from './offboarding-card.ts';
import { openImport } from './open-import.ts';
import { openPage } from './open-page.ts';
import { openPerson } from './open-person.ts';
import { openTask } from './open-task.ts';
import { pauseSync, resumeSync } from './pause-sync.ts';
import {
  keepAllPaused,
  keepPausedAccess,
  pausedRemovals,
  removePausedAccess,
  turnPausedPage,
} from './paused-removals.ts';
import { searchPeople, turnPeoplePage } from './people-list.ts';
import { personCard } from './person-card.ts';
import { turnPickerPage } from './pick-integration.ts';
import { previewOfMessage } from './preview-message.ts';
import { reassignTask } from './reassign-task.ts';
import { confirmRemoved, openRemoval, retryRemovalNow } from './removal-actions.ts';
import { removalCard } from './removal-card.ts';
import { turnRemovalsPage } from './removal-list.ts';
import { removalNotice, stuckCard, thereAgain, turnStuckPage } from './removal-notice.ts';
import { askForAccess, turnRequestPage } from './request-access.ts';
import { requestCard } from './request-card.ts';
import { openRequestCard, showRequests } from './request-list.ts';
import { approverUnreachedNotice, requestNotice } from './request-notice.ts';
import { cancelDeferredRun, cancelRunRetry, retryRunNow } from './retry-run.ts';
import { openOwnReview, reviewCard, turnReviewPage } from './review-card.ts';
import { beginReview, openReport, turnReviewsPage } from './review-list.ts';
import { reviewReport, turnReportPage } from './review-report.ts';
import { revokeAccess } from './revoke-access.ts';
import { runAgain } from './run-again.ts';
import { runCard } from './run-card.ts';
import { filterHistory, openRun, turnHistoryPage } from './run-history.ts';
import { sendTextAgain } from './send-text-again.ts';
import {
  moveSequenceItem,
  removeSequenceItem,
  sequenceCard,
  turnSequencePage,
} from './sequence-card.ts';
import { editStarts, openStarts, sequenceStartsCard } from './sequence-starts.ts';
import { openSequence, searchSequences, turnSequencesPage } from './sequences-list.ts';
import { lookUpAccess } from './shortcuts.ts';
import { batchCard, leaveBatch, startBatch, startForImport } from './start-for-import.ts';
import {
  beginSync,
  chooseSyncRow,
  chooseSyncRows,
  ignoreSyncRow,
  ignoreSyncRows,
  openSync,
  searchSyncRows,
  stopSync,
  turnSyncPage,
} from './sync-actions.ts';
import { syncCard } from './sync-card.ts';
import { syncNotice } from './sync-notice.ts';
import { commentTask, taskCard, taskDone, taskTick } from './task-card.ts';
import { taskItem } from './task-item.ts';
import { showTasks } from './task-list.ts';
import { taskNotice } from './task-notice.ts';
import { timelineCard, turnTimelinePage } from './timeline-card.ts';
import { unlinkChat } from './unlink-chat.ts';
import { turnUnsentPage } from './unsent-messages.ts';
import { editSettings, noNoticePlace, settingsCard } from './workspace-settings.ts';

export { commands } from './commands.ts';

export const actions = new ActionBook<Turn>([
  ...integrationActions,
  addHookHere,
  previewOfMessage,
  leaveBatch,
  startBatch,
  setManagersOfAdmins,
  startForImport,
  approveRequest,
  askForAccess,
  beginReview,
  beginSync,
  cancelRunRetry,
  changeRole,
  checkAgain,
  chooseLanguage,
  chooseSyncRow,
  chooseSyncRows,
  commentTask,
  confirmFact,
  confirmLinkNumber,
  confirmRemoved,
  deactivatePerson,
  deleteThisHook,
  denyRequest,
  discardHeldSync,
  dropImport,
  editFacts,
  editHook,
  editPerson,
  editSettings,
  editStarts,
  endAbsence,
  endOldSecret,
  endReviewNow,
  enterFacts,
  enterSecrets,
  erasePerson,
  exportFile,
  filterAudit,
  filterHistory,
  grantAccess,
  hirePerson,
  ignoreAllJoins,
  ignoreJoin,
  ignoreListed,
  ignoreSyncRow,
  ignoreSyncRows,
  importHeldSync,
  importPeople,
  keepAccess,
  keepAllPaused,
  keepPausedAccess,
  keyIsCopied,
  lookAgain,
  lookUpAccess,
  moveOffboarding,
  noNoticePlace,
  noticesHere,
  openIgnored,
  openSync,
  pauseSync,
  resumeSync,
  searchIgnored,
  searchSyncRows,
  stopSync,
  takeOffIgnored,
  turnIgnoredPage,
  turnSourcesPage,
  turnSyncPage,
  offboardPerson,
  offboardAtOnce,
  openHook,
  openImport,
  openJoins,
  openOwnReview,
  openPage,
  openPerson,
  openRemoval,
  openReport,
  openRequestCard,
  openRun,
  openStarts,
  openTask,
  pickPerson,
  reactivatePerson,
  reassignTask,
  refreshHome,
  removePausedAccess,
  rejectFact,
  replaceSecret,
  retryRemovalNow,
  retryRunNow,
  cancelDeferredRun,
  runAgain,
  revokeAccess,
  revokeReviewed,
  runImport,
  searchPeople,
  setAbsence,
  settingsToMe,
  showDelivery,
  showOwnAccess,
  showRequests,
  showSecret,
  showTasks,
  stopOffboarding,
  stopRunning,
  taskDone,
  taskTick,
  turnAccessPage,
  turnAuditPage,
  turnHistoryPage,
  turnHookTo,
  turnImportPage,
  turnJoinsPage,
  turnOffboardingPage,
  turnPausedPage,
  turnPeoplePage,
  turnPickerPage,
  turnReportPage,
  turnRequestPage,
  turnReviewPage,
  turnReviewsPage,
  turnRemovalsPage,
  turnStuckPage,
  turnTimelinePage,
  turnUnsentPage,
  assignSequence,
  deleteSequence,
  duplicateSequence,
  editSequence,
  integrationItem,
  makeSequence,
  messageItem,
  moveSequenceItem,
  openSequence,
  openTimeline,
  pickForSequence,
  removeSequenceItem,
  answerFacts,
  runPlannedNow,
  searchSequences,
  sendTextAgain,
  skipPlanned,
  taskItem,
  turnSequence,
  turnSequencePage,
  turnSequencesPage,
  linkChat,
  confirmChatLink,
  cancelChatLink,
  unlinkChat,
  withdrawOwnRequest,
]);

export const cards = new CardBook<Reader>([
  ...integrationNotices,
  accessCard,
  accessNotice,
  cancelledGrant,
  approverUnreachedNotice,
  connectionNotice,
  deliveryCard,
  factClaimCard,
  firstSteps,
  batchCard,
  holdCard,
  hookCard,
  importCard,
  integrationCard,
  joinCard,
  joinsCard,
  linkQuestion,
  newerBelow,
  offboardingCard,
  pausedRemovals,
  personCard,
  pinnedHome,
  removalCard,
  removalNotice,
  requestCard,
  requestNotice,
  sequenceStartsCard,
  reviewCard,
  reviewReport,
  syncCard,
  syncNotice,
  runCard,
  settingsCard,
  stuckCard,
  taskCard,
  taskNotice,
  thereAgain,
  timelineCard,
  sequenceCard,
]);
