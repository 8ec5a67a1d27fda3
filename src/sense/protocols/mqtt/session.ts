/** One MQTT connection: packets of both directions, pairs by packet id, topic aliases, Sparkplug state. Clauses: MQTT 5.0. */
import { MQTT_PACKET_BYTES_MAX } from '../../../limits.ts';
import { DIRECTION_EVENT, DIRECTION_REQUEST, DIRECTION_RESPONSE, type MessageView } from '../message-view.ts';
import { NO_REQUEST, OpenRequests } from '../open-requests.ts';
import { type MessageSink, NOT_MINE, type ProtocolSession } from '../protocol.ts';
import { bodyOffset, packetLength } from './framing.ts';
import { fits } from './identify.ts';
import { readAcknowledge, readConnack, readConnect, readFilterCodes, readFilters, readReason } from './message.ts';
import { PACKET, VERSION } from './names.ts';
import { PUBLISH_FLAG, readPublish, type TopicAliases } from './publish.ts';
import { SparkplugState } from './sparkplug-state.ts';

/** Of a packet too large to hold this much is decoded. [bytes] */
const HEAD_BYTES = 64 * 1024;
const FROM_CLIENT = 0;
const FROM_SERVER = 1;

/** Direction by packet type; PUBREL, AUTH and DISCONNECT go by their sender. */
const DIRECTIONS = new Uint8Array(16).fill(DIRECTION_EVENT);
for (const type of [PACKET.connect, PACKET.subscribe, PACKET.unsubscribe, PACKET.pingreq]) {
  DIRECTIONS[type] = DIRECTION_REQUEST;
}
for (const type of [PACKET.connack, PACKET.puback, PACKET.pubrec, PACKET.pubcomp, PACKET.suback]) {
  DIRECTIONS[type] = DIRECTION_RESPONSE;
}
DIRECTIONS[PACKET.unsuback] = DIRECTIONS[PACKET.pingresp] = DIRECTION_RESPONSE;

/** What a packet answers, by its type; 0: nothing. */
const ANSWERS = new Uint8Array(16);
ANSWERS[PACKET.connack] = PACKET.connect;
ANSWERS[PACKET.puback] = ANSWERS[PACKET.pubrec] = PACKET.publish;
ANSWERS[PACKET.pubcomp] = PACKET.pubrel;
ANSWERS[PACKET.suback] = PACKET.subscribe;
ANSWERS[PACKET.unsuback] = PACKET.unsubscribe;
ANSWERS[PACKET.pingresp] = PACKET.pingreq;

/** `view.detail` of a packet: protocol level times 256 (0 where unknown) plus its first octet. */
export function versionOf(view: MessageView): number {
  return view.detail >> 8;
}

export class MqttSession implements ProtocolSession {
  readonly #open = new OpenRequests();
  /** Protocol level of CONNECT, 0 while unknown. */
  #version = 0;
  /** Bytes of a packet too large to hold that are still to come, by direction. */
  readonly #skip = new Float64Array(2);
  /** 1 after a loss: the next packet must look like one before it is believed. */
  readonly #lost = new Uint8Array(2);
  readonly #aliases: readonly [TopicAliases, TopicAliases] = [new Map(), new Map()];
  readonly #sparkplug = new SparkplugState();

  frameLength(bytes: Uint8Array, offset: number, end: number, fromClient: boolean): number {
    const way = fromClient ? FROM_CLIENT : FROM_SERVER;
    const skip = this.#skip[way]!;
    if (skip > 0) return Math.min(skip, end - offset);
    const length = packetLength(bytes, offset, end);
    if (length < 0 || (length > 0 && this.#lost[way] === 1 && !fits(bytes, offset, end))) {
      this.#lost[way] = 1;
      return NOT_MINE;
    }
    return length > MQTT_PACKET_BYTES_MAX ? HEAD_BYTES : length;
  }

  dissect(view: MessageView, sink: MessageSink): void {
    const { bytes, offset, end } = view;
    const way = view.fromClient ? FROM_CLIENT : FROM_SERVER;
    if (this.#skip[way]! > 0) {
      this.#skip[way]! -= end - offset;
      return;
    }
    this.#lost[way] = 0;
    const left = packetLength(bytes, offset, end) - (end - offset);
    this.#skip[way] = left;
    this.#packet(view, bytes[offset]! >> 4, bodyOffset(bytes, offset), left === 0);
    view.detail = this.#version * 256 + bytes[offset]!;
    sink.message(view);
  }

  gap(fromClient: boolean): void {
    const way = fromClient ? FROM_CLIENT : FROM_SERVER;
    this.#skip[way] = 0;
    this.#lost[way] = 1;
    this.#sparkplug.gap(fromClient);
  }

  #packet(view: MessageView, type: number, at: number, whole: boolean): void {
    view.functionCode = type;
    view.direction = DIRECTIONS[type]!;
    if (type !== PACKET.publish) this.#checkFlags(view, type);
    switch (type) {
      case PACKET.publish:
        // Above QoS 0 the broker answers what a client publishes, and may refuse it: then it is a request.
        if (view.fromClient && (view.bytes[view.offset]! & PUBLISH_FLAG.qos) !== 0) view.direction = DIRECTION_REQUEST;
        this.#version = this.#publish(view, at, whole);
        break;
      case PACKET.connect:
        this.#connect(view, at);
        break;
      case PACKET.connack:
        // CONNACK of 3.x has just two octets, of 5.0 at least three.
        if (this.#version === 0 && view.end - at > 2) this.#version = VERSION.v5;
        readConnack(view, this.#version, at, view.end);
        break;
      case PACKET.puback:
      case PACKET.pubrec:
      case PACKET.pubrel:
      case PACKET.pubcomp:
        if (type === PACKET.pubrel && view.fromClient) view.direction = DIRECTION_REQUEST;
        readAcknowledge(view, at, view.end);
        break;
      case PACKET.subscribe:
      case PACKET.unsubscribe:
        readFilters(view, this.#version, at, view.end, type === PACKET.subscribe ? 1 : 0);
        break;
      case PACKET.suback:
      case PACKET.unsuback:
        readFilterCodes(view, this.#version, at, view.end);
        break;
      case PACKET.disconnect:
      case PACKET.auth:
        if (view.fromClient) view.direction = DIRECTION_REQUEST;
        else if (type === PACKET.auth) view.direction = DIRECTION_RESPONSE;
        readReason(view, at, view.end);
        break;
      case PACKET.pingreq:
      case PACKET.pingresp:
        if (view.end > at) view.problem('mqtt-length', at);
        break;
      default:
        view.understood = false;
        view.problem('mqtt-reserved-type', view.offset);
    }
    this.#pair(view, type);
  }

  /** Flags of all packets but PUBLISH are fixed (table 2-2); 3.1 had DUP on some. */
  #checkFlags(view: MessageView, type: number): void {
    const flags = view.bytes[view.offset]! & 15;
    const two = type === PACKET.pubrel || type === PACKET.subscribe || type === PACKET.unsubscribe;
    const expected = two ? 2 : 0;
    if (flags !== expected && !(two && flags === 10 && this.#version === VERSION.v31)) {
      view.problem('mqtt-flags', view.offset);
    }
  }

  #connect(view: MessageView, at: number): void {
    // A second CONNECT on a connection is an error (3.1); what follows goes by its version all the same.
    if (this.#version !== 0) view.problem('mqtt-second-connect', view.offset);
    this.#version = readConnect(view, at, view.end);
  }

  #publish(view: MessageView, at: number, whole: boolean): number {
    const aliases = this.#aliases[view.fromClient ? FROM_CLIENT : FROM_SERVER];
    return readPublish(view, this.#version, aliases, this.#sparkplug, at, view.end, whole);
  }

  /** Remembers what will be answered, or finds what this answers. Packet ids count per sender (2.2.1). */
  #pair(view: MessageView, type: number): void {
    const asked = ANSWERS[type]!;
    if (asked > 0) {
      const slot = this.#open.find(keyOf(asked, !view.fromClient, view.transaction));
      if (slot === NO_REQUEST) return;
      view.pairedFrame = this.#open.frameOf(slot);
      view.pairedTimeUs = this.#open.timeUsOf(slot);
      this.#open.close(slot);
      return;
    }
    const answered =
      type === PACKET.publish
        ? (view.bytes[view.offset]! & PUBLISH_FLAG.qos) !== 0
        : type === PACKET.pubrel || DIRECTIONS[type] === DIRECTION_REQUEST;
    if (!answered) return;
    const gaveUp = this.#open.open(keyOf(type, view.fromClient, view.transaction), view.frame, view.timeUs, type);
    if (gaveUp) view.problem('open-requests-full', view.offset);
  }
}

function keyOf(type: number, fromClient: boolean, packetId: number): number {
  return (type * 2 + (fromClient ? 1 : 0)) * 0x10000 + packetId;
}
