/** What may be done with a message on its way through a conduit. */
import type { MessageView } from '../../../sense/protocols/message-view.ts';

/** The ends of a connection, for decisions about who speaks. */
export interface ConduitPeers {
  readonly client: string;
  readonly clientPort: number;
  readonly device: string;
  readonly devicePort: number;
}

/**
 * `forward` false: the message goes no further and its sender gets `answer` (the protocol's own refusal) instead, if there is one.
 * `disconnect`: both sides are reset, because nobody can answer for the device.
 */
export interface Decision {
  readonly forward: boolean;
  readonly answer?: Uint8Array;
  readonly disconnect?: boolean;
}

/**
 * Decides one message, synchronously and in bounded time. The view is valid only during the call. What it throws counts as an
 * error of the conduit and lets the message pass: exception policy "open".
 */
export type Decide = (view: MessageView, peers: ConduitPeers) => Decision;

export const FORWARD: Decision = { forward: true };
