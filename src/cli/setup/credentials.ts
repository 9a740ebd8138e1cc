/** The variables by which Latchkey connects to each chat. */

export const SLACK_WAYS = ['SLACK_APP_TOKEN', 'SLACK_SIGNING_SECRET'];
export const CERTIFICATE = 'TEAMS_CERTIFICATE_FILE';
export const FEDERATED_TOKEN = 'TEAMS_FEDERATED_TOKEN_FILE';
/** Azure's Kubernetes sets it for the whole pod. */
export const WORKLOAD_IDENTITY = 'AZURE_FEDERATED_TOKEN_FILE';
export const CREDENTIALS = {
  slack: [
    'SLACK_BOT_TOKEN',
    ...SLACK_WAYS,
    'SLACK_REFRESH_TOKEN',
    'SLACK_CLIENT_ID',
    'SLACK_CLIENT_SECRET',
  ],
  teams: [
    'TEAMS_APP_ID',
    'TEAMS_TENANT_ID',
    'TEAMS_APP_PASSWORD',
    CERTIFICATE,
    FEDERATED_TOKEN,
    'TEAMS_CONNECTOR',
  ],
  /** To try Teams, beside no other chat. */
  local: ['TEAMS_LOCAL', 'TEAMS_LOCAL_SECRET'],
};
