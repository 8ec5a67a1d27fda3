/** Learning, capture health, doors, budget, safety register and attacks of the fake dairy. */
import type { TimeUs } from '../../src/records.ts';
import type {
  AlarmBudget,
  AttackInfo,
  CaptureHealth,
  Door,
  Doors,
  LearningProgress,
  SafetyItem,
} from '../../src/show/api/types.ts';

export const SAFETY: readonly SafetyItem[] = [
  { name: 'GUARD-1', text: 'seen to move today', priority: null },
  { name: 'TSH-101', text: 'proof test 3 d ago, due in 27 d', priority: null },
];

export const LEARNING: LearningProgress = {
  sentence: '13 of 14 tags are ready; the conveyor motor needs 3 h more.',
  items: [
    { name: 'network', readiness: 'ready', text: 'steady: 6 assets, 4 conversations', fraction: 1, leftMs: null },
    {
      name: 'process',
      readiness: 'ready',
      text: '13 of 14 tags steady, cleaning seen 9 times',
      fraction: 1,
      leftMs: null,
    },
    { name: 'IT-201', readiness: 'learning', text: 'running: 9 of 12 h', fraction: 0.75, leftMs: 3 * 3_600_000 },
  ],
  baseline: 'v14, learned 12 d',
};

export const CAPTURE_HEALTH = (nowUs: TimeUs): CaptureHealth => ({
  sentence: 'Nothing lost; the mirror port probably lost 0.02 %.',
  priority: null,
  lost: 0,
  mirrorLossPercent: 0.02,
  sources: [
    {
      name: 'mirror-1',
      state: 'running',
      packets: 4_812_004,
      packetsPerSecond: 46,
      lost: 0,
      mirrorLossPercent: 0.02,
      lastFrameUs: nowUs,
      problems: [{ kind: 'tcp-gap', count: 11 }],
    },
  ],
});

const door = (given: Partial<Door> & Pick<Door, 'name' | 'from' | 'to' | 'mode'>): Door => ({
  protocols: ['modbus'],
  up: true,
  toJudge: 0,
  passed: 0,
  held: 0,
  denied: 0,
  evidence: '',
  wrongBlocksBound: '',
  addedP50Us: null,
  addedP99Us: null,
  ifFiredoorFails: '',
  listeners: [],
  ...given,
});

export const DOORS: Doors = {
  sentence: 'Three would-be denials wait for your judgement at operations-to-cell-1.',
  doors: [
    door({
      name: 'operations-to-cell-1',
      from: 'operations',
      to: 'cell-1',
      mode: 'shadow',
      toJudge: 3,
      passed: 2_073_663,
      evidence: '0 wrong in 412 deniable messages, 30 d',
      wrongBlocksBound: '≤ 3 a month',
      addedP50Us: 62,
      addedP99Us: 180,
      ifFiredoorFails: 'opens',
      listeners: ['10.20.9.11:502', '10.20.9.12:502'],
    }),
    door({
      name: 'engineering-to-cell-1',
      from: 'engineering',
      to: 'cell-1',
      mode: 'shadow',
      protocols: ['modbus', 'umas'],
      toJudge: 1,
      passed: 96,
      evidence: '0 wrong in 96, 30 d',
      wrongBlocksBound: '≤ 3 a month',
      addedP50Us: 71,
      addedP99Us: 214,
      ifFiredoorFails: 'stays shut',
      listeners: ['10.20.9.11:502'],
    }),
    door({ name: 'office-to-operations', from: 'office', to: 'operations', mode: 'observe', protocols: ['any'] }),
  ],
  byMode: [
    { mode: 'observe', count: 1 },
    { mode: 'shadow', count: 2 },
  ],
  automaticActionsToday: 0,
  automaticActionsMax: 10,
};

export const BUDGET: AlarmBudget = {
  promised: '1 per week',
  spent: 0,
  observedPerWeek: [0, 0.7],
  sentence: 'Promised 1 a week; none in 12 days (95 %: 0 to 0.7 a week).',
};

export const FAKE_ATTACKS: readonly AttackInfo[] = [
  {
    name: 'calibration-offset',
    title: 'A stranger falsifies the temperature',
    story: 'An unknown laptop adds 4.0 K to the calibration of TT-101.',
    cited: 'FrostyGoop, Lviv, January 2024 (ATT&CK S1165)',
    expected: 'TT-101 shows 4 K more one scan later; the milk is 4 K too cold.',
    running: false,
  },
  {
    name: 'line-stopped',
    title: 'A stranger stops the line',
    story: 'An unknown laptop switches the run command of the filler off.',
    cited: 'Unitronics controllers, November 2023 (ATT&CK C0031)',
    expected: 'Filler and conveyor stop at once.',
    running: false,
  },
];
