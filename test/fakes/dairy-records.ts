/** Assets, conversations and the incident of the fake dairy: the worked example of the design as records. */
import type {
  Asset,
  Conversation,
  Finding,
  FrameReference,
  FunctionUse,
  Incident,
  Subject,
  TimeUs,
} from '../../src/records.ts';
import type { EvidenceView, IncidentView, NetworkMark } from '../../src/show/api/types.ts';
import { SECOND_US, START_US, WRITE_US } from './dairy-process.ts';

const DAY_US = 86_400 * SECOND_US;
export const CAPTURE = 'ring/2026-11-24';
export const WRITE_FRAME = 48_211;
const at = (seconds: number): TimeUs => WRITE_US + seconds * SECOND_US;

const asset = (given: Partial<Asset> & Pick<Asset, 'id' | 'name'>): Asset => ({
  scope: 'mirror-1',
  macs: [],
  addresses: [],
  unit: '',
  vendor: '',
  model: '',
  firmware: '',
  roles: [],
  protocols: ['modbus'],
  zone: '',
  firstSeenUs: START_US - 12 * DAY_US,
  lastSeenUs: START_US,
  alive: 'alive',
  ...given,
});

export const ASSETS: readonly Asset[] = [
  asset({
    id: 'A-1',
    name: 'HMI-1',
    macs: ['00:0c:29:3a:11:05'],
    addresses: ['10.20.2.5'],
    vendor: 'VMware',
    roles: ['hmi'],
    zone: 'operations',
  }),
  asset({
    id: 'A-2',
    name: 'Historian',
    macs: ['00:0c:29:3a:11:07'],
    addresses: ['10.20.2.7'],
    vendor: 'VMware',
    roles: ['historian'],
    zone: 'operations',
  }),
  asset({
    id: 'A-3',
    name: 'PLC P1',
    macs: ['00:80:f4:10:20:11'],
    addresses: ['10.20.1.11'],
    unit: '1',
    vendor: 'Schneider Electric',
    model: 'M221',
    firmware: '1.11',
    roles: ['controller'],
    zone: 'cell-1',
  }),
  asset({
    id: 'A-4',
    name: 'PLC F1',
    macs: ['00:80:f4:10:20:12'],
    addresses: ['10.20.1.12'],
    unit: '1',
    vendor: 'Schneider Electric',
    model: 'M221',
    firmware: '1.11',
    roles: ['controller'],
    zone: 'cell-1',
  }),
  asset({
    id: 'A-9',
    name: 'Engineering 1',
    macs: ['a4:bb:6d:01:22:10'],
    addresses: ['10.20.3.10'],
    vendor: 'Dell',
    roles: ['engineering station'],
    zone: 'engineering',
  }),
  asset({
    id: 'A-17',
    name: 'ENG-LT-7',
    macs: ['a4:bb:6d:20:7e:01'],
    addresses: ['10.20.8.61', '10.20.3.44'],
    vendor: 'Dell',
    model: 'laptop',
    zone: 'engineering',
    firstSeenUs: at(-249),
  }),
];

const use = (code: number, name: string, kind: FunctionUse['class'], count: number): readonly FunctionUse[] => [
  { direction: 'request', code, name, class: kind, count },
  { direction: 'response', code, name, class: kind, count },
];

const conversation = (id: string, client: string, server: string, functions: readonly FunctionUse[]): Conversation => {
  const messages = functions.reduce((sum, { count }) => sum + count, 0);
  const base = { id, client, server, serverPort: 502, protocol: 'modbus', transport: 'tcp', messages, functions };
  return {
    ...base,
    firstSeenUs: START_US - 12 * DAY_US,
    lastSeenUs: START_US,
    packets: messages * 2,
    bytes: messages * 148,
  };
};

const READ = 'read-holding-registers';
const WRITE = 'write-multiple-registers';
export const CONVERSATIONS: readonly Conversation[] = [
  conversation('c-1', 'A-1', 'A-3', [...use(3, READ, 'read', 1_036_800), ...use(16, WRITE, 'write', 41)]),
  conversation('c-2', 'A-1', 'A-4', [
    ...use(3, READ, 'read', 1_036_800),
    ...use(5, 'write-single-coil', 'control', 22),
  ]),
  conversation('c-3', 'A-2', 'A-3', use(3, READ, 'read', 103_680)),
  {
    ...conversation('c-91', 'A-17', 'A-3', [...use(3, READ, 'read', 3), ...use(16, WRITE, 'write', 1)]),
    firstSeenUs: at(-69),
  },
];

export function frame(number: number): FrameReference {
  return { capture: CAPTURE, number, firstNumber: number, from: 54, to: 71 };
}

const subject = (given: Partial<Subject>): Subject => ({
  actor: '',
  device: 'A-3',
  tag: '',
  unit: 'P1',
  conversation: '',
  ...given,
});

const finding = (given: Partial<Finding> & Pick<Finding, 'id' | 'timeUs' | 'kind' | 'sentence'>): Finding => ({
  sinceUs: given.timeUs,
  subject: subject({ tag: 'TT-101' }),
  confidence: 0.98,
  score: 1,
  expected: '',
  seen: '',
  numbers: {},
  techniques: [],
  evidence: { frames: [], text: given.sentence },
  informative: false,
  ...given,
});

const byStranger = subject({ actor: 'A-17', conversation: 'c-91' });
const FINDINGS: readonly Finding[] = [
  finding({
    id: 'F-1',
    timeUs: at(-9),
    kind: 'new-crossing',
    subject: byStranger,
    sentence: 'Traffic from office to engineering to cell-1 that was never there.',
    expected: 'none',
    seen: 'A-17 → A-3',
    techniques: ['T0886'],
    evidence: { frames: [frame(48_102)], text: 'First frame of the crossing.' },
  }),
  finding({
    id: 'F-2',
    timeUs: at(0),
    kind: 'new-write-point',
    subject: { ...byStranger, tag: 'TT-101.offset' },
    sentence: 'TT-101.offset was written by ENG-LT-7; nobody ever wrote it.',
    expected: 'no writer',
    seen: '0.0 → +4.0 K',
    numbers: { written: 4 },
    techniques: ['T0836'],
    evidence: { frames: [frame(WRITE_FRAME)], text: 'Write of registers 160–161.' },
  }),
  finding({
    id: 'F-3',
    timeUs: at(1),
    kind: 'physical-rate',
    sentence: 'TT-101 rose by 4.0 K in one scan; 0.5 K/s is possible.',
    expected: '≤ 0.5 K/s',
    seen: '+4.0 K in 1 s',
    numbers: { deviation: 4 },
    techniques: ['T0832'],
  }),
  finding({
    id: 'F-4',
    timeUs: at(34),
    sinceUs: at(25),
    kind: 'offset',
    sentence: 'TT-101 reads 4.0 K more than TT-102 and the heat balance allow.',
    expected: '71.0 °C',
    seen: '75.0 °C',
    score: 14.9,
    numbers: { deviation: 4 },
    techniques: ['T0832'],
  }),
];

/** The incident of the worked example; open and unacknowledged. */
export const INCIDENT: Incident = {
  id: 'I-12',
  openedUs: at(0),
  updatedUs: at(120),
  state: 'unacknowledged',
  priority: 'critical',
  cause: 'unplanned change',
  causeConfidence: 0.98,
  causeBecause: ['a stranger', 'a crossing never seen', 'no work window is open on P1', 'no hostile sequence seen yet'],
  title: 'TT-101 shows 4.0 K too much since a stranger changed its calibration',
  sentence:
    'A laptop never seen before (10.20.3.44, "ENG-LT-7") changed the calibration of TT-101 by +4.0 K at 10:02:07. TT-101 shows 75.0 °C; the true temperature is likely 71.0 °C, below the 72 °C the milk must reach.',
  ifNobodyActs:
    'About 100 bottles a minute are under-pasteurised since 10:04; the diversion valve does not act, it trusts TT-101.',
  advice: [
    { step: 'check', text: 'TI-101 (dial, independent) and TT-102.' },
    { step: 'hold', text: 'Bottles since 10:04.' },
    {
      step: 'then',
      text: 'Put P1 on diversion; the instrument technician restores the offset with the loop in manual; isolate 10.20.3.44 (no download is open).',
    },
    { step: 'call', text: 'Shift lead, quality.' },
  ],
  actor: 'A-17',
  devices: ['A-3'],
  units: ['P1'],
  tags: ['TT-101', 'TT-102', 'TT-101.offset'],
  shown: { tag: 'TT-101', unit: '°C', shown: 75, likelyTrue: 71, mustBe: 'at least 72 °C' },
  lagMs: 1_000,
  whyOneStory:
    'Write and deviation share PLC P1; size and sign of the error equal the written offset; it came one scan later.',
  techniques: ['T0886', 'T0836', 'T0832'],
  timeline: [
    { timeUs: at(-249), text: 'ENG-LT-7 seen for the first time, in the office WLAN', finding: '', side: 'network' },
    { timeUs: at(-9), text: 'Crossing office → engineering → cell-1', finding: 'F-1', side: 'network' },
    { timeUs: at(0), text: 'Write TT-101.offset 0.0 → +4.0 K', finding: 'F-2', side: 'network' },
    { timeUs: at(1), text: 'TT-101 +4.0 K in one scan', finding: 'F-3', side: 'process' },
    { timeUs: at(34), text: 'TT-102 expects 71.0 °C where TT-101 shows 75.0 °C', finding: 'F-4', side: 'process' },
  ],
  findings: FINDINGS,
};

/** A smaller incident, so that lists have more than one row. */
export const SECOND_INCIDENT: Incident = {
  ...INCIDENT,
  id: 'I-11',
  openedUs: at(-7_200),
  updatedUs: at(-7_100),
  state: 'acknowledged',
  priority: 'medium',
  cause: 'unknown',
  causeConfidence: 0.5,
  causeBecause: ['one read of the identity, nothing after it'],
  title: 'Historian asked PLC F1 for its identity',
  sentence: 'The historian (10.20.2.7) asked PLC F1 for its identity at 08:02:07; it never did before.',
  ifNobodyActs: 'Nothing follows for the process.',
  advice: [{ step: 'check', text: 'Whether somebody updated the historian this morning.' }],
  actor: 'A-2',
  devices: ['A-4'],
  units: ['F1'],
  tags: [],
  shown: undefined,
  lagMs: undefined,
  whyOneStory: 'One finding.',
  techniques: ['T0888'],
  timeline: [{ timeUs: at(-7_200), text: 'Read device identification', finding: 'F-0', side: 'network' }],
  findings: [
    finding({
      id: 'F-0',
      timeUs: at(-7_200),
      kind: 'identity-read',
      subject: subject({ actor: 'A-2', device: 'A-4', unit: 'F1' }),
      sentence: 'A device was asked who it is.',
      techniques: ['T0888'],
    }),
  ],
};

const mark = (seconds: number, kind: NetworkMark['kind'], text: string, number: number): NetworkMark => ({
  timeUs: at(seconds),
  kind,
  text,
  frame: number,
});
const WRITE_MARK = mark(0, 'write', 'write TT-101.offset 0.0 → +4.0', WRITE_FRAME);
const POLLS = Array.from({ length: 42 }, (_, n) => mark(n * 12 - 246, 'message', READ, 45_000 + n * 75));

/** The page of `INCIDENT`, before anybody did anything with it. */
export const INCIDENT_VIEW: Omit<IncidentView, 'incident' | 'assignedTo' | 'shelvedUntilUs' | 'history'> = {
  path: [
    {
      place: 'office',
      who: 'WLAN 4',
      detail: 'first seen 09:57:58',
      link: 'crossing never seen before',
      linkPriority: 'high',
    },
    {
      place: 'engineering',
      who: '10.20.3.44',
      detail: 'a4:bb:6d:20:7e:01, Dell',
      link: 'new conversation, Modbus',
      linkPriority: 'high',
    },
    {
      place: 'cell-1',
      who: 'PLC P1',
      detail: 'M221, firmware 1.11',
      link: 'write, calibration',
      linkPriority: 'critical',
    },
    { place: 'unit P1', who: 'TT-101', detail: 'product after heater', link: '', linkPriority: null },
  ],
  lanes: [
    {
      title: 'ENG-LT-7 → PLC P1',
      detail: 'engineering → cell-1',
      marks: [
        mark(-69, 'new', 'new: device identification', 48_102),
        mark(-57, 'new', 'new: read holding 90–129', 48_120),
        mark(-36, 'new', 'new: read holding 160–163', 48_151),
        WRITE_MARK,
      ],
    },
    { title: 'HMI-1 → PLC P1', detail: 'operations → cell-1', marks: POLLS },
  ],
  fromUs: at(-246),
  toUs: at(264),
  trendTags: ['TT-101', 'TT-102', 'heater', 'flow'],
  writes: [WRITE_MARK],
  door: {
    door: 'engineering-to-cell-1',
    mode: 'shadow',
    verdict: 'deny',
    sentence:
      'Would have denied by rule "calibration": no work window is open on P1 and 10.20.3.44 is no engineering station.',
  },
  frames: [frame(WRITE_FRAME), frame(WRITE_FRAME + 2), frame(48_102)],
  techniqueNames: [
    { id: 'T0886', name: 'Remote Services' },
    { id: 'T0836', name: 'Modify Parameter' },
    { id: 'T0832', name: 'Manipulation of View' },
  ],
};

/** Ethernet, IPv4, TCP, then Modbus: transaction 1a2f, unit 1, function 16, registers 160–161 = 4.0 (word-swapped float32). */
const WRITE_HEX = [
  '0080f4102011a4bb6d207e010800', // Ethernet: PLC P1, ENG-LT-7, IPv4
  '4500003945d240008006' + '0000' + '0a14032c0a14010b', // IPv4: 57 bytes, TCP, checksum left out, 10.20.3.44 → 10.20.1.11
  'c38d01f6' + '00001000' + '00002000' + '5018' + '0200' + '00000000', // TCP: 50061 → 502
  '1a2f0000000b01', // MBAP: transaction, Modbus, 11 bytes follow, unit 1
  '1000a000020400004080', // 16, from 160, 2 registers, 4 bytes, 0x0000 0x4080
].join('');

/** The write, decoded. Offsets are those of `WRITE_HEX`. */
export const EVIDENCE: EvidenceView = {
  frame: frame(WRITE_FRAME),
  timeUs: WRITE_US,
  summary:
    'Modbus/TCP, transaction 0x1a2f, unit 1: write multiple registers (16), registers 160–161 = TT-101.offset = +4.0 K (was 0.0 for 12 days)',
  fields: [
    { name: 'transaction', value: '0x1a2f', from: 54, to: 56 },
    { name: 'length', value: '11', from: 58, to: 60 },
    { name: 'unit', value: '1', from: 60, to: 61 },
    { name: 'function', value: '16 write-multiple-registers', from: 61, to: 62 },
    { name: 'address', value: '160', from: 62, to: 64 },
    { name: 'count', value: '2', from: 64, to: 66 },
    { name: 'values', value: '0x0000 0x4080 = +4.0 K (float32, word-swapped)', from: 67, to: 71 },
  ],
  hex: WRITE_HEX,
  highlights: [
    [61, 64],
    [67, 71],
  ],
  pairedWith: WRITE_FRAME + 2,
  pairedText: 'accepted',
};
