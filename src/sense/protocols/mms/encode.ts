/**
 * Writers of MMS: the inverse of `framing.ts`, `message.ts`, `control.ts` and `report.ts`. PDUs and services are octets that one puts
 * together; `put…` writes a whole TPKT at `at` of `out` and returns the offset after it. What does not fit is a RangeError of the caller.
 */
import { element, integerElement, type Octets, putOctets, textElement } from '../asn1/encode.ts';
import { finishData, USER_DATA_AT } from '../tpkt/encode.ts';
import { ACSE } from './framing.ts';
import { OBJECT_NAME } from './items.ts';
import { PDU, PDU_TAGS, SPDU } from './names.ts';

/** Presentation context of MMS as clients propose it; ACSE has 1. */
export const MMS_CONTEXT = 3;
const ACSE_CONTEXT = 1;
const BER = [0x51, 0x01];
const ACSE_SYNTAX = [0x52, 0x01, 0x00, 0x01];
const MMS_SYNTAX = [0x28, 0xca, 0x22, 0x02, 0x01];
const MMS_APPLICATION = [0x28, 0xca, 0x22, 0x02, 0x03];
/** Conformance as IEC 61850 devices state it: str1, str2, vnam, valt, vlis; services of 8-1, table 16. */
const PARAMETERS = [0x05, 0xf1, 0x00];
const SERVICES = [0x03, 0xee, 0x1c, 0x00, 0x00, 0x04, 0x08, 0x00, 0x00, 0x79, 0xef, 0x18];

/** Tag of a service: context class, its number, with content (`constructed`) or without. */
export function serviceTag(service: number, constructed: boolean): number {
  const first = constructed ? 0xa0 : 0x80;
  return service < 31 ? first + service : service * 0x100 + first + 31;
}

/** An item by domain and name; without a domain one of the VMD. */
export interface ItemName {
  readonly domain?: string;
  readonly item: string;
}

/** `ObjectName`. */
export function nameOctets({ domain, item }: ItemName): Octets {
  if (domain === undefined) return textElement(OBJECT_NAME.vmd, item);
  return element(OBJECT_NAME.domain, textElement(0x1a, domain), textElement(0x1a, item));
}

/** `listOfVariable` as an access specification. */
export function listOfVariable(items: readonly ItemName[]): Octets {
  return element(0xa0, ...items.map((item) => element(0x30, element(0xa0, nameOctets(item)))));
}

/** `variableListName` as an access specification. */
export function variableListName(list: ItemName): Octets {
  return element(0xa1, nameOctets(list));
}

/** Result of one item: its value, or the data access error. */
export type ItemResult = Octets | number;
const resultOctets = (result: ItemResult): Octets => (typeof result === 'number' ? element(0x80, [result]) : result);

/** Arguments and results of services, for `confirmedRequest` and `confirmedResponse`. */
export const services = {
  read: (specification: Octets): Octets => element(serviceTag(4, true), element(0xa1, specification)),
  readResult: (results: readonly ItemResult[]): Octets =>
    element(serviceTag(4, true), element(0xa1, ...results.map(resultOctets))),
  write: (specification: Octets, values: readonly Octets[]): Octets =>
    element(serviceTag(5, true), specification, element(0xa0, ...values)),
  /** For each item null where it is written, else the data access error. */
  writeResult: (errors: readonly (number | null)[]): Octets =>
    element(serviceTag(5, true), ...errors.map((error) => (error === null ? element(0x81) : element(0x80, [error])))),
  identify: (): Octets => element(serviceTag(2, false)),
  identifyResult: (vendor: string, model: string, revision: string): Octets =>
    element(serviceTag(2, true), textElement(0x80, vendor), textElement(0x81, model), textElement(0x82, revision)),
  status: (): Octets => element(serviceTag(0, false), [0]),
  statusResult: (logical: number, physical: number): Octets =>
    element(serviceTag(0, true), integerElement(0x80, logical), integerElement(0x81, physical)),
  /** Named variables (0) of a domain. */
  getNameList: (domain: string, objectClass = 0): Octets =>
    element(serviceTag(1, true), element(0xa0, element(0x80, [objectClass])), element(0xa1, textElement(0x81, domain))),
  getNameListResult: (names: readonly string[], moreFollows = false): Octets =>
    element(
      serviceTag(1, true),
      element(0xa0, ...names.map((name) => textElement(0x1a, name))),
      element(0x81, [moreFollows ? 0xff : 0]),
    ),
  getVariableAccessAttributes: (item: ItemName): Octets =>
    element(serviceTag(6, true), element(0xa0, nameOctets(item))),
  getListAttributes: (list: ItemName): Octets => element(serviceTag(12, true), nameOctets(list)),
  getListAttributesResult: (members: readonly ItemName[]): Octets =>
    element(
      serviceTag(12, true),
      element(0x80, [0]),
      element(0xa1, ...members.map((item) => element(0x30, element(0xa0, nameOctets(item))))),
    ),
  defineList: (list: ItemName, members: readonly ItemName[]): Octets =>
    element(serviceTag(11, true), nameOctets(list), listOfVariable(members)),
  deleteLists: (lists: readonly ItemName[]): Octets =>
    element(serviceTag(13, true), element(0xa1, ...lists.map(nameOctets))),
  /** Start (40), stop (41), resume (42), reset (43), kill (44) of a program invocation. */
  program: (service: number, name: string): Octets => element(serviceTag(service, true), textElement(0x80, name)),
  fileOpen: (name: string): Octets =>
    element(serviceTag(72, true), element(0xa0, textElement(0x19, name)), element(0x81, [0])),
  fileDelete: (name: string): Octets => element(serviceTag(76, true), textElement(0x19, name)),
} as const;

export function confirmedRequest(invoke: number, service: Octets): Octets {
  return element(PDU_TAGS[PDU.confirmedRequest]!, integerElement(0x02, invoke), service);
}

export function confirmedResponse(invoke: number, service: Octets): Octets {
  return element(PDU_TAGS[PDU.confirmedResponse]!, integerElement(0x02, invoke), service);
}

/** Service error: class (0 vmd-state … 7 access …) and code. */
export function confirmedError(invoke: number, errorClass: number, code: number): Octets {
  return element(
    PDU_TAGS[PDU.confirmedError]!,
    integerElement(0x80, invoke),
    element(0xa2, element(0xa0, element(0x80 + errorClass, [code]))),
  );
}

/** Reject of the PDU with `invoke`: type 1 (confirmed request) to 11, reason. */
export function reject(invoke: number, type: number, reason: number): Octets {
  return element(PDU_TAGS[PDU.reject]!, integerElement(0x80, invoke), element(0x80 + type, [reason]));
}

export function informationReport(specification: Octets, results: readonly ItemResult[]): Octets {
  const report = element(0xa0, specification, element(0xa0, ...results.map(resultOctets)));
  return element(PDU_TAGS[PDU.unconfirmed]!, report);
}

export const concludeRequest = (): Octets => element(PDU_TAGS[PDU.concludeRequest]!);
export const concludeResponse = (): Octets => element(PDU_TAGS[PDU.concludeResponse]!);
export const cancelRequest = (invoke: number): Octets => integerElement(PDU_TAGS[PDU.cancelRequest]!, invoke);
export const cancelResponse = (invoke: number): Octets => integerElement(PDU_TAGS[PDU.cancelResponse]!, invoke);

/** Largest PDU, requests open at once on either side, nesting (ISO 9506-2, 8.2): request and answer differ by their tag. */
function initiateOctets(type: number, pduBytesMax: number): Octets {
  return element(
    PDU_TAGS[type]!,
    integerElement(0x80, pduBytesMax),
    integerElement(0x81, 5),
    integerElement(0x82, 5),
    integerElement(0x83, 10),
    element(0xa4, integerElement(0x80, 1), element(0x81, PARAMETERS), element(0x82, SERVICES)),
  );
}

/** Writes one MMS PDU in session, presentation and transport; `context` 0: straight on the transport, as some test tools do. */
export function putPdu(out: Uint8Array, at: number, pdu: Octets, context = MMS_CONTEXT): number {
  if (context === 0) return putUserData(out, at, pdu);
  const layers = Uint8Array.from([SPDU.data, 0, SPDU.data, 0]);
  const value = fullyEncoded(context, pdu);
  return putUserData(out, at, layers, value);
}

/** Session connect with the association request and MMS initiate in it. */
export function putInitiateRequest(out: Uint8Array, at: number, pduBytesMax = 65_000): number {
  const association = element(
    ACSE.request,
    element(0xa1, element(0x06, MMS_APPLICATION)),
    element(0xbe, external(initiateOctets(PDU.initiateRequest, pduBytesMax))),
  );
  const contexts = element(
    0xa4,
    element(0x30, integerElement(0x02, ACSE_CONTEXT), element(0x06, ACSE_SYNTAX), element(0x30, element(0x06, BER))),
    element(0x30, integerElement(0x02, MMS_CONTEXT), element(0x06, MMS_SYNTAX), element(0x30, element(0x06, BER))),
  );
  const selectors = [element(0x81, [0, 0, 0, 1]), element(0x82, [0, 0, 0, 1])];
  return putConnection(out, at, SPDU.connect, [...selectors, contexts, fullyEncoded(ACSE_CONTEXT, association)]);
}

/** Session accept with the association response and MMS initiate response; `result` 1 or 2 refuses the association. */
export function putInitiateResponse(out: Uint8Array, at: number, pduBytesMax = 65_000, result = 0): number {
  const mms = result === 0 ? [element(0xbe, external(initiateOctets(PDU.initiateResponse, pduBytesMax)))] : [];
  const association = element(
    ACSE.response,
    element(0xa1, element(0x06, MMS_APPLICATION)),
    element(0xa2, integerElement(0x02, result)),
    element(0xa3, element(0xa1, integerElement(0x02, 0))),
    ...mms,
  );
  const accepted = element(0x30, element(0x80, [0]), element(0x81, BER));
  const results = element(0xa5, accepted, accepted);
  const selector = element(0x83, [0, 0, 0, 1]);
  return putConnection(out, at, SPDU.accept, [selector, results, fullyEncoded(ACSE_CONTEXT, association)]);
}

/** Session refuse: the association is not wanted (ISO 8327-1, 8.3.4; reason 2: by the user, with nothing more to say). */
export function putRefuse(out: Uint8Array, at: number): number {
  const parameters = [0x11, 1, 1, 0x32, 1, 2];
  return putUserData(out, at, Uint8Array.from([SPDU.refuse, parameters.length, ...parameters]));
}

/** Session abort by the user, transport connection not kept (8.3.9). */
export function putAbort(out: Uint8Array, at: number): number {
  const abort = element(0xa0, fullyEncoded(ACSE_CONTEXT, element(ACSE.abort, element(0x80, [0]))));
  const parameters = [0x11, 1, 0x0b, 0xc1, abort.length, ...abort];
  return putUserData(out, at, Uint8Array.from([SPDU.abort, parameters.length, ...parameters]));
}

function external(pdu: Octets): Octets {
  return element(0x28, element(0x06, BER), integerElement(0x02, MMS_CONTEXT), element(0xa0, pdu));
}

function fullyEncoded(context: number, value: Octets): Octets {
  return element(0x61, element(0x30, integerElement(0x02, context), element(0xa0, value)));
}

/** Connect or accept: protocol version 2, functional unit duplex, the presentation PDU as user data. */
function putConnection(out: Uint8Array, at: number, type: number, parts: readonly Octets[]): number {
  const presentation = element(0x31, element(0xa0, element(0x80, [1])), element(0xa2, ...parts));
  const parameters = [0x05, 6, 0x13, 1, 0, 0x16, 1, 2, 0x14, 2, 0, 2, 0xc1, ...sessionLength(presentation.length)];
  const length = parameters.length + presentation.length;
  return putUserData(out, at, Uint8Array.from([type, ...sessionLength(length), ...parameters]), presentation);
}

/** One octet up to 254, else 255 and two (ISO 8327-1, 8.2.5). */
function sessionLength(length: number): number[] {
  return length < 255 ? [length] : [255, length >> 8, length & 0xff];
}

function putUserData(out: Uint8Array, at: number, ...parts: readonly Octets[]): number {
  let end = at + USER_DATA_AT;
  for (const part of parts) end = putOctets(out, end, part);
  return finishData(out, at, end);
}
