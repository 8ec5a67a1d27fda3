import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COTP_TSDU_BYTES_MAX } from '../../../limits.ts';
import { MessageView } from '../message-view.ts';
import { NEED_MORE, NOT_MINE } from '../protocol.ts';
import { CONTROL, CotpConnection, NOTHING, TSDU } from './connection.ts';
import { firstUserOctet, NO_TPKT, NO_USER_DATA, tpktLength } from './cotp.ts';
import { finishData, putConnectConfirm, putConnectRequest, putDisconnect, USER_DATA_AT } from './encode.ts';
import { hex, written } from './fixtures/talk.ts';
import { COTP_STATUS_BASE } from './names.ts';

/** A data TPDU with these user octets. */
function data(octets: ArrayLike<number>, last = true): Uint8Array {
  const out = new Uint8Array(USER_DATA_AT + octets.length);
  out.set(octets, USER_DATA_AT);
  finishData(out, 0, out.length, last);
  return out;
}

function take(connection: CotpConnection, bytes: Uint8Array, fromClient = true) {
  const view = new MessageView();
  view.bytes = bytes;
  view.end = bytes.length;
  view.fromClient = fromClient;
  view.frame = view.firstFrame = 7;
  view.reset();
  const kind = connection.take(view);
  const user = kind === TSDU ? view.bytes.slice(view.offset + connection.headerBytes, view.end) : null;
  return { kind, view, user };
}

describe('TPKT', () => {
  it('tells the length from the header', () => {
    const bytes = hex('03 00 00 07 02 f0 80');
    expect(tpktLength(bytes, 0, 7)).toBe(7);
    for (const end of [0, 1, 2, 3]) expect(tpktLength(bytes, 0, end)).toBe(NEED_MORE);
  });

  it.each([
    ['another version', '02 00 00 07 02 f0 80'],
    ['reserved octet', '03 01 00 07 02 f0 80'],
    ['shorter than its header', '03 00 00 06 02 f0'],
    ['length indicator past the end', '03 00 00 07 03 f0 80'],
    ['no TPDU code', '03 00 00 07 02 30 80'],
  ])('is not mine: %s', (_, text) => {
    const bytes = hex(text);
    expect(tpktLength(bytes, 0, bytes.length)).toBe(NOT_MINE);
  });

  it('finds the first user octet behind connection set-up and empty parts', () => {
    const connect = written((out, at) => putConnectRequest(out, at, [1, 0], [1, 2]));
    const empty = data([], false);
    const all = Buffer.concat([connect, empty, data([0x32, 1])]);
    expect(firstUserOctet(all, 0, all.length)).toBe(connect.length + empty.length + USER_DATA_AT);
    expect(firstUserOctet(all, 0, connect.length)).toBe(NO_USER_DATA);
    expect(firstUserOctet(hex('16 03 01'), 0, 3)).toBe(NO_TPKT);
  });
});

describe('COTP', () => {
  it('connect request, byte for byte (RFC 905, 13.3)', () => {
    const bytes = written((out, at) => putConnectRequest(out, at, [0x01, 0x00], [0x01, 0x02]));
    expect(bytes).toEqual(
      hex(`03 00 00 16  # TPKT of 22
           11           # length indicator
           e0           # connect request
           00 00 00 01  # destination and source reference
           00           # class 0
           c0 01 0a     # TPDU size 2^10
           c1 02 01 00  # calling TSAP
           c2 02 01 02  # called TSAP`),
    );
    const connection = new CotpConnection();
    const { kind, view } = take(connection, bytes);
    expect(kind).toBe(CONTROL);
    expect([connection.callingTsap, connection.calledTsap, connection.calledNumber]).toEqual(['0100', '0102', 0x102]);
    expect(view.factText.slice(0, 2)).toEqual(['0100', '0102']);
    const confirm = take(
      connection,
      written((out, at) => putConnectConfirm(out, at, [1, 0], [1, 2])),
      false,
    );
    expect(confirm.view.pairedFrame).toBe(7);
  });

  it('a disconnect that answers a connect request is its refusal', () => {
    const connection = new CotpConnection();
    take(
      connection,
      written((out, at) => putConnectRequest(out, at, [1], [2])),
    );
    const { view } = take(
      connection,
      written((out, at) => putDisconnect(out, at, 1, 3)),
      false,
    );
    expect(view.status).toBe(COTP_STATUS_BASE + 3);
    expect(view.pairedFrame).toBe(7);
  });

  it('puts parts together by the EOT bit, each direction for itself', () => {
    const connection = new CotpConnection();
    expect(take(connection, data([1, 2], false)).kind).toBe(NOTHING);
    expect(take(connection, data([9]), false).user).toEqual(Uint8Array.of(9));
    expect(take(connection, data([3], false)).kind).toBe(NOTHING);
    expect(take(connection, data([4, 5])).user).toEqual(Uint8Array.of(1, 2, 3, 4, 5));
    expect(take(connection, data([6])).user).toEqual(Uint8Array.of(6));
  });

  it('an empty part begins nothing', () => {
    const connection = new CotpConnection();
    expect(take(connection, data([], false)).kind).toBe(NOTHING);
    expect(take(connection, data([7])).user).toEqual(Uint8Array.of(7));
  });

  it('forgets what had begun when octets are lost', () => {
    const connection = new CotpConnection();
    take(connection, data([1, 2], false));
    connection.gap(true);
    expect(take(connection, data([3])).user).toEqual(Uint8Array.of(3));
  });

  it('bounds a TSDU that never ends, says so once, and goes on after it', () => {
    const connection = new CotpConnection();
    const part = new Uint8Array(60_000);
    const kinds = [1, 2, 3].map(() => take(connection, data(part, false)));
    expect(kinds.map(({ kind }) => kind)).toEqual([NOTHING, CONTROL, NOTHING]);
    expect(kinds[1]!.view.problemKind[0]).toBe('cotp-tsdu-too-long');
    expect(2 * part.length).toBeGreaterThan(COTP_TSDU_BYTES_MAX);
    expect(take(connection, data([1])).kind).toBe(NOTHING);
    expect(take(connection, data([2])).user).toEqual(Uint8Array.of(2));
  });

  it('survives any octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (tail, fromClient) => {
        const bytes = Uint8Array.of(3, 0, 0, 4 + tail.length, ...tail);
        const length = tpktLength(bytes, 0, bytes.length);
        if (length > 0 && length <= bytes.length) {
          const { kind } = take(new CotpConnection(), bytes.slice(0, length), fromClient);
          expect([TSDU, NOTHING, CONTROL]).toContain(kind);
        } else expect([NOT_MINE, NEED_MORE, length]).toContain(length);
        firstUserOctet(bytes, 0, bytes.length);
      }),
    );
  });
});
