/** What the observer gives to whoever watches. Every part is optional; what is not asked for costs nothing. */
import type { Observation } from '../../records.ts';
import type { MessageView } from '../../sense/protocols/message-view.ts';
import type { ConversationState } from './conversations.ts';

export interface ObserverSink {
  /** First times, operations, oddities; see `Observation`. */
  observation?(observation: Observation): void;
  /**
   * A value read or reported for a point: `point` is its number in the observer's `PointTable`, `quality` 0 good, 1 uncertain,
   * 2 bad. Values of writes are not samples: they stand in the operation, and show in the next read if the device took them.
   */
  sample?(point: number, timeUs: number, value: number, quality: number): void;
  /**
   * One access of a message that carries values, before its samples: for decoding several raw elements at once, straight from
   * `view.bytes` at `view.accessOffset[access]` (type `view.accessType[access]`, `view.accessElements[access]` elements from
   * `view.accessAddress[access]` on; `view.accessWrite[access]` is 1 for a write, with `view.direction` telling request from
   * answer). `firstPoint` is the point of the first element, or -1 when the table is full; `points.spaceOf(firstPoint)` names
   * device, unit and area as one integer. Later elements usually, not always, have the following numbers: use
   * `points.find(space, address)`. Valid during the call only.
   */
  access?(view: MessageView, access: number, firstPoint: number, conversation: ConversationState): void;
  /** Every message, after the observer has counted it. Valid during the call only. */
  message?(view: MessageView, conversation: ConversationState): void;
}
