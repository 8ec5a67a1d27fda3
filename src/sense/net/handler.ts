/** What the net layer gives: in-order bytes of streams, datagrams, link frames. Oddities are counted by the decoder. */

/** Receives transport payloads. `flow` is the row of the flow table; all offsets point into `bytes`, valid during the call. */
export interface NetHandler {
  /** Bytes of a TCP connection, in order, each once. */
  stream(flow: number, fromA: boolean, bytes: Uint8Array, offset: number, end: number): void;
  /** Bytes of this direction are missing: `missing` of them, or 0 where unknown. */
  streamGap(flow: number, fromA: boolean, missing: number): void;
  /** The same addresses and ports began a new connection; A is the client or not. */
  streamRestart(flow: number, clientIsA: boolean): void;
  /** Both sides have closed the connection, or one has reset it: no more data comes. */
  streamClosed(flow: number): void;
  /** A UDP payload. */
  datagram(flow: number, fromA: boolean, bytes: Uint8Array, offset: number, end: number): void;
  /** Payload of a frame that is not IP; `etherType` below 1536 is an LLC length frame. */
  link(etherType: number, bytes: Uint8Array, offset: number, end: number): void;
  /** A new row of the flow table, before its first payload. */
  flowOpened(flow: number): void;
  /** A row is about to be reused. */
  flowEvicted(flow: number): void;
}
