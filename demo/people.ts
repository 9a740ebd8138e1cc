/** The sample company. Every name is made up. */
import type { NewPerson } from '../src/engine/people/people.ts';

const domain = 'harbour.example';

/** In order: managers and buddies come before those who name them. The start dates are seen from `today`. */
export function samplePeople(today: Date): readonly NewPerson[] {
  const inDays = (days: number): string =>
    new Date(today.getTime() + days * 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
  return [
    {
      email: `marco.ruiz@${domain}`,
      firstName: 'Marco',
      lastName: 'Ruiz',
      position: 'Head of Product',
      department: 'Product',
      role: 'manager',
    },
    {
      email: `ines.falk@${domain}`,
      firstName: 'Ines',
      lastName: 'Falk',
      position: 'Head of Finance',
      department: 'Finance',
      role: 'manager',
    },
    {
      email: `noor.haddad@${domain}`,
      firstName: 'Noor',
      lastName: 'Haddad',
      position: 'Product designer',
      department: 'Product',
      managerEmail: `marco.ruiz@${domain}`,
    },
    {
      email: `ann.lee@${domain}`,
      firstName: 'Ann',
      lastName: 'Lee',
      position: 'Product manager',
      department: 'Product',
      managerEmail: `marco.ruiz@${domain}`,
      buddyEmail: `noor.haddad@${domain}`,
      startDate: inDays(3),
      role: 'new_hire',
    },
    {
      email: `ben.sato@${domain}`,
      firstName: 'Ben',
      lastName: 'Sato',
      position: 'Accountant',
      department: 'Finance',
      managerEmail: `ines.falk@${domain}`,
      startDate: inDays(10),
      role: 'new_hire',
    },
  ];
}

/** Who uses the chat clients. */
export const personas = {
  admin: {
    objectId: '00000000-0000-0000-0000-0000000000a1',
    givenName: 'Ada',
    surname: 'Okafor',
    email: `ada.okafor@${domain}`,
  },
  manager: {
    objectId: '00000000-0000-0000-0000-0000000000a2',
    givenName: 'Marco',
    surname: 'Ruiz',
    email: `marco.ruiz@${domain}`,
  },
  employee: {
    objectId: '00000000-0000-0000-0000-0000000000a4',
    givenName: 'Noor',
    surname: 'Haddad',
    email: `noor.haddad@${domain}`,
  },
} as const;
