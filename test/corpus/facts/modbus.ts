/** Facts of Modbus as the truth files hold them: one row per kind of message, access and write. */
import { DIRECTION_REQUEST, type MessageView } from '../../../src/sense/protocols/message-view.ts';
import { u16, VALUE_TYPE } from '../../../src/sense/protocols/values.ts';
import { count, type Ends, type FactCollector, RowCounter } from './collector.ts';

/** Names the truth files use, by function code; the code itself is what is compared. */
const NAMES: Readonly<Record<number, string>> = {
  1: 'read_coils',
  2: 'read_discrete_inputs',
  3: 'read_holding_registers',
  4: 'read_input_registers',
  5: 'write_single_coil',
  6: 'write_single_register',
  7: 'read_exception_status',
  8: 'diagnostics',
  11: 'get_comm_event_counter',
  12: 'get_comm_event_log',
  15: 'write_multiple_coils',
  16: 'write_multiple_registers',
  17: 'report_server_id',
  20: 'read_file_record',
  21: 'write_file_record',
  22: 'mask_write_register',
  23: 'read_write_multiple_registers',
  24: 'read_fifo',
  43: 'encapsulated_interface',
  90: 'unity_schneider',
};
const WRITES = new Set([5, 6, 15, 16, 21, 22, 23]);

export function collectModbus(): FactCollector {
  let pdus = 0;
  const frames = new Map<number, number>();
  const messages = new RowCounter();
  const exceptions = new RowCounter();
  const unitIds: Record<string, number> = {};
  const sessions = new RowCounter();
  const access = new RowCounter();
  const diagnostics = new RowCounter();
  const mei = new RowCounter();
  const ports = new Set<number>();
  const writes: Record<string, unknown>[] = [];
  let writeRequests = 0;
  return {
    protocols: ['modbus'],
    message(view: MessageView, ends: Ends): void {
      pdus++;
      frames.set(view.frame, (frames.get(view.frame) ?? 0) + 1);
      const fc = view.bytes[view.offset + 7]! & 0x7f;
      const direction = view.direction === DIRECTION_REQUEST ? 'request' : 'response';
      ports.add(ends.serverPort);
      count(unitIds, view.unit);
      sessions.add({ client: ends.client, server: ends.server, unit: view.unit });
      messages.add({ direction, fc, name: NAMES[fc] ?? `fc_${fc}` });
      if (view.status !== 0) {
        exceptions.add({ fc, code: view.status });
        return;
      }
      if (fc === 8) diagnostics.add({ direction, subfunction: u16(view.bytes, view.offset + 8) });
      if (fc === 43) {
        const type = view.bytes[view.offset + 8]!;
        const read = type === 14 ? view.bytes[view.offset + 9]! : null;
        mei.add({ direction, mei_type: type, read_device_id: read });
      }
      if (direction !== 'request') return;
      for (let i = 0; i < view.accessCount && fc !== 20 && fc !== 21; i++) {
        if (fc === 23 && i === 1) continue;
        access.add({ unit: view.unit, fc, address: view.accessAddress[i], quantity: quantityOf(view, i, fc) });
      }
      if (!WRITES.has(fc)) return;
      writeRequests++;
      writes.push({
        frame: view.frame,
        client: ends.client,
        server: ends.server,
        unit: view.unit,
        fc,
        ...valuesOf(view, fc),
      });
    },
    facts() {
      const perFrame: Record<string, number> = {};
      for (const n of frames.values()) if (n > 1) count(perFrame, n);
      return {
        pdus,
        frames: frames.size,
        messages: messages.rows(),
        exceptions: exceptions.rows(),
        unit_ids: unitIds,
        sessions: sessions.rows(),
        access: access.rows(),
        n_access_rows: access.rows().length,
        writes,
        write_requests: writeRequests,
        diagnostics: diagnostics.rows(),
        mei: mei.rows(),
        frames_with_n_pdus: perFrame,
        server_ports: [...ports],
        nonzero_protocol_id: {},
        unclassified: 0,
      };
    },
  };
}

/** The quantity as stated in the message, which a hostile one may not hold. */
function quantityOf(view: MessageView, i: number, fc: number): number | null {
  if (fc === 24) return null;
  if (fc === 15 || fc === 16) return u16(view.bytes, view.offset + 10);
  return view.accessElements[i]!;
}

/** Values of a write: a list for registers, raw bytes for coils and single values, as the truth prints them. */
function valuesOf(view: MessageView, fc: number): Record<string, unknown> {
  const last = view.accessCount - 1;
  if (fc === 21 || last < 0 || (fc === 23 && last < 1)) return { address: null, quantity: null, values: [], raw: null };
  const at = fc === 23 ? last : 0;
  const address = view.accessAddress[at];
  const quantity = quantityOf(view, at, fc);
  const offset = view.accessOffset[at]!;
  if (fc === 22) return { address, quantity, values: [], raw: null };
  if (fc === 16) {
    const values = view.accessType[at] === VALUE_TYPE.uint16 ? view.wireValues(at) : [];
    return { address, quantity, values, raw: null };
  }
  const raw = Buffer.from(view.bytes.subarray(offset, view.end))
    .toString('hex')
    .replace(/(..)(?!$)/g, '$1:');
  return { address, quantity, values: [], raw };
}
