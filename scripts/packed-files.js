import { execFileSync } from 'node:child_process';

/**
 * The files of some folders that git keeps: what it ignores, such as `.env`, a database or a key, is never packed.
 * @returns paths from `root`, with `/`
 */
export function filesOf(folders, root = '.') {
  const listed = execFileSync('git', ['ls-files', '-z', '--', ...folders], { cwd: root });
  return listed.toString().split('\0').filter(Boolean);
}
