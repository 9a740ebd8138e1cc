/**
 * An HR system in a process of its own: any number of people, page by page, each page made while it is sent. Says its
 * address to its parent process.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const DEPARTMENTS = ['Harbour', 'Yard', 'Office', 'Night shift'];

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://hr.example');
  const [people, size, from] = ['people', 'size', 'from'].map((name) =>
    Number(searchParams.get(name) ?? 0),
  ) as [number, number, number]; // Three names, three numbers.
  const isFull = searchParams.has('full');
  response.setHeader('Content-Type', 'application/json');
  sendPage(response, { pathname, people, size, from, isFull });
});

/** People in one piece of the answer, some 20 kB. */
const WRITTEN_AT_ONCE = 100;

interface Page {
  readonly pathname: string;
  /** How many there are in all. */
  readonly people: number;
  /** Of a page. */
  readonly size: number;
  readonly from: number;
  /** With what an HR system knows besides name and address: two hundred bytes more of each. */
  readonly isFull: boolean;
}

function sendPage(response: ServerResponse, { pathname, people, size, from, isFull }: Page): void {
  const until = Math.min(from + size, people);
  response.write('{"employees":[');
  for (let start = from; start < until; start += WRITTEN_AT_ONCE) {
    const some = Array.from({ length: Math.min(WRITTEN_AT_ONCE, until - start) }, (_, n) =>
      JSON.stringify({ ...employee(start + n), ...(isFull && more(start + n)) }),
    );
    response.write(`${start > from ? ',' : ''}${some.join(',')}`);
  }
  const full = isFull ? '&full' : '';
  const next = `${pathname}?people=${people}&size=${size}&from=${until}${full}`;
  response.end(`],"next":${until < people ? JSON.stringify(next) : 'null'}}`);
}

const employee = (n: number) => ({
  id: n,
  workEmail: emailOf(n),
  firstName: 'Person',
  lastName: `Number ${n}`,
  department: DEPARTMENTS[n % DEPARTMENTS.length],
  hiredOn: '2024-03-01',
  location: { city: 'Rotterdam', country: 'NL' },
  status: 'active',
});

const emailOf = (n: number): string => `Person.${n}@harbour.example`;

/** People a manager has. */
const REPORTS = 10;

const more = (n: number) => ({
  number: `E${n}`,
  title: `Title ${n % 50}`,
  phone: '+32470123456',
  timeZone: 'Europe/Amsterdam',
  manager: { email: emailOf(Math.floor(n / REPORTS)) },
});

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo; // Only a pipe's address is a string.
  process.send?.({ url: `http://127.0.0.1:${port}` });
});
process.on('disconnect', () => process.exit(0));
