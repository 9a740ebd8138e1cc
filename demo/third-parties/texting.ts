/** Skylark, a sample provider of texts: a bearer token, E.164 numbers, and a page that shows what arrived. */
import express, { type Express, type RequestHandler, type Response } from 'express';
import {
  type Credentials,
  noCredentials,
  startApp,
  type ThirdParty,
  watchCredentials,
} from './start-app.ts';

export interface SentText {
  readonly to: string;
  readonly text: string;
}

export interface TextingState {
  /** In the order in which they came. */
  readonly texts: SentText[];
  readonly credentials: Credentials;
}

export const SKYLARK_TOKEN = 'skylark-demo-9Bd4Wm2Rk';

/** Longer ones are refused, as real providers do. */
const LONGEST = 1600;

/**
 * Starts Skylark without texts.
 * @param arrived told of each text
 */
export function startTexting({
  port = 0,
  credentials = noCredentials(),
  arrived = () => undefined,
}: {
  readonly port?: number;
  readonly credentials?: Credentials;
  readonly arrived?: (text: SentText) => void;
} = {}): Promise<ThirdParty<TextingState>> {
  const state: TextingState = { texts: [], credentials };
  const app = express().disable('x-powered-by');
  app.get('/', (_, response) => {
    response.type('text/plain').send(listing(state));
  });
  app.use(watchCredentials('Authorization', credentials), requireToken, express.json());
  takeTexts(app, state, arrived);
  app.use((_, response) => refuse(response, 404, 'There is nothing here.'));
  return startApp(app, state, port);
}

const requireToken: RequestHandler = (request, response, next) => {
  if (request.headers.authorization === `Bearer ${SKYLARK_TOKEN}`) next();
  else refuse(response, 401, 'The token is missing or wrong.');
};

function takeTexts(app: Express, { texts }: TextingState, arrived: (text: SentText) => void): void {
  /** A text that is sent again under its key is not sent twice. */
  const known = new Set<string>();

  app.post('/texts', (request, response) => {
    const { to, text } = (request.body ?? {}) as { readonly to?: unknown; readonly text?: unknown };
    if (typeof to !== 'string' || !/^\+[1-9]\d{6,14}$/.test(to))
      return refuse(response, 400, "The number isn't in E.164.");
    if (typeof text !== 'string' || text === '' || text.length > LONGEST)
      return refuse(response, 400, `A text has 1 to ${LONGEST} characters.`);
    const key = request.get('Idempotency-Key') ?? '';
    if (key === '' || !known.has(key)) {
      texts.push({ to, text });
      arrived({ to, text });
    }
    known.add(key);
    response.status(202).json({ status: 'queued', number: texts.length });
  });
}

const listing = ({ texts }: TextingState): string =>
  texts.length === 0
    ? 'Skylark has sent no texts yet.\n'
    : texts.map(({ to, text }) => `${to}\n  ${text.replaceAll('\n', '\n  ')}\n`).join('\n');

function refuse(response: Response, status: number, message: string): void {
  response.status(status).json({ message });
}
