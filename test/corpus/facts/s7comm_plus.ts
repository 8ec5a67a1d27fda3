/** Facts of S7-plus as the truth files hold them: fragments and messages, no values. */
import type { MessageView } from '../../../src/sense/protocols/message-view.ts';
import { NOTIFICATION, PROTOCOL_ID, SYSTEM_EVENT } from '../../../src/sense/protocols/s7comm-plus/names.ts';
import { firstUserOctet } from '../../../src/sense/protocols/tpkt/cotp.ts';
import { count, type FactCollector, RowCounter } from './collector.ts';

const NAMES: Readonly<Record<number, string>> = {
  1211: 'explore',
  1226: 'create_object',
  1236: 'delete_object',
  1266: 'set_variable',
  1316: 'get_link',
  1346: 'set_multi_variables',
  1356: 'get_multi_variables',
  1366: 'begin_sequence',
  1376: 'end_sequence',
  1387: 'invoke',
  1404: 'set_var_substreamed',
  1414: 'get_varsubstreamed',
};
const OPCODES = ['request', 'response'] as const;

export function collectS7plus(): FactCollector {
  let fragments = 0;
  let whole = 0;
  const frames = new Set<number>();
  const versions: Record<string, number> = {};
  const messages = new RowCounter();
  return {
    protocols: ['s7comm-plus'],
    part(view: MessageView): void {
      const { bytes, offset, end } = view;
      const at = bytes[offset] === PROTOCOL_ID ? offset : firstUserOctet(bytes, offset, end);
      fragments++;
      frames.add(view.frame);
      count(versions, `0x${bytes[at + 1]!.toString(16)}`);
    },
    message(view: MessageView): void {
      const code = view.functionCode & 0xffff;
      if (code === NOTIFICATION) messages.add({ opcode: 'notification', function: null, name: null });
      else if (code === SYSTEM_EVENT) messages.add({ opcode: 'system_event', function: null, name: null });
      else if (code < 0x1000) {
        const opcode = OPCODES[view.direction];
        messages.add({ opcode, function: `0x${code.toString(16)}`, name: NAMES[code] ?? null });
      } else return;
      whole++;
    },
    facts() {
      return {
        pdus: fragments,
        frames: frames.size,
        versions,
        messages: messages.rows(),
        continuation_or_unknown: fragments - whole,
      };
    },
  };
}
