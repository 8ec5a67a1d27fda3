/** Facts of BACnet as the truth files hold them: APDUs by type and service, first object of requests, errors, network messages. */
import { APDU, BVLC } from '../../../src/sense/protocols/bacnet/names.ts';
import { pdu } from '../../../src/sense/protocols/bacnet/pdu.ts';
import type { MessageView } from '../../../src/sense/protocols/message-view.ts';
import { count, type Ends, type FactCollector, RowCounter } from './collector.ts';

const TYPE_NAMES = [
  ...['Confirmed-REQ', 'Unconfirmed-REQ', 'Simple-ACK', 'Complex-ACK'],
  ...['Segment-ACK', 'Error', 'Reject', 'Abort'],
];
/** Names the truth files use; the codes are what is compared. */
const CONFIRMED_NAMES = [
  ...['acknowledgeAlarm', 'confirmedCOVNotification', 'confirmedEventNotification', 'getAlarmSummary'],
  ...['getEnrollmentSummary', 'subscribeCOV', 'atomicReadFile', 'atomicWriteFile', 'addListElement'],
  ...['removeListElement', 'createObject', 'deleteObject', 'readProperty', 'readPropertyConditional'],
  ...['readPropertyMultiple', 'writeProperty', 'writePropertyMultiple', 'deviceCommunicationControl'],
  ...['confirmedPrivateTransfer', 'confirmedTextMessage', 'reinitializeDevice', 'vtOpen', 'vtClose', 'vtData'],
  ...['authenticate', 'requestKey', 'readRange', 'lifeSafetyOperation', 'subscribeCOVProperty'],
  ...['getEventInformation', 'subscribeCovPropertyMultiple', 'confirmedCovNotificationMultiple'],
];
const UNCONFIRMED_NAMES = [
  ...['i-Am', 'i-Have', 'unconfirmedCOVNotification', 'unconfirmedEventNotification', 'unconfirmedPrivateTransfer'],
  ...['unconfirmedTextMessage', 'timeSynchronization', 'who-Has', 'who-Is', 'utcTimeSynchronization', 'writeGroup'],
  ...['unconfirmedCovNotificationMultiple', 'unconfirmedAuditNotification', 'who-am-I', 'you-are'],
];
const BVLC_NAMES = [
  ...['BVLC-Result', 'Write-Broadcast-Distribution-Table', 'Read-Broadcast-Distribution-Table'],
  ...['Read-Broadcast-Distribution-Table-Ack', 'Forwarded-NPDU', 'Register-Foreign-Device'],
  ...['Read-Foreign-Device-Table', 'Read-Foreign-Device-Table-Ack', 'Delete-Foreign-Device-Table-Entry'],
  ...['Distribute-Broadcast-To-Network', 'Original-Unicast-NPDU', 'Original-Broadcast-NPDU', 'Secured-BVLL'],
];
const NETWORK_NAMES: Readonly<Record<number, string>> = {
  0: 'Who-Is-Router-To-Network',
  1: 'I-Am-Router-To-Network',
  18: 'What-Is-Networknumber',
  19: 'Networknumber-Is',
};
const REJECT_NAMES: Readonly<Record<number, string>> = { 9: 'unrecognized-service' };
const ABORT_NAMES: Readonly<Record<number, string>> = { 0: 'other' };
/** What the truth files list as changing state. */
const CHANGES = new Set([7, 8, 9, 10, 11, 15, 16, 17, 20, 22]);

export function collectBacnet(): FactCollector {
  let npdus = 0;
  let segmented = 0;
  let lastFrame = 0;
  const frames = new Set<number>();
  const link: Record<string, number> = {};
  const bvlc = new RowCounter();
  const network = new RowCounter();
  const apdus = new RowCounter();
  const errors = new RowCounter();
  const rejects: Record<string, number> = {};
  const aborts: Record<string, number> = {};
  const requests = new RowCounter();
  const changes: Record<string, unknown>[] = [];

  /** Headers count once a frame: a segment is told as a part and, being the last, again in the whole message. */
  function headers(view: MessageView): void {
    if (view.frame === lastFrame) return;
    lastFrame = view.frame;
    frames.add(view.frame);
    if (pdu.bvlc >= 0) bvlc.add({ code: pdu.bvlc, name: BVLC_NAMES[pdu.bvlc] });
    if (!pdu.hasNpdu) return;
    npdus++;
    count(link, pdu.llc ? 'llc' : 'bvlc');
    if (pdu.npdu.messageType >= 0) {
      const code = pdu.npdu.messageType;
      network.add({ code, name: NETWORK_NAMES[code] ?? String(code) });
    }
    if (pdu.type < 0) return;
    if (pdu.segmented) segmented++;
    const unconfirmed = pdu.type === APDU.unconfirmedRequest;
    const named = pdu.service >= 0;
    apdus.add({
      type: TYPE_NAMES[pdu.type],
      kind: named ? (unconfirmed ? 'unconfirmed' : 'confirmed') : null,
      service: named ? pdu.service : null,
      name: named ? ((unconfirmed ? UNCONFIRMED_NAMES : CONFIRMED_NAMES)[pdu.service] ?? '') : '',
    });
  }

  return {
    protocols: ['bacnet'],
    part: headers,
    message(view: MessageView, ends: Ends): void {
      headers(view);
      const service = CONFIRMED_NAMES[pdu.service] ?? '';
      if (pdu.type === APDU.error) errors.add({ service, class: String(pdu.errorClass), code: String(pdu.errorCode) });
      if (pdu.type === APDU.reject) count(rejects, REJECT_NAMES[pdu.reason] ?? pdu.reason);
      if (pdu.type === APDU.abort) count(aborts, ABORT_NAMES[pdu.reason] ?? pdu.reason);
      if (pdu.type !== APDU.confirmedRequest) return;
      const object = pdu.object < 0 ? null : pdu.object >>> 22;
      const instance = pdu.object < 0 ? null : pdu.object & 0x3fffff;
      const first = { service, object_type: object, instance, property: pdu.property < 0 ? null : pdu.property };
      requests.add(first);
      if (!CHANGES.has(pdu.service)) return;
      const [src, dst] = view.fromClient ? [ends.client, ends.server] : [ends.server, ends.client];
      changes.push({ frame: view.frame, src, dst, ...first });
    },
    facts() {
      return {
        npdus,
        frames: frames.size,
        link,
        bvlc_functions: bvlc.rows(),
        network_messages: network.rows(),
        apdus: apdus.rows(),
        errors: errors.rows(),
        rejects,
        aborts,
        segmented_apdus: segmented,
        confirmed_requests: requests.rows(),
        state_changing_requests: changes,
      };
    },
  };
}

// A BVLC function without a name here would be compared by its number alone.
if (BVLC_NAMES.length !== BVLC.securedBvll + 1) throw new Error('names of BVLC functions are not complete');
