import { temporaryDatabase } from '../support/database/database.ts';
import { START } from '../support/policies/company.ts';
import { policiesContract } from './policies.ts';

policiesContract(() => temporaryDatabase(() => START));
