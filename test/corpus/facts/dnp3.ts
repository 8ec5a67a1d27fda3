/** Facts of DNP3 as the truth files hold them: link frames, application fragments, object headers, controls. */
import { fragment } from '../../../src/sense/protocols/dnp3/fragment.ts';
import { BLOCK_BYTES, crcFits, frameBytes, LINK_HEADER_BYTES } from '../../../src/sense/protocols/dnp3/framing.ts';
import { AREA, LINK_FUNCTION_BASE } from '../../../src/sense/protocols/dnp3/names.ts';
import { DIRECTION_REQUEST, type MessageView } from '../../../src/sense/protocols/message-view.ts';
import { u16le, VALUE_TYPE_BYTES } from '../../../src/sense/protocols/values.ts';
import { count, type Ends, type FactCollector, RowCounter } from './collector.ts';

/** Names the truth files use; the codes are what is compared. */
const FUNCTION_NAMES: Readonly<Record<number, string>> = {
  0: 'confirm',
  1: 'read',
  2: 'write',
  3: 'select',
  4: 'operate',
  5: 'direct_operate',
  6: 'direct_operate_nr',
  13: 'cold_restart',
  14: 'warm_restart',
  18: 'stop_appl',
  20: 'enable_unsolicited',
  21: 'disable_unsolicited',
  22: 'assign_class',
  23: 'delay_measure',
  24: 'record_current_time',
  25: 'open_file',
  26: 'close_file',
  27: 'delete_file',
  32: 'authenticate_req',
  129: 'response',
  130: 'unsolicited_response',
  131: 'authenticate_resp',
};
const LINK_NAMES: Readonly<Record<string, string>> = {
  'primary 4': 'Unconfirmed User Data',
  'primary 9': 'Request Link Status',
  'secondary 11': 'Status of Link',
};
const INDICATION_NAMES = [
  ...['bmsg', 'cls1d', 'cls2d', 'cls3d', 'tsr', 'dol', 'dt', 'rst'],
  ...['fcni', 'obju', 'pioor', 'ebo', 'oae', 'cc'],
];
const STATUS_NAMES: Readonly<Record<number, string>> = {
  0: 'Req. Accepted/Init/Queued',
  4: 'Ctl Oper. Not Supported For This Point',
};
const OPERATIONS = ['NUL Operation', 'Pulse On', 'Pulse Off', 'Latch On', 'Latch Off'];
const TRIP_CLOSE = ['NUL', 'Close', 'Trip'];

/** Functions whose objects and indications the reference does not dissect: stop-application, assign-class, authentication. */
const NOT_DISSECTED = new Set([18, 22, 32, 131]);

export function collectDnp3(): FactCollector {
  let linkFrames = 0;
  let messages = 0;
  const frames = new Map<number, number>();
  const overFrames = new Map<number, string>();
  const linkFunctions = new RowCounter();
  const addresses = new RowCounter();
  const functions = new RowCounter();
  const headers = new RowCounter();
  const points: Record<string, number> = {};
  const indications: Record<string, number> = {};
  const statuses = new RowCounter();
  const controls: Record<string, unknown>[] = [];
  const checks = new RowCounter();

  function countChecks({ bytes, offset, end }: MessageView): void {
    const good = (at: number, to: number) => (crcFits(bytes, at, to) ? 'good' : 'bad');
    checks.add({ part: 'header', status: good(offset, offset + 8) });
    const last = Math.min(end, offset + frameBytes(bytes[offset + 2]!));
    for (let at = offset + LINK_HEADER_BYTES; at < last; at += BLOCK_BYTES + 2) {
      checks.add({ part: 'chunk', status: good(at, Math.min(at + BLOCK_BYTES, last - 2)) });
    }
  }

  /** Status octets of control blocks and analog output blocks, in requests too. */
  function countStatuses(view: MessageView): void {
    for (let i = 0; i < view.accessCount; i++) {
      const area = view.accessArea[i]!;
      const at = view.accessOffset[i]!;
      let status = -1;
      if (area === AREA['control-code']) status = view.bytes[at + 10]!;
      else if (area === AREA['analog-output'] && view.accessWrite[i] === 1 && at >= 0) {
        status = view.bytes[at + VALUE_TYPE_BYTES[view.accessType[i]!]!]!;
      }
      if (status >= 0) statuses.add({ code: String(status), name: STATUS_NAMES[status] ?? 'unknown' });
    }
  }

  function control(view: MessageView, name: string): void {
    const op: (string | undefined)[] = [];
    const trip: (string | undefined)[] = [];
    for (let i = 0; i < view.accessCount; i++) {
      if (view.accessArea[i] !== AREA['control-code']) continue;
      const code = view.valueOf(i, 0);
      op.push(OPERATIONS[code & 15]);
      trip.push(TRIP_CLOSE[code >> 6]);
    }
    // Index prefixes are no range: the truth lists only the indexes a range says.
    const ranged = (fragment.qualifier[0]! & 0x70) === 0;
    controls.push({
      frame: view.frame,
      src: fragment.source,
      dst: fragment.destination,
      function: name,
      group: fragment.group[0],
      variation: fragment.variation[0],
      indexes: ranged ? [...Array(fragment.count[0]).keys()] : [],
      op,
      trip_close: trip,
    });
  }

  return {
    protocols: ['dnp3'],
    part(view: MessageView, ends: Ends): void {
      linkFrames++;
      frames.set(view.frame, (frames.get(view.frame) ?? 0) + 1);
      overFrames.set(view.frame, ends.transport);
      const octet = view.functionCode - LINK_FUNCTION_BASE;
      const prm = (octet & 0x40) !== 0 ? 'primary' : 'secondary';
      const code = octet & 15;
      linkFunctions.add({ prm, code, name: LINK_NAMES[`${prm} ${code}`] ?? String(code) });
      addresses.add({ src: fragment.source, dst: fragment.destination });
      countChecks(view);
    },
    message(view: MessageView): void {
      const { code } = view.protocol!.functionOf(view.functionCode);
      if (code >= LINK_FUNCTION_BASE) return;
      messages++;
      const name = FUNCTION_NAMES[code] ?? String(code);
      functions.add({ code, name });
      if (NOT_DISSECTED.has(code)) return;
      for (let i = 0; i < fragment.headerCount; i++) {
        const group = fragment.group[i]!;
        const variation = fragment.variation[i]!;
        // The reserved bit 7 is no part of the qualifier there.
        headers.add({ function: code, group, variation, qualifier: fragment.qualifier[i]! & 0x7f });
        points[`${group}.${variation}`] = (points[`${group}.${variation}`] ?? 0) + fragment.count[i]!;
      }
      if (code >= 129) {
        const bits = u16le(view.bytes, view.offset + 2);
        INDICATION_NAMES.forEach((bit, n) => {
          if (((bits >> n) & 1) === 1) count(indications, bit);
        });
      }
      countStatuses(view);
      if (view.direction === DIRECTION_REQUEST && code >= 3 && code <= 6) control(view, name);
    },
    facts() {
      const perFrame: Record<string, number> = {};
      for (const n of frames.values()) if (n > 1) count(perFrame, n);
      const over: Record<string, number> = {};
      for (const transport of overFrames.values()) count(over, transport);
      return {
        link_frames: linkFrames,
        frames: frames.size,
        over,
        link_functions: linkFunctions.rows(),
        addresses: addresses.rows(),
        application_messages: messages,
        application_functions: functions.rows(),
        object_headers: headers.rows(),
        points_by_object: points,
        iin_bits_set: indications,
        control_status: statuses.rows(),
        controls,
        crc_status: checks.rows(),
        frames_with_n_pdus: perFrame,
      };
    },
  };
}
