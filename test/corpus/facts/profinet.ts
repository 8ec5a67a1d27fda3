/** Facts of PROFINET as the truth files hold them: frame identifiers, DCP services and blocks, calls of the context manager. */
import type { MessageView } from '../../../src/sense/protocols/message-view.ts';
import { call } from '../../../src/sense/protocols/profinet/call.ts';
import { frame } from '../../../src/sense/protocols/profinet/frame.ts';
import { RPC, RT } from '../../../src/sense/protocols/profinet/names.ts';
import { count, type Ends, type FactCollector, RowCounter } from './collector.ts';

const SERVICES: Readonly<Record<number, string>> = { 3: 'get', 4: 'set', 5: 'identify', 6: 'hello' };
const TYPES: Readonly<Record<number, string>> = { 0: 'request', 1: 'response_success', 5: 'response_not_supported' };
const OPTIONS: Readonly<Record<number, string>> = {
  1: 'ip',
  2: 'device',
  3: 'dhcp',
  5: 'control',
  6: 'deviceinitiative',
  255: 'all',
};
const OPERATIONS = ['connect', 'release', 'read', 'write', 'control', 'read_implicit'];

/** Name of the class of a frame identifier, as the truth files group them. */
function frameClass(id: number): string {
  if (id >= 0xc000 && id <= 0xfbff) return 'rtc_udp';
  if (id >= 0x8000 && id <= 0xbfff) return 'rtc';
  if (id === 0xfc01) return 'alarm_high';
  if (id === 0xfe01) return 'alarm_low';
  if (id >= 0xfefc && id <= 0xfeff) return 'dcp';
  return id >= 0xff00 && id <= 0xff7f ? 'ptcp' : 'other';
}

export function collectProfinet(): FactCollector {
  let rtFrames = 0;
  let calls = 0;
  const frameIds: Record<string, number> = {};
  const classes: Record<string, number> = {};
  const services = new RowCounter();
  const suboptions = new RowCounter();
  const names: Record<string, number> = {};
  const ips: Record<string, number> = {};
  const sets: Record<string, unknown>[] = [];
  const cm = new RowCounter();
  const other: Record<string, number> = {};

  function dcp(view: MessageView, ends: Ends): void {
    const service = SERVICES[frame.service] ?? String(frame.service);
    const type = TYPES[frame.serviceType] ?? String(frame.serviceType);
    services.add({ service, type });
    const named: string[] = [];
    for (let i = 0; i < frame.blockCount; i++) {
      const option = OPTIONS[frame.option[i]!] ?? String(frame.option[i]);
      const suboption = String(frame.suboption[i]);
      suboptions.add({ service, type, option, suboption });
      named.push(`${option}:${suboption}`);
    }
    const name =
      frame.nameAt < 0
        ? null
        : Buffer.from(view.bytes.subarray(frame.nameAt, frame.nameAt + frame.nameLength)).toString('latin1');
    const ip = frame.ipAt < 0 ? null : [...view.bytes.subarray(frame.ipAt, frame.ipAt + 4)].join('.');
    if (name !== null) count(names, name);
    if (ip !== null) count(ips, ip);
    if (service !== 'set' || type !== 'request') return;
    sets.push({ frame: view.frame, src: ends.client, dst: ends.server, suboptions: named, name, ip });
  }

  return {
    protocols: ['profinet', 'profinet-cm'],
    message(view: MessageView, ends: Ends): void {
      if (view.protocol!.name === 'profinet-cm') {
        if (!call.whole || call.mapper) return;
        calls++;
        const type = call.type === RPC.request ? 'request' : 'response';
        cm.add({ pkt_type: type, operation: OPERATIONS[call.operation] ?? String(call.operation) });
        return;
      }
      rtFrames++;
      count(frameIds, `0x${frame.id.toString(16).padStart(4, '0')}`);
      count(classes, frameClass(frame.id));
      const { code } = view.protocol!.functionOf(view.functionCode);
      if (code === RT.cyclic || code === RT.alarmHigh || code === RT.alarmLow) count(other, 'pn_io');
      if (code === RT.ptcp) count(other, 'pn_ptcp');
      if (frame.service >= 0) dcp(view, ends);
    },
    facts() {
      return {
        frames: rtFrames + calls,
        rt_frames: rtFrames,
        frame_ids: frameIds,
        frame_classes: classes,
        dcp_services: services.rows(),
        dcp_suboptions: suboptions.rows(),
        names_of_station: names,
        ips,
        dcp_set_requests: sets,
        cm_rpc: cm.rows(),
        other,
      };
    },
  };
}
