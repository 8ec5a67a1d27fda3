/**
 * Connections of the wire and the conversations they belong to: which row is which conversation, who asked for a connection and was
 * not answered, who claims which address. Counters of rows that leave the flow table are kept in their conversation.
 */
import { CONNECTIONS_PENDING_MAX } from '../../limits.ts';
import type { Conversation, FrameReference, Observation } from '../../records.ts';
import { FAMILY_IPV4, ipv4Text, macAt, macText } from '../../sense/net/addresses.ts';
import { FLOW_BROKEN } from '../../sense/net/flow-table.ts';
import { PROTOCOL, transportName } from '../../sense/net/numbers.ts';
import { FLOW_CLIENT_A, FLOW_KNOWN_A, FLOW_KNOWN_B, FLOW_ROLES } from '../../sense/net/tcp.ts';
import type { MessageView } from '../../sense/protocols/message-view.ts';
import type { Protocol } from '../../sense/protocols/protocol.ts';
import { type AssetEntry, type AssetTable, isGroup } from './assets.ts';
import type { ConversationState, ConversationTable } from './conversations.ts';
import { LINK_CONVERSATION_BASE, type Sensor } from './sensor.ts';

/** A new connection is looked at again after this long: by then it is answered, or it is not. [µs] */
const SETTLE_US = 3_000_000;
/** An attempt on the same port is told again at most this often. [µs] */
const UNANSWERED_INTERVAL_US = 60_000_000;

interface Pending {
  readonly flow: number;
  readonly openedUs: number;
  readonly frame: FrameReference;
}

/** Both ends of a flow row with the client first. */
interface FlowEnds {
  readonly client: string;
  readonly server: string;
  readonly serverPort: number;
  readonly clientIsA: boolean;
  readonly scope: number;
  readonly transport: string;
}

/** The observer, as far as connections need it. */
export interface FlowObserver {
  tell(observation: Observation): void;
  /** The frame in hand. */
  frame(): FrameReference;
}

export class FlowBook {
  /** Conversation by flow row, and by link conversation. */
  readonly byFlow: (ConversationState | undefined)[] = [];
  readonly byLink: (ConversationState | undefined)[] = [];
  /** New connections not looked at because too many came at once. */
  pendingOverflow = 0;
  readonly #conversations: ConversationTable;
  readonly #assets: AssetTable;
  readonly #telling: boolean;
  readonly #observe: FlowObserver;
  #pending: Pending[] = [];

  constructor(conversations: ConversationTable, assets: AssetTable, telling: boolean, observe: FlowObserver) {
    this.#conversations = conversations;
    this.#assets = assets;
    this.#telling = telling;
    this.#observe = observe;
  }

  /** A new row; the frame in hand is its first and comes from A. */
  opened(flow: number, sensor: Sensor): void {
    this.byFlow[flow] = undefined;
    const { net } = sensor;
    if (!net.believed) return;
    const { flows } = net;
    const family = flows.family(flow);
    const source = net.addressText(flows.a(flow), family);
    const target = net.addressText(flows.b(flow), family);
    const { sourceMac, targetMac, timeUs } = net;
    if (!isGroup(source)) {
      const entry = this.#assets.ofAddress(flows.scope(flow), source, sourceMac, timeUs);
      entry.spoke = true;
      if (source.startsWith('fe80:') && sourceMac !== 0)
        this.#assets.claim(flows.scope(flow), sourceMac, source, timeUs);
      if (this.#telling) this.#tellAsset(entry, timeUs, this.#observe.frame());
    }
    if (targetMac !== 0 && !isGroupMac(targetMac)) this.#assets.seenBehind(targetMac, target);
    this.#await(flow, timeUs);
  }

  /** A row is about to be reused: its counters go to its conversation. */
  evicted(flow: number, sensor: Sensor): void {
    const conversation = this.byFlow[flow] ?? this.#withoutMessages(flow, sensor);
    this.byFlow[flow] = undefined;
    const { flows } = sensor.net;
    conversation.packets += flows.packetsAb(flow) + flows.packetsBa(flow);
    conversation.bytes += flows.bytesAb(flow) + flows.bytesBa(flow);
    conversation.lastUs = Math.max(conversation.lastUs, flows.lastUs(flow));
    const state = sensor.states[flow];
    if (state === undefined) return;
    conversation.payloadBytes += state.payloadBytes;
    conversation.understoodBytes += state.understoodBytes;
  }

  /** The roles of a row may have changed, or another connection begins on it. */
  restarted(flow: number, sensor: Sensor): void {
    const conversation = this.byFlow[flow];
    if (conversation === undefined) return;
    // Counted under its conversation until the next message says otherwise.
    if (conversation.serverPort !== endsOf(flow, sensor).serverPort) this.byFlow[flow] = undefined;
    const flags = sensor.net.flows.flags(flow);
    if ((flags & FLOW_KNOWN_A) === 0 || (flags & FLOW_KNOWN_B) === 0) {
      this.#await(flow, sensor.net.timeUs);
    }
  }

  /** Conversation of a message whose row has none yet. */
  conversationOf(view: MessageView, sensor: Sensor): { conversation: ConversationState; created: boolean } {
    const row = view.conversation;
    const opened = row < LINK_CONVERSATION_BASE ? this.#overIp(view, sensor) : this.#overLink(view, sensor);
    const { conversation } = opened;
    conversation.client?.protocols.add(conversation.protocolName);
    conversation.server?.protocols.add(conversation.protocolName);
    conversation.client?.roles.add('client');
    conversation.server?.roles.add('server');
    if (row < LINK_CONVERSATION_BASE) this.byFlow[row] = conversation;
    else this.byLink[row - LINK_CONVERSATION_BASE] = conversation;
    return opened;
  }

  /** RFC 826: hardware 1, protocol 0x0800, sizes 6 and 4, operation, sender MAC and address, target MAC and address. */
  arp(sensor: Sensor, bytes: Uint8Array, offset: number, end: number): void {
    if (end - offset < 28 || bytes[offset + 4] !== 6 || bytes[offset + 5] !== 4) return;
    if (((bytes[offset + 2]! << 8) | bytes[offset + 3]!) !== 0x0800) return;
    const mac = macAt(bytes, offset + 8);
    const address = ipv4Text(
      (bytes[offset + 14]! << 24) | (bytes[offset + 15]! << 16) | (bytes[offset + 16]! << 8) | bytes[offset + 17]! | 0,
    );
    // A probe (RFC 5227, 2.1.1) carries no sender address.
    if (mac === 0 || address === '0.0.0.0' || isGroupMac(mac) || isGroup(address)) return;
    const { timeUs, vlan } = sensor.net;
    const before = this.#assets.claim(vlan + 1, mac, address, timeUs);
    if (!this.#telling) return;
    const frame = this.#observe.frame();
    const entry = this.#assets.ofAddress(vlan + 1, address, 0, timeUs);
    this.#tellAsset(entry, timeUs, frame);
    if (before === 0 || !this.#assets.firstClaim(address, mac)) return;
    const base = { timeUs, client: entry.id, server: '', conversation: '', frame };
    const told = { asset: entry.id, address, mac: macText(mac), before: macText(before) };
    this.#observe.tell({ ...base, kind: 'address-conflict', ...told });
  }

  /** Looks again at connections opened a while ago. */
  settle(nowUs: number, sensor: Sensor): void {
    if (this.#pending.length === 0) return;
    const waiting: Pending[] = [];
    for (const pending of this.#pending) {
      const age = nowUs - pending.openedUs;
      // Time that stepped back far means another capture: nothing more comes for the old ones.
      if (age < SETTLE_US && age > -SETTLE_US) waiting.push(pending);
      else this.#settleOne(pending, sensor);
    }
    this.#pending = waiting;
  }

  /** Brings last times of assets up to date from the rows. */
  refresh(sensor: Sensor): void {
    const { flows } = sensor.net;
    for (let flow = 0; flow < flows.size; flow++) {
      if ((flows.flags(flow) & FLOW_BROKEN) !== 0) continue;
      if (flows.packetsAb(flow) + flows.packetsBa(flow) === 0) continue;
      const conversation = this.byFlow[flow];
      const fromA = clientIsA(flow, sensor);
      const clientSpoke = fromA ? flows.packetsAb(flow) : flows.packetsBa(flow);
      const serverSpoke = fromA ? flows.packetsBa(flow) : flows.packetsAb(flow);
      if (conversation === undefined) {
        this.#touchAnswering(flow, sensor);
        continue;
      }
      touch(conversation.client, flows.lastUs(flow), clientSpoke > 0);
      touch(conversation.server, flows.lastUs(flow), serverSpoke > 0);
    }
  }

  /** All conversations, rows without messages among them, with their bytes; in the order of the table. */
  summaries(sensor: Sensor): ConversationSummary[] {
    const totals = this.#totals(sensor);
    return this.#conversations.list.map((conversation) => {
      const total = totals.get(conversation);
      return {
        record: conversation.record(total?.packets ?? 0, total?.bytes ?? 0, total?.lastUs ?? 0),
        exceptions: conversation.exceptions,
        payloadBytes: conversation.payloadBytes + (total?.payload ?? 0),
        understoodBytes: conversation.understoodBytes + (total?.understood ?? 0),
      };
    });
  }

  #totals(sensor: Sensor): Map<ConversationState, Total> {
    const totals = new Map<ConversationState, Total>();
    const { flows } = sensor.net;
    for (let flow = 0; flow < flows.size; flow++) {
      const packets = flows.packetsAb(flow) + flows.packetsBa(flow);
      if (packets === 0) continue;
      const total = totalOf(totals, this.byFlow[flow] ?? this.#withoutMessages(flow, sensor));
      total.packets += packets;
      total.bytes += flows.bytesAb(flow) + flows.bytesBa(flow);
      total.lastUs = Math.max(total.lastUs, flows.lastUs(flow));
      const state = sensor.states[flow];
      total.payload += state?.payloadBytes ?? 0;
      total.understood += state?.understoodBytes ?? 0;
    }
    for (let link = 0; link < this.byLink.length; link++) {
      const conversation = this.byLink[link];
      if (conversation === undefined) continue;
      const total = totalOf(totals, conversation);
      const state = sensor.linkStates[link];
      total.packets += sensor.net.links.packets[link]!;
      total.bytes += sensor.net.links.bytes[link]!;
      total.payload += state?.payloadBytes ?? 0;
      total.understood += state?.understoodBytes ?? 0;
    }
    return totals;
  }

  #await(flow: number, openedUs: number): void {
    if (!this.#telling) return;
    const frame = this.#observe.frame();
    if (this.#pending.length < CONNECTIONS_PENDING_MAX) this.#pending.push({ flow, openedUs, frame });
    else this.pendingOverflow++;
  }

  #settleOne({ flow, openedUs, frame }: Pending, sensor: Sensor): void {
    const { flows } = sensor.net;
    // The row may have been reused meanwhile.
    if (flows.packetsAb(flow) + flows.packetsBa(flow) === 0 || flows.firstUs(flow) > openedUs) return;
    const flags = flows.flags(flow);
    const isTcp = flows.protocol(flow) === PROTOCOL.tcp;
    const payload = sensor.states[flow]?.payloadBytes ?? 0;
    const shaken = (flags & FLOW_KNOWN_A) !== 0 && (flags & FLOW_KNOWN_B) !== 0;
    const asked = isTcp && (flags & FLOW_ROLES) !== 0;
    const answered = shaken || payload > 0;
    const conversation = this.byFlow[flow] ?? this.#withoutMessages(flow, sensor);
    const { clientId: client, serverId: server, id, serverPort, transport, protocolName: protocol } = conversation;
    const base = { timeUs: openedUs, client, server, conversation: id, frame };
    if (asked && !answered) {
      if (Math.abs(openedUs - conversation.unansweredToldUs) < UNANSWERED_INTERVAL_US) return;
      conversation.unansweredToldUs = openedUs;
      this.#observe.tell({ ...base, kind: 'connection', serverPort, transport, answered: false });
      return;
    }
    if (conversation.answeredTold) return;
    conversation.answeredTold = true;
    if (asked) this.#observe.tell({ ...base, kind: 'connection', serverPort, transport, answered: true });
    if (this.byFlow[flow] !== undefined) return;
    this.#touchAnswering(flow, sensor);
    for (const entry of [conversation.client, conversation.server]) {
      if (entry?.spoke === true) this.#tellAsset(entry, openedUs, frame);
    }
    this.#observe.tell({ ...base, kind: 'conversation', protocol, serverPort, transport });
  }

  #tellAsset(entry: AssetEntry, timeUs: number, frame: FrameReference): void {
    if (entry.told || isGroup(entry.id)) return;
    entry.told = true;
    const base = { timeUs, client: entry.id, server: '', conversation: '', frame };
    this.#observe.tell({ ...base, kind: 'asset', asset: this.#assets.recordOf(entry) });
  }

  #overIp(view: MessageView, sensor: Sensor): { conversation: ConversationState; created: boolean } {
    const { net } = sensor;
    const ends = endsOf(view.conversation, sensor);
    const clientMac = view.fromClient ? net.sourceMac : net.targetMac;
    const serverMac = view.fromClient ? net.targetMac : net.sourceMac;
    const { timeUs } = view;
    const client = isGroup(ends.client)
      ? null
      : this.#assets.ofAddress(ends.scope, ends.client, unicast(clientMac), timeUs);
    const server = isGroup(ends.server)
      ? null
      : this.#assets.ofAddress(ends.scope, ends.server, unicast(serverMac), timeUs);
    const clientText = client?.id ?? ends.client;
    const serverText = server?.id ?? ends.server;
    const protocol = view.protocol!;
    const { transport, serverPort } = ends;
    // Who publishes to a group is the device its points belong to.
    const device = server === null ? clientText : serverText;
    const key = {
      client,
      server,
      clientText,
      serverText,
      device,
      protocol,
      protocolName: protocol.name,
      transport,
      serverPort,
    };
    return this.#conversations.open(key, timeUs);
  }

  #overLink(view: MessageView, sensor: Sensor): { conversation: ConversationState; created: boolean } {
    const { sourceMac, targetMac, vlan } = sensor.net;
    const { timeUs } = view;
    const client = this.#assets.ofMac(vlan + 1, sourceMac, timeUs);
    client.spoke = true;
    const server = isGroupMac(targetMac) ? null : this.#assets.ofMac(vlan + 1, targetMac, timeUs);
    const serverText = server?.id ?? macText(targetMac);
    const protocol = view.protocol!;
    const key = {
      client,
      server,
      clientText: client.id,
      serverText,
      device: server === null ? client.id : serverText,
      protocol,
      protocolName: protocol.name,
      transport: 'link',
      serverPort: sensor.linkEnds[view.conversation - LINK_CONVERSATION_BASE]!.serverPort,
    };
    return this.#conversations.open(key, timeUs);
  }

  /** Conversation of a row that carried no message: unknown payload, none at all, or a protocol without ports. */
  #withoutMessages(flow: number, sensor: Sensor): ConversationState {
    const ends = endsOf(flow, sensor);
    const payload = sensor.states[flow]?.payloadBytes ?? 0;
    const client = this.#assets.known(ends.scope, ends.client);
    const server = this.#assets.known(ends.scope, ends.server);
    const clientText = client?.id ?? ends.client;
    const serverText = server?.id ?? ends.server;
    const protocol: Protocol | null = null;
    const { transport, serverPort } = ends;
    const protocolName = payload > 0 ? 'unknown' : transport;
    const key = {
      client,
      server,
      clientText,
      serverText,
      device: serverText,
      protocol,
      protocolName,
      transport,
      serverPort,
    };
    return this.#conversations.open(key, sensor.net.flows.firstUs(flow)).conversation;
  }

  /** The other end of a row without messages answered: it is there. */
  #touchAnswering(flow: number, sensor: Sensor): void {
    const { flows } = sensor.net;
    const family = flows.family(flow);
    const touchEnd = (address: number, spoke: boolean) => {
      if (!spoke) return;
      const text = sensor.net.addressText(address, family);
      if (!isGroup(text))
        touch(this.#assets.ofAddress(flows.scope(flow), text, 0, flows.lastUs(flow)), flows.lastUs(flow), true);
    };
    touchEnd(flows.a(flow), flows.packetsAb(flow) > 0);
    touchEnd(flows.b(flow), flows.packetsBa(flow) > 0);
  }
}

/** A conversation with what a report wants besides its record. */
export interface ConversationSummary {
  readonly record: Conversation;
  /** Refusals. */
  readonly exceptions: number;
  /** Payload of its connections, and how much of it was understood. [bytes] */
  readonly payloadBytes: number;
  readonly understoodBytes: number;
}

interface Total {
  packets: number;
  bytes: number;
  payload: number;
  understood: number;
  lastUs: number;
}

function totalOf(totals: Map<ConversationState, Total>, conversation: ConversationState): Total {
  let total = totals.get(conversation);
  if (total === undefined) {
    total = { packets: 0, bytes: 0, payload: 0, understood: 0, lastUs: Number.NEGATIVE_INFINITY };
    totals.set(conversation, total);
  }
  return total;
}

function endsOf(flow: number, sensor: Sensor): FlowEnds {
  const { flows } = sensor.net;
  const family = flows.family(flow) || FAMILY_IPV4;
  const textA = sensor.net.addressText(flows.a(flow), family);
  const textB = sensor.net.addressText(flows.b(flow), family);
  // A group address never asks for anything.
  const fromA = isGroup(textB) || (clientIsA(flow, sensor) && !isGroup(textA));
  return {
    client: fromA ? textA : textB,
    server: fromA ? textB : textA,
    serverPort: fromA ? flows.portB(flow) : flows.portA(flow),
    clientIsA: fromA,
    scope: flows.scope(flow),
    transport: transportName(flows.protocol(flow)),
  };
}

/** Handshake, else what the streams found, else the lower port serves. */
function clientIsA(flow: number, sensor: Sensor): boolean {
  const state = sensor.states[flow];
  if (state !== undefined) return state.clientIsA;
  const { flows } = sensor.net;
  const flags = flows.flags(flow);
  if ((flags & FLOW_ROLES) !== 0) return (flags & FLOW_CLIENT_A) !== 0;
  return flows.portA(flow) >= flows.portB(flow);
}

function touch(entry: AssetEntry | null, timeUs: number, spoke: boolean): void {
  if (entry === null || !spoke) return;
  entry.spoke = true;
  if (timeUs > entry.lastUs) entry.lastUs = timeUs;
}

/** Group bit of an IEEE 802 address. */
function isGroupMac(mac: number): boolean {
  return (Math.floor(mac / 0x10000000000) & 1) === 1;
}

function unicast(mac: number): number {
  return isGroupMac(mac) ? 0 : mac;
}
