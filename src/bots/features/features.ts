/**
 * Everything the bot can do, for the composition roots: every action and live card that one of these files exports, and every
 * command.
 */

import type { Reader, Turn } from '../live/context.ts';
import * as liveMessages from '../live/live-messages.ts';
import { type Action, ActionBook } from '../view/action.ts';
import { CardBook, type CardView } from '../view/live-card.ts';
import * as accessCard from './access/access-card.ts';
import * as accessNotice from './access/access-notice.ts';
import * as cancelledGrant from './access/cancelled-grant.ts';
import * as discoveries from './access/discoveries.ts';
import * as foundList from './access/found-list.ts';
import * as giveBack from './access/give-back.ts';
import * as grantAccess from './access/grant-access.ts';
import * as holdCard from './access/hold-card.ts';
import * as holdersList from './access/holders-list.ts';
import * as pausedRemovals from './access/paused-removals.ts';
import * as pickIntegration from './access/pick-integration.ts';
import * as removalActions from './access/removal-actions.ts';
import * as removalCard from './access/removal-card.ts';
import * as removalList from './access/removal-list.ts';
import * as removalNotice from './access/removal-notice.ts';
import * as revokeAccess from './access/revoke-access.ts';
import * as shortcuts from './access/shortcuts.ts';
import * as applyBundle from './bundles/apply-bundle.ts';
import * as bundleCard from './bundles/bundle-card.ts';
import * as bundleItem from './bundles/bundle-item.ts';
import * as bundleRequestCard from './bundles/bundle-request-card.ts';
import * as bundlesList from './bundles/bundles-list.ts';
import * as decideBundle from './bundles/decide-bundle.ts';
import * as editBundle from './bundles/edit-bundle.ts';
import * as grantBundle from './bundles/grant-bundle.ts';
import * as openBundleRequest from './bundles/open-bundle-request.ts';
import * as requestBundle from './bundles/request-bundle.ts';
import * as sameAs from './bundles/same-as.ts';
import * as words from './commands.ts';
import * as deliveriesList from './event-endpoints/deliveries-list.ts';
import * as editEndpoint from './event-endpoints/edit-endpoint.ts';
import * as endpointCard from './event-endpoints/endpoint-card.ts';
import * as endpointsList from './event-endpoints/endpoints-list.ts';
import * as decideFinding from './findings/decide-finding.ts';
import * as findingsCard from './findings/findings-card.ts';
import * as home from './home/home.ts';
import * as decideSync from './imports/decide-sync.ts';
import * as ignoredPeople from './imports/ignored-people.ts';
import * as importActions from './imports/import-actions.ts';
import * as importCard from './imports/import-card.ts';
import * as importPeople from './imports/import-people.ts';
import * as importSources from './imports/import-sources.ts';
import * as managersOfAdmins from './imports/managers-of-admins.ts';
import * as openImport from './imports/open-import.ts';
import * as ownFields from './imports/own-fields.ts';
import * as pauseSync from './imports/pause-sync.ts';
import * as rehireNotice from './imports/rehire-notice.ts';
import * as startForImport from './imports/start-for-import.ts';
import * as syncActions from './imports/sync-actions.ts';
import * as syncCard from './imports/sync-card.ts';
import * as syncDetails from './imports/sync-details.ts';
import * as syncNotice from './imports/sync-notice.ts';
import * as addByHand from './integrations/add-by-hand.ts';
import * as addIntegration from './integrations/add-integration.ts';
import * as breakGlassSetting from './integrations/break-glass-setting.ts';
import * as callbackAddress from './integrations/callback-address.ts';
import * as catalogueList from './integrations/catalogue-list.ts';
import * as connectionNotice from './integrations/connection-notice.ts';
import * as deleteIntegration from './integrations/delete-integration.ts';
import * as editIntegration from './integrations/edit-integration.ts';
import * as enterSecrets from './integrations/enter-secrets.ts';
import * as integrationCard from './integrations/integration-card.ts';
import * as integrationSettings from './integrations/integration-settings.ts';
import * as integrationVersions from './integrations/integration-versions.ts';
import * as integrationWarnings from './integrations/integration-warnings.ts';
import * as integrationsList from './integrations/integrations-list.ts';
import * as nameAndIcon from './integrations/name-and-icon.ts';
import * as openPage from './integrations/open-page.ts';
import * as turnIntegration from './integrations/turn-integration.ts';
import * as confirmLink from './messages/confirm-link.ts';
import * as deliveryCard from './messages/delivery-card.ts';
import * as noticePlace from './messages/notice-place.ts';
import * as notices from './messages/notices.ts';
import * as sendTextAgain from './messages/send-text-again.ts';
import * as unsentMessages from './messages/unsent-messages.ts';
import * as offboard from './offboarding/offboard.ts';
import * as offboardingCard from './offboarding/offboarding-card.ts';
import * as accountCard from './people/account-card.ts';
import * as changeRole from './people/change-role.ts';
import * as confirmFact from './people/confirm-fact.ts';
import * as editPerson from './people/edit-person.ts';
import * as enterFacts from './people/enter-facts.ts';
import * as erasePerson from './people/erase-person.ts';
import * as factClaimCard from './people/fact-claim-card.ts';
import * as findPerson from './people/find-person.ts';
import * as hirePerson from './people/hire-person.ts';
import * as joinList from './people/join-list.ts';
import * as joins from './people/joins.ts';
import * as language from './people/language.ts';
import * as leavePerson from './people/leave-person.ts';
import * as linkChat from './people/link-chat.ts';
import * as openPerson from './people/open-person.ts';
import * as peopleList from './people/people-list.ts';
import * as personCard from './people/person-card.ts';
import * as unlinkChat from './people/unlink-chat.ts';
import * as applyPolicy from './policies/apply-policy.ts';
import * as editCase from './policies/edit-case.ts';
import * as editPolicyCondition from './policies/edit-condition.ts';
import * as editStage from './policies/edit-stage.ts';
import * as policyCard from './policies/policy-card.ts';
import * as tryPolicy from './policies/try-policy.ts';
import * as away from './requests/away.ts';
import * as breakGlass from './requests/break-glass.ts';
import * as decideOtherwise from './requests/decide-otherwise.ts';
import * as decideRequest from './requests/decide-request.ts';
import * as pickRequest from './requests/pick-request.ts';
import * as requestAccess from './requests/request-access.ts';
import * as requestCard from './requests/request-card.ts';
import * as requestList from './requests/request-list.ts';
import * as requestNotice from './requests/request-notice.ts';
import * as campaignCard from './reviews/campaign-card.ts';
import * as campaignForm from './reviews/campaign-form.ts';
import * as campaignsList from './reviews/campaigns-list.ts';
import * as decideReview from './reviews/decide-review.ts';
import * as remind from './reviews/remind.ts';
import * as reviewCard from './reviews/review-card.ts';
import * as reviewList from './reviews/review-list.ts';
import * as reviewReport from './reviews/review-report.ts';
import { offeredTo } from './rights.ts';
import * as editRuleCondition from './rules/edit-condition.ts';
import * as editRule from './rules/edit-rule.ts';
import * as ruleCard from './rules/rule-card.ts';
import * as ruleExceptions from './rules/rule-exceptions.ts';
import * as ruleImpact from './rules/rule-impact.ts';
import * as ruleItem from './rules/rule-item.ts';
import * as ruleNotice from './rules/rule-notice.ts';
import * as rulesList from './rules/rules-list.ts';
import * as failedRuns from './runs/failed-runs.ts';
import * as retryRun from './runs/retry-run.ts';
import * as runAgain from './runs/run-again.ts';
import * as runCard from './runs/run-card.ts';
import * as runDetails from './runs/run-details.ts';
import * as runHistory from './runs/run-history.ts';
import * as addHook from './sequences/add-hook.ts';
import * as answerFacts from './sequences/answer-facts.ts';
import * as assignSequence from './sequences/assign-sequence.ts';
import * as decideItem from './sequences/decide-item.ts';
import * as editHook from './sequences/edit-hook.ts';
import * as editSequence from './sequences/edit-sequence.ts';
import * as hookCard from './sequences/hook-card.ts';
import * as integrationItem from './sequences/integration-item.ts';
import * as messageItem from './sequences/message-item.ts';
import * as previewMessage from './sequences/preview-message.ts';
import * as sequenceCard from './sequences/sequence-card.ts';
import * as sequenceStarts from './sequences/sequence-starts.ts';
import * as sequencesList from './sequences/sequences-list.ts';
import * as taskItem from './sequences/task-item.ts';
import * as timelineCard from './sequences/timeline-card.ts';
import * as auditHeadCard from './settings/audit-head-card.ts';
import * as auditLog from './settings/audit-log.ts';
import * as exportFile from './settings/export-file.ts';
import * as firstSteps from './settings/first-steps.ts';
import * as overviewLink from './settings/overview-link.ts';
import * as workspaceSettings from './settings/workspace-settings.ts';
import * as answerAuthenticator from './step-up/answer-authenticator.ts';
import * as authenticatorQuestion from './step-up/authenticator-question.ts';
import * as setUpAuthenticator from './step-up/set-up-authenticator.ts';
import * as openTask from './tasks/open-task.ts';
import * as reassignTask from './tasks/reassign-task.ts';
import * as taskCard from './tasks/task-card.ts';
import * as taskList from './tasks/task-list.ts';
import * as taskNotice from './tasks/task-notice.ts';
import * as newToken from './tokens/new-token.ts';
import * as revokeToken from './tokens/revoke-token.ts';
import * as tokenList from './tokens/token-list.ts';
import * as tokenNotices from './tokens/token-notices.ts';
import * as currentChange from './transitions/current-change.ts';
import * as decideRow from './transitions/decide-row.ts';
import * as transitionCard from './transitions/transition-card.ts';
import * as welcome from './welcome.ts';

export { commands } from './commands.ts';

const exported: readonly unknown[] = [
  liveMessages,
  accessCard,
  accessNotice,
  cancelledGrant,
  discoveries,
  foundList,
  giveBack,
  grantAccess,
  holdCard,
  holdersList,
  pausedRemovals,
  pickIntegration,
  removalActions,
  removalCard,
  removalList,
  removalNotice,
  revokeAccess,
  shortcuts,
  applyBundle,
  bundleCard,
  bundleItem,
  bundleRequestCard,
  bundlesList,
  decideBundle,
  editBundle,
  grantBundle,
  openBundleRequest,
  requestBundle,
  sameAs,
  words,
  deliveriesList,
  editEndpoint,
  endpointCard,
  endpointsList,
  decideFinding,
  findingsCard,
  home,
  decideSync,
  ignoredPeople,
  importActions,
  importCard,
  importPeople,
  importSources,
  managersOfAdmins,
  openImport,
  ownFields,
  pauseSync,
  rehireNotice,
  startForImport,
  syncActions,
  syncCard,
  syncDetails,
  syncNotice,
  addByHand,
  addIntegration,
  breakGlassSetting,
  callbackAddress,
  catalogueList,
  connectionNotice,
  deleteIntegration,
  editIntegration,
  enterSecrets,
  integrationCard,
  integrationSettings,
  integrationVersions,
  integrationWarnings,
  integrationsList,
  nameAndIcon,
  openPage,
  turnIntegration,
  confirmLink,
  deliveryCard,
  noticePlace,
  notices,
  sendTextAgain,
  unsentMessages,
  offboard,
  offboardingCard,
  accountCard,
  changeRole,
  confirmFact,
  editPerson,
  enterFacts,
  erasePerson,
  factClaimCard,
  findPerson,
  hirePerson,
  joinList,
  joins,
  language,
  leavePerson,
  linkChat,
  openPerson,
  peopleList,
  personCard,
  unlinkChat,
  applyPolicy,
  editCase,
  editPolicyCondition,
  editStage,
  policyCard,
  tryPolicy,
  away,
  breakGlass,
  decideOtherwise,
  decideRequest,
  pickRequest,
  requestAccess,
  requestCard,
  requestList,
  requestNotice,
  campaignCard,
  campaignForm,
  campaignsList,
  decideReview,
  remind,
  reviewCard,
  reviewList,
  reviewReport,
  editRuleCondition,
  editRule,
  ruleCard,
  ruleExceptions,
  ruleImpact,
  ruleItem,
  ruleNotice,
  rulesList,
  failedRuns,
  retryRun,
  runAgain,
  runCard,
  runDetails,
  runHistory,
  addHook,
  answerFacts,
  assignSequence,
  decideItem,
  editHook,
  editSequence,
  hookCard,
  integrationItem,
  messageItem,
  previewMessage,
  sequenceCard,
  sequenceStarts,
  sequencesList,
  taskItem,
  timelineCard,
  auditHeadCard,
  auditLog,
  exportFile,
  firstSteps,
  overviewLink,
  workspaceSettings,
  answerAuthenticator,
  authenticatorQuestion,
  setUpAuthenticator,
  openTask,
  reassignTask,
  taskCard,
  taskList,
  taskNotice,
  newToken,
  revokeToken,
  tokenList,
  tokenNotices,
  currentChange,
  decideRow,
  transitionCard,
  welcome,
].flatMap((file: object): readonly unknown[] => Object.values(file));

export const actions = new ActionBook(exported.filter(isAction));

export const cards = new CardBook(exported.filter(isCardView), (card, { reader }: Reader) =>
  offeredTo(card, reader),
);

// Every action of a feature is pressed in a turn, and every live card has a reader.

function isAction(value: unknown): value is Action<Turn> {
  return hasAll(value, ['id', 'press', 'with']);
}

function isCardView(value: unknown): value is CardView<Reader> {
  return hasAll(value, ['id', 'copies', 'render']);
}

function hasAll(value: unknown, keys: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && keys.every((key) => key in value);
}
