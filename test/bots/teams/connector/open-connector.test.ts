import { describe, expect, test } from 'vitest';
import type { ConnectorDriver } from '../../../../src/bots/teams/connector/connector.ts';
import type { Credential } from '../../../../src/bots/teams/connector/credential.ts';
import {
  type ConnectorDeps,
  openConnector,
} from '../../../../src/bots/teams/connector/open-connector.ts';

const http = { send: () => expect.unreachable() };
type Sdk = NonNullable<ConnectorDeps['sdk']>;
const secret: Credential = { kind: 'secret', secret: 'x' };
const certificate: Credential = { kind: 'certificate', file: '/nowhere' };

const notInstalled = { isInstalled: () => false, load: () => Promise.reject(missing()) };
const open = (
  driver: ConnectorDriver | undefined,
  { credential = secret, sdk }: { credential?: Credential; sdk?: Sdk } = {},
) =>
  openConnector(
    { app: { appId: 'a', tenantId: 't', credential }, driver },
    { http, now: () => 0, ...(sdk && { sdk }) },
  );

/** As Node throws it. */
const missing = () =>
  Object.assign(new Error("Cannot find package 'botbuilder' imported from /app/dist/src/x.js"), {
    code: 'ERR_MODULE_NOT_FOUND',
  });

describe('the driver', () => {
  test('is the SDK where it is installed, and direct where it isn’t', async () => {
    expect((await open(undefined)).driver).toBe('botbuilder');
    expect((await open(undefined, { sdk: notInstalled })).driver).toBe('direct');
  });

  test('is direct for a certificate, which the SDK isn’t given', async () => {
    expect((await open(undefined, { credential: certificate })).driver).toBe('direct');
  });

  test('is direct where that is wanted, and the SDK isn’t loaded', async () => {
    const sdk = { isInstalled: () => true, load: () => expect.unreachable() };
    expect((await open('direct', { sdk })).driver).toBe('direct');
  });

  test('is the SDK where that is wanted and the build has it, installed or not', async () => {
    const load = () => import('../../../../src/bots/teams/connector/botbuilder-driver.ts');
    const sdk = { isInstalled: () => false, load };
    expect((await open('botbuilder', { sdk })).driver).toBe('botbuilder');
  });

  test('that is wanted and is nowhere is a problem with its cure', async () => {
    await expect(open('botbuilder', { sdk: notInstalled })).rejects.toThrow(
      'remove it, or install',
    );
  });

  test.each(['botbuilder', undefined] as const)(
    'that is installed and broken is no reason to go without it (%s)',
    async (driver) => {
      const broken = () => Promise.reject(new SyntaxError('Unexpected token'));
      const sdk = { isInstalled: () => true, load: broken };
      await expect(open(driver, { sdk })).rejects.toThrow('Unexpected token');
    },
  );
});
