/**
 * Functions that belong together: the first half may be blocked, the second never (a controller left between the two may be without a
 * program). And functions that only keep a connection alive. Names as each protocol's `names.ts` has them.
 */
import type { PolicyRequest } from '../policy/index.ts';

/** Longest time between select and operate (devices give 2 to 60 s), and within one transfer. [µs] */
const SELECT_US = 60e6;
const TRANSFER_US = 3_600e6;
/** Points named in a key; more are joined as a count. */
const KEY_POINTS_MAX = 16;

interface Sequence {
  readonly first: readonly string[];
  readonly next: readonly string[];
  /** The second half must be for the same points and values: a select of one switch opens no other. */
  readonly samePoints: boolean;
}

const SEQUENCES: Readonly<Record<string, readonly Sequence[]>> = {
  dnp3: [
    { first: ['select'], next: ['operate'], samePoints: true },
    {
      first: ['open-file-write', 'open-file-append', 'open-file-read', 'open-file'],
      next: ['write-file', 'close-file', 'abort-file'],
      samePoints: false,
    },
  ],
  s7comm: [
    { first: ['request-download'], next: ['download-block', 'download-ended'], samePoints: false },
    { first: ['start-upload'], next: ['upload', 'end-upload'], samePoints: false },
  ],
  enip: [
    { first: ['forward-open', 'large-forward-open'], next: ['forward-close'], samePoints: false },
    { first: ['register-session'], next: ['unregister-session'], samePoints: false },
  ],
  mqtt: [{ first: ['publish'], next: ['pubrel'], samePoints: false }],
  umas: [
    { first: ['initialize-download', 'start-download'], next: ['download-block', 'end-download'], samePoints: false },
  ],
};
/** 5-104: every command may be selected first; the executing one has the same name without this. */
const SELECT_SUFFIX = '-select';
const CANCEL_SUFFIX = '-deactivate';

/** Acknowledgements, heartbeats, and taking leave. */
const KEEPING: Readonly<Record<string, ReadonlySet<string>>> = {
  dnp3: new Set(['confirm', 'link-test', 'link-request-status', 'link-ack', 'link-nack', 'link-status', 'link-reset']),
  iec104: new Set([
    ...['acknowledge', 'test-frame', 'test-frame-confirmation', 'stop-data-transfer'],
    ...['start-data-transfer-confirmation', 'stop-data-transfer-confirmation'],
  ]),
  mqtt: new Set(['puback', 'pubrec', 'pubrel', 'pubcomp', 'pingreq', 'disconnect']),
  enip: new Set(['nop', 'unregister-session']),
  s7comm: new Set(['acknowledge', 'cotp-acknowledge', 'cotp-expedited-acknowledge', 'cotp-disconnect-request']),
  opcua: new Set(['close-session', 'close-secure-channel', 'error', 'abort']),
};

/** What a client has to say before it can read, and alarms it confirms: never refused to a station that the site names. */
const OPENING: Readonly<Record<string, ReadonlySet<string>>> = {
  iec104: new Set(['start-data-transfer']),
  s7comm: new Set(['setup-communication', 'cotp-connect-request', 'alarm-acknowledge', 'alarm-query']),
  enip: new Set(['register-session', 'send-rr-data', 'send-unit-data']),
  mqtt: new Set(['connect']),
  opcua: new Set([
    'hello',
    'open-secure-channel',
    'create-session',
    'activate-session',
    'get-endpoints',
    'acknowledge',
  ]),
};

export function isKeeping(protocol: string, functionName: string): boolean {
  return KEEPING[protocol]?.has(functionName) ?? false;
}

export function isOpening(protocol: string, functionName: string): boolean {
  return OPENING[protocol]?.has(functionName) ?? false;
}

/** The key under which a passed first half is remembered; undefined for a function that begins nothing. */
export function sequenceKey(request: PolicyRequest): string | undefined {
  const { protocol, functionName } = request;
  const sequence = SEQUENCES[protocol]?.find(({ first }) => first.includes(functionName));
  if (sequence !== undefined) return keyOf(functionName, sequence.samePoints ? request : undefined);
  return protocol === 'iec104' && functionName.endsWith(SELECT_SUFFIX) ? keyOf(functionName, request) : undefined;
}

/** True where a request goes on with what `started` says was begun. */
export function continues(request: PolicyRequest, started: (key: string, withinUs: number) => boolean): boolean {
  const { protocol, functionName } = request;
  for (const { first, next, samePoints } of SEQUENCES[protocol] ?? []) {
    if (!next.includes(functionName)) continue;
    const about = samePoints ? request : undefined;
    if (first.some((name) => started(keyOf(name, about), samePoints ? SELECT_US : TRANSFER_US))) return true;
  }
  if (protocol !== 'iec104') return false;
  const base = functionName.endsWith(CANCEL_SUFFIX) ? functionName.slice(0, -CANCEL_SUFFIX.length) : functionName;
  return started(keyOf(base + SELECT_SUFFIX, request), SELECT_US);
}

function keyOf(functionName: string, about: PolicyRequest | undefined): string {
  if (about === undefined) return functionName;
  const points = about.items.slice(0, KEY_POINTS_MAX).map(({ point, value }) => `${point}=${value}`);
  return `${functionName} ${about.items.length} ${points.join(' ')}`;
}
