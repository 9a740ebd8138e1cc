/** Everything the bot can do: every action, command and live card, for the composition roots. */

import type { Reader, Turn } from '../live/context.ts';
import { newerBelow } from '../live/live-messages.ts';
import { ActionBook } from '../view/action.ts';
import { CardBook } from '../view/live-card.ts';
import { accessCard, checkAgain, turnAccessPage } from './access/access-card.ts';
import { accessNotice, moreAccess } from './access/access-notice.ts';
import { cancelledGrant } from './access/cancelled-grant.ts';
import { discoveriesCard, turnDiscoveriesPage } from './access/discoveries.ts';
import { openFound, turnFoundPage } from './access/found-list.ts';
import { giveBack, turnGiveBackPage } from './access/give-back.ts';
import { grantAccess } from './access/grant-access.ts';
import { holdCard } from './access/hold-card.ts';
import { turnHoldersPage } from './access/holders-list.ts';
import {
  keepAllPaused,
  keepPausedAccess,
  pausedRemovals,
  removePausedAccess,
  turnPausedPage,
} from './access/paused-removals.ts';
import { checkNow, turnPickerPage } from './access/pick-integration.ts';
import { confirmRemoved, openRemoval, retryRemovalNow } from './access/removal-actions.ts';
import { removalCard } from './access/removal-card.ts';
import { turnRemovalsPage } from './access/removal-list.ts';
import { removalNotice, stuckCard, thereAgain, turnStuckPage } from './access/removal-notice.ts';
import { revokeAccess } from './access/revoke-access.ts';
import { lookUpPerson } from './access/shortcuts.ts';
import { applyBundle, discardBundleDraft } from './bundles/apply-bundle.ts';
import {
  bundleCard,
  moveBundleItem,
  removeBundleItem,
  turnBundlePage,
} from './bundles/bundle-card.ts';
import { bundleItem, pickForBundle, searchForBundle } from './bundles/bundle-item.ts';
import { bundleRequestCard, turnBundleRequestPage } from './bundles/bundle-request-card.ts';
import {
  openBundle,
  openBundlesPage,
  searchBundles,
  turnBundlesPage,
} from './bundles/bundles-list.ts';
import { approveBundle, denyBundle, withdrawBundle } from './bundles/decide-bundle.ts';
import { deleteBundle, editBundle, makeBundle } from './bundles/edit-bundle.ts';
import { grantBundle, pickBundle, searchBundleToGrant } from './bundles/grant-bundle.ts';
import { openBundleRequest } from './bundles/open-bundle-request.ts';
import { askForBundle } from './bundles/request-bundle.ts';
import { sameAs, sameAsItems } from './bundles/same-as.ts';
import { commands, useWord } from './commands.ts';
import {
  openDeliveries,
  sendEventAgain,
  turnDeliveriesPage,
} from './event-endpoints/deliveries-list.ts';
import {
  deleteThisEndpoint,
  editEndpoint,
  testEndpoint,
  turnEndpointTo,
} from './event-endpoints/edit-endpoint.ts';
import {
  endpointCard,
  openEndpoint,
  replaceEndpointSecret,
  showEndpointSecret,
} from './event-endpoints/endpoint-card.ts';
import { addEndpointHere, turnEndpointsPage } from './event-endpoints/endpoints-list.ts';
import {
  adoptAccount,
  ignoreAccount,
  makeServiceAccount,
  removeAccount,
  reopenAccount,
} from './findings/decide-finding.ts';
import {
  acceptList,
  filterFindings,
  findingsCard,
  readLists,
  turnFindingsPage,
  viewFindings,
} from './findings/findings-card.ts';
import { pinnedHome, refreshHome, showOwnAccess } from './home/home.ts';
import { discardHeldSync, importHeldSync } from './imports/decide-sync.ts';
import {
  openIgnored,
  searchIgnored,
  takeOffIgnored,
  turnIgnoredPage,
} from './imports/ignored-people.ts';
import { dropImport, runImport, stopRunning, turnImportPage } from './imports/import-actions.ts';
import { importCard } from './imports/import-card.ts';
import { importPeople } from './imports/import-people.ts';
import { turnSourcesPage } from './imports/import-sources.ts';
import { setManagersOfAdmins } from './imports/managers-of-admins.ts';
import { openImport } from './imports/open-import.ts';
import { ownFields } from './imports/own-fields.ts';
import { pauseSync, resumeSync } from './imports/pause-sync.ts';
import { rehireNotice } from './imports/rehire-notice.ts';
import { batchCard, leaveBatch, startBatch, startForImport } from './imports/start-for-import.ts';
import {
  beginSync,
  chooseSyncRow,
  chooseSyncRows,
  filterSyncRows,
  ignoreSyncRow,
  ignoreSyncRows,
  openSync,
  stopSync,
  turnSyncPage,
} from './imports/sync-actions.ts';
import { syncCard } from './imports/sync-card.ts';
import { showSyncDetails } from './imports/sync-details.ts';
import { syncNotice } from './imports/sync-notice.ts';
import { changeBreakGlass } from './integrations/break-glass-setting.ts';
import { connectionNotice } from './integrations/connection-notice.ts';
import { enterSecrets } from './integrations/enter-secrets.ts';
import { integrationActions, integrationNotices } from './integrations/integration-actions.ts';
import { integrationCard } from './integrations/integration-card.ts';
import { openPage } from './integrations/open-page.ts';
import { confirmLinkNumber, linkQuestion } from './messages/confirm-link.ts';
import { deliveryCard, showDelivery } from './messages/delivery-card.ts';
import { noticesHere, settingsToMe } from './messages/notice-place.ts';
import { sendTextAgain } from './messages/send-text-again.ts';
import { turnUnsentPage } from './messages/unsent-messages.ts';
import {
  moveOffboarding,
  offboardAtOnce,
  offboardPerson,
  stopOffboarding,
} from './offboarding/offboard.ts';
import { offboardingCard, turnOffboardingPage } from './offboarding/offboarding-card.ts';
import { accountCard, openAccount } from './people/account-card.ts';
import { changeRole } from './people/change-role.ts';
import { confirmFact, rejectFact } from './people/confirm-fact.ts';
import { editPerson } from './people/edit-person.ts';
import { editFacts, enterFacts } from './people/enter-facts.ts';
import { erasePerson } from './people/erase-person.ts';
import { factClaimCard } from './people/fact-claim-card.ts';
import { pickPerson } from './people/find-person.ts';
import { hirePerson } from './people/hire-person.ts';
import {
  ignoreAllJoins,
  ignoreListed,
  joinsCard,
  openJoins,
  turnJoinsPage,
} from './people/join-list.ts';
import { ignoreJoin, joinCard } from './people/joins.ts';
import { chooseLanguage } from './people/language.ts';
import { deactivatePerson, reactivatePerson } from './people/leave-person.ts';
import { cancelChatLink, confirmChatLink, linkChat } from './people/link-chat.ts';
import { openPerson } from './people/open-person.ts';
import { searchPeople, turnPeoplePage } from './people/people-list.ts';
import { personCard } from './people/person-card.ts';
import { unlinkChat } from './people/unlink-chat.ts';
import { applyPolicy, discardPolicy, openPolicy, setOwners } from './policies/apply-policy.ts';
import { editCase, moveCaseUp, removeCase } from './policies/edit-case.ts';
import { editGroupCondition, removePolicyCondition } from './policies/edit-condition.ts';
import { editStage, moveStageUp, removeStage } from './policies/edit-stage.ts';
import { policyCard } from './policies/policy-card.ts';
import { tryPolicy } from './policies/try-policy.ts';
import { endAbsence, setAbsence, showAbsence } from './requests/away.ts';
import { breakGlass, breakGlassOk, lookIntoBreakGlass } from './requests/break-glass.ts';
import {
  answerApprover,
  approveForShorter,
  askTheRequester,
  reassignApproval,
} from './requests/decide-otherwise.ts';
import {
  approveRequest,
  approveWithCode,
  approveWithComment,
  denyRequest,
  withdrawOwnRequest,
} from './requests/decide-request.ts';
import { requestForSomeone, requestForThem, turnRequestPage } from './requests/pick-request.ts';
import { askForAccess, extendByPress } from './requests/request-access.ts';
import { requestCard } from './requests/request-card.ts';
import { openRequestCard, showRequests } from './requests/request-list.ts';
import { approverUnreachedNotice, requestNotice } from './requests/request-notice.ts';
import {
  campaignCard,
  openCampaign,
  openLastReview,
  startCampaign,
  turnCampaign,
} from './reviews/campaign-card.ts';
import { addCampaign, editCampaign } from './reviews/campaign-form.ts';
import { openCampaigns, turnCampaignsPage } from './reviews/campaigns-list.ts';
import { keepAccess, keepAllOf, keepPage, revokeReviewed } from './reviews/decide-review.ts';
import { remindAll, remindReviewer } from './reviews/remind.ts';
import {
  openOwnReview,
  openPart,
  reviewCard,
  searchReview,
  turnReviewPage,
} from './reviews/review-card.ts';
import { beginReview, openReport, turnReviewsPage } from './reviews/review-list.ts';
import {
  endReviewNow,
  removeUndecided,
  reviewReport,
  turnReportPage,
} from './reviews/review-report.ts';
import { offeredTo } from './rights.ts';
import { editCondition, removeCondition } from './rules/edit-condition.ts';
import {
  deleteRule,
  discardRuleDraft,
  editRule,
  makeRule,
  turnRuleOff,
  turnRuleOn,
} from './rules/edit-rule.ts';
import { ruleCard } from './rules/rule-card.ts';
import { endException, openExceptions, turnExceptionsPage } from './rules/rule-exceptions.ts';
import { openImpact, searchImpact, turnImpactPage } from './rules/rule-impact.ts';
import {
  editRuleItem,
  giveBundle,
  pickForRule,
  removeRuleBundle,
  removeRuleItem,
  searchForRule,
} from './rules/rule-item.ts';
import { ruleNotice, tryRuleAgain } from './rules/rule-notice.ts';
import { openRule, searchRules, turnRulesPage } from './rules/rules-list.ts';
import { failedRuns } from './runs/failed-runs.ts';
import { cancelDeferredRun, cancelRunRetry, retryRunNow } from './runs/retry-run.ts';
import { runAgain } from './runs/run-again.ts';
import { runCard } from './runs/run-card.ts';
import { showRunDetails } from './runs/run-details.ts';
import { filterHistory, openRun, turnHistoryPage } from './runs/run-history.ts';
import { addHookHere } from './sequences/add-hook.ts';
import { answerFacts } from './sequences/answer-facts.ts';
import { assignSequence, openTimeline } from './sequences/assign-sequence.ts';
import { runPlannedNow, runPlannedWithCode, skipPlanned } from './sequences/decide-item.ts';
import { deleteThisHook, editHook, turnHookTo } from './sequences/edit-hook.ts';
import {
  deleteSequence,
  duplicateSequence,
  editSequence,
  makeSequence,
  turnSequence,
} from './sequences/edit-sequence.ts';
import {
  endOldSecret,
  hookCard,
  openHook,
  replaceSecret,
  showSecret,
} from './sequences/hook-card.ts';
import {
  integrationItem,
  pickForSequence,
  searchForSequence,
} from './sequences/integration-item.ts';
import { messageItem } from './sequences/message-item.ts';
import { previewOfMessage } from './sequences/preview-message.ts';
import {
  moveSequenceItem,
  removeSequenceItem,
  sequenceCard,
  turnSequencePage,
} from './sequences/sequence-card.ts';
import { editStarts, openStarts, sequenceStartsCard } from './sequences/sequence-starts.ts';
import { openSequence, searchSequences, turnSequencesPage } from './sequences/sequences-list.ts';
import { taskItem } from './sequences/task-item.ts';
import { timelineCard, turnTimelinePage } from './sequences/timeline-card.ts';
import { auditHeadCard, headNotSentCard } from './settings/audit-head-card.ts';
import { filterAudit, turnAuditPage } from './settings/audit-log.ts';
import { exportFile } from './settings/export-file.ts';
import { firstSteps, keyIsCopied, lookAgain } from './settings/first-steps.ts';
import { openOverview } from './settings/overview-link.ts';
import {
  editSettings,
  noNoticePlace,
  settingsCard,
  showSettings,
} from './settings/workspace-settings.ts';
import {
  confirmTheirs,
  declineTheirs,
  removeTheirs,
  unlockTheirs,
} from './step-up/answer-authenticator.ts';
import { authenticatorQuestion } from './step-up/authenticator-question.ts';
import { authenticatorCard, setUpAuthenticator } from './step-up/set-up-authenticator.ts';
import { openTask } from './tasks/open-task.ts';
import { reassignTask } from './tasks/reassign-task.ts';
import { commentTask, taskCard, taskDone, taskTick } from './tasks/task-card.ts';
import { showTasks } from './tasks/task-list.ts';
import { taskNotice } from './tasks/task-notice.ts';
import { newToken } from './tokens/new-token.ts';
import { revokeToken } from './tokens/revoke-token.ts';
import { searchTokens, turnTokensPage } from './tokens/token-list.ts';
import { endedNotice, expiringNotice } from './tokens/token-notices.ts';
import { openChange } from './transitions/current-change.ts';
import { endItNow, keepItLonger } from './transitions/decide-row.ts';
import { transitionCard, turnTransitionPage } from './transitions/transition-card.ts';
import { welcomeCard } from './welcome.ts';

export { commands };

export const actions = new ActionBook<Turn>([
  useWord,
  ...integrationActions,
  addEndpointHere,
  deleteThisEndpoint,
  editEndpoint,
  openDeliveries,
  openEndpoint,
  replaceEndpointSecret,
  sendEventAgain,
  showEndpointSecret,
  testEndpoint,
  turnDeliveriesPage,
  turnEndpointTo,
  turnEndpointsPage,
  addHookHere,
  previewOfMessage,
  leaveBatch,
  startBatch,
  setManagersOfAdmins,
  ownFields,
  startForImport,
  approveRequest,
  approveWithCode,
  confirmTheirs,
  declineTheirs,
  unlockTheirs,
  removeTheirs,
  setUpAuthenticator,
  approveWithComment,
  askForAccess,
  breakGlass,
  breakGlassOk,
  changeBreakGlass,
  lookIntoBreakGlass,
  requestForSomeone,
  requestForThem,
  beginReview,
  addCampaign,
  beginSync,
  cancelRunRetry,
  changeRole,
  checkNow,
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
  approveForShorter,
  askTheRequester,
  answerApprover,
  reassignApproval,
  denyRequest,
  discardHeldSync,
  dropImport,
  editFacts,
  editHook,
  editPerson,
  editSettings,
  newToken,
  revokeToken,
  searchTokens,
  turnTokensPage,
  editStarts,
  endAbsence,
  showAbsence,
  endOldSecret,
  editCampaign,
  endReviewNow,
  removeUndecided,
  enterFacts,
  enterSecrets,
  erasePerson,
  exportFile,
  openOverview,
  filterAudit,
  filterHistory,
  extendByPress,
  giveBack,
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
  keepAllOf,
  keepPage,
  keepAllPaused,
  keepPausedAccess,
  keyIsCopied,
  lookAgain,
  lookUpPerson,
  moveOffboarding,
  noNoticePlace,
  noticesHere,
  openIgnored,
  openSync,
  pauseSync,
  resumeSync,
  searchIgnored,
  showSyncDetails,
  filterSyncRows,
  stopSync,
  takeOffIgnored,
  turnIgnoredPage,
  turnSourcesPage,
  turnSyncPage,
  offboardPerson,
  offboardAtOnce,
  openAccount,
  openHook,
  openImport,
  openJoins,
  openOwnReview,
  openPage,
  openPerson,
  openRemoval,
  openCampaign,
  openCampaigns,
  openLastReview,
  openPart,
  openReport,
  remindAll,
  remindReviewer,
  searchReview,
  startCampaign,
  turnCampaign,
  turnCampaignsPage,
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
  showRunDetails,
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
  showSettings,
  showTasks,
  stopOffboarding,
  stopRunning,
  taskDone,
  taskTick,
  turnAccessPage,
  turnGiveBackPage,
  turnAuditPage,
  turnHistoryPage,
  turnHoldersPage,
  turnHookTo,
  turnImportPage,
  turnJoinsPage,
  turnOffboardingPage,
  endItNow,
  keepItLonger,
  turnTransitionPage,
  openChange,
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
  approveBundle,
  askForBundle,
  bundleItem,
  deleteBundle,
  applyBundle,
  discardBundleDraft,
  denyBundle,
  editBundle,
  grantBundle,
  makeBundle,
  moveBundleItem,
  openBundle,
  openBundlesPage,
  openBundleRequest,
  pickBundle,
  pickForBundle,
  searchForBundle,
  searchBundleToGrant,
  removeBundleItem,
  sameAs,
  sameAsItems,
  searchBundles,
  turnBundlePage,
  turnBundleRequestPage,
  turnBundlesPage,
  withdrawBundle,
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
  searchForSequence,
  removeSequenceItem,
  answerFacts,
  runPlannedNow,
  runPlannedWithCode,
  searchSequences,
  applyPolicy,
  discardPolicy,
  editCase,
  editStage,
  moveCaseUp,
  openPolicy,
  removeCase,
  removeStage,
  moveStageUp,
  editGroupCondition,
  removePolicyCondition,
  setOwners,
  tryPolicy,
  deleteRule,
  discardRuleDraft,
  editCondition,
  editRule,
  editRuleItem,
  endException,
  makeRule,
  openExceptions,
  openImpact,
  openRule,
  pickForRule,
  searchForRule,
  removeCondition,
  removeRuleItem,
  giveBundle,
  removeRuleBundle,
  searchImpact,
  searchRules,
  tryRuleAgain,
  turnExceptionsPage,
  turnImpactPage,
  turnRuleOff,
  turnRuleOn,
  turnRulesPage,
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
  turnDiscoveriesPage,
  openFound,
  turnFoundPage,
  turnFindingsPage,
  viewFindings,
  filterFindings,
  acceptList,
  readLists,
  removeAccount,
  adoptAccount,
  makeServiceAccount,
  ignoreAccount,
  reopenAccount,
]);

export const cards = new CardBook<Reader>(
  [
    ...integrationNotices,
    auditHeadCard,
    headNotSentCard,
    accessCard,
    accessNotice,
    moreAccess,
    cancelledGrant,
    approverUnreachedNotice,
    connectionNotice,
    deliveryCard,
    factClaimCard,
    firstSteps,
    batchCard,
    discoveriesCard,
    endpointCard,
    findingsCard,
    bundleCard,
    bundleRequestCard,
    holdCard,
    hookCard,
    importCard,
    integrationCard,
    joinCard,
    joinsCard,
    linkQuestion,
    newerBelow,
    offboardingCard,
    transitionCard,
    pausedRemovals,
    accountCard,
    authenticatorCard,
    authenticatorQuestion,
    endedNotice,
    expiringNotice,
    personCard,
    pinnedHome,
    removalCard,
    removalNotice,
    rehireNotice,
    requestCard,
    requestNotice,
    sequenceStartsCard,
    reviewCard,
    reviewReport,
    campaignCard,
    syncCard,
    syncNotice,
    policyCard,
    ruleCard,
    ruleNotice,
    runCard,
    failedRuns,
    settingsCard,
    stuckCard,
    taskCard,
    taskNotice,
    thereAgain,
    timelineCard,
    sequenceCard,
    welcomeCard,
  ],
  (card, { reader }) => offeredTo(card, reader),
);
