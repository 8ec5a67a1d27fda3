/** Facts of EtherNet/IP and CIP as the truth files hold them, from what the dissector says of each service. */
import { DIRECTION_REQUEST, DIRECTION_RESPONSE, type MessageView } from '../../../src/sense/protocols/message-view.ts';
import { count, type Ends, type FactCollector, RowCounter } from './collector.ts';

const COMMANDS: Readonly<Record<string, string>> = {
  '0x0': 'nop',
  '0x4': 'list_services',
  '0x63': 'list_identity',
  '0x64': 'list_interfaces',
  '0x65': 'register_session',
  '0x66': 'unregister_session',
  '0x6f': 'send_rr_data',
  '0x70': 'send_unit_data',
};
/** Names as the truth prints them: its tool names common services only. */
const SERVICES: Readonly<Record<number, string>> = {
  1: 'Get Attributes All',
  2: 'Set Attributes All',
  3: 'Get Attribute List',
  4: 'Set Attribute List',
  5: 'Reset',
  6: 'Start',
  7: 'Stop',
  8: 'Create',
  9: 'Delete',
  10: 'Multiple Service Packet',
  13: 'Apply Attributes',
  14: 'Get Attribute Single',
  16: 'Set Attribute Single',
  17: 'Find Next Object Instance',
  21: 'Restore',
  22: 'Save',
  23: 'Nop',
  24: 'Get Member',
  25: 'Set Member',
  26: 'Insert Member',
  27: 'Remove Member',
  28: 'Group Sync',
};
const STATE_CHANGING = new Set([
  2, 4, 5, 6, 7, 8, 9, 16, 21, 25, 26, 27, 0x4b, 0x4d, 0x4e, 0x50, 0x51, 0x53, 0x54, 0x5b,
]);

export function collectCip(): FactCollector {
  let pdus = 0;
  let messages = 0;
  let ioFrames = 0;
  const frames = new Map<number, number>();
  const ioFrameNumbers = new Set<number>();
  const over: Record<string, number> = {};
  const commands = new RowCounter();
  const errors = new RowCounter();
  const services = new RowCounter();
  const classes = new RowCounter();
  const statuses = new RowCounter();
  const pccc = new RowCounter();
  const changes: Record<string, unknown>[] = [];
  // Where the last CIP message stood: messages of one PDU stand one behind the other.
  let last: { bytes: Uint8Array; frame: number; offset: number; detail: number } = {
    bytes: new Uint8Array(0),
    frame: -1,
    offset: -1,
    detail: -1,
  };

  function pdu(view: MessageView, ends: Ends): void {
    pdus++;
    frames.set(view.frame, (frames.get(view.frame) ?? 0) + 1);
    count(over, ends.transport);
    const { bytes, offset } = view;
    const command = `0x${(bytes[offset]! | (bytes[offset + 1]! << 8)).toString(16)}`;
    const direction = view.fromClient ? 'request' : 'response';
    commands.add({ direction, command, name: COMMANDS[command] ?? '?' });
    const status = bytes[offset + 8]! | (bytes[offset + 9]! << 8);
    if (status !== 0) errors.add({ command, status: `0x${status.toString(16)}` });
  }

  function cip(view: MessageView, ends: Ends): void {
    const { bytes } = view;
    const at = view.offset + view.detail;
    const service = bytes[at]! & 0x7f;
    messages++;
    const isRequest = view.direction === DIRECTION_REQUEST;
    services.add({ direction: isRequest ? 'request' : 'response', service });
    if (!isRequest) {
      statuses.add({ service, general_status: bytes[at + 2]! });
      return;
    }
    const path = logical(view, at);
    const name = SERVICES[service] ?? `Unknown Service (0x${service.toString(16).padStart(2, '0')})`;
    classes.add({ cls: path.cls, service, name });
    if (!STATE_CHANGING.has(service)) return;
    changes.push({ frame: view.frame, src: ends.client, dst: ends.server, service, name, ...path });
  }

  return {
    protocols: ['enip', 'cip-io'],
    message(view: MessageView, ends: Ends): void {
      const info = view.protocol!.functionOf(view.functionCode);
      if (view.protocol!.name === 'cip-io') {
        ioFrames++;
        ioFrameNumbers.add(view.frame);
        return;
      }
      const again =
        view.bytes === last.bytes &&
        view.frame === last.frame &&
        view.offset === last.offset &&
        view.detail > last.detail;
      if (!again) pdu(view, ends);
      last = { bytes: view.bytes, frame: view.frame, offset: view.offset, detail: view.detail };
      if (view.detail === 0) return;
      if (isPccc(view))
        pccc.add({ direction: view.direction === DIRECTION_RESPONSE ? 'response' : 'request', command: info.code });
      else cip(view, ends);
    },
    facts() {
      const perFrame: Record<string, number> = {};
      for (const n of frames.values()) if (n > 1) count(perFrame, n);
      return {
        enip_pdus: pdus,
        frames: new Set([...frames.keys(), ...ioFrameNumbers]).size,
        over,
        commands: commands.rows(),
        enip_errors: errors.rows(),
        io_frames: ioFrames,
        cip_messages: messages,
        cip_services: services.rows(),
        cip_requests_by_class: classes.rows(),
        cip_response_status: statuses.rows(),
        pccc: pccc.rows(),
        state_changing_requests: changes,
        frames_with_n_pdus: perFrame,
        server_ports: [2222, 44818],
      };
    },
  };
}

function isPccc(view: MessageView): boolean {
  return view.functionCode >= 0x20002 * 0x10000;
}

/** Class, instance and attribute of a request, from the names of what it accesses. */
function logical(view: MessageView, at: number): Record<string, number | null> {
  const { bytes } = view;
  const found: Record<string, number | null> = { cls: null, instance: null, attribute: null };
  // The path is the truth's own column; the dissector tells it only as the name of a point.
  for (let next = at + 2; next < at + 2 + 2 * bytes[at + 1]!; ) {
    const head = bytes[next]!;
    if (head >> 5 !== 1) break;
    const wide = (head & 3) === 1;
    const value = wide ? bytes[next + 2]! | (bytes[next + 3]! << 8) : bytes[next + 1]!;
    const field = ['cls', 'instance', '', '', 'attribute'][(head >> 2) & 7];
    // Of objects within objects the truth has the outer one.
    if (field !== undefined && field !== '') found[field] ??= value;
    next += wide ? 4 : 2;
  }
  // Of a list the truth has the first attribute.
  if (bytes[at] === 4 && view.accessCount > 0) {
    const attribute = /0x[0-9a-f]+\.\d+\.(\d+)$/.exec(view.symbols.name(view.accessSymbol[0]!));
    if (attribute !== null) found.attribute = Number(attribute[1]);
  }
  return found;
}
