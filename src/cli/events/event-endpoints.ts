/** `latchkey event-endpoint …`: addresses that receive events. The secret is printed once, when it is made. */
import { unreachable } from '../../core/unreachable.ts';
import {
  addEndpoint,
  deleteEndpoint,
  rotateSecret,
  sendTest,
  wrongFields,
} from '../../engine/event-endpoints/change-endpoint.ts';
import {
  type EventDelivery,
  type EventEndpoint,
  LONGEST_NAME,
  MAX_ENDPOINTS,
} from '../../engine/event-endpoints/event-endpoint.ts';
import { isChoosable } from '../../engine/event-endpoints/event-kinds.ts';
import { CommandError } from '../command-error.ts';
import { inSession, type Session } from '../session.ts';

/** `latchkey event-endpoint add NAME URL [--events KINDS]` */
export const addEndpointCommand = (
  name: string,
  url: string,
  { events }: { readonly events?: string },
): Promise<void> =>
  inSession(async ({ transact, actor, output }) => {
    const fields = { name: name.trim(), url: url.trim(), kinds: kindsIn(events) };
    const [problem] = Object.values(wrongFields(fields));
    if (problem !== undefined) throw new CommandError(`nothing was added: ${problem}`);
    const added = await transact((tx) => addEndpoint(tx, fields, { actor, isRevealed: true }));
    switch (added.kind) {
      case 'added':
        output.line(`Added ${added.endpoint.name}.`);
        return showSecret(added.endpoint, output);
      case 'taken':
        throw new CommandError(`another event endpoint is called "${fields.name}"`);
      case 'too-many':
        throw new CommandError(
          `there are already ${MAX_ENDPOINTS} event endpoints: remove one that is no longer used`,
        );
      default:
        return unreachable(added);
    }
  });

/** @throws {CommandError} for what is no event, and for none, such as an empty variable of a script: that is not all */
function kindsIn(events = 'all'): readonly string[] {
  if (events === 'all') return [];
  const kinds = events.split(/[\s,]+/).filter(Boolean);
  const wrong = kinds.find((kind) => !isChoosable(kind));
  if (wrong !== undefined)
    throw new CommandError(
      `nothing was added: there is no event "${wrong.slice(0, LONGEST_NAME)}"`,
    );
  if (kinds.length > 0) return kinds;
  throw new CommandError('nothing was added: --events names no event; leave it out for all');
}

function showSecret({ secret }: EventEndpoint, output: Session['output']): void {
  output.line(`Its secret, which is shown only now: ${secret}`);
}

/** `latchkey event-endpoint list` */
export const listEndpointsCommand = (): Promise<void> =>
  inSession(async ({ stores, output }) => {
    const [endpoints, unreadable] = await Promise.all([
      stores.eventEndpoints.list(),
      stores.eventEndpoints.unreadable(),
    ]);
    output.table(
      ['NAME', 'HOST', 'EVENTS', 'STATE', 'LAST SENT'],
      [
        ...endpoints.map((endpoint) => [
          endpoint.name,
          new URL(endpoint.url).host, // The rest of some addresses is a secret.
          endpoint.kinds.join(', ') || 'all',
          stateOf(endpoint),
          endpoint.lastSentAt?.toISOString() ?? 'never',
        ]),
        ...unreadable.map(({ name }) => [name, '', '', "can't be read", '']),
      ],
      'There are no event endpoints yet. Add one with: latchkey event-endpoint add NAME URL',
    );
  });

function stateOf(endpoint: EventEndpoint): string {
  if (endpoint.state !== 'off') return endpoint.failingSince ? 'failing' : 'on';
  return endpoint.why === 'by-hand' ? 'off' : `off (${endpoint.why})`;
}

/** `latchkey event-endpoint rotate NAME` */
export const rotateEndpointCommand = (name: string): Promise<void> =>
  inSession(async (session) => {
    const { transact, actor, output } = session;
    const { id } = await idOf(name, session);
    const rotated = await transact(async (tx) => {
      const endpoint = await tx.eventEndpoints.find(id);
      return endpoint && rotateSecret(tx, endpoint, { actor, isRevealed: true });
    });
    if (!rotated) throw new CommandError(`"${name}" was just removed`);
    output.line(`${rotated.name} has a new secret. For 24 hours the previous one signs, too.`);
    showSecret(rotated, output);
  });

/** `latchkey event-endpoint remove NAME` */
export const removeEndpointCommand = (name: string): Promise<void> =>
  inSession(async (session) => {
    const { transact, actor, output } = session;
    const endpoint = await idOf(name, session);
    await transact((tx) => deleteEndpoint(tx, endpoint, { actor }));
    output.line(`Removed ${endpoint.name}. What still waited to be sent there is not sent.`);
  });

/** Longer than a try may take. */
const WAIT_MS = 20_000;
const LOOK_EVERY_MS = 500;

/** `latchkey event-endpoint test NAME` */
export const testEndpointCommand = (name: string): Promise<void> =>
  inSession(async (session) => {
    const { stores, transact, output, pause } = session;
    const endpoint = await endpointNamed(name, session);
    const sent = await transact((tx) => sendTest(tx, endpoint));
    if (!sent)
      throw new CommandError(
        `${endpoint.name} is turned off: turn it on in chat, with the word "events"`,
      );
    for (let waited = 0; waited < WAIT_MS; waited += LOOK_EVERY_MS) {
      const delivery = await stores.eventDeliveries.find(sent.id);
      if (!delivery) throw new CommandError(`"${name}" was just removed`);
      if (delivery.state !== 'waiting' || delivery.attempts > 0)
        return report(delivery, endpoint, output);
      await pause(LOOK_EVERY_MS);
    }
    const now = await stores.eventEndpoints.find(endpoint.id);
    throw new CommandError(
      now?.pausedUntil
        ? `the test waits: ${endpoint.name} asked Latchkey to send nothing until ${now.pausedUntil.toISOString()}`
        : 'the test waits to be sent: is Latchkey running? See "latchkey status"',
    );
  });

function report(
  { state, status, answer = '' }: EventDelivery,
  { name }: EventEndpoint,
  output: Session['output'],
): void {
  const answered = [status, answer].filter((part) => part !== undefined && part !== '').join(' ');
  if (state !== 'sent') throw new CommandError(`${name} didn't take the test: ${answered}`);
  output.line(`${name} took the test: ${answered}`);
}

/** @throws {CommandError} */
async function endpointNamed(name: string, session: Session): Promise<EventEndpoint> {
  const { id } = await idOf(name, session);
  const endpoint = await session.stores.eventEndpoints.find(id);
  if (endpoint) return endpoint;
  throw new CommandError(`"${name}" was just removed`);
}

/** Also of one that can't be read. @throws {CommandError} */
async function idOf(name: string, { stores }: Session) {
  const endpoint = await stores.eventEndpoints.named(name.trim());
  if (endpoint) return endpoint;
  const known = (await stores.eventEndpoints.list()).map((each) => each.name);
  throw new CommandError(
    `no event endpoint is called "${name}"; ${known.length > 0 ? `there are ${known.join(', ')}` : 'add one with "latchkey event-endpoint add NAME URL"'}`,
  );
}
