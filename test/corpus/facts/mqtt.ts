/** Facts of MQTT and Sparkplug as the truth files hold them. */

import type { MessageView } from '../../../src/sense/protocols/message-view.ts';
import { bodyOffset } from '../../../src/sense/protocols/mqtt/framing.ts';
import { CONNECT_FLAG } from '../../../src/sense/protocols/mqtt/message.ts';
import { AREA, PACKET, VERSION } from '../../../src/sense/protocols/mqtt/names.ts';
import { topicOf } from '../../../src/sense/protocols/mqtt/publish.ts';
import { versionOf } from '../../../src/sense/protocols/mqtt/session.ts';
import { count, type FactCollector, RowCounter } from './collector.ts';

/** Names the truth files use. */
const NAMES: readonly string[] = [
  'Reserved',
  'Connect Command',
  'Connect Ack',
  'Publish Message',
  'Publish Ack',
  'Publish Received',
  'Publish Release',
  'Publish Complete',
  'Subscribe Request',
  'Subscribe Ack',
  'Unsubscribe Request',
  'Unsubscribe Ack',
  'Ping Request',
  'Ping Response',
  'Disconnect Req',
  'Authentication Exchange',
];
const VERSIONS: Readonly<Record<number, string>> = {
  [VERSION.v31]: 'MQTT v3.1',
  [VERSION.v311]: 'MQTT v3.1.1',
  [VERSION.v5]: 'MQTT v5.0',
};

export function collectMqtt(): FactCollector {
  let messages = 0;
  const frames = new Map<number, number>();
  const types = new RowCounter();
  const topics: Record<string, number> = {};
  const flags = new RowCounter();
  const subscriptions = new RowCounter();
  const sparkplug = new RowCounter();
  const clientIds: Record<string, number> = {};
  const versions: Record<string, number> = {};
  const connectAuth: Record<string, number> = {};
  const userNames: Record<string, number> = {};
  const willTopics: Record<string, number> = {};
  const connackCodes: Record<string, number> = {};

  function connect(view: MessageView): void {
    count(clientIds, factOf(view, 'client-id') ?? '');
    const version = versionOf(view);
    count(versions, VERSIONS[version] ?? `level ${version}`);
    // The flags stand right after name and level (3.1.2.3).
    const body = bodyOffset(view.bytes, view.offset);
    const connectFlags = view.bytes[body + (view.bytes[body + 1] === 6 ? 9 : 7)]!;
    count(connectAuth, (connectFlags & CONNECT_FLAG.userName) === 0 ? 'no_username' : 'username');
    const user = factOf(view, 'user');
    if (user !== undefined) count(userNames, user);
    const will = factOf(view, 'will-topic');
    if (will !== undefined) count(willTopics, will);
  }

  function publish(view: MessageView): void {
    const first = view.detail & 15;
    const bit = (n: number): string => String((first >> n) & 1);
    flags.add({ kind: 'publish', qos: String((first >> 1) & 3), retain: bit(0), dup: bit(3) });
    const topic = topicOf(view);
    if (topic === undefined) return;
    count(topics, topic);
    const name = view.protocol!.functionOf(view.functionCode).name;
    if (!name.startsWith('sparkplug-')) return;
    const [namespace, group, message, edge, device] = topic.split('/');
    const row =
      name === 'sparkplug-state'
        ? { namespace: '', group: '', message: 'STATE', edge_node: topic, device: '' }
        : { namespace, group, message, edge_node: edge, device: device ?? '' };
    sparkplug.add(row);
  }

  return {
    protocols: ['mqtt'],
    message(view: MessageView): void {
      messages++;
      frames.set(view.frame, (frames.get(view.frame) ?? 0) + 1);
      const type = (view.detail & 255) >> 4;
      types.add({ code: type, name: NAMES[type]! });
      if (type === PACKET.connect) connect(view);
      else if (type === PACKET.publish) publish(view);
      else if (type === PACKET.connack) count(connackCodes, view.status);
      if (type !== PACKET.subscribe && type !== PACKET.unsubscribe) return;
      for (let i = 0; i < view.accessCount; i++) {
        if (view.accessArea[i] !== AREA.filter) continue;
        const kind = type === PACKET.subscribe ? 'subscribe' : 'unsubscribe';
        subscriptions.add({ kind, topic: view.symbols.name(view.accessSymbol[i]!) });
      }
    },
    facts() {
      const perFrame: Record<string, number> = {};
      for (const n of frames.values()) if (n > 1) count(perFrame, n);
      return {
        messages,
        frames: frames.size,
        types: types.rows(),
        publish_topics: topics,
        n_publish_topics: Object.keys(topics).length,
        publish_flags: flags.rows(),
        subscriptions: subscriptions.rows(),
        client_ids: clientIds,
        versions,
        connect_auth: connectAuth,
        usernames: userNames,
        will_topics: willTopics,
        connack_codes: connackCodes,
        sparkplug: sparkplug.rows(),
        frames_with_n_pdus: perFrame,
      };
    },
  };
}

function factOf(view: MessageView, kind: string): string | undefined {
  const i = view.factKind.indexOf(kind);
  return i >= 0 && i < view.factCount ? view.factText[i] : undefined;
}
