/** Tables of Sampled Values. Sources: IEC 61850-9-2:2011, 8.5 and tables 13, 14; the implementation guideline "9-2LE"; IEC 61869-9. */
import type { FunctionInfo } from '../../../records.ts';

export const ETHER_TYPES: readonly number[] = [0x88ba];

/** `savPdu` is APPLICATION 0 (9-2, table 14). */
export const PDU_TAG = 0x60;
export const FIELD = { noAsdu: 0x80, security: 0x81, seqAsdu: 0xa2 } as const;
export const ASDU_TAG = 0x30;
/** Fields of an ASDU (9-2, table 14). */
export const ASDU_FIELD = {
  svId: 0x80,
  datSet: 0x81,
  smpCnt: 0x82,
  confRev: 0x83,
  refrTm: 0x84,
  smpSynch: 0x85,
  smpRate: 0x86,
  samples: 0x87,
  smpMod: 0x88,
  gmIdentity: 0x89,
} as const;
/** First bit of the first reserved field: simulated (9-2, 5.3.3.4.5). */
export const SIMULATED_BIT = 0x8000;

/** 9-2LE data set: four currents and four voltages, INT32 and quality 4 each. [bytes] */
export const CHANNELS = 8;
export const CHANNEL_BYTES = 8;
/** Validity stands in the last two bits of the quality (9-2, 8.6; 7-3, 6.2.1). */
export const VALIDITY_MASK = 3;

export const AREA = { sample: 0, smpCnt: 1, confRev: 2, smpSynch: 3, smpRate: 4 } as const;
export const AREAS: readonly string[] = ['sample', 'smpCnt', 'confRev', 'smpSynch', 'smpRate'];

export const FUNCTION = { samples: 1, simulated: 2, malformed: 3 } as const;
export const FUNCTIONS: readonly FunctionInfo[] = [
  { code: FUNCTION.samples, name: 'samples', class: 'read', effect: 'none', risk: 0, techniques: ['T0801'] },
  {
    code: FUNCTION.simulated,
    name: 'simulated',
    class: 'safety',
    effect: 'changes-mode',
    risk: 4,
    techniques: ['T1692.002', 'T0837'],
  },
  {
    code: FUNCTION.malformed,
    name: 'malformed',
    class: 'config',
    effect: 'changes-mode',
    risk: 3,
    techniques: ['T0814'],
  },
];
