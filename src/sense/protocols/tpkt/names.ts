/**
 * Functions and status codes of the transport layer, for the tables of the protocols above it.
 * Source: ISO/IEC 8073 = RFC 905, 13.3 to 13.12 (TPDUs), 13.5.3 (reasons of DR), 13.12.3 (reasons of ER).
 */
import type { FunctionInfo } from '../../../records.ts';
import { TPDU } from './cotp.ts';

/** `functionCode` of a transport message: this plus the TPDU code. Above every function code of S7 and MMS. */
export const COTP_FUNCTION_BASE = 0x1000;
/** `status` of a transport refusal: this plus the reason. */
export const COTP_STATUS_BASE = 0x100000;
/** `status` of an ER TPDU: this plus the cause. */
export const COTP_ERROR_BASE = 0x100100;

const session = { class: 'auth', effect: 'none', risk: 0, techniques: ['T0859'] } as const;
const link = { class: 'diagnostic', effect: 'none', risk: 0, techniques: [] } as const;

export const COTP_FUNCTIONS: readonly FunctionInfo[] = [
  { code: COTP_FUNCTION_BASE, name: 'cotp', ...link },
  { code: COTP_FUNCTION_BASE + TPDU.connectRequest, name: 'cotp-connect-request', ...session },
  { code: COTP_FUNCTION_BASE + TPDU.connectConfirm, name: 'cotp-connect-confirm', ...session },
  { code: COTP_FUNCTION_BASE + TPDU.disconnectRequest, name: 'cotp-disconnect-request', ...link },
  { code: COTP_FUNCTION_BASE + TPDU.disconnectConfirm, name: 'cotp-disconnect-confirm', ...link },
  { code: COTP_FUNCTION_BASE + TPDU.data, name: 'cotp-data', ...link },
  { code: COTP_FUNCTION_BASE + TPDU.expeditedData, name: 'cotp-expedited-data', ...link },
  { code: COTP_FUNCTION_BASE + TPDU.expeditedAck, name: 'cotp-expedited-acknowledge', ...link },
  { code: COTP_FUNCTION_BASE + TPDU.dataAck, name: 'cotp-acknowledge', ...link },
  { code: COTP_FUNCTION_BASE + TPDU.reject, name: 'cotp-reject', ...link },
  { code: COTP_FUNCTION_BASE + TPDU.error, name: 'cotp-error', ...link },
];

const REASONS: readonly (readonly [number, string])[] = [
  [0, 'reason-not-specified'],
  [1, 'congestion-at-tsap'],
  [2, 'session-entity-not-attached'],
  [3, 'address-unknown'],
  [128, 'normal-disconnect'],
  [129, 'remote-congestion'],
  [130, 'negotiation-failed'],
  [131, 'duplicate-reference'],
  [132, 'mismatched-references'],
  [133, 'protocol-error'],
  [135, 'reference-overflow'],
  [136, 'connection-refused'],
  [138, 'invalid-length'],
];
const CAUSES = ['cause-not-specified', 'invalid-parameter-code', 'invalid-tpdu-type', 'invalid-parameter-value'];

/** Names by status code, for `statusTable`. */
export const COTP_STATUS: Readonly<Record<number, string>> = Object.fromEntries([
  ...REASONS.map(([reason, name]) => [COTP_STATUS_BASE + reason, `cotp-${name}`] as const),
  ...CAUSES.map((name, cause) => [COTP_ERROR_BASE + cause, `cotp-${name}`] as const),
]);
