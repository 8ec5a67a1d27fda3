/** Each protocol's own "no", and what is done where it has none. The table of `docs/enforce.md`. */
import { refuse as refuseCip } from '../../../sense/protocols/cip/index.ts';
import { refuse as refuseDnp3 } from '../../../sense/protocols/dnp3/index.ts';
import type { MessageView } from '../../../sense/protocols/message-view.ts';
import { refuse as refuseModbus } from '../../../sense/protocols/modbus/index.ts';
import { refuse as refuseMqtt } from '../../../sense/protocols/mqtt/index.ts';
import { refuse as refuseS7 } from '../../../sense/protocols/s7comm/index.ts';
import { refuse as refuseS7Plus } from '../../../sense/protocols/s7comm-plus/index.ts';
import type { Decision } from './decision.ts';

/** Writes the refusal of the request in `view` at `at`; its end, or 0 where there is none. */
export type Refuse = (view: MessageView, out: Uint8Array, at: number) => number;

/** Largest refusal of any protocol: a DNP3 control with all its objects echoed. [bytes] */
const REFUSAL_BYTES_MAX = 24 * 1024;
const buffer = new Uint8Array(REFUSAL_BYTES_MAX);

interface Refusal {
  readonly refuse: Refuse;
  /**
   * Where the protocol has no answer to give: `drop` says nothing (nobody waits for an answer), `disconnect` ends the connection, so
   * that the client knows.
   */
  readonly otherwise: 'drop' | 'disconnect';
}

export const REFUSALS: Readonly<Record<string, Refusal>> = {
  modbus: { refuse: refuseModbus, otherwise: 'drop' },
  'modbus-rtu': { refuse: refuseModbus, otherwise: 'drop' },
  dnp3: { refuse: refuseDnp3, otherwise: 'drop' },
  s7comm: { refuse: refuseS7, otherwise: 'drop' },
  's7comm-plus': { refuse: refuseS7Plus, otherwise: 'disconnect' },
  // Each side numbers its frames: a refusal put between them would need all later numbers moved. The connection ends instead.
  iec104: { refuse: () => 0, otherwise: 'disconnect' },
  enip: { refuse: refuseCip, otherwise: 'drop' },
  mqtt: { refuse: refuseMqtt, otherwise: 'disconnect' },
};

/** The decision that refuses the request in `view`; the answer is a copy. A protocol without a refusal loses the connection. */
export function refusalOf(view: MessageView): Decision {
  const refusal = REFUSALS[view.protocol?.name ?? ''];
  const end = refusal?.refuse(view, buffer, 0) ?? 0;
  if (end > 0) return { forward: false, answer: buffer.slice(0, end) };
  return { forward: false, disconnect: refusal?.otherwise !== 'drop' };
}
