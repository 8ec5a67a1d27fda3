/** What limits the view of the network: a mirror that shows half, copies, loss, tables that are full. Shown, never silent. */
import type { ProblemCount } from '../../records.ts';
import type { Observer } from './observer.ts';

export interface Health {
  readonly frames: number;
  /** What was odd below the protocols, by kind; `firstOffset` is a frame number. */
  readonly problems: readonly ProblemCount[];
  /** Frames that were copies of others (mirrored twice, PRP, HSR). */
  readonly duplicates: number;
  /** Conversations of which only one side is seen. */
  readonly oneSided: number;
  /** Directions that arrive under another VLAN tag than their conversation. */
  readonly halfTagged: number;
  /** Segments whose checksum the sending machine left to its network card. */
  readonly offloadedChecksums: number;
  /** Streams that lost their place, and messages too long to carry. */
  readonly lostSync: number;
  readonly carryOverflows: number;
  /** TCP gaps: bytes that the capture does not hold. */
  readonly gaps: number;
  /** Entries that found no room: flows, hosts, assets, conversations, points, symbols. */
  readonly full: Readonly<Record<string, number>>;
}

/** Messages one way before a conversation with none the other way counts as one-sided. */
const ONE_SIDED_MESSAGES = 8;

export function healthOf(observer: Observer): Health {
  const { sensor, points, assetTable, conversationTable } = observer;
  const { net, streams } = sensor;
  const oneSided = conversationTable.list.filter(
    ({ requests, responses, useEvent }) =>
      useEvent === null &&
      ((requests === 0 && responses >= ONE_SIDED_MESSAGES) || (responses === 0 && requests >= ONE_SIDED_MESSAGES)),
  ).length;
  const full = {
    flows: net.flows.evicted,
    hosts: net.macs.overflow + net.ipv4.overflow + net.addresses.overflow,
    assets: assetTable.overflow,
    conversations: conversationTable.overflow,
    points: points.overflow,
    symbols: streams.view.symbols.overflow,
  };
  return {
    frames: observer.framesBefore + net.frameNumber,
    problems: net.problems.list(),
    duplicates: net.duplicates.copies,
    oneSided,
    halfTagged: net.problems.count('half-tagged-conversation'),
    offloadedChecksums: net.problems.count('tcp-checksum-offloaded'),
    lostSync: streams.lostSync,
    carryOverflows: streams.carryOverflows,
    gaps: net.problems.count('tcp-gap'),
    full: Object.fromEntries(Object.entries(full).filter(([, count]) => count > 0)),
  };
}
