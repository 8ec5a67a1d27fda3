/** The list of network detectors. The order is the order in which findings of one observation are said. */
import type { NetworkDetector } from '../detector.ts';
import { controllers } from './controllers.ts';
import { conversations } from './conversations.ts';
import { functions } from './functions.ts';
import { identities } from './identities.ts';
import { logins } from './logins.ts';
import { masters } from './masters.ts';
import { newcomers } from './newcomers.ts';
import { oddities } from './oddities.ts';
import { outcomes } from './outcomes.ts';
import { points } from './points.ts';
import { rates } from './rates.ts';
import { safety } from './safety.ts';
import { sequences } from './sequences.ts';
import { silence } from './silence.ts';
import { sweeps } from './sweeps.ts';
import { writes } from './writes.ts';

export const NETWORK_DETECTORS: readonly NetworkDetector[] = [
  newcomers,
  conversations,
  safety,
  functions,
  points,
  sweeps,
  masters,
  controllers,
  writes,
  sequences,
  rates,
  logins,
  outcomes,
  identities,
  silence,
  oddities,
];
