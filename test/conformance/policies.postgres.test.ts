import { temporaryPostgres } from '../support/peers/postgres.ts';
import { START } from '../support/policies/company.ts';
import { policiesContract } from './policies.ts';

policiesContract(() => temporaryPostgres(() => START));
