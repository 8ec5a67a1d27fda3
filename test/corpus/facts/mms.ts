/** Facts of MMS as the truth files hold them, from what the dissector says of each PDU. */
import { DIRECTION_REQUEST, type MessageView } from '../../../src/sense/protocols/message-view.ts';
import { PDU, SESSION_FUNCTION_BASE } from '../../../src/sense/protocols/mms/names.ts';
import { NO_PDU, pdu } from '../../../src/sense/protocols/mms/pdu.ts';
import { count, type Ends, type FactCollector, RowCounter } from './collector.ts';

/** Names the truth files use. */
const PDUS = [
  'confirmed_RequestPDU',
  'confirmed_ResponsePDU',
  'confirmed_ErrorPDU',
  'unconfirmed_PDU',
  'rejectPDU',
  'cancel_RequestPDU',
  'cancel_ResponsePDU',
  'cancel_ErrorPDU',
  'initiate_RequestPDU',
  'initiate_ResponsePDU',
  'initiate_ErrorPDU',
  'conclude_RequestPDU',
  'conclude_ResponsePDU',
  'conclude_ErrorPDU',
];
const KINDS: Readonly<Record<number, string>> = {
  [PDU.confirmedRequest]: 'confirmedServiceRequest',
  [PDU.confirmedResponse]: 'confirmedServiceResponse',
  [PDU.unconfirmed]: 'unconfirmedService',
};

export function collectMms(): FactCollector {
  let pdus = 0;
  const frames = new Set<number>();
  const types: Record<string, number> = {};
  const services = new RowCounter();
  const items = new RowCounter();
  const writes: Record<string, unknown>[] = [];

  /** `domain/item` of each variable the request names; those of the VMD or of the association are not in the truth. */
  function namesOf(view: MessageView): string[] {
    const names: string[] = [];
    for (let i = 0; i < pdu.itemCount; i++) if (pdu.items[i]! >= 0) names.push(view.symbols.name(pdu.items[i]!));
    return names.filter((name) => name.includes('/'));
  }

  return {
    protocols: ['mms'],
    message(view: MessageView, ends: Ends): void {
      // Transport and session without an MMS PDU in them.
      if (pdu.type === NO_PDU || view.functionCode % 0x10000 >= SESSION_FUNCTION_BASE) return;
      pdus++;
      frames.add(view.frame);
      count(types, PDUS[pdu.type]!);
      const kind = KINDS[pdu.type];
      if (kind === undefined || pdu.service < 0) return;
      const unconfirmed = pdu.type === PDU.unconfirmed;
      services.add({ kind, code: pdu.service, name: nameOf(view, unconfirmed ? 0x100 + pdu.service : pdu.service) });
      if (view.direction !== DIRECTION_REQUEST) return;
      const service = nameOf(view, pdu.service);
      if (service !== 'read' && service !== 'write') return;
      const names = namesOf(view);
      for (const name of names) {
        const at = name.indexOf('/');
        items.add({ service, domain: name.slice(0, at), item: name.slice(at + 1) });
      }
      if (service !== 'write') return;
      const [src, dst] = view.fromClient ? [ends.client, ends.server] : [ends.server, ends.client];
      writes.push({ frame: view.frame, src, dst, items: names });
    },
    facts() {
      const rows = items.rows();
      return {
        pdus,
        frames: frames.size,
        pdu_types: types,
        services: services.rows(),
        items: rows,
        n_item_rows: rows.length,
        writes,
        errors: [],
      };
    },
  };
}

/** `get-name-list` as the truth writes it: `getNameList`. */
function nameOf(view: MessageView, code: number): string {
  return view.protocol!.functionOf(code).name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
