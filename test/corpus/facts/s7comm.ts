/** Facts of S7 communication as the truth files hold them. Items and data are walked with the dissector's own readers. */
import { DIRECTION_EVENT, DIRECTION_REQUEST, type MessageView } from '../../../src/sense/protocols/message-view.ts';
import { dataEnd, SYNTAX } from '../../../src/sense/protocols/s7comm/items.ts';
import { asciiText, type Parts, piPlace } from '../../../src/sense/protocols/s7comm/message.ts';
import { FC, PROTOCOL_ID, ROSCTR } from '../../../src/sense/protocols/s7comm/names.ts';
import { firstUserOctet } from '../../../src/sense/protocols/tpkt/cotp.ts';
import { u16 } from '../../../src/sense/protocols/values.ts';
import { count, type Ends, type FactCollector, RowCounter } from './collector.ts';

const KINDS: Readonly<Record<number, string>> = { 1: 'job', 2: 'ack', 3: 'ack_data', 7: 'userdata' };
/** Names the truth files use. */
const NAMES: Readonly<Record<number, string>> = {
  4: 'read_var',
  5: 'write_var',
  26: 'request_download',
  27: 'download_block',
  28: 'download_ended',
  29: 'start_upload',
  30: 'upload',
  31: 'end_upload',
  40: 'pi_service',
  41: 'plc_stop',
  240: 'setup_communication',
};
const GROUPS: Readonly<Record<number, string>> = {
  0: 'Mode-transition',
  1: 'Programmer commands',
  2: 'Cyclic services',
  3: 'Block functions',
  4: 'CPU functions',
  5: 'Security',
  6: 'PBC BSEND/BRECV',
  7: 'Time functions',
  15: 'NC programming',
};
const SUBFUNCTIONS: Readonly<Record<string, string>> = {
  'mode-stop': 'STOP',
  'variable-status': 'Variable status',
  'modify-variable': 'Modify variable',
  'disable-job': 'Disable job',
  'enable-job': 'Enable job',
  'delete-job': 'Delete job',
  'read-job-list': 'Read job list',
  'flash-led': 'Flash LED',
  'cyclic-unsubscribe': 'Unsubscribe',
  'change-driven-transfer': 'Change driven transfer',
  'change-driven-transfer-modify': 'Change driven transfer modify',
  'list-blocks': 'List blocks',
  'list-blocks-of-type': 'List blocks of type',
  'block-info': 'Get block info',
  'read-szl': 'Read SZL',
  'message-service': 'Message service',
  'diagnostic-message': 'Diagnostic message',
  'alarm-8-indication': 'ALARM_8 indication',
  'notify-indication': 'NOTIFY indication',
  'alarm-query': 'ALARM query',
  password: 'PLC password',
  'read-clock': 'Read clock',
  'set-clock': 'Set clock',
};

interface Item {
  readonly area: string | null;
  readonly db: number | null;
  readonly byte: number | null;
  readonly bit: number | null;
  readonly transport: number | null;
  readonly length: number | null;
  readonly syntax: number;
}

export function collectS7comm(): FactCollector {
  let pdus = 0;
  const frames = new Map<number, number>();
  const rosctrs: Record<string, number> = {};
  const messages = new RowCounter();
  const userdata = new RowCounter();
  const errors = new RowCounter();
  const items = new RowCounter();
  const returnCodes = new RowCounter();
  const transfers = new RowCounter();
  const writes: Record<string, unknown>[] = [];
  const piServices: Record<string, unknown>[] = [];

  function userdataRow(view: MessageView): void {
    const info = view.protocol!.functionOf(view.functionCode);
    const type =
      view.direction === DIRECTION_EVENT ? 'push' : view.direction === DIRECTION_REQUEST ? 'request' : 'response';
    const group = info.code & 15;
    userdata.add({
      type,
      group,
      group_name: GROUPS[group],
      subfunction: info.subCode,
      subfunction_name: SUBFUNCTIONS[info.name] ?? info.name,
    });
    if (view.status !== 0 && view.status < 0x10000) errorRow('param', view.status);
  }

  function errorRow(where: string, status: number): void {
    errors.add({ where, error_class: status >> 8, error_code: status & 255 });
  }

  function job(view: MessageView, parts: Parts, code: number, name: string, ends: Ends): void {
    const { bytes } = view;
    if (code === FC.readVar || code === FC.writeVar) {
      const list = itemsOf(bytes, parts);
      for (const { syntax, transport, ...item } of list) {
        items.add({ function: name, syntax_id: syntax, ...item, transport_size: transport });
      }
      if (code === FC.readVar) return;
      const data = dataOf(bytes, parts);
      for (const { code: returned } of data) returnCodes.add({ rosctr: 'job', function: name, code: hex(returned) });
      writes.push({
        frame: view.frame,
        src: ends.client,
        dst: ends.server,
        items: list.map(({ syntax: _, ...item }) => item),
        data: data.map((entry) => entry.text),
      });
      return;
    }
    if (code === FC.plcStop) {
      piServices.push(pi(view, ends, name, asciiText(bytes, parts.parameters + 7, parts.data), null, null));
      return;
    }
    if (code === FC.piService) {
      const place = piPlace(bytes, parts);
      if (place === null) return;
      const service = asciiText(bytes, place.name, place.nameEnd);
      const block = service === '_INSE' || service === '_DELE';
      const argument = asciiText(bytes, place.argument, place.argumentEnd);
      piServices.push(pi(view, ends, name, service, block || argument === '' ? null : argument, ''));
      if (block) transfers.add({ function: name, rosctr: 'job', filename: argument.slice(2) });
      return;
    }
    if (code >= FC.requestDownload && code <= FC.startUpload) {
      const at = parts.parameters + 9;
      transfers.add({ function: name, rosctr: 'job', filename: asciiText(bytes, at, at + bytes[at - 1]!) });
    }
  }

  return {
    protocols: ['s7comm'],
    message(view: MessageView, ends: Ends): void {
      const { bytes } = view;
      const at = bytes[view.offset] === PROTOCOL_ID ? view.offset : firstUserOctet(bytes, view.offset, view.end);
      if (at < 0) return;
      pdus++;
      frames.set(view.frame, (frames.get(view.frame) ?? 0) + 1);
      const rosctr = bytes[at + 1]!;
      const kind = KINDS[rosctr] ?? String(rosctr);
      count(rosctrs, kind);
      if (rosctr === ROSCTR.userdata) return userdataRow(view);
      const parameters = at + (rosctr === ROSCTR.job ? 10 : 12);
      const data = parameters + u16(bytes, at + 6);
      const parts = { parameters, data, end: view.end };
      const code = parameters < data ? bytes[parameters]! : null;
      const name = code === null ? 'none' : (NAMES[code] ?? String(code));
      messages.add({ rosctr: kind, function: code, name });
      if (rosctr === ROSCTR.ack && view.status !== 0) {
        errorRow('header', view.status);
        errorRow('param', view.status);
      }
      if (code === null) return;
      if (rosctr === ROSCTR.job) return job(view, parts, code, name, ends);
      if (code === FC.readVar) {
        for (const entry of dataOf(bytes, parts)) {
          returnCodes.add({ rosctr: kind, function: name, code: hex(entry.code) });
        }
      }
      if (code === FC.writeVar) {
        for (let i = data; i < data + bytes[parameters + 1]!; i++) {
          returnCodes.add({ rosctr: kind, function: name, code: hex(bytes[i]!) });
        }
      }
    },
    facts() {
      const perFrame: Record<string, number> = {};
      for (const n of frames.values()) if (n > 1) count(perFrame, n);
      return {
        pdus,
        frames: frames.size,
        rosctr: rosctrs,
        messages: messages.rows(),
        userdata: userdata.rows(),
        errors: errors.rows(),
        items: items.rows(),
        n_item_rows: items.rows().length,
        return_codes: returnCodes.rows(),
        writes,
        pi_services: piServices,
        block_transfers: transfers.rows(),
        frames_with_n_pdus: perFrame,
      };
    },
  };
}

function pi(
  view: MessageView,
  ends: Ends,
  func: string,
  service: string,
  argument: string | null,
  block: string | null,
): Record<string, unknown> {
  return { frame: view.frame, src: ends.client, dst: ends.server, func, service, argument, parameter_block: block };
}

function itemsOf(bytes: Uint8Array, parts: Parts): Item[] {
  const list: Item[] = [];
  let at = parts.parameters + 2;
  for (let k = 0; k < bytes[parts.parameters + 1]! && at + 3 <= parts.data; k++) {
    const syntax = bytes[at + 2]!;
    if (syntax === SYNTAX.any) {
      const code = bytes[at + 8]!;
      const address = (bytes[at + 9]! << 16) | (bytes[at + 10]! << 8) | bytes[at + 11]!;
      const numbered = code === 0x1c || code === 0x1d;
      list.push({
        syntax,
        area: hex(code),
        db: u16(bytes, at + 6),
        byte: numbered ? null : address >> 3,
        bit: numbered ? null : address & 7,
        transport: bytes[at + 3]!,
        length: u16(bytes, at + 4),
      });
    } else list.push({ syntax, area: null, db: null, byte: null, bit: null, transport: null, length: null });
    at += 2 + bytes[at + 1]!;
    if (((at - parts.parameters) & 1) === 1) at++;
  }
  return list;
}

function dataOf(bytes: Uint8Array, parts: Parts): { code: number; text: string }[] {
  const list: { code: number; text: string }[] = [];
  for (let at = parts.data; at + 4 <= parts.end; ) {
    const end = dataEnd(bytes, at);
    const text = Buffer.from(bytes.subarray(at + 4, end))
      .toString('hex')
      .replace(/(..)(?!$)/g, '$1:');
    list.push({ code: bytes[at]!, text });
    at = end + ((end - at) & 1);
  }
  return list;
}

function hex(code: number): string {
  return `0x${code.toString(16).padStart(2, '0')}`;
}
