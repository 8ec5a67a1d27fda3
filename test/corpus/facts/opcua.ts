/** Facts of OPC UA as the truth files hold them: chunks by type, services, results, nodes of writes and calls. */
import type { MessageView } from '../../../src/sense/protocols/message-view.ts';
import { AREA, CHUNK, MESSAGE, SERVICE, SERVICES, statusName } from '../../../src/sense/protocols/opcua/names.ts';
import { chunk } from '../../../src/sense/protocols/opcua/session.ts';
import { count, type Ends, type FactCollector, RowCounter } from './collector.ts';

const TYPES: Readonly<Record<number, string>> = {
  [MESSAGE.hello]: 'HEL',
  [MESSAGE.acknowledge]: 'ACK',
  [MESSAGE.error]: 'ERR',
  [MESSAGE.reverseHello]: 'RHE',
  [MESSAGE.open]: 'OPN',
  [MESSAGE.message]: 'MSG',
  [MESSAGE.close]: 'CLO',
};
const KINDS: Readonly<Record<number, string>> = { [CHUNK.final]: 'F', [CHUNK.intermediate]: 'C', [CHUNK.abort]: 'A' };

const NAMES = new Map<number, string>([[SERVICE.fault, 'ServiceFault']]);
for (const [request, name, response] of SERVICES) {
  NAMES.set(request, `${name}Request`);
  NAMES.set(response, `${name}Response`);
}

/** `0x80790000 [BadNoSubscription]` or `Good`. */
function resultText(status: number): string {
  if (status === 0) return 'Good';
  const name = statusName(status).replace(/(^|-)([a-z])/g, (_, _hyphen, letter: string) => letter.toUpperCase());
  return `0x${status.toString(16).padStart(8, '0')} [${name}]`;
}

/** `ns=1;s=the.answer` → `ns1;the.answer`. */
function nodeText(text: string): string {
  const [, namespace = '0', value = text] = /^(?:ns=(\d+);)?[isgb]=(.*)$/s.exec(text) ?? [];
  return `ns${namespace};${value}`;
}

export function collectOpcua(): FactCollector {
  let messages = 0;
  const frames = new Map<number, number>();
  const transport = new RowCounter();
  const services = new RowCounter();
  const without = new RowCounter();
  const results = new RowCounter();
  const policies: Record<string, number> = {};
  const endpoints: Record<string, number> = {};
  const errors: Record<string, number> = {};
  const writes: Record<string, unknown>[] = [];
  const calls: Record<string, unknown>[] = [];

  function one(view: MessageView): Record<string, unknown> {
    messages++;
    frames.set(view.frame, (frames.get(view.frame) ?? 0) + 1);
    const row = { type: TYPES[chunk.type], chunk: KINDS[chunk.kind] };
    transport.add(row);
    return row;
  }

  function nodes(view: MessageView, ends: Ends, kinds: ReadonlyMap<number, string>): Record<string, unknown> {
    const list: string[] = [];
    for (let i = 0; i < view.accessCount; i++) {
      const kind = kinds.get(view.accessArea[i]!) ?? kinds.get(-1);
      if (kind !== undefined) list.push(`${kind}=${nodeText(view.symbols.name(view.accessSymbol[i]!))}`);
    }
    return { frame: view.frame, src: ends.client, dst: ends.server, nodes: list };
  }

  return {
    protocols: ['opcua'],
    part(view: MessageView): void {
      without.add(one(view));
    },
    message(view: MessageView, ends: Ends): void {
      const row = one(view);
      if (chunk.policy !== '') count(policies, chunk.policy);
      if (chunk.endpoint !== '') count(endpoints, chunk.endpoint);
      if (chunk.type === MESSAGE.error) count(errors, resultText(view.status));
      const id = chunk.encodingId;
      const name = NAMES.get(id);
      if (id === 0) without.add(row);
      else services.add({ id, name: name ?? null });
      if (name?.endsWith('Response') === true || name === 'ServiceFault') {
        results.add({ service: name, result: resultText(chunk.serviceResult) });
      }
      if (id === SERVICE.write) writes.push(nodes(view, ends, new Map([[-1, 'NodeId']])));
      if (id === SERVICE.call) {
        const kinds = new Map([
          [AREA.object, 'ObjectId'],
          [AREA.method, 'MethodId'],
        ]);
        calls.push(nodes(view, ends, kinds));
      }
    },
    facts() {
      const perFrame: Record<string, number> = {};
      for (const n of frames.values()) if (n > 1) count(perFrame, n);
      return {
        messages,
        frames: frames.size,
        transport: transport.rows(),
        services: services.rows(),
        without_service_id: without.rows(),
        security_policies: policies,
        endpoints,
        service_results: results.rows(),
        transport_errors: errors,
        write_requests: writes,
        call_requests: calls,
        frames_with_n_pdus: perFrame,
      };
    },
  };
}
