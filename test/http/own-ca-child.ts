/** A process that calls what its first argument names, and prints what came of it: whom it trusts is settled when it starts. */
import { parseAllowList } from '../../src/http/address-guard.ts';
import { callByName, readUpTo } from '../../src/http/call-by-name.ts';
import { createHttp } from '../../src/http/got-http.ts';
import { sendThroughProxy } from '../../src/http/sdk-proxy.ts';
import { whyNoMail } from '../../src/mail/smtp.ts';
import { openDatabase } from '../../src/store/database.ts';
import { whyNoDatabase } from '../../src/store/database-trouble.ts';
import { ok } from '../support/given/outcomes.ts';

const { service, proxy, smtp, database } = JSON.parse(process.argv[2] ?? '') as Record<
  'service' | 'proxy' | 'smtp' | 'database',
  string
>;
const allowed = ok(parseAllowList('127.0.0.1'));
const http = { allowPrivateHosts: allowed.list, userAgent: 'Latchkey' };
const limits = { timeoutMs: 10_000, maxBytes: 1000 };
const request = { method: 'GET', url: service, headers: {} } as const;

const messageOf = (error: unknown) => (error instanceof Error ? error.message : undefined);
const said = async (work: () => Promise<string>, why = messageOf): Promise<string> =>
  work().catch((error: unknown) => `no: ${why(error) ?? 'something else'}`);
const textOf = (answer: Awaited<ReturnType<ReturnType<typeof createHttp>['send']>>): string =>
  answer.kind === 'answer' ? answer.text : `no: ${answer.message}`;

const throughProxy = createHttp({ ...http, proxy: { url: new URL(proxy), except: () => false } });
const direct = await said(async () => textOf(await createHttp(http).send(request, limits)));
const proxied = await said(async () => textOf(await throughProxy.send(request, limits)));
const mail = (await whyNoMail(smtp)) ?? 'ok';
const db = openDatabase(database);
const sql = await said(async () => {
  await db.raw('select 1');
  return 'ok';
}, whyNoDatabase);
await db.destroy();
await sendThroughProxy({ url: new URL(proxy), noProxy: '', except: () => false });
const called = async () => String(await readUpTo(await callByName(service, {}), 1000));
const sdk = await said(async () => `${await called()}, ${await called()}`);
process.stdout.write(JSON.stringify({ direct, proxied, mail, sql, sdk }));
process.exit(0);
