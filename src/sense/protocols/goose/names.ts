/** Tables of GOOSE. Sources: IEC 61850-8-1:2011, 18 and annex A (PDU), annex C (Ethertype header); IEC 61850-7-2:2010, 18. */
import type { FunctionInfo } from '../../../records.ts';

/** GOOSE, and GSE management (8-1, annex C). */
export const ETHER_TYPES: readonly number[] = [0x88b8, 0x88b9];

/** Outer tags (8-1, annex A): `goosePdu` is APPLICATION 1, `gseMngtPdu` APPLICATION 0. */
export const PDU_TAG = { goose: 0x61, management: 0x60 } as const;

/** Fields of `IECGoosePdu` (8-1, annex A). */
export const FIELD = {
  gocbRef: 0x80,
  timeAllowedToLive: 0x81,
  datSet: 0x82,
  goId: 0x83,
  t: 0x84,
  stNum: 0x85,
  sqNum: 0x86,
  simulation: 0x87,
  confRev: 0x88,
  ndsCom: 0x89,
  numDatSetEntries: 0x8a,
  allData: 0xab,
} as const;
/** Fields that may be left out: goID, simulation and ndsCom have defaults (8-1, annex A). Tag numbers. */
export const OPTIONAL_FIELDS: ReadonlySet<number> = new Set([3, 7, 9]);
export const FIELD_COUNT = 12;

/** First bit of the first reserved field: simulated (8-1, annex C.2.4). */
export const SIMULATED_BIT = 0x8000;

/** A field of the header is an area of its own, so that a stream's numbers are found without reading names. */
export const AREA = {
  dataset: 0,
  stNum: 1,
  sqNum: 2,
  timeAllowedToLive: 3,
  confRev: 4,
  simulation: 5,
  ndsCom: 6,
} as const;
export const AREAS: readonly string[] = [
  'dataset',
  'stNum',
  'sqNum',
  'timeAllowedToLive',
  'confRev',
  'simulation',
  'ndsCom',
];

/** What one message shows by itself: `sqNum` is 0 in the first message of a new state and counts its repetitions (7-2, 18.2.3.5). */
export const FUNCTION = {
  stateChange: 1,
  repetition: 2,
  simulated: 3,
  needsCommissioning: 4,
  management: 5,
  malformed: 6,
} as const;

export const FUNCTIONS: readonly FunctionInfo[] = [
  {
    code: FUNCTION.stateChange,
    name: 'state-change',
    class: 'control',
    effect: 'changes-value',
    risk: 3,
    techniques: ['T1692.001', 'T1692.002', 'T0831'],
  },
  { code: FUNCTION.repetition, name: 'repetition', class: 'read', effect: 'none', risk: 0, techniques: ['T0801'] },
  {
    code: FUNCTION.simulated,
    name: 'simulated',
    class: 'safety',
    effect: 'changes-mode',
    risk: 4,
    techniques: ['T1692.002', 'T0837'],
  },
  {
    code: FUNCTION.needsCommissioning,
    name: 'needs-commissioning',
    class: 'config',
    effect: 'changes-mode',
    risk: 3,
    techniques: ['T1691.002'],
  },
  {
    code: FUNCTION.management,
    name: 'gse-management',
    class: 'discovery',
    effect: 'none',
    risk: 1,
    techniques: ['T0888'],
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
