/** The list of network detectors. The order is the order in which findings of one observation are said. */
import type { NetworkDetector } from '../detector.ts';

export const NETWORK_DETECTORS: readonly NetworkDetector[] = [];
