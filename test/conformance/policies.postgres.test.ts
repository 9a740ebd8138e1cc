import { temporaryPostgres } from '../support/peers/postgres.ts';
import { START } from '../support/policies/company.ts';
import { eachWordOnce, policiesContract } from './policies.ts';

// Which stage comes next is decided by the same code on both databases, and SQLite plays all.
policiesContract(() => temporaryPostgres(() => START), eachWordOnce);
