import { temporaryDatabase } from '../../support/database/database.ts';
import { bundlesContract } from './bundles.ts';

bundlesContract((now) => temporaryDatabase(now));
