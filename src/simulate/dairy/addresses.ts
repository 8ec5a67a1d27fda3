/**
 * Who has which address on loopback: 127.20.1.x cell, .2.x operations, .3.x engineering, .9.x Firedoor's own listeners.
 * A conduit that stands before a controller listens at `conduitAddress(…)`; clients go there, the conduit goes on to the controller.
 */
export const DAIRY_ADDRESSES = {
  P1: '127.20.1.11',
  F1: '127.20.1.12',
  hmi: '127.20.2.5',
  historian: '127.20.2.7',
  engineering: '127.20.3.10',
  stranger: '127.20.3.44',
} as const;
/** Above 1023, so that nobody needs to be root. */
export const DAIRY_PORT = 1502;
export const CONTROLLERS = ['P1', 'F1'] as const;
export type DairyController = (typeof CONTROLLERS)[number];

/** Where the conduit before a controller listens: the controller's last octet in 127.20.9.x. */
export function conduitAddress(controller: DairyController): string {
  return DAIRY_ADDRESSES[controller].replace('127.20.1.', '127.20.9.');
}
