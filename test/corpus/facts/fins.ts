/** Facts of FINS as the truth files hold them: commands and responses, end codes, frames of FINS/TCP. */
import { startsTcp, TCP_HEADER_BYTES } from '../../../src/sense/protocols/fins/framing.ts';
import { COMMAND, TCP_BASE } from '../../../src/sense/protocols/fins/names.ts';
import { DIRECTION_REQUEST, type MessageView } from '../../../src/sense/protocols/message-view.ts';
import { u32 } from '../../../src/sense/protocols/values.ts';
import { count, type Ends, type FactCollector, RowCounter } from './collector.ts';

/** Names the truth files use; the codes are what is compared. */
const NAMES: Readonly<Record<number, string>> = {
  0x0401: 'Run',
  0x0402: 'Stop',
  0x0501: 'Controller Data Read',
  0x0701: 'Clock Read',
  0x0702: 'Clock Write',
};
const TCP_NAMES = [
  'Node Address Data Send (Client to Server)',
  'Node Address Data Send (Server to Client)',
  'Frame Send',
];
const CHANGES: Readonly<Record<number, string>> = {
  [COMMAND.run]: 'run',
  [COMMAND.stop]: 'stop',
  [COMMAND.clockWrite]: 'clock_write',
};
const hex = (code: number, digits = 4) => `0x${code.toString(16).padStart(digits, '0')}`;

export function collectFins(): FactCollector {
  let pdus = 0;
  const frames = new Map<number, number>();
  const over: Record<string, number> = {};
  const messages = new RowCounter();
  const codes = new RowCounter();
  const tcpFrames = new RowCounter();
  const changes: Record<string, unknown>[] = [];
  return {
    protocols: ['fins'],
    message(view: MessageView, ends: Ends): void {
      const { bytes, offset, end } = view;
      frames.set(view.frame, (frames.get(view.frame) ?? 0) + 1);
      if (startsTcp(bytes, offset, end) && end - offset >= TCP_HEADER_BYTES) {
        const command = u32(bytes, offset + 8);
        tcpFrames.add({ command, name: TCP_NAMES[command] ?? '', error_code: hex(u32(bytes, offset + 12), 8) });
      }
      if (view.functionCode >= TCP_BASE) return;
      pdus++;
      count(over, ends.transport);
      const command = hex(view.functionCode);
      const asks = view.direction === DIRECTION_REQUEST;
      messages.add({ direction: asks ? 'command' : 'response', command, name: NAMES[view.functionCode] ?? '' });
      if (!asks) codes.add({ command, code: hex(view.status) });
      const name = CHANGES[view.functionCode];
      if (!asks || name === undefined) return;
      const short = `0x${view.functionCode.toString(16)}`;
      changes.push({ frame: view.frame, src: ends.client, dst: ends.server, command: short, name });
    },
    facts() {
      const perFrame: Record<string, number> = {};
      for (const n of frames.values()) if (n > 1) count(perFrame, n);
      return {
        pdus,
        frames: frames.size,
        over,
        messages: messages.rows(),
        response_codes: codes.rows(),
        memory_access: [],
        tcp_frames: tcpFrames.rows(),
        state_changing_commands: changes,
        frames_with_n_pdus: perFrame,
      };
    },
  };
}
