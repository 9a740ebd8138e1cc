/** Which addresses get our messages and the bot's token. */
import { isLoopbackHost } from '../../../core/network/loopback.ts';
import { PlatformError } from '../../view/platform.ts';
import type { Connector } from './connector.ts';

/**
 * The Bot Connector's hosts of Teams, as Microsoft's SDK for Teams lists them for the public cloud (with GCC). Anyone can
 * have another name under `trafficmanager.net`.
 */
const HOSTS: ReadonlySet<string> = new Set([
  'smba.trafficmanager.net',
  'smba.onyx.prod.teams.trafficmanager.net',
  'smba.infra.gcc.teams.microsoft.com',
]);

export type IsServiceUrl = (text: string) => boolean;

export const isMicrosofts: IsServiceUrl = (text) => {
  const url = plainUrl(text);
  return url?.protocol === 'https:' && url.port === '' && HOSTS.has(url.hostname);
};

/** Of the local client. */
export const isOfThisMachine: IsServiceUrl = (text) => {
  const url = plainUrl(text);
  return url?.protocol === 'http:' && isLoopbackHost(url.hostname);
};

function plainUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isPlain = `${url.username}${url.password}${url.search}${url.hash}` === '';
  return isPlain ? url : undefined;
}

/** The same connector, which calls only these addresses. Nothing is sent to another one, and no token is made for it. */
export function calledOnlyAt(isServiceUrl: IsServiceUrl, connector: Connector): Connector {
  const check = (serviceUrl: string): void => {
    if (!isServiceUrl(serviceUrl))
      throw new PlatformError(
        'refused',
        'The service address of a conversation is not Microsoft’s',
      );
  };
  return {
    driver: connector.driver,
    async send(to, activity) {
      check(to.serviceUrl);
      return connector.send(to, activity);
    },
    async update(message, activity) {
      check(message.serviceUrl);
      return connector.update(message, activity);
    },
    async open(serviceUrl, start) {
      check(serviceUrl);
      return connector.open(serviceUrl, start);
    },
    async member(of, userId) {
      check(of.serviceUrl);
      return connector.member(of, userId);
    },
  };
}
