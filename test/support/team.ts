import type { Person } from '../../src/engine/people/directory.ts';
import type { TestChat } from './chat.ts';

/** Bo Boss, and Ann Lee, who reports to him. */
export async function bossAndAnn(
  chat: TestChat,
): Promise<{ readonly boss: Person; readonly ann: Person }> {
  const boss = await chat.person({ email: 'boss@example.com', firstName: 'Bo', lastName: 'Boss' });
  const ann = await chat.person({
    email: 'ann@example.com',
    firstName: 'Ann',
    lastName: 'Lee',
    managerEmail: boss.email,
  });
  return { boss, ann };
}

/** The same, and Ada, an admin. */
export async function teamIn(
  chat: TestChat,
): Promise<{ readonly admin: Person; readonly boss: Person; readonly ann: Person }> {
  const admin = await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  return { admin, ...(await bossAndAnn(chat)) };
}
