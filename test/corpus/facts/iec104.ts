/** Facts of IEC 60870-5-104 as the truth files hold them: frames by format, ASDUs by type and cause, object addresses, commands. */
import { APCI_BYTES, FORMAT, formatOf, START } from '../../../src/sense/protocols/iec104/framing.ts';
import { objectAddress } from '../../../src/sense/protocols/iec104/message.ts';
import { JUNK_FUNCTION } from '../../../src/sense/protocols/iec104/names.ts';
import { layoutOf } from '../../../src/sense/protocols/iec104/types.ts';
import type { MessageView } from '../../../src/sense/protocols/message-view.ts';
import { NO_UNIT } from '../../../src/sense/protocols/message-view.ts';
import { count, type Ends, type FactCollector, RowCounter } from './collector.ts';

const FORMATS: Readonly<Record<number, string>> = { [FORMAT.i]: 'I', [FORMAT.s]: 'S', [FORMAT.u]: 'U' };
const U_NAMES: Readonly<Record<number, string>> = {
  7: 'STARTDT act',
  11: 'STARTDT con',
  19: 'STOPDT act',
  35: 'STOPDT con',
  67: 'TESTFR act',
  131: 'TESTFR con',
};
/** Causes as the truth files abbreviate them, from 1. */
const CAUSES = [
  ...['Per/Cyc', 'Back', 'Spont', 'Init', 'Req', 'Act', 'ActCon', 'Deact', 'DeactCon', 'ActTerm', 'Retrem', 'Retloc'],
  ...['File', 'Auth', 'Seskey', 'Usrkey', '', '', '', 'Inrogen'],
  ...Array.from({ length: 16 }, (_, group) => `Inro${group + 1}`),
  ...['Reqcogen', 'Reqco1', 'Reqco2', 'Reqco3', 'Reqco4', '', '', 'UkTypeId', 'UkCauseTx', 'UkComAdrASDU', 'UkIOA'],
];

export function collectIec104(): FactCollector {
  let apdus = 0;
  let objects = 0;
  let negatives = 0;
  let tests = 0;
  const frames = new Map<number, number>();
  const ports = new Set<number>();
  const formats = new RowCounter();
  const uFunctions = new RowCounter();
  const asdus = new RowCounter();
  const addresses = new RowCounter();
  const common: Record<string, number> = {};
  const commands: Record<string, unknown>[] = [];

  function addressesOf({ bytes, end }: MessageView, asdu: number): number[] {
    const size = layoutOf(bytes[asdu]!)?.size ?? -1;
    const structure = bytes[asdu + 1]!;
    const list: number[] = [];
    let at = asdu + 6;
    for (let n = 0; n < (structure & 0x7f) && size >= 0; n++) {
      const addressed = structure < 0x80 || n === 0;
      if (at + (addressed ? 3 : 0) + size > end) break;
      list.push(addressed ? objectAddress(bytes, at) : list.at(-1)! + 1);
      at += (addressed ? 3 : 0) + size;
    }
    return list;
  }

  function information(view: MessageView, ends: Ends, direction: string): void {
    const { bytes, end } = view;
    const asdu = view.offset + APCI_BYTES;
    if (asdu >= end) return;
    const type = bytes[asdu]!;
    const name = layoutOf(type)?.label ?? 'Unknown';
    const octet = asdu + 2 < end ? bytes[asdu + 2]! : null;
    const cot = octet === null ? null : octet & 0x3f;
    const negative = octet !== null && (octet & 0x40) !== 0;
    if (negative) negatives++;
    if (octet !== null && octet >= 0x80) tests++;
    const sq = asdu + 1 < end && bytes[asdu + 1]! >= 0x80;
    asdus.add({ direction, type_id: type, name, cot, cot_name: cot === null ? '' : (CAUSES[cot - 1] ?? ''), sq });
    const ca = view.unit === NO_UNIT ? null : view.unit;
    count(common, ca === null ? 'None' : ca);
    const list = addressesOf(view, asdu);
    objects += list.length;
    for (const ioa of list) addresses.add({ ca, type_id: type, ioa });
    if (name === 'Unknown' || type < 45 || type === 70) return;
    const [src, dst] = view.fromClient ? [ends.client, ends.server] : [ends.server, ends.client];
    commands.push({ frame: view.frame, src, dst, type, name, cot, negative, ca, ioa: list });
  }

  return {
    protocols: ['iec104'],
    message(view: MessageView, ends: Ends): void {
      if (view.functionCode === JUNK_FUNCTION || view.bytes[view.offset] !== START) return;
      apdus++;
      frames.set(view.frame, (frames.get(view.frame) ?? 0) + 1);
      ports.add(ends.serverPort);
      const direction = view.fromClient ? 'to_station' : 'from_station';
      const control = view.bytes[view.offset + 2]!;
      const format = formatOf(control);
      formats.add({ direction, format: FORMATS[format] });
      if (format === FORMAT.u) uFunctions.add({ direction, name: U_NAMES[control] ?? 'Unknown' });
      if (format === FORMAT.i) information(view, ends, direction);
    },
    facts() {
      const perFrame: Record<string, number> = {};
      for (const n of frames.values()) if (n > 1) count(perFrame, n);
      return {
        apdus,
        frames: frames.size,
        formats: formats.rows(),
        u_functions: uFunctions.rows(),
        asdus: asdus.rows(),
        information_objects: objects,
        negative: negatives,
        test: tests,
        common_addresses: common,
        ioas: addresses.rows(),
        n_ioa_rows: addresses.rows().length,
        commands,
        frames_with_n_pdus: perFrame,
        server_ports: [...ports],
      };
    },
  };
}
