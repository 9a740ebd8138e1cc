import { temporaryDatabase } from '../../support/database/database.ts';
import { directoryContract } from './directory.ts';

directoryContract((now) => temporaryDatabase(now));
