/** Whom Lodestone has on its staff list: people of the sample company, others, and rows as real lists have them. */

export interface StaffRow {
  readonly mail: string | null;
  readonly given_name: string;
  readonly family_name: string;
  readonly job: { readonly title: string; readonly department: string };
  readonly phone: string | null;
  readonly reports_to: string | null;
}

const domain = 'harbour.example';

/** Four of them are in the directory already; Ann's address is in capitals. */
const people: readonly (readonly [
  name: string,
  title: string,
  department: string,
  boss?: string,
])[] = [
  ['Marco Ruiz', 'Head of Product', 'Product'],
  ['Ines Falk', 'Head of Finance', 'Finance'],
  ['Ann Lee', 'Product manager', 'Product', 'marco.ruiz'],
  ['Ben Sato', 'Accountant', 'Finance', 'ines.falk'],
  ['Tove Lindqvist', 'Head of Harbour', 'Harbour'],
  ['Kwame Boateng', 'Crane operator', 'Harbour', 'tove.lindqvist'],
  ['Maite Etxeberria', 'Pilot', 'Harbour', 'tove.lindqvist'],
  ['Jonas Weber', 'Pilot', 'Harbour', 'tove.lindqvist'],
  ['Priya Nair', 'Designer', 'Product', 'marco.ruiz'],
  ['Leila Amrani', 'Developer', 'Product', 'marco.ruiz'],
  ['Tomasz Zielinski', 'Developer', 'Product', 'marco.ruiz'],
  ['Grace Mbeki', 'Controller', 'Finance', 'ines.falk'],
  ['Olu Adeyemi', 'Night watch', 'Harbour', 'tove.lindqvist'],
  ['Sofia Rossi', 'Payroll', 'Finance', 'ines.falk'],
];

export const staffList: readonly StaffRow[] = [
  ...people.map(([name, title, department, boss], n) => {
    const [given = '', family = ''] = name.split(' ');
    const mail = `${given}.${family}@${domain}`;
    return {
      mail: given === 'Ann' ? mail.toUpperCase() : mail.toLowerCase(),
      given_name: given,
      family_name: family,
      job: { title, department },
      phone: `+31 10 555 01${String(n).padStart(2, '0')}`,
      reports_to: boss === undefined ? null : `${boss}@${domain}`,
    };
  }),
  row('printer.2nd-floor@harbour.example', 'Printer', '2nd floor'),
  row(null, 'Agency', 'Worker'),
  row('priya.nair@harbour.example', 'Priya', 'Nair'),
];

function row(mail: string | null, given: string, family: string): StaffRow {
  return {
    mail,
    given_name: given,
    family_name: family,
    job: { title: '', department: 'Harbour' },
    phone: null,
    reports_to: null,
  };
}
