/**
 * From frames to what a plant's network says: assets, conversations, points with values, and observations for detection. Messages
 * are counted where they stand; only first times and requests that are no plain reads become records.
 *
 * `new Observer({ capture, sink, zoneOf })`, then `frame` for each frame, `tick` as plant time passes without frames, `finish` at
 * the end. `assets()`, `conversations()`, `points`, `health()` may be asked at any time.
 */
import { ACCESS_POINTS_MAX, AREAS_MAX } from '../../limits.ts';
import type { Asset, Conversation, FunctionClass, Observation, ObservationBase, TimeUs } from '../../records.ts';
import {
  DIRECTION_REQUEST,
  DIRECTION_RESPONSE,
  type MessageView,
  NO_UNIT,
  pointName,
  QUALITY_BAD,
} from '../../sense/protocols/message-view.ts';
import type { MessageSink, Protocol } from '../../sense/protocols/protocol.ts';
import { PROTOCOLS } from '../../sense/protocols/registry.ts';
import { VALUE_TYPE } from '../../sense/protocols/values.ts';
import { type AssetEntry, AssetTable, isGroup } from './assets.ts';
import { type ConversationState, ConversationTable, type UseState } from './conversations.ts';
import { type ConversationSummary, FlowBook } from './flow-book.ts';
import { type Health, healthOf } from './health.ts';
import { NO_POINT, PointTable } from './points.ts';
import { RHYTHM_BACK, RHYTHM_SAME } from './rhythm.ts';
import { RUN_BITS, RUN_REGISTERS } from './runs.ts';
import { LINK_CONVERSATION_BASE, Sensor } from './sensor.ts';
import type { ObserverSink } from './sink.ts';
import { WriteBook } from './writes.ts';

export interface ObserverOptions {
  /** Name of the capture or ring that frame references speak of; `nextCapture` changes it. */
  readonly capture?: string;
  readonly sink?: ObserverSink;
  /** Name of the zone an address lies in, empty for none. */
  readonly zoneOf?: (address: string) => string;
  /** Maker of a network card by its MAC text, empty for unknown. */
  readonly vendorOf?: (mac: string) => string;
  /** Begins the scope of every asset, where several capture points feed one site. */
  readonly capturePoint?: string;
  /** List writes one by one (inspection); a live engine has them as observations. */
  readonly listWrites?: boolean;
  readonly protocols?: readonly Protocol[];
}

/** How often silence and new connections are looked at. [µs] */
const TICK_US = 1_000_000;
/** Time going back further than this means another capture, not disorder. [µs] */
const BACKWARDS_US = 10_000_000;
/** Refusals by a gateway for a device that does not answer (MODBUS Application Protocol V1.1b3, section 7: 0x0A, 0x0B). */
const GATEWAY_REFUSALS: ReadonlySet<string> = new Set(['gateway-path-unavailable', 'gateway-target-failed-to-respond']);
const NO_REFERENCE = { capture: '', number: 0, firstNumber: 0, from: 0, to: 0 };

export class Observer implements MessageSink {
  readonly sensor: Sensor;
  readonly points: PointTable;
  readonly assetTable: AssetTable;
  readonly conversationTable = new ConversationTable();
  readonly writes: WriteBook;
  /** Frames of captures before the present one. */
  framesBefore = 0;
  readonly #flows: FlowBook;
  readonly #sink: ObserverSink;
  /** Somebody wants observations: rhythm, ranges and connections are followed. */
  readonly #telling: boolean;
  readonly #sampling: boolean;
  readonly #accessing: boolean;
  /** Nobody wants values one by one: ranges are taken as a whole. */
  readonly #ranging: boolean;
  readonly #messaging: boolean;
  #capture: string;
  #nextTickUs = Number.NaN;

  constructor(options: ObserverOptions = {}) {
    this.#capture = options.capture ?? '';
    this.#sink = options.sink ?? {};
    this.#telling = this.#sink.observation !== undefined;
    this.#sampling = this.#sink.sample !== undefined;
    this.#accessing = this.#sink.access !== undefined;
    this.#ranging = !this.#sampling && !this.#accessing;
    this.#messaging = this.#sink.message !== undefined;
    this.assetTable = new AssetTable(options);
    this.writes = new WriteBook(options.listWrites ?? false);
    const flows = new FlowBook(this.conversationTable, this.assetTable, this.#telling, {
      tell: (observation) => this.#tell(observation),
      frame: () => this.#frameReference(),
    });
    this.#flows = flows;
    this.sensor = new Sensor(this, options.protocols ?? PROTOCOLS, {
      flowOpened: (flow) => flows.opened(flow, this.sensor),
      flowEvicted: (flow) => flows.evicted(flow, this.sensor),
      flowRestarted: (flow) => flows.restarted(flow, this.sensor),
      arp: (bytes, offset, end) => flows.arp(this.sensor, bytes, offset, end),
    });
    this.points = new PointTable(this.sensor.streams.view.symbols);
  }

  /** One frame: the shape of a capture's frame handler. */
  frame(
    bytes: Uint8Array,
    offset: number,
    capturedLength: number,
    originalLength: number,
    timeUs: TimeUs,
    linkType: number,
  ): void {
    this.sensor.net.frame(bytes, offset, capturedLength, originalLength, timeUs, linkType);
    if (this.#telling && !(timeUs < this.#nextTickUs && timeUs > this.#nextTickUs - BACKWARDS_US)) this.tick(timeUs);
  }

  /** Plant time has come to `nowUs`, with or without frames: silence shows only so. */
  tick(nowUs: TimeUs): void {
    if (!this.#telling) return;
    this.#nextTickUs = nowUs + TICK_US;
    this.#flows.settle(nowUs, this.sensor);
    for (const conversation of this.conversationTable.list) {
      const { rhythm } = conversation;
      if (rhythm.silent(nowUs)) this.#tellRhythm(conversation, 'lost', rhythm.seenUs, nowUs);
    }
  }

  /** Further frames come from another capture, counted from 1 again. */
  nextCapture(name: string): void {
    this.#capture = name;
    this.framesBefore += this.sensor.net.frameNumber;
    this.sensor.net.frameNumber = 0;
    for (const tally of this.conversationTable.tallies.values()) tally.lastFrame = -1;
  }

  /** The capture is over: what waited for lost bytes is taken as it is. */
  finish(): void {
    this.sensor.finish();
    if (this.#telling) this.#flows.settle(Number.POSITIVE_INFINITY, this.sensor);
  }

  /** Assets that showed themselves so far. */
  assets(): Asset[] {
    this.#flows.refresh(this.sensor);
    return this.assetTable.list();
  }

  /** Asset or unit by an id of an observation. */
  asset(id: string): Asset | undefined {
    return this.assetTable.record(id);
  }

  /** All conversations, those without a known protocol too. */
  conversations(): Conversation[] {
    return this.conversationSummaries().map(({ record }) => record);
  }

  /** The same with refusals, payload and how much of it was understood. */
  conversationSummaries(): ConversationSummary[] {
    return this.#flows.summaries(this.sensor);
  }

  /** What limits the view: loss, copies, one-sided mirrors, full tables, problems by kind. */
  health(): Health {
    return healthOf(this);
  }

  /** A message of the streams; public for whoever feeds an observer without frames. */
  message(view: MessageView): void {
    const row = view.conversation;
    let conversation =
      row < LINK_CONVERSATION_BASE ? this.#flows.byFlow[row] : this.#flows.byLink[row - LINK_CONVERSATION_BASE];
    if (conversation === undefined || conversation.protocol !== view.protocol) conversation = this.#open(view);
    conversation.lastUs = view.timeUs;
    conversation.messages++;
    const { direction } = view;
    const key = view.functionCode * 4 + direction;
    let use =
      direction === DIRECTION_REQUEST
        ? conversation.useRequest
        : direction === DIRECTION_RESPONSE
          ? conversation.useResponse
          : conversation.useEvent;
    if (use === null || use.key !== key) {
      use = conversation.recentUse(key) ?? this.#use(conversation, key, view);
      if (direction === DIRECTION_REQUEST) conversation.useRequest = use;
      else if (direction === DIRECTION_RESPONSE) conversation.useResponse = use;
      else conversation.useEvent = use;
    }
    use.count++;
    const { tally } = conversation;
    tally.messages++;
    if (tally.lastFrame !== view.frame) {
      tally.lastFrame = view.frame;
      tally.frames++;
    }
    this.#unit(conversation, view);
    if (view.status !== 0 && direction === DIRECTION_RESPONSE) {
      tally.exceptions++;
      conversation.exceptions++;
      use.exceptions++;
    }
    if (this.#telling && direction !== DIRECTION_RESPONSE) this.#beat(conversation, view);
    if (!use.plainRead || conversation.hasOperations) this.#operation(conversation, use, view);
    else if (view.accessCount > 0) this.#accesses(conversation, use, view, null);
    if (view.factCount > 0) this.#facts(conversation, view);
    if (view.problemCount > 0 && this.#telling) this.#oddities(conversation, view);
    if (this.#messaging) this.#sink.message!(view, conversation);
  }

  /** A request that is no plain read and its outcome; their accesses. */
  #operation(conversation: ConversationState, use: UseState, view: MessageView): void {
    if (view.direction === DIRECTION_RESPONSE) {
      if (view.accessCount > 0) this.#accesses(conversation, use, view, null);
      this.#outcome(conversation, view);
      return;
    }
    if (use.plainRead) {
      if (view.accessCount > 0) this.#accesses(conversation, use, view, null);
      return;
    }
    const listed: number[] = [];
    if (view.accessCount > 0) this.#accesses(conversation, use, view, listed);
    if (this.#telling) {
      const message = view.toMessage(this.#namesOf(conversation));
      this.#tell({ ...this.#base(conversation, view), kind: 'operation', message });
    }
    if (view.direction !== DIRECTION_REQUEST || !(this.#telling || listed.length > 0)) return;
    const frame = view.frameReference(this.#capture);
    conversation.openOperation(operationKey(view.frame, view.transaction), { frame, writes: listed });
  }

  #outcome(conversation: ConversationState, view: MessageView): void {
    if (view.pairedFrame === 0) return;
    const operation = conversation.closeOperation(operationKey(view.pairedFrame, view.transaction));
    if (operation === undefined) return;
    const status = view.protocol!.statusName(view.status);
    for (const write of operation.writes) this.writes.list[write]!.status = status;
    if (!this.#telling) return;
    const message = view.toMessage(this.#namesOf(conversation));
    this.#tell({ ...this.#base(conversation, view), kind: 'outcome', message, request: operation.frame });
  }

  /** Every access of a message: ranges told once, values into points. `listed` collects places in the list of writes. */
  #accesses(conversation: ConversationState, use: UseState, view: MessageView, listed: number[] | null): void {
    for (let i = 0; i < view.accessCount; i++) {
      const write = view.accessWrite[i] === 1;
      const values = view.hasValues(i);
      // An answer echoes what was asked for; it counts only where the request was not seen.
      const echo = write && view.direction === DIRECTION_RESPONSE && view.pairedFrame !== 0;
      if (!this.#telling && !values && !write) continue;
      const space = this.#space(conversation, view, view.accessArea[i]!);
      if (space < 0) continue;
      if (this.#telling && !echo) this.#tellRange(conversation, use, view, i, space, write);
      if (echo || !(values || write)) continue;
      if (this.#ranging && !write && this.#range(view, i, space)) continue;
      const address = view.accessAddress[i]!;
      const symbol = view.accessSymbol[i]!;
      if (symbol < 0 && address < 0) continue;
      const first = this.points.at(space, address, symbol);
      if (this.#accessing && values) this.#sink.access!(view, i, first, conversation);
      if (first === NO_POINT) continue;
      if (write) this.#written(conversation, view, i, space, first, listed);
      else this.#values(view, i, space, first);
    }
  }

  /**
   * Registers and packed bits read, nearly all there is: taken where they stand, as one range. False where they are to be taken one
   * by one.
   */
  #range(view: MessageView, i: number, space: number): boolean {
    const { points } = this;
    const type = view.accessType[i]!;
    if (type !== VALUE_TYPE.uint16 && type !== VALUE_TYPE.bit) return false;
    const at = view.accessOffset[i]!;
    const address = view.accessAddress[i]! | 0;
    const elements = view.accessElements[i]!;
    if (at < 0 || address < 0 || address !== view.accessAddress[i] || elements > ACCESS_POINTS_MAX) return false;
    if (view.accessSymbol[i]! >= 0 || view.accessQuality[i] === QUALITY_BAD || !Number.isNaN(view.accessNumber[i]!))
      return false;
    if (elements < 1) {
      // An empty queue: it is there, and has no value.
      points.at(space, address);
      return true;
    }
    points.nowUs = view.timeUs;
    const kind = type === VALUE_TYPE.bit ? RUN_BITS : RUN_REGISTERS;
    return points.readRange(kind, space, address, elements, view.bytes, at);
  }

  /** Values read or reported, one by one. */
  #values(view: MessageView, i: number, space: number, first: number): void {
    const { points } = this;
    const { timeUs } = view;
    const quality = view.accessQuality[i]!;
    if (view.accessSymbol[i]! >= 0 || quality === QUALITY_BAD) return this.#single(view, i, first, quality);
    let elements = view.accessElements[i]!;
    if (elements > ACCESS_POINTS_MAX) elements = ACCESS_POINTS_MAX;
    const address = view.accessAddress[i]!;
    const sampling = this.#sampling;
    let point = first;
    for (let k = 0; ; ) {
      const value = view.valueOf(i, k);
      points.read(point, value, timeUs);
      if (sampling) this.#sink.sample!(point, timeUs, value, quality);
      if (++k >= elements) return;
      point = points.after(point, space, address + k);
      if (point < 0) return;
    }
  }

  /** A value with a name, or one the device itself calls bad, which is no value of the point. */
  #single(view: MessageView, i: number, point: number, quality: number): void {
    const value = view.valueOf(i, 0);
    if (quality !== QUALITY_BAD) this.points.read(point, value, view.timeUs);
    if (this.#sampling) this.#sink.sample!(point, view.timeUs, value, quality);
  }

  #written(
    conversation: ConversationState,
    view: MessageView,
    i: number,
    space: number,
    first: number,
    listed: number[] | null,
  ): void {
    const place = this.writes.add(view, i, () => this.points.name(first), conversation, this.#capture);
    if (place >= 0) listed?.push(place);
    const elements = view.accessSymbol[i]! >= 0 ? 1 : Math.min(view.accessElements[i]!, ACCESS_POINTS_MAX);
    let point = first;
    for (let k = 0; ; ) {
      this.points.wrote(point, view.timeUs);
      this.writes.writer(point, conversation);
      if (++k >= elements) return;
      point = this.points.after(point, space, view.accessAddress[i]! + k);
      if (point < 0) return;
    }
  }

  #space(conversation: ConversationState, view: MessageView, area: number): number {
    const unit = view.unitSymbol >= 0 ? 0x10000000 + view.unitSymbol : view.unit - NO_UNIT;
    const key = unit * AREAS_MAX + area;
    if (conversation.spaceKey === key) return conversation.space;
    let space = conversation.knownSpace(key);
    if (space < 0) {
      const { areas, name } = view.protocol!;
      space = this.points.spaceFor(conversation.device, view.unitName(), areas[area] ?? `area${area}`, name);
      if (space >= 0) conversation.rememberSpace(key, space);
    }
    conversation.spaceKey = key;
    conversation.space = space;
    return space;
  }

  /** Counts messages of the unit behind the address and what its gateway says of it. */
  #unit(conversation: ConversationState, view: MessageView): void {
    const key = view.unitSymbol >= 0 ? 0x10000000 + view.unitSymbol : view.unit;
    if (conversation.unitKey !== key) {
      conversation.unitKey = key;
      conversation.unitText = view.unitName();
      const { server } = conversation;
      conversation.unit =
        server === null || conversation.unitText === ''
          ? null
          : this.assetTable.unitOf(server, conversation.unitText, view.timeUs);
      conversation.unit?.protocols.add(conversation.protocolName);
    }
    if (view.direction === DIRECTION_RESPONSE) conversation.responses++;
    else conversation.requests++;
    const { unit } = conversation;
    if (unit === null) return;
    unit.lastUs = view.timeUs;
    if (view.direction === DIRECTION_REQUEST) {
      unit.requests++;
      return;
    }
    const refused = view.status !== 0 && GATEWAY_REFUSALS.has(view.protocol!.statusName(view.status));
    if (!refused) unit.answers++;
    const alive = refused ? 'silent' : 'alive';
    if (unit.alive === alive) return;
    unit.alive = alive;
    if (!this.#telling) return;
    const base = this.#base(conversation, view);
    if (!refused) this.#tellUnit(conversation, view);
    this.#tell({ ...base, kind: refused ? 'unit-silent' : 'unit-alive', asset: base.server });
  }

  #tellUnit(conversation: ConversationState, view: MessageView): void {
    const { server, unit } = conversation;
    if (server === null || unit === null || unit.told) return;
    unit.told = true;
    this.#tell({ ...this.#base(conversation, view), kind: 'asset', asset: this.assetTable.unitRecord(server, unit) });
  }

  #use(conversation: ConversationState, key: number, view: MessageView): UseState {
    const protocol = view.protocol!;
    const { use, created } = conversation.use(key, () => protocol.functionOf(view.functionCode));
    if (created && this.#telling) {
      const direction = (['request', 'response', 'event'] as const)[view.direction]!;
      const base = this.#base(conversation, view);
      this.#tell({ ...base, kind: 'function', protocol: protocol.name, function: use.info, direction });
    }
    return use;
  }

  #open(view: MessageView): ConversationState {
    const { conversation, created } = this.#flows.conversationOf(view, this.sensor);
    if (created && this.#telling) {
      const base = this.#base(conversation, view);
      for (const entry of [conversation.client, conversation.server]) this.#tellAsset(entry, base);
      const { protocolName: protocol, serverPort, transport } = conversation;
      this.#tell({ ...base, kind: 'conversation', protocol, serverPort, transport });
    }
    return conversation;
  }

  #tellAsset(entry: AssetEntry | null, base: ObservationBase): void {
    if (entry === null || entry.told || isGroup(entry.id)) return;
    entry.told = true;
    this.#tell({ ...base, kind: 'asset', asset: this.assetTable.recordOf(entry) });
  }

  #tellRange(
    conversation: ConversationState,
    use: UseState,
    view: MessageView,
    i: number,
    space: number,
    write: boolean,
  ): void {
    const symbol = view.accessSymbol[i]!;
    const count = view.accessElements[i]!;
    const place = symbol >= 0 ? 0x100000000 + symbol : view.accessAddress[i]!;
    const key = (place * 4096 + (count & 0xfff)) * 2 + (write ? 1 : 0);
    if (conversation.rangeKey === key && conversation.rangeSpace === space) return;
    conversation.rangeKey = key;
    conversation.rangeSpace = space;
    if (!conversation.firstRange(space, key)) return;
    const protocol = view.protocol!;
    const area = protocol.areas[view.accessArea[i]!] ?? `area${view.accessArea[i]!}`;
    const address = symbol >= 0 ? view.symbols.name(symbol) : view.accessAddress[i]!;
    this.#tell({
      ...this.#base(conversation, view),
      kind: 'point',
      protocol: protocol.name,
      point: pointName(conversation.device, view.unitName(), area, address),
      area,
      address,
      count,
      write,
      class: use.info.class satisfies FunctionClass,
    });
  }

  #facts(conversation: ConversationState, view: MessageView): void {
    for (let i = 0; i < view.factCount; i++) {
      const about = view.factAbout[i]!;
      const entry = about === 'client' ? conversation.client : conversation.server;
      if (entry === null) continue;
      const { unit } = conversation;
      const facts = about === 'unit' && unit !== null ? unit.facts : entry.facts;
      const kind = view.factKind[i]!;
      const text = view.factText[i]!;
      const before = this.assetTable.fact(facts, kind, text);
      if (before === null || !this.#telling) continue;
      const base = this.#base(conversation, view);
      const asset = about === 'client' ? base.client : about === 'unit' ? base.server : conversation.serverId;
      this.#tell({ ...base, kind: 'identity', asset, fact: { about, kind, text }, before });
    }
  }

  #oddities(conversation: ConversationState, view: MessageView): void {
    for (let i = 0; i < view.problemCount; i++) {
      const problem = view.problemKind[i]!;
      const count = conversation.oddity(problem, view.timeUs);
      if (count === 0) continue;
      const base = this.#base(conversation, view);
      this.#tell({ ...base, kind: 'oddity', protocol: conversation.protocolName, problem, count });
    }
  }

  #beat(conversation: ConversationState, view: MessageView): void {
    const address = view.accessCount > 0 ? view.accessAddress[0]! + view.accessSymbol[0]! : 0;
    const { rhythm } = conversation;
    const change = rhythm.beat((view.functionCode * 0x10000 + address) * 256 + (view.unit & 0xff), view.timeUs);
    if (change === RHYTHM_SAME) return;
    this.#tellRhythm(conversation, change === RHYTHM_BACK ? 'back' : 'jitter', rhythm.seenUs, view.timeUs);
  }

  #tellRhythm(
    conversation: ConversationState,
    change: 'lost' | 'jitter' | 'back',
    seenUs: number,
    timeUs: number,
  ): void {
    const { clientId, serverId, id, rhythm } = conversation;
    const frame = this.#frameReference();
    const base = { timeUs, client: clientId, server: serverId, conversation: id, frame };
    const usualMs = Math.round(rhythm.intervalUs / 100) / 10;
    this.#tell({ ...base, kind: 'rhythm', change, usualMs, seenMs: Math.round(seenUs / 100) / 10 });
  }

  #base(conversation: ConversationState, view: MessageView): ObservationBase {
    const unit = view.unitName();
    const server = unit === '' ? conversation.serverId : `${conversation.serverId}/${unit}`;
    // Either side may ask: a controller that fetches its blocks, both ends of an association. Who asks is the client of the request.
    const reversed =
      (view.direction === DIRECTION_REQUEST && !view.fromClient) ||
      (view.direction === DIRECTION_RESPONSE && view.fromClient);
    return {
      timeUs: view.timeUs,
      client: reversed ? server : conversation.clientId,
      server: reversed ? conversation.clientId : server,
      conversation: conversation.id,
      frame: view.frameReference(this.#capture),
    };
  }

  #namesOf(conversation: ConversationState): { capture: string; client: string; server: string; device: string } {
    const { clientId, serverId, device } = conversation;
    return { capture: this.#capture, client: clientId, server: serverId, device };
  }

  #frameReference(): ObservationBase['frame'] {
    const { net } = this.sensor;
    if (net.frameNumber === 0) return { ...NO_REFERENCE, capture: this.#capture };
    const number = net.frameNumber;
    return { capture: this.#capture, number, firstNumber: number, from: 0, to: net.wireLength };
  }

  #tell(observation: Observation): void {
    this.#sink.observation?.(observation);
  }
}

/** Requests of one frame differ by transaction; a frame number stays below 2^37. */
function operationKey(frame: number, transaction: number): number {
  return frame * 0x10000 + (transaction & 0xffff);
}
