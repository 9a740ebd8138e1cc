/** Files that people upload in a modal or with a message. We fetch them with our token, from Slack only. */
import type { IncomingMessage } from 'node:http';
import type { webApi } from '@slack/bolt';
import { z } from 'zod';
import { t } from '../../core/translate.ts';
import { callByName, readUpTo } from '../../http/call-by-name.ts';
import { type ChatFile, fileTooLarge, readFileText } from '../view/file.ts';
import { PlatformError } from '../view/platform.ts';
import { api, slackSaid, tokenOf } from './web-api.ts';

const fileSchema = z.looseObject({
  id: z.string(),
  name: z.string().nullish(),
  mimetype: z.string().nullish(),
  /** In bytes. */
  size: z.number().nullish(),
  url_private: z.string().nullish(),
  url_private_download: z.string().nullish(),
});
/** The fields that we use. For a file from another workspace Slack sends only the id, and the rest on request. */
export type SlackFile = Readonly<z.infer<typeof fileSchema>>;

/** Leaves out what can't be read as a file. */
export const readSlackFiles = (given: unknown): readonly SlackFile[] =>
  z
    .array(z.unknown())
    .catch([])
    .parse(given)
    .flatMap((one) => fileSchema.safeParse(one).data ?? []);

/** @param timeoutMs for the download */
export function chatFile(client: webApi.WebClient, file: SlackFile, timeoutMs: number): ChatFile {
  const name = file.name || t`The file`;
  return {
    name,
    async text(maxBytes) {
      const bytes = await fetchFile(client, file, { maxBytes, timeoutMs });
      switch (bytes) {
        case 'too-large':
          return fileTooLarge(name, maxBytes);
        case 'not-allowed':
          return {
            refused: t`Slack didn't share "${name}": the Latchkey app has no permission to read files. Ask your Latchkey admin to reinstall it with the permission files:read.`,
          };
        case 'gone':
          return {
            refused: t`"${name}" no longer exists. Choose the file again and resend it.`,
          };
        case 'unreachable':
          return { refused: t`Slack didn't share "${name}" in time. Please send it again.` };
        default:
          return readFileText(name, bytes);
      }
    },
  };
}

type NoFile = 'too-large' | 'not-allowed' | 'gone' | 'unreachable';
interface Limits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

async function fetchFile(
  client: webApi.WebClient,
  given: SlackFile,
  limits: Limits,
): Promise<Uint8Array | NoFile> {
  const file = urlOf(given) ? given : await askSlack(client, given.id);
  if (typeof file === 'string') return file;
  if ((file.size ?? 0) > limits.maxBytes) return 'too-large';
  const url = urlOf(file);
  if (url === undefined || !isSlacks(url, client.slackApiUrl)) return 'gone';
  return download(url, await tokenOf(client), { ...limits, mimetype: file.mimetype });
}

const urlOf = ({ url_private_download, url_private }: SlackFile): string | undefined =>
  url_private_download || url_private || undefined;

async function askSlack(client: webApi.WebClient, id: string): Promise<SlackFile | NoFile> {
  try {
    const { file } = await api(client.files.info({ file: id }));
    return fileSchema.safeParse(file).data ?? 'gone';
  } catch (error) {
    if (slackSaid(error, 'missing_scope')) return 'not-allowed';
    if (slackSaid(error, 'file_not_found', 'file_deleted')) return 'gone';
    if (error instanceof PlatformError) return 'unreachable';
    throw error;
  }
}

/** Our token goes only to `files.slack.com`, or in tests to the other Web API's host and its files host. */
function isSlacks(text: string, apiUrl: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const home = new URL(apiUrl);
  return (
    url.origin === home.origin ||
    (url.protocol === 'https:' && url.port === '' && url.hostname === `files.${home.hostname}`)
  );
}

async function download(
  url: string,
  token: string,
  { mimetype, maxBytes, timeoutMs }: Pick<SlackFile, 'mimetype'> & Limits,
): Promise<Uint8Array | NoFile> {
  try {
    const answer = await callByName(url, {
      headers: { Authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(timeoutMs),
    });
    const refusal = refusalOf(answer, mimetype ?? '');
    if (refusal === undefined) return (await readUpTo(answer, maxBytes)) ?? 'too-large';
    answer.destroy();
    return refusal;
  } catch {
    return 'unreachable'; // An error may name the address, and that address is secret.
  }
}

/** Without the scope Slack sends the sign-in page, or a redirect to it. */
function refusalOf(
  { statusCode: status = 0, headers }: IncomingMessage,
  mimetype: string,
): NoFile | undefined {
  if (status === 404 || status === 410) return 'gone';
  if (status >= 500 || status === 429) return 'unreachable';
  const isPage = headers['content-type']?.startsWith('text/html') === true;
  return status !== 200 || (isPage && mimetype !== 'text/html') ? 'not-allowed' : undefined;
}
