/**
 * One OPC UA connection: chunks put together (OPC 10000-6, 6.7.2), requests paired by request id, what is encrypted said to be so.
 * A message of one chunk is decoded where it stands.
 */
import { OPCUA_MESSAGE_BYTES_MAX } from '../../../limits.ts';
import { DIRECTION_REQUEST, DIRECTION_RESPONSE, type MessageView } from '../message-view.ts';
import { NO_REQUEST, OpenRequests } from '../open-requests.ts';
import { type MessageSink, NEED_MORE, NOT_MINE, type ProtocolSession } from '../protocol.ts';
import { u16le, u32le } from '../values.ts';
import { chunkLength, HEADER_BYTES, messageType, SYMMETRIC_HEADER_BYTES } from './framing.ts';
import { certificateFact, lastText, policyName } from './identity.ts';
import { CHUNK, MESSAGE, POLICY_PREFIX, SERVICE, SEVERITY_BAD, serviceRole, TRANSPORT_CODE } from './names.ts';
import { UaReader } from './reader.ts';
import { readRequest, readRequestHeader } from './requests.ts';
import { readResponse, readResponseHeader } from './responses.ts';
import { MonitoredItems, OpenNodes } from './state.ts';

/** Key of HEL and OPN among the open requests: above every request id. */
const HELLO_KEY = 0x1_0000_0000;
/** Sequence numbers begin anew below 1,024 once they come near their end (6.7.2.4). */
const SEQUENCE_WRAP = 4_294_966_271;
const SEQUENCE_RESTART = 1_024;
const UNSEEN = -1;

const POLICY_UNKNOWN = 0;
const POLICY_NONE = 1;
const POLICY_SECURE = 2;

/** What the chunk being told was, for whoever must answer it or count it; overwritten by the next. Valid in the handler, as the view is. */
export const chunk = {
  /** `MESSAGE` and `CHUNK` of the last chunk of the message. */
  type: 0,
  kind: 0,
  channel: 0,
  token: 0,
  /** Encoding id of the body; 0 where there is none or it is encrypted. */
  encodingId: 0,
  /** Result in the header of a response. */
  serviceResult: 0,
  requestHandle: 0,
  /** Sequence number of the chunk, and whether it ends a message that began in others. */
  sequence: 0,
  assembled: false,
  /** Where the header of a request stands in the view's bytes. */
  headerFrom: 0,
  headerTo: 0,
  /** True where the connection has security policy None, so that others may speak. */
  clear: false,
  /** Last sequence number the server used; `UNSEEN` before the first. */
  serverSequence: UNSEEN,
  /** Answers given in the server's place on this connection, each of which took a number; who gives one adds it. */
  refusals: { count: 0 },
  /** Security policy and endpoint, where the chunk says them. */
  policy: '',
  endpoint: '',
};

const EMPTY = new Uint8Array(0);

/** Chunks of one direction on their way to a message. */
class Assembly {
  bytes: Uint8Array = EMPTY;
  length = 0;
  requestId = UNSEEN;
  firstFrame = 0;
  frameFrom = 0;
  tooLong = false;
  lastSequence = UNSEEN;

  append(bytes: Uint8Array, from: number, to: number): void {
    const room = OPCUA_MESSAGE_BYTES_MAX - this.length;
    if (to - from > room) this.tooLong = true;
    const size = Math.min(to - from, room);
    if (this.length + size > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.length + size, 2 * this.bytes.length, 16_384));
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    this.bytes.set(bytes.subarray(from, from + size), this.length);
    this.length += size;
  }

  clear(): void {
    this.bytes = EMPTY;
    this.length = 0;
    this.requestId = UNSEEN;
    this.tooLong = false;
  }
}

const reader = new UaReader();

export class OpcUaSession implements ProtocolSession {
  readonly #open = new OpenRequests();
  readonly #nodes = new OpenNodes();
  readonly #monitored = new MonitoredItems();
  readonly #fromClient = new Assembly();
  readonly #fromServer = new Assembly();
  #policy = POLICY_UNKNOWN;
  #policyText = '';
  #encryptedTold = false;
  readonly #refusals = { count: 0 };

  frameLength(bytes: Uint8Array, offset: number, end: number): number {
    const length = chunkLength(bytes, offset, end);
    if (length === NEED_MORE || length === NOT_MINE) return length;
    const type = messageType(bytes, offset);
    const least = type === MESSAGE.message || type === MESSAGE.close ? SYMMETRIC_HEADER_BYTES : HEADER_BYTES;
    return length < least ? NOT_MINE : length;
  }

  dissect(view: MessageView, sink: MessageSink): void {
    const { bytes, offset } = view;
    chunk.type = messageType(bytes, offset);
    chunk.kind = bytes[offset + 3]!;
    chunk.encodingId = chunk.serviceResult = chunk.requestHandle = chunk.channel = chunk.token = 0;
    chunk.sequence = chunk.headerFrom = chunk.headerTo = 0;
    chunk.assembled = false;
    chunk.policy = chunk.endpoint = '';
    view.direction = view.fromClient ? DIRECTION_REQUEST : DIRECTION_RESPONSE;
    reader.open(bytes, offset + HEADER_BYTES, view.end);
    let whole = true;
    switch (chunk.type) {
      case MESSAGE.open:
        this.#channel(view);
        break;
      case MESSAGE.message:
      case MESSAGE.close:
        whole = this.#secured(view, sink);
        break;
      default:
        this.#transport(view);
    }
    if (reader.failed) view.problem('opcua-too-short', Math.min(reader.at, view.end));
    reader.close();
    chunk.clear = this.#policy === POLICY_NONE;
    chunk.serverSequence = this.#fromServer.lastSequence;
    chunk.refusals = this.#refusals;
    if (whole) sink.message(view);
    if (chunk.kind !== CHUNK.intermediate) this.#assembly(view).clear();
  }

  gap(fromClient: boolean): void {
    const assembly = fromClient ? this.#fromClient : this.#fromServer;
    assembly.clear();
    assembly.lastSequence = UNSEEN;
  }

  #assembly(view: MessageView): Assembly {
    return view.fromClient ? this.#fromClient : this.#fromServer;
  }

  /** HEL, ACK, ERR, RHE (7.1.2). */
  #transport(view: MessageView): void {
    switch (chunk.type) {
      case MESSAGE.hello:
        view.functionCode = TRANSPORT_CODE.hello;
        reader.take(20); // version, buffers, message size, chunk count
        reader.text();
        chunk.endpoint = lastText(reader);
        view.fact('server', 'endpoint', chunk.endpoint);
        this.#ask(view, HELLO_KEY, TRANSPORT_CODE.hello, 0, 0);
        return;
      case MESSAGE.acknowledge:
        view.functionCode = TRANSPORT_CODE.hello;
        reader.take(20);
        this.#answer(view, HELLO_KEY);
        return;
      case MESSAGE.error:
        view.functionCode = TRANSPORT_CODE.error;
        view.status = reader.u32();
        this.#answer(view, HELLO_KEY);
        return;
      default: // a server that calls its client (7.1.3)
        view.functionCode = TRANSPORT_CODE.reverseHello;
        reader.text();
        view.fact('server', 'application-uri', lastText(reader));
        reader.text();
        chunk.endpoint = lastText(reader);
        view.fact('server', 'endpoint', chunk.endpoint);
    }
  }

  /** OPN: asymmetric security header (6.7.2.3), then the service where nothing is encrypted. */
  #channel(view: MessageView): void {
    const sender = view.fromClient ? 'client' : 'server';
    chunk.channel = reader.u32();
    reader.text();
    const uri = lastText(reader);
    chunk.policy = uri;
    this.#policyText = policyName(uri);
    this.#policy = uri === `${POLICY_PREFIX}None` ? POLICY_NONE : POLICY_SECURE;
    view.fact(sender, 'security-policy', this.#policyText);
    reader.text();
    certificateFact(view, reader, sender);
    reader.text(); // thumbprint of the receiver's certificate
    // The numbers of a new channel begin anew; those inside encrypted chunks are not seen, and so prove nothing about the next.
    if (chunk.channel === 0) this.#fromClient.lastSequence = this.#fromServer.lastSequence = UNSEEN;
    if (this.#policy === POLICY_NONE) return this.#sequenced(view);
    this.#assembly(view).lastSequence = UNSEEN;
    view.functionCode = SERVICE.openSecureChannel;
  }

  /** MSG and CLO: symmetric security header, chunks. False while more chunks of the message must come. */
  #secured(view: MessageView, sink: MessageSink): boolean {
    chunk.channel = reader.u32();
    chunk.token = reader.u32();
    const body = view.offset + SYMMETRIC_HEADER_BYTES;
    if (chunk.kind === CHUNK.abort) {
      view.functionCode = TRANSPORT_CODE.aborted;
      view.transaction = u32le(view.bytes, body - 4);
      reader.take(8);
      view.status = reader.u32();
      this.#answer(view, view.transaction);
      return true;
    }
    const assembly = this.#assembly(view);
    const begun = assembly.requestId !== UNSEEN;
    if (!begun && this.#isEncrypted(view, body)) {
      this.#encrypted(view);
      return true;
    }
    if (chunk.kind === CHUNK.final && !begun) {
      this.#sequenced(view);
      return true;
    }
    this.#collect(view, assembly, body);
    if (chunk.kind === CHUNK.intermediate) {
      sink.part?.(view);
      return false;
    }
    this.#assembled(view, assembly);
    return true;
  }

  /** One chunk of several: its body joins those before it, its sequence number must follow theirs. */
  #collect(view: MessageView, assembly: Assembly, body: number): void {
    const requestId = u32le(view.bytes, body - 4);
    this.#sequence(view, u32le(view.bytes, body - 8), body - 8);
    if (assembly.requestId === UNSEEN) {
      assembly.requestId = requestId;
      assembly.firstFrame = view.firstFrame;
      assembly.frameFrom = view.frameFrom;
    } else if (assembly.requestId !== requestId) {
      view.problem('opcua-chunk-of-another-request', body - 4);
      assembly.clear();
      assembly.requestId = requestId;
      assembly.firstFrame = view.firstFrame;
      assembly.frameFrom = view.frameFrom;
    }
    assembly.append(view.bytes, body, view.end);
    view.transaction = requestId;
    view.functionCode = this.#functionOf(view, requestId);
  }

  /** The last chunk is there: the view points at the whole, which began frames ago. */
  #assembled(view: MessageView, assembly: Assembly): void {
    chunk.assembled = true;
    if (assembly.tooLong) view.problem('opcua-message-too-long', view.offset);
    view.firstFrame = assembly.firstFrame;
    view.frameFrom = assembly.frameFrom;
    // The abort of a message that had begun elsewhere, or its last chunk alone, gives nothing to read.
    view.bytes = assembly.bytes;
    view.offset = 0;
    view.end = assembly.length;
    reader.open(assembly.bytes, 0, assembly.length);
    this.#body(view, assembly.requestId);
    if (assembly.tooLong) reader.failed = false;
  }

  /** Function of a part: what its request asked where that is known. */
  #functionOf(view: MessageView, requestId: number): number {
    if (view.fromClient) return 0;
    const slot = this.#open.find(requestId);
    return slot === NO_REQUEST ? 0 : this.#open.numberOf(slot, 0);
  }

  /** Sequence header and body at the reader. */
  #sequenced(view: MessageView): void {
    const at = reader.at;
    const number = reader.u32();
    const requestId = reader.u32();
    if (reader.failed) return;
    this.#sequence(view, number, at);
    view.transaction = requestId;
    this.#body(view, requestId);
  }

  /** Sequence numbers rise by one (6.7.2.4): a hole or a repetition is a lost or a forged message. */
  #sequence(view: MessageView, number: number, at: number): void {
    const assembly = this.#assembly(view);
    const last = assembly.lastSequence;
    const restarted = last > SEQUENCE_WRAP && number < SEQUENCE_RESTART;
    if (last !== UNSEEN && number !== last + 1 && !restarted) view.problem('opcua-sequence', at);
    assembly.lastSequence = number;
    chunk.sequence = number;
  }

  /** Encrypted bytes carry no service that exists. With policy None there are none. */
  #isEncrypted(view: MessageView, body: number): boolean {
    if (this.#policy === POLICY_NONE) return false;
    const { bytes } = view;
    if (body + 4 <= view.end && bytes[body] === 1 && bytes[body + 1] === 0) {
      if (serviceRole(u16le(bytes, body + 2)) !== 0) return false;
    }
    return true;
  }

  #encrypted(view: MessageView): void {
    reader.failed = false;
    view.functionCode = chunk.type === MESSAGE.close ? SERVICE.closeSecureChannel : TRANSPORT_CODE.encrypted;
    view.understood = chunk.type === MESSAGE.close;
    if (this.#encryptedTold) return;
    this.#encryptedTold = true;
    view.fact('server', 'encrypted', this.#policyText === '' ? 'unknown policy' : this.#policyText);
  }

  /** The body of a service at the reader: encoding id, header, fields. */
  #body(view: MessageView, requestId: number): void {
    const id = reader.nodeNumber();
    chunk.encodingId = id;
    view.detail = id;
    const role = serviceRole(id);
    if (role > 0) {
      view.direction = DIRECTION_REQUEST;
      view.functionCode = role;
      this.#request(view, role, requestId);
    } else if (role < 0) this.#response(view, -role, requestId);
    else {
      // A service nobody published: its number is told, its content is not guessed at.
      view.functionCode = id < 0x10000 ? id : 0;
      view.understood = false;
      if (!view.fromClient) this.#answer(view, requestId);
    }
  }

  #request(view: MessageView, service: number, requestId: number): void {
    chunk.headerFrom = reader.at;
    chunk.requestHandle = readRequestHeader(reader);
    chunk.headerTo = reader.at;
    const withNodes = service === SERVICE.read;
    const from = withNodes ? this.#nodes.begin() : 0;
    if (!reader.failed) {
      readRequest(view, reader, service, this.#nodes, this.#monitored, this.#policy !== POLICY_SECURE);
    }
    if (service === SERVICE.closeSecureChannel) return;
    this.#ask(view, requestId, service, from, withNodes ? this.#nodes.countSince(from) : 0);
  }

  #response(view: MessageView, service: number, requestId: number): void {
    view.direction = DIRECTION_RESPONSE;
    view.functionCode = service;
    const slot = this.#open.find(requestId);
    let from = 0;
    let count = 0;
    if (slot !== NO_REQUEST) {
      const asked = this.#open.numberOf(slot, 0);
      from = this.#open.numberOf(slot, 1);
      count = this.#open.numberOf(slot, 2);
      // A fault is the answer to what was asked.
      if (service === SERVICE.fault) view.functionCode = asked;
      else if (asked !== service) view.problem('opcua-reply-other-service', view.offset);
    }
    chunk.serviceResult = readResponseHeader(reader);
    if (chunk.serviceResult >= SEVERITY_BAD) view.status = chunk.serviceResult;
    if (!reader.failed) {
      readResponse(view, reader, service, this.#nodes, from, count, this.#monitored);
    }
    this.#answer(view, requestId);
  }

  #ask(view: MessageView, key: number, service: number, from: number, count: number): void {
    const gaveUp = this.#open.open(key, view.frame, view.timeUs, service, from, count, count > 0 ? 1 : 0);
    if (gaveUp) view.problem('open-requests-full', view.offset);
  }

  /** Pairs the message with the request of `key` and forgets that. */
  #answer(view: MessageView, key: number): void {
    const slot = this.#open.find(key);
    if (slot === NO_REQUEST) return;
    view.pairedFrame = this.#open.frameOf(slot);
    view.pairedTimeUs = this.#open.timeUsOf(slot);
    if (this.#open.numberOf(slot, 0) === SERVICE.read) this.#nodes.done();
    this.#open.close(slot);
  }
}
