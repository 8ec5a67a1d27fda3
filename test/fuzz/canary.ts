/** Protocols that are broken on purpose. The fuzzer must find each, or it finds nothing. */
import type { FunctionInfo } from '../../src/records.ts';
import { client, type Sample } from '../../src/sense/protocols/fixtures/sample.ts';
import type { MessageView } from '../../src/sense/protocols/message-view.ts';
import {
  functionTable,
  MATCH_NO,
  MATCH_YES,
  type MessageSink,
  NEED_MORE,
  type Protocol,
  type ProtocolSession,
  statusTable,
} from '../../src/sense/protocols/protocol.ts';

const FUNCTIONS: readonly FunctionInfo[] = [
  { code: 1, name: 'sing', class: 'read', effect: 'none', risk: 0, techniques: [] },
];

/** A length octet, a function, then records of a length octet and as many octets. */
class CanarySession implements ProtocolSession {
  readonly #flaw: (view: MessageView) => void;

  constructor(flaw: (view: MessageView) => void) {
    this.#flaw = flaw;
  }

  frameLength(_bytes: Uint8Array, offset: number, end: number): number {
    return end - offset < 2 ? NEED_MORE : end - offset;
  }

  dissect(view: MessageView, sink: MessageSink): void {
    view.functionCode = view.bytes[view.offset + 1]!;
    this.#flaw(view);
    sink.message(view);
  }
}

function canary(name: string, flaw: (view: MessageView) => void): Protocol {
  return {
    name,
    title: name,
    hints: {},
    overStream: true,
    overDatagram: false,
    overLink: false,
    areas: ['cage'],
    identify: (bytes, offset) => (bytes[offset] === 0xca ? MATCH_YES : MATCH_NO),
    newSession: () => new CanarySession(flaw),
    functionOf: functionTable(FUNCTIONS),
    statusName: statusTable({}),
  };
}

export const CANARIES: readonly Protocol[] = [
  /** Trusts a count of records. */
  canary('canary-throw', ({ bytes, offset, end }) => {
    let at = offset + 3;
    for (let n = bytes[offset + 2]!; n > 0; n--) {
      if (at > end + 64) throw new RangeError('the canary stopped singing');
      at += 1 + (bytes[at] ?? 0);
    }
  }),
  /** A record without length is never left. */
  canary('canary-hang', ({ bytes, offset, end }) => {
    for (let at = offset + 3; at < end; ) at += bytes[at] === 0xff ? 0 : 1 + bytes[at]!;
  }),
  /** Compares every octet with every other. */
  canary('canary-slow', (view) => {
    const { bytes, offset, end } = view;
    let equal = 0;
    for (let a = offset; a < end; a++) for (let b = offset; b < end; b++) if (bytes[a] === bytes[b]) equal++;
    view.detail = equal;
  }),
];

export const CANARY_SAMPLES: readonly Sample[] = CANARIES.map(({ name }) => ({
  name: 'song',
  protocol: name,
  transport: 'tcp',
  serverPort: 4_000,
  messages: 1,
  chunks: [client(Uint8Array.from([0xca, 1, 2, 2, 7, 7, 3, 9, 9, 9]))],
}));
