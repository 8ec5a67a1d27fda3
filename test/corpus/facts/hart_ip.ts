/** Facts of HART-IP as the truth files hold them: messages, commands of token passing PDUs, response codes. */
import { header } from '../../../src/sense/protocols/hart-ip/header.ts';
import { ID } from '../../../src/sense/protocols/hart-ip/names.ts';
import type { MessageView } from '../../../src/sense/protocols/message-view.ts';
import { count, type Ends, type FactCollector, RowCounter } from './collector.ts';

const TYPES: Readonly<Record<number, string>> = { 0: 'request', 1: 'response', 2: 'publish', 15: 'nak' };
const IDS = ['session_initiate', 'session_close', 'keep_alive', 'token_passing_pdu', 'direct_pdu', 'read_audit_log'];

export function collectHartIp(): FactCollector {
  let pdus = 0;
  const frames = new Map<number, number>();
  const over: Record<string, number> = {};
  const messages = new RowCounter();
  // The reference has no dissector for these two (README 4).
  const others = new RowCounter();
  const commands = new RowCounter();
  const codes = new RowCounter();
  const statuses = new RowCounter();
  return {
    protocols: ['hart-ip'],
    message(view: MessageView, ends: Ends): void {
      // A PDU of several direct commands counts once.
      if (!header.first) return;
      const type = TYPES[header.type] ?? String(header.type);
      const message = { type, message_id: header.id, name: IDS[header.id] ?? String(header.id) };
      if (header.id === ID.direct || header.id === ID.auditLog) return others.add(message);
      pdus++;
      count(over, ends.transport);
      frames.set(view.frame, (frames.get(view.frame) ?? 0) + 1);
      messages.add(message);
      const status = view.bytes[view.offset + 3]!;
      if (status !== 0) statuses.add({ type, message_id: header.id, status });
      if (header.command < 0) return;
      commands.add({ type, command: header.command });
      if (header.responseCode > 0) codes.add({ command: header.command, code: header.responseCode });
    },
    facts() {
      const perFrame: Record<string, number> = {};
      for (const n of frames.values()) if (n > 1) count(perFrame, n);
      return {
        pdus,
        frames: frames.size,
        over,
        messages: messages.rows(),
        commands: commands.rows(),
        nonzero_response_codes: codes.rows(),
        nonzero_status: statuses.rows(),
        frames_with_n_pdus: perFrame,
        messages_not_dissected_by_tshark: others.rows(),
      };
    },
  };
}
