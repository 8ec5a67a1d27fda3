/**
 * Objects of every type identification: form, time tag, area, causes it may have. Source: IEC 60870-5-101:2003, 7.3 (layout and
 * causes of each ASDU), 7.2.6 (elements); IEC 60870-5-104:2006, 8 (commands with time tag).
 */
import { AREA, type AreaName, CAUSE } from './names.ts';

/** Form of an object's elements, before its time tag; octets of each in `FORM_BYTES`. */
export const FORM = {
  free: 0,
  nothing: 1,
  siq: 2,
  diq: 3,
  vtiQds: 4,
  bsiQds: 5,
  nvaQds: 6,
  svaQds: 7,
  r32Qds: 8,
  bcr: 9,
  sep: 10,
  spe: 11,
  oci: 12,
  scdQds: 13,
  nva: 14,
  sco: 15,
  dco: 16,
  rco: 17,
  nvaQos: 18,
  svaQos: 19,
  r32Qos: 20,
  bsi: 21,
  octet: 22,
  qcc: 23,
  clock: 24,
  word: 25,
  nvaQpm: 26,
  svaQpm: 27,
  r32Qpm: 28,
  fileReady: 29,
  sectionReady: 30,
  fileCall: 31,
  fileLast: 32,
  fileAcknowledge: 33,
  segment: 34,
  directory: 35,
  queryLog: 36,
  statistic: 37,
} as const;
export type FormName = keyof typeof FORM;

/** Octets by form (7.2.6); `free` and `segment` have a length of their own. */
export const FORM_BYTES = new Uint8Array([
  0, 0, 1, 1, 2, 5, 3, 3, 5, 5, 3, 4, 4, 5, 2, 1, 1, 1, 3, 3, 5, 4, 1, 1, 0, 2, 3, 3, 5, 6, 7, 4, 5, 4, 4, 6, 9, 7,
]);

/** Time tag behind the elements. */
export const TIME = { none: 0, cp24: 1, cp56: 2 } as const;
const TIME_BYTES = [0, 3, 7] as const;

/** Which way the ASDU goes by its type. */
export const WAY = { monitor: 0, control: 1, both: 2 } as const;

/** One type identification, ready for decoding. */
export interface TypeLayout {
  readonly code: number;
  /** Abbreviation in the standard. */
  readonly label: string;
  readonly form: number;
  readonly time: number;
  readonly area: number;
  readonly way: number;
  /** Octets of one object, address not counted; -1: of its own length. */
  readonly size: number;
  /** Causes 0 to 31 and 32 to 63 as bits. */
  readonly causesLow: number;
  readonly causesHigh: number;
  /** Only in IEC 60870-5-101; 5-104 has no use for it (5-104, 6). */
  readonly only101: boolean;
}

const RETURN = '11,12';
const INTERROGATED = '20-36';
const SINGLE = `2,3,5,${RETURN},${INTERROGATED}`;
const MEASURED = `1,2,3,5,${INTERROGATED}`;
const TIMED = `3,5,${RETURN}`;
const COUNTED = '3,37-41';
const UNKNOWN = '44-47';
const COMMAND = `6-10,${UNKNOWN}`;

type Row = readonly [
  code: number,
  label: string,
  form: FormName,
  time: keyof typeof TIME,
  area: AreaName,
  way: keyof typeof WAY,
  causes: string,
];

/** The standard's own table, in order. Return information is allowed with every point that can be commanded. */
const ROWS: readonly Row[] = [
  [1, 'M_SP_NA_1', 'siq', 'none', 'single-point', 'monitor', SINGLE],
  [2, 'M_SP_TA_1', 'siq', 'cp24', 'single-point', 'monitor', TIMED],
  [3, 'M_DP_NA_1', 'diq', 'none', 'double-point', 'monitor', SINGLE],
  [4, 'M_DP_TA_1', 'diq', 'cp24', 'double-point', 'monitor', TIMED],
  [5, 'M_ST_NA_1', 'vtiQds', 'none', 'step-position', 'monitor', SINGLE],
  [6, 'M_ST_TA_1', 'vtiQds', 'cp24', 'step-position', 'monitor', TIMED],
  [7, 'M_BO_NA_1', 'bsiQds', 'none', 'bitstring', 'monitor', SINGLE],
  [8, 'M_BO_TA_1', 'bsiQds', 'cp24', 'bitstring', 'monitor', TIMED],
  [9, 'M_ME_NA_1', 'nvaQds', 'none', 'normalized', 'monitor', MEASURED],
  [10, 'M_ME_TA_1', 'nvaQds', 'cp24', 'normalized', 'monitor', '3,5'],
  [11, 'M_ME_NB_1', 'svaQds', 'none', 'scaled', 'monitor', MEASURED],
  [12, 'M_ME_TB_1', 'svaQds', 'cp24', 'scaled', 'monitor', '3,5'],
  [13, 'M_ME_NC_1', 'r32Qds', 'none', 'short-float', 'monitor', MEASURED],
  [14, 'M_ME_TC_1', 'r32Qds', 'cp24', 'short-float', 'monitor', '3,5'],
  [15, 'M_IT_NA_1', 'bcr', 'none', 'integrated-total', 'monitor', COUNTED],
  [16, 'M_IT_TA_1', 'bcr', 'cp24', 'integrated-total', 'monitor', COUNTED],
  [17, 'M_EP_TA_1', 'sep', 'cp24', 'protection-event', 'monitor', '3'],
  [18, 'M_EP_TB_1', 'spe', 'cp24', 'protection-start', 'monitor', '3'],
  [19, 'M_EP_TC_1', 'oci', 'cp24', 'protection-output', 'monitor', '3'],
  [20, 'M_PS_NA_1', 'scdQds', 'none', 'packed-single-point', 'monitor', SINGLE],
  [21, 'M_ME_ND_1', 'nva', 'none', 'normalized', 'monitor', MEASURED],
  [30, 'M_SP_TB_1', 'siq', 'cp56', 'single-point', 'monitor', TIMED],
  [31, 'M_DP_TB_1', 'diq', 'cp56', 'double-point', 'monitor', TIMED],
  [32, 'M_ST_TB_1', 'vtiQds', 'cp56', 'step-position', 'monitor', TIMED],
  [33, 'M_BO_TB_1', 'bsiQds', 'cp56', 'bitstring', 'monitor', TIMED],
  [34, 'M_ME_TD_1', 'nvaQds', 'cp56', 'normalized', 'monitor', '3,5'],
  [35, 'M_ME_TE_1', 'svaQds', 'cp56', 'scaled', 'monitor', '3,5'],
  [36, 'M_ME_TF_1', 'r32Qds', 'cp56', 'short-float', 'monitor', '3,5'],
  [37, 'M_IT_TB_1', 'bcr', 'cp56', 'integrated-total', 'monitor', COUNTED],
  [38, 'M_EP_TD_1', 'sep', 'cp56', 'protection-event', 'monitor', '3'],
  [39, 'M_EP_TE_1', 'spe', 'cp56', 'protection-start', 'monitor', '3'],
  [40, 'M_EP_TF_1', 'oci', 'cp56', 'protection-output', 'monitor', '3'],
  [41, 'S_IT_TC_1', 'statistic', 'cp56', 'security', 'monitor', COUNTED],
  [45, 'C_SC_NA_1', 'sco', 'none', 'single-command', 'control', COMMAND],
  [46, 'C_DC_NA_1', 'dco', 'none', 'double-command', 'control', COMMAND],
  [47, 'C_RC_NA_1', 'rco', 'none', 'step-command', 'control', COMMAND],
  [48, 'C_SE_NA_1', 'nvaQos', 'none', 'set-normalized', 'control', COMMAND],
  [49, 'C_SE_NB_1', 'svaQos', 'none', 'set-scaled', 'control', COMMAND],
  [50, 'C_SE_NC_1', 'r32Qos', 'none', 'set-short-float', 'control', COMMAND],
  [51, 'C_BO_NA_1', 'bsi', 'none', 'bitstring-command', 'control', COMMAND],
  [58, 'C_SC_TA_1', 'sco', 'cp56', 'single-command', 'control', COMMAND],
  [59, 'C_DC_TA_1', 'dco', 'cp56', 'double-command', 'control', COMMAND],
  [60, 'C_RC_TA_1', 'rco', 'cp56', 'step-command', 'control', COMMAND],
  [61, 'C_SE_TA_1', 'nvaQos', 'cp56', 'set-normalized', 'control', COMMAND],
  [62, 'C_SE_TB_1', 'svaQos', 'cp56', 'set-scaled', 'control', COMMAND],
  [63, 'C_SE_TC_1', 'r32Qos', 'cp56', 'set-short-float', 'control', COMMAND],
  [64, 'C_BO_TA_1', 'bsi', 'cp56', 'bitstring-command', 'control', COMMAND],
  [70, 'M_EI_NA_1', 'octet', 'none', 'initialization', 'monitor', '4'],
  [81, 'S_CH_NA_1', 'free', 'none', 'security', 'both', '1-63'],
  [82, 'S_RP_NA_1', 'free', 'none', 'security', 'both', '1-63'],
  [83, 'S_AR_NA_1', 'free', 'none', 'security', 'both', '1-63'],
  [84, 'S_KR_NA_1', 'free', 'none', 'security', 'both', '1-63'],
  [85, 'S_KS_NA_1', 'free', 'none', 'security', 'both', '1-63'],
  [86, 'S_KC_NA_1', 'free', 'none', 'security', 'both', '1-63'],
  [87, 'S_ER_NA_1', 'free', 'none', 'security', 'both', '1-63'],
  [90, 'S_US_NA_1', 'free', 'none', 'security', 'both', '1-63'],
  [91, 'S_UQ_NA_1', 'free', 'none', 'security', 'both', '1-63'],
  [92, 'S_UR_NA_1', 'free', 'none', 'security', 'both', '1-63'],
  [93, 'S_UK_NA_1', 'free', 'none', 'security', 'both', '1-63'],
  [94, 'S_UA_NA_1', 'free', 'none', 'security', 'both', '1-63'],
  [95, 'S_UC_NA_1', 'free', 'none', 'security', 'both', '1-63'],
  [100, 'C_IC_NA_1', 'octet', 'none', 'interrogation', 'control', COMMAND],
  [101, 'C_CI_NA_1', 'qcc', 'none', 'counter-interrogation', 'control', `6,7,10,${UNKNOWN}`],
  [102, 'C_RD_NA_1', 'nothing', 'none', 'object', 'control', `5,${UNKNOWN}`],
  // A station with a clock of its own may tell it spontaneously (5-101, 7.4.9).
  [103, 'C_CS_NA_1', 'clock', 'cp56', 'clock', 'control', `3,6,7,${UNKNOWN}`],
  [104, 'C_TS_NA_1', 'word', 'none', 'test', 'control', `6,7,${UNKNOWN}`],
  [105, 'C_RP_NA_1', 'octet', 'none', 'reset', 'control', `6,7,${UNKNOWN}`],
  [106, 'C_CD_NA_1', 'word', 'none', 'clock', 'control', `3,6,7,${UNKNOWN}`],
  [107, 'C_TS_TA_1', 'word', 'cp56', 'test', 'control', `6,7,${UNKNOWN}`],
  [110, 'P_ME_NA_1', 'nvaQpm', 'none', 'parameter-normalized', 'control', `6,7,${INTERROGATED},${UNKNOWN}`],
  [111, 'P_ME_NB_1', 'svaQpm', 'none', 'parameter-scaled', 'control', `6,7,${INTERROGATED},${UNKNOWN}`],
  [112, 'P_ME_NC_1', 'r32Qpm', 'none', 'parameter-short-float', 'control', `6,7,${INTERROGATED},${UNKNOWN}`],
  [113, 'P_AC_NA_1', 'octet', 'none', 'parameter-activation', 'control', `6-9,${UNKNOWN}`],
  [120, 'F_FR_NA_1', 'fileReady', 'none', 'file', 'both', `13,${UNKNOWN}`],
  [121, 'F_SR_NA_1', 'sectionReady', 'none', 'file', 'both', `13,${UNKNOWN}`],
  [122, 'F_SC_NA_1', 'fileCall', 'none', 'file', 'both', `5,13,${UNKNOWN}`],
  [123, 'F_LS_NA_1', 'fileLast', 'none', 'file', 'both', `13,${UNKNOWN}`],
  [124, 'F_AF_NA_1', 'fileAcknowledge', 'none', 'file', 'both', `13,${UNKNOWN}`],
  [125, 'F_SG_NA_1', 'segment', 'none', 'file', 'both', `13,${UNKNOWN}`],
  [126, 'F_DR_TA_1', 'directory', 'cp56', 'file', 'monitor', '3,5'],
  [127, 'F_SC_NB_1', 'queryLog', 'cp56', 'file', 'control', `13,${UNKNOWN}`],
];

const LAYOUTS: (TypeLayout | undefined)[] = new Array<TypeLayout | undefined>(256).fill(undefined);
for (const [code, label, form, time, area, way, causes] of ROWS) {
  const [causesLow, causesHigh] = causeBits(causes);
  const free = form === 'free' || form === 'segment';
  LAYOUTS[code] = {
    code,
    label,
    form: FORM[form],
    time: TIME[time],
    area: AREA[area],
    way: WAY[way],
    size: free ? -1 : FORM_BYTES[FORM[form]]! + TIME_BYTES[TIME[time]],
    causesLow,
    causesHigh,
    only101: time === 'cp24' || code === 104 || code === 106,
  };
}

/** Layout of a type identification; undefined where the standard has none. */
export function layoutOf(type: number): TypeLayout | undefined {
  return LAYOUTS[type];
}

/** True where the type may have this cause. */
export function causeAllowed(layout: TypeLayout, cause: number): boolean {
  const bits = cause < 32 ? layout.causesLow : layout.causesHigh;
  return ((bits >>> (cause & 31)) & 1) === 1;
}

/** True for causes that the standard names at all (7.2.3). */
export function causeDefined(cause: number): boolean {
  return (
    (cause >= CAUSE.periodic && cause <= 16) ||
    (cause >= CAUSE.interrogated && cause <= CAUSE.countersLast) ||
    (cause >= CAUSE.unknownType && cause <= CAUSE.unknownObjectAddress)
  );
}

/** Bits of a list such as `3,5,20-36`. */
function causeBits(list: string): readonly [low: number, high: number] {
  let low = 0;
  let high = 0;
  for (const part of list.split(',')) {
    const [first = 0, last = first] = part.split('-').map(Number);
    for (let cause = first; cause <= last; cause++) {
      if (cause < 32) low |= 1 << cause;
      else high |= 1 << (cause - 32);
    }
  }
  return [low, high];
}
