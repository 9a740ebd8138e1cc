/** Teams without tokens, as the demo has it: also beside Slack and on PostgreSQL, since its clients send a secret. */
const SECRET = 'only-the-tests-know-this';

export const LOCAL_TEAMS = { TEAMS_LOCAL: '1', TEAMS_LOCAL_SECRET: SECRET } as const;

/** Where its clients send activities; where no secret is asked for, none counts. */
export const LOCAL_MESSAGES = `/api/messages?secret=${SECRET}`;
