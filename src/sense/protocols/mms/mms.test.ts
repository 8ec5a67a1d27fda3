import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../../records.ts';
import { data, type Octets } from '../asn1/encode.ts';
import { MATCH_CLIENT, MATCH_MORE, MATCH_NO, MATCH_SERVER } from '../protocol.ts';
import { PROTOCOLS } from '../registry.ts';
import { ProtocolStreams } from '../streams.ts';
import { putConnectRequest } from '../tpkt/encode.ts';
import * as encode from './encode.ts';
import { associate, OPERATE, operValue, POSITION, SAMPLES } from './fixtures/samples.ts';
import { mms, refuse } from './index.ts';
import { kindOfItem } from './items.ts';
import { WRITE } from './names.ts';

const { services } = encode;
const NAMES = { capture: '', client: 'hmi', server: 'bay', device: 'bay' };
const client = true;
const server = false;

/** One conversation on port 102; `say` gives what came of the bytes. */
function conversation(outputBytes = 4_096) {
  const messages: Message[] = [];
  let refusal = new Uint8Array(0);
  const streams = new ProtocolStreams(PROTOCOLS, {
    message(view) {
      messages.push(view.toMessage(NAMES));
      const out = new Uint8Array(outputBytes).fill(0xa5);
      refusal = out.slice(0, refuse(view, out, 0));
    },
  });
  const state = streams.open(1, 40_000, 102, true, true);
  let frame = 0;
  const say = (fromClient: boolean, ...pieces: Uint8Array[]) => {
    const before = messages.length;
    for (const piece of pieces) {
      frame++;
      streams.stream(state, fromClient, piece, 0, piece.length, { timeUs: frame * 1_000, frame, frameStart: 0 });
    }
    return messages.slice(before);
  };
  return { say, state, streams, refusal: () => refusal };
}

/** A conversation with its association made. */
function associated() {
  const made = conversation();
  for (const { fromClient, bytes } of associate) made.say(fromClient, bytes);
  return made;
}

function written(put: (out: Uint8Array) => number): Uint8Array {
  const out = new Uint8Array(8_192).fill(0xa5);
  const end = put(out);
  expect(out[end]).toBe(0xa5);
  return out.slice(0, end);
}

const pdu = (octets: Octets, context?: number) => written((out) => encode.putPdu(out, 0, octets, context));
const ask = (invoke: number, service: Octets) => pdu(encode.confirmedRequest(invoke, service));
const answer = (invoke: number, service: Octets) => pdu(encode.confirmedResponse(invoke, service));
const values = (message: Message | undefined) =>
  message?.accesses.map(({ address, values: [value], write }) => `${address}${write ? ' :=' : ' ='} ${value}`);

/** Built by hand: ISO 9506-2, 7 and 14; ISO 8823-1, 8.4; ISO 8327-1, 8.3; RFC 1006, 6. */
const READ = Uint8Array.from([
  ...[0x03, 0x00, 0x00, 0x2f], // TPKT, 47 octets
  ...[0x02, 0xf0, 0x80], // COTP data, last part
  ...[0x01, 0x00, 0x01, 0x00], // session: give tokens, data
  ...[0x61, 0x22, 0x30, 0x20], // presentation: fully encoded, one value
  ...[0x02, 0x01, 0x03], // context 3
  ...[0xa0, 0x1b], // single ASN.1 type
  ...[0xa0, 0x19, 0x02, 0x01, 0x09], // confirmed request, invoke id 9
  ...[0xa4, 0x14, 0xa1, 0x12], // read, access specification
  ...[0xa0, 0x10, 0x30, 0x0e, 0xa0, 0x0c], // list of variables, the first, by name
  ...[0xa1, 0x0a], // of a domain
  ...[0x1a, 0x02, 0x4c, 0x44], // "LD"
  ...[0x1a, 0x04, 0x41, 0x24, 0x53, 0x54], // "A$ST"
]);

describe('MMS', () => {
  it('reads a request octet by octet', () => {
    const [message] = conversation().say(client, READ);
    expect(message).toMatchObject({
      direction: 'request',
      function: { code: 4, name: 'read', class: 'read' },
      transaction: 9,
      problems: [],
      frame: { from: 0, to: READ.length },
    });
    expect(message!.accesses).toEqual([
      expect.objectContaining({ point: 'bay/variable/LD/A$ST', type: 'none', write: false, values: [] }),
    ]);
  });

  it('is named by content: the connect request alone does not tell, S7 and other sessions are not MMS', () => {
    const connect = written((out) => putConnectRequest(out, 0, [0, 1], [0, 1]));
    expect(mms.identify(connect, 0, connect.length, true)).toBe(MATCH_MORE);
    expect(mms.identify(READ, 0, READ.length, false)).toBe(MATCH_CLIENT);
    for (let end = 0; end < 24; end++) expect(mms.identify(READ, 0, end, true), `${end} octets`).toBe(MATCH_MORE);
    const reply = answer(1, services.writeResult([null]));
    expect(mms.identify(reply, 0, reply.length, true)).toBe(MATCH_SERVER);
    const strange = READ.slice();
    strange[20] = 0x30; // where the PDU's tag stands: no PDU of MMS or ACSE
    expect(mms.identify(strange, 0, strange.length, true)).toBe(MATCH_NO);
    strange[7] = 0x32; // S7
    expect(mms.identify(strange, 0, strange.length, true)).toBe(MATCH_NO);
  });

  it('pairs by invoke id, names and types values of the answer', () => {
    const { say } = associated();
    const [first] = say(client, ask(300, services.read(encode.listOfVariable([POSITION]))));
    say(client, ask(301, services.read(encode.listOfVariable([{ item: 'mu' }]))));
    const [second] = say(server, answer(301, services.readResult([10])));
    const [reply] = say(
      server,
      answer(
        300,
        services.readResult([data.structure(data.bits('10'), data.bits('0100000000000'), data.utcTime(5e6))]),
      ),
    );
    expect(second).toMatchObject({ status: 'object-non-existent', accesses: [{ address: 'mu', quality: 'bad' }] });
    expect(reply).toMatchObject({ pairedWith: first!.frame.number, latencyUs: 3_000, function: { name: 'read' } });
    expect(reply!.accesses[0]).toMatchObject({
      address: 'BAY1CTRL/CSWI1$ST$Pos[0]',
      type: 'uint32',
      values: [2],
      quality: 'bad',
      sourceTimeUs: 5_000_000,
    });
  });

  it('knows commands by their names and says what they command', () => {
    const { say } = associated();
    const [operate] = say(client, ask(1, services.write(encode.listOfVariable([OPERATE]), [operValue(true)])));
    expect(operate!.function).toMatchObject({ name: 'operate', class: 'control', risk: 3 });
    const name = 'BAY1CTRL/CSWI1$CO$Pos$Oper';
    expect(values(operate)).toEqual([
      `${name}$ctlVal := true`,
      `${name}$origin$orCat := 2`,
      `${name}$origin$orIdent := 484d49`,
      `${name}$ctlNum := 7`,
      `${name}$T := 1700000000250`,
      `${name}$Test := false`,
      `${name}$Check := 3`,
    ]);
    const [refused] = say(server, answer(1, services.writeResult([3])));
    expect(refused).toMatchObject({ status: 'object-access-denied', function: { name: 'operate' } });
    const timed = data.structure(data.integer(3), data.utcTime(1e6), data.structure(data.integer(1)), data.unsigned(1));
    const [late] = say(client, ask(2, services.write(encode.listOfVariable([OPERATE]), [timed])));
    expect(values(late)?.slice(0, 3)).toEqual([
      `${name}$ctlVal := 3`,
      `${name}$operTm := 1000`,
      `${name}$origin$orCat := 1`,
    ]);
    const select = { domain: 'BAY1CTRL', item: 'CSWI1$CO$Pos$SBO' };
    expect(say(client, ask(3, services.read(encode.listOfVariable([select]))))[0]!.function).toMatchObject({
      name: 'select',
      class: 'control',
    });
  });

  it.each([
    ['LD/XCBR1$CO$Pos$Oper', WRITE.operate],
    ['LD/XCBR1$CO$Pos$Oper$ctlVal', WRITE.operate],
    ['LD/XCBR1$CO$Pos$SBOw', WRITE.selectWithValue],
    ['LD/XCBR1$CO$Pos$Cancel', WRITE.cancel],
    ['LD/LLN0$CO$Mod$Oper', WRITE.mode],
    ['LD/PTOC1$SE$StrVal$setMag$f', WRITE.settings],
    ['LD/LLN0$SG', WRITE.settings],
    ['LD/GGIO1$SP$SetPt$setMag$f', WRITE.setPoint],
    ['LD/LLN0$BR$brcb01$RptEna', WRITE.reportControl],
    ['LD/LLN0$GO$gcb01$GoEna', WRITE.gooseControl],
    ['LD/MMXU1$SV$TotW$subEna', WRITE.substitution],
    ['LD/XCBR1$CF$Pos$ctlModel', WRITE.configuration],
    ['LD/XCBR1$ST$Pos$stVal', WRITE.plain],
    ['KIRKLAND/Oper', WRITE.plain],
  ])('writing %s is kind %i', (name, kind) => {
    expect(kindOfItem(name)).toBe(kind);
  });

  it('names a request of several items by the gravest', () => {
    const items = ['A$SP$x', 'LLN0$CO$Mod$Oper', 'A$ST$x'].map((item) => ({ domain: 'LD', item }));
    const request = ask(
      1,
      services.write(
        encode.listOfVariable(items),
        items.map(() => data.integer(1)),
      ),
    );
    expect(associated().say(client, request)[0]!.function).toMatchObject({
      name: 'operate-mode',
      class: 'safety',
      risk: 4,
    });
  });

  it('reads reports by their optional fields, with the members of the data set where they are known', () => {
    const list = { domain: 'LD', item: 'LLN0$ds' };
    const report = (options: string, ...fields: Octets[]) =>
      pdu(
        encode.informationReport(encode.variableListName({ item: 'RPT' }), [
          data.text('id'),
          data.bits(options),
          ...fields,
        ]),
      );
    const { say } = associated();
    const [unknown] = say(
      server,
      report('0000100000', data.text('LD/LLN0$ds'), data.bits('101'), data.boolean(true), data.integer(4)),
    );
    expect(unknown).toMatchObject({ direction: 'event', function: { name: 'report' }, problems: [] });
    expect(values(unknown)).toEqual(['LD/LLN0$ds[0] = true', 'LD/LLN0$ds[2] = 4']);
    say(client, ask(1, services.getListAttributes(list)));
    say(
      server,
      answer(1, services.getListAttributesResult([POSITION, { domain: 'LD', item: 'B' }, { domain: 'LD', item: 'C' }])),
    );
    // Sequence number, time, name, references.
    const [known] = say(
      server,
      report(
        '0110110000',
        data.unsigned(8),
        data.binaryTime(1_700_000_000_250),
        data.text('LD/LLN0$ds'),
        data.bits('011'),
        data.text('LD/B$ref'),
        data.text('LD/C$ref'),
        data.integer(1),
        data.integer(2),
      ),
    );
    expect(values(known)).toEqual(['id$SqNum = 8', 'LD/B$ref = 1', 'LD/C$ref = 2']);
    expect(known!.accesses[1]!.sourceTimeUs).toBe(1_700_000_000_250_000);
    const [members] = say(server, report('0000100000', data.text('LD/LLN0$ds'), data.bits('001'), data.integer(5)));
    expect(values(members)).toEqual(['LD/C = 5']);
    const [short] = say(server, report('0000000000', data.bits('11'), data.integer(5)));
    expect(short!.problems).toMatchObject([{ kind: 'mms-report-short' }]);
  });

  it('tells why a command failed', () => {
    const [failed] = associated().say(
      server,
      pdu(
        encode.informationReport(encode.listOfVariable([{ item: 'LastApplError' }, OPERATE]), [
          data.structure(data.text('x'), data.integer(0), data.structure(), data.unsigned(7), data.integer(10)),
          operValue(true),
        ]),
      ),
    );
    expect(failed).toMatchObject({ function: { name: 'command-result' }, status: 'blocked-by-interlocking' });
    expect(failed!.accesses.some(({ write }) => write)).toBe(false);
  });

  it('pairs errors, rejects, cancels and what both sides ask', () => {
    const { say } = associated();
    const [mine] = say(client, ask(1, services.status()));
    const [theirs] = say(server, ask(1, services.identify()));
    const [told] = say(client, answer(1, services.identifyResult('Acme', 'EMS', '3')));
    expect(told).toMatchObject({
      direction: 'response',
      pairedWith: theirs!.frame.number,
      facts: [{ about: 'client', kind: 'vendor' }, {}, {}],
    });
    const [status] = say(server, answer(1, services.statusResult(0, 2)));
    expect(status).toMatchObject({ pairedWith: mine!.frame.number });
    expect(values(status)).toEqual(['logical-status = 0', 'physical-status = 2']);
    say(client, ask(2, services.write(encode.listOfVariable([POSITION]), [data.integer(1)])));
    expect(say(server, pdu(encode.confirmedError(2, 7, 3)))[0]).toMatchObject({
      status: 'object-access-denied',
      function: { name: 'write' },
      accesses: [{ address: 'BAY1CTRL/CSWI1$ST$Pos', write: true, quality: 'bad' }],
    });
    const [stop] = say(client, ask(3, services.program(41, 'seq')));
    expect(stop).toMatchObject({
      function: { name: 'stop', effect: 'stops' },
      accesses: [{ point: 'bay/program/seq' }],
    });
    say(client, pdu(encode.cancelRequest(3)));
    expect(say(server, pdu(encode.cancelResponse(3)))[0]).toMatchObject({
      function: { name: 'cancel' },
      pairedWith: 12,
    });
    expect(say(server, pdu(encode.reject(3, 1, 1)))[0]).toMatchObject({
      status: 'reject-confirmed-request-unrecognized-service',
      pairedWith: stop!.frame.number,
    });
  });

  it('reads what is put straight on the transport, and TSDUs in parts', () => {
    const whole = ask(1, services.read(encode.listOfVariable([POSITION])));
    // The same user data in two TPDUs: the first without EOT.
    const half = whole.length >> 1;
    const first = Uint8Array.from([3, 0, 0, half, 2, 0xf0, 0, ...whole.subarray(7, half)]);
    const rest = whole.length - half + 7;
    const second = Uint8Array.from([3, 0, 0, rest, 2, 0xf0, 0x80, ...whole.subarray(half)]);
    const split = associated();
    const [message] = split.say(client, first, second);
    expect(message).toMatchObject({ function: { name: 'read' }, frame: { firstNumber: 5, number: 6 }, problems: [] });
    expect(split.refusal().length).toBeGreaterThan(0);
    const bare = pdu(encode.confirmedRequest(1, services.identify()), 0);
    const tool = associated();
    expect(tool.say(client, bare)[0]).toMatchObject({ function: { name: 'identify' }, problems: [] });
    // Refused in the same layers it came in.
    expect(tool.refusal()[7]).toBe(0xa2);
  });

  it('refuses requests, associations and connections; nothing that only ends something', () => {
    const made = conversation();
    made.say(client, associate[0]!.bytes, associate[2]!.bytes);
    const refused = made.say(server, associate[1]!.bytes, made.refusal())[1];
    expect(refused).toMatchObject({ direction: 'response', status: 'session-refused', pairedWith: 2 });
    const { say, refusal } = associated();
    say(
      client,
      pdu(encode.confirmedRequest(70_000, services.write(encode.listOfVariable([OPERATE]), [operValue(true)])), 5),
    );
    const denied = refusal();
    expect(say(server, denied)[0]).toMatchObject({
      transaction: 70_000,
      status: 'object-access-denied',
      pairedWith: 5,
    });
    expect(denied[17]).toBe(5); // context of the request
    for (const ending of [encode.concludeRequest(), encode.cancelRequest(1)]) {
      say(client, pdu(ending));
      expect(refusal()).toHaveLength(0);
    }
    say(server, pdu(encode.informationReport(encode.listOfVariable([POSITION]), [data.integer(1)])));
    expect(refusal()).toHaveLength(0);
    // What the server asks would be answered to the wrong end.
    say(server, ask(9, services.write(encode.listOfVariable([POSITION]), [data.integer(1)])));
    expect(refusal()).toHaveLength(0);
  });

  it('names what does not fit and keeps what it read', () => {
    const { say } = associated();
    const problemsOf = (fromClient: boolean, octets: Octets) =>
      say(fromClient, pdu(octets)).flatMap(({ problems }) => problems.map(({ kind }) => kind));
    expect(problemsOf(server, encode.confirmedResponse(99, services.readResult([data.integer(1)])))).toEqual([
      'mms-reply-without-request',
    ]);
    say(client, ask(1, services.read(encode.listOfVariable([POSITION, { item: 'x' }]))));
    expect(problemsOf(server, encode.confirmedResponse(1, services.readResult([data.integer(1)])))).toEqual([
      'mms-result-count',
    ]);
    say(client, ask(2, services.identify()));
    expect(problemsOf(server, encode.confirmedResponse(2, services.statusResult(0, 0)))).toEqual([
      'mms-reply-other-service',
    ]);
    const two = encode.listOfVariable([POSITION, { item: 'x' }]);
    expect(problemsOf(client, encode.confirmedRequest(3, services.write(two, [data.integer(1)])))).toEqual([
      'mms-write-count',
    ]);
    const cut = READ.slice();
    cut[21] = 0x30; // the PDU claims to be longer than its value
    expect(say(client, cut)[0]!.problems.map(({ kind }) => kind)).toEqual(['ber-truncated']);
  });

  it('never throws and ends, whatever stands behind the layers', () => {
    const sample = SAMPLES[2]!.chunks.map(({ bytes }) => bytes);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 120 }),
        fc.nat(sample.length - 1),
        fc.nat(400),
        fc.boolean(),
        (noise, turn, at, side) => {
          const { say } = associated();
          const bytes = sample[turn]!.slice();
          // Keeps the frame's own length: what is behind it is noise.
          const from = Math.min(7 + (at % bytes.length), bytes.length);
          bytes.set(noise.subarray(0, bytes.length - from), from);
          say(side, bytes);
          say(side, pdu(noise.length === 0 ? encode.concludeRequest() : noise));
        },
      ),
      { numRuns: 500 },
    );
  });
});
