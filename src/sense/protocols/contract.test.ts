/**
 * What holds for every protocol of the registry. A protocol takes part with its sample conversations; what it cannot do yet, or
 * never will, stands in `EXEMPT` with the reason.
 */
import { isDeepStrictEqual } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { mutate } from '../../../test/support/mutate.ts';
import { protocolFolders, type Refuse } from '../../../test/support/protocol-folders.ts';
import { CountedBytes, NAMES, Play, portOf } from '../../../test/support/protocol-harness.ts';
import { Random } from '../../base/random.ts';
import { AREAS_MAX } from '../../limits.ts';
import { EFFECTS, FUNCTION_CLASSES, type Message } from '../../records.ts';
import type { Sample, SampleChunk } from './fixtures/sample.ts';
import { SAMPLES } from './fixtures/template/fixtures/samples.ts';
import { refuse, template } from './fixtures/template/index.ts';
import { DIRECTION_REQUEST } from './message-view.ts';
import { functionKey, MATCH_SERVER, type Protocol } from './protocol.ts';
import { PROTOCOLS } from './registry.ts';

/** Protocol → proof → why it is left out. Proofs: `samples`, `notes`, `pieces`, `refusal`. */
const EXEMPT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'cip-io': { refusal: 'implicit messages are not answered' },
  profinet: { refusal: 'frames on Ethernet cannot be answered in the place of a device' },
  'modbus-rtu': {
    pieces: 'RTU has no signature but the CRC of a whole message: it is named by the first segment that ends with one',
  },
};

const SEED = 20_261_125;
const MUTATED_MESSAGES = 20_000;
const GROWTH_MESSAGES = 100_000;
/** What 80,000 messages may leave behind: far below one number each. [bytes] */
const GROWTH_BYTES_MAX = 320_000;
/** Reads of single bytes that a byte of input may cost, and what any short message may. */
const READS_A_BYTE_MAX = 64;
const READS_MAX = 4_000;
/** Chunks longer than this are not cut at every position, but at these many from each end and at random ones. [bytes] */
const CUTS_MAX = 256;

/** The template that new protocols are made from keeps the contract too. */
const TEMPLATE = { folder: 'fixtures/template', protocols: [template], refuse, samples: SAMPLES, notes: '' };
const ALL = [...PROTOCOLS, template];
const folders = [...(await protocolFolders()), TEMPLATE];
const folderOf = (protocol: Protocol) =>
  folders.find(({ protocols }) => protocols.some(({ name }) => name === protocol.name));
const samplesOf = (protocol: Protocol): readonly Sample[] =>
  folderOf(protocol)?.samples.filter((sample) => sample.protocol === protocol.name) ?? [];
const exempt = (protocol: Protocol, proof: string) => EXEMPT[protocol.name]?.[proof] !== undefined;
const streamed = (protocol: Protocol) => samplesOf(protocol).filter(({ transport }) => transport === 'tcp');

it('gives every protocol a name of its own', () => {
  expect(new Set(PROTOCOLS.map(({ name }) => name)).size).toBe(PROTOCOLS.length);
});

describe.each(ALL.map((protocol) => [protocol.name, protocol] as const))('%s', (name, protocol) => {
  const samples = samplesOf(protocol);

  it('has the shape of a protocol', () => {
    expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(protocol.title).not.toBe('');
    expect(protocol.overStream || protocol.overDatagram || protocol.overLink).toBe(true);
    const { tcp = [], udp = [], etherTypes = [], llcSaps = [] } = protocol.hints;
    expect([...tcp, ...udp].filter((port) => !(port > 0 && port < 65_536))).toEqual([]);
    expect(etherTypes.filter((type) => !(type >= 1_536 && type < 65_536))).toEqual([]);
    expect(tcp.length === 0 || protocol.overStream).toBe(true);
    expect(udp.length === 0 || protocol.overDatagram).toBe(true);
    expect(etherTypes.length + llcSaps.length > 0).toBe(protocol.overLink);
    expect(protocol.areas.length).toBeLessThanOrEqual(AREAS_MAX);
    // Areas named as they are met (data blocks) leave holes between them; `filter` passes over those.
    const areas = protocol.areas.filter(() => true);
    expect(new Set(areas).size).toBe(areas.length);
    // Areas are a part of point names: no separator, never empty.
    expect(areas.filter((area) => !/^[^/\s]+$/.test(area))).toEqual([]);
  });

  it('has samples', () => {
    const missing = samples.length === 0 && !exempt(protocol, 'samples');
    const folder = folderOf(protocol)?.folder ?? name;
    const advice = `add src/sense/protocols/${folder}/fixtures/samples.ts with export const SAMPLES: readonly Sample[] (see ../fixtures/sample.ts)`;
    expect(missing ? `${name} has no sample conversation: ${advice}` : 'has').toBe('has');
  });

  it('has notes', () => {
    const missing = folderOf(protocol)?.notes === null && !exempt(protocol, 'notes');
    expect(missing ? `${name}: write NOTES.md (editions, what is decoded, what is not, traps)` : 'has').toBe('has');
  });

  it('knows every function code', () => {
    const wrong = functionCodes().filter((code) => {
      const info = protocol.functionOf(code);
      const { name: called, class: kind, effect, risk, techniques } = info;
      const known = FUNCTION_CLASSES.includes(kind) && EFFECTS.includes(effect) && risk >= 0 && risk <= 4;
      const sound = /^[a-z0-9][^\s]*$/.test(called) && techniques.every((one) => /^T\d{4}(\.\d{3})?$/.test(one));
      return !(known && sound && isDeepStrictEqual(protocol.functionOf(code), info));
    });
    expect(wrong).toEqual([]);
  });

  it('keeps the number of unknown functions, also of more than it remembers', () => {
    const unknown = new Set<string>();
    const wrong: number[] = [];
    for (let code = 0; code < 0x10000; code += 7) {
      const info = protocol.functionOf(code);
      if (!info.name.startsWith('unknown(')) continue;
      if (!info.name.includes(code.toString(16)) || info.code !== code || unknown.has(info.name)) wrong.push(code);
      unknown.add(info.name);
    }
    expect(wrong).toEqual([]);
    expect(unknown.size).toBeGreaterThan(1_000);
  });

  it('names every status', () => {
    expect(protocol.statusName(0)).toBe('ok');
    const wrong = functionCodes().filter((code) => {
      const status = protocol.statusName(code);
      const numbered = status.includes(code.toString(16)) || status.includes(String(code));
      return !/^[a-z0-9][^\s]*$/.test(status) || (status.startsWith('unknown(') && !numbered);
    });
    expect(wrong).toEqual([]);
  });

  it('identifies without throwing and without looking past the end', () => {
    const random = new Random(SEED);
    const inputs = [
      new Uint8Array(0),
      ...samples.flatMap(({ chunks }) => chunks.flatMap(({ bytes }) => prefixes(bytes))),
    ];
    for (let n = 0; n < 2_000; n++) inputs.push(noise(random, random.below(64)));
    for (const input of inputs) {
      for (const hinted of [true, false]) {
        const answers = [0x00, 0xff, 0x64].map((around) => {
          const buffer = new Uint8Array(input.length + 32).fill(around);
          buffer.set(input, 16);
          return protocol.identify(buffer, 16, 16 + input.length, hinted);
        });
        expect(new Set(answers).size, Buffer.from(input).toString('hex')).toBe(1);
        expect(answers[0]! >= 0 && answers[0]! <= MATCH_SERVER).toBe(true);
      }
    }
  });

  it.each(samples.map((sample) => [sample.name, sample] as const))('sample "%s" is understood', (_, sample) => {
    const play = new Play(protocol, sample).all();
    expect(play.state.protocol?.name).toBe(name);
    expect(play.records).toHaveLength(sample.messages);
    expect(play.records.flatMap(({ problems }) => problems)).toEqual([]);
    expect(play.records.every((record) => record.protocol === name)).toBe(true);
    expect(play.streams.lostSync).toBe(0);
    expect(play.state.understoodBytes).toBeGreaterThan(0);
    const first = sample.chunks[0]!;
    expect(play.state.clientIsA, 'A is the client').toBe(true);
    // Bytes around the PDU are nobody's business.
    const around = new Play(protocol, sample);
    for (const chunk of sample.chunks) around.say(chunk, [], 0xff);
    expect(around.records).toEqual(play.records);
    expect(first.bytes.length).toBeGreaterThan(0);
  });

  it.each(samples.map((sample) => [sample.name, sample] as const))('sample "%s" is nobody else’s', (_, sample) => {
    if (sample.transport === 'link') return;
    const strange = new Play(protocol, sample, { strangePort: true }).all();
    expect([undefined, name]).toContain(strange.state.protocol?.name);
    // On another protocol's port, too, content decides.
    for (const other of PROTOCOLS) {
      if (other.name === name) continue;
      const port = portOf(other, { ...sample, serverPort: undefined } as unknown as Sample);
      const elsewhere = new Play(protocol, { ...sample, serverPort: port }).all();
      expect([undefined, name], `on the port of ${other.name}`).toContain(elsewhere.state.protocol?.name);
    }
  });

  it.each(streamed(protocol).map((sample) => [sample.name, sample] as const))(
    'sample "%s" gives the same messages in any pieces',
    (_, sample) => {
      const whole = new Play(protocol, sample).settle().all().records;
      expect(whole).toHaveLength(sample.messages);
      expect(new Play(protocol, sample).settle().all(everyByte).records).toEqual(whole);
      for (const [index, cut] of cutPlaces(sample)) {
        const play = new Play(protocol, sample).settle();
        for (const [turn, chunk] of sample.chunks.entries()) play.say(chunk, turn === index ? [cut] : []);
        expect(play.records, `turn ${index} cut at ${cut}`).toEqual(whole);
      }
    },
  );

  it.each(streamed(protocol).map((sample) => [sample.name, sample] as const))(
    'sample "%s" is named and read the same in any pieces',
    (_, sample) => {
      if (exempt(protocol, 'pieces')) return;
      const whole = inOrder(new Play(protocol, sample).all().records);
      expect(inOrder(new Play(protocol, sample).all(everyByte).records)).toEqual(whole);
      for (const [index, cut] of cutPlaces(sample)) {
        const play = new Play(protocol, sample);
        for (const [turn, chunk] of sample.chunks.entries()) play.say(chunk, turn === index ? [cut] : []);
        expect(inOrder(play.records), `turn ${index} cut at ${cut}`).toEqual(whole);
      }
    },
  );

  it.each(samples.map((sample) => [sample.name, sample] as const))(
    'sample "%s": records outlive the bytes and the view',
    (_, sample) => {
      const whole = new Play(protocol, sample).settle().all().records;
      const play = new Play(protocol, sample, { poison: true }).settle();
      const kept: string[] = [];
      play.onView = (view) => kept.push(JSON.stringify(view.toMessage(NAMES), plain));
      play.all();
      expect(play.records).toEqual(whole);
      // The buffers have been overwritten since: what the record says must not have changed.
      expect(play.records.map((record) => JSON.stringify(record, plain))).toEqual(kept);
    },
  );

  it.each(streamed(protocol).map((sample) => [sample.name, sample] as const))(
    'sample "%s" is read again after lost bytes',
    (_, sample) => {
      for (const [turn, chunk] of sample.chunks.entries()) {
        const play = new Play(protocol, sample).settle();
        for (const before of sample.chunks.slice(0, turn)) play.say(before);
        play.say({ ...chunk, bytes: chunk.bytes.slice(0, chunk.bytes.length >> 1) });
        play.streams.gap(play.state, chunk.fromClient);
        const heard = play.records.length;
        play.all();
        expect(play.records.length - heard, `after turn ${turn}`).toBe(sample.messages);
      }
    },
  );

  it('takes mutated conversations without throwing, in bounded calls', () => {
    if (samples.length === 0) return;
    const random = new Random(SEED);
    const pool = samples.flatMap(({ chunks }) => chunks.map(({ bytes }) => bytes));
    const plays = samples.map((sample) => new Play(protocol, sample));
    const tooMany: string[] = [];
    let mutated = 0;
    while (mutated < MUTATED_MESSAGES) {
      const at = random.below(samples.length);
      const play = plays[at]!;
      play.restart().settle();
      play.keep = random.below(8) === 0;
      play.records.length = 0;
      for (const chunk of samples[at]!.chunks) {
        const bytes = mutate(random, chunk.bytes, pool);
        const before = { ...play.work };
        play.say({ ...chunk, bytes }, bytes.length > 1 && random.below(4) === 0 ? [bytes.length >> 1] : []);
        mutated++;
        // A PDU has a byte at least; carried bytes are looked at once more by each piece.
        const calls = play.work.dissects - before.dissects;
        const looks = play.work.frameLengths - before.frameLengths;
        if (calls > bytes.length + 4_096 || looks > calls + 4) tooMany.push(Buffer.from(bytes).toString('hex'));
      }
    }
    expect(tooMany).toEqual([]);
  });

  it('reads each byte a bounded number of times', () => {
    const random = new Random(SEED + 1);
    const pool = samples.flatMap(({ chunks }) => chunks.map(({ bytes }) => bytes));
    for (const sample of samples) {
      for (let n = 0; n < 40; n++) {
        const session = protocol.newSession();
        const play = new Play(protocol, sample);
        const { view } = play.streams;
        for (const chunk of sample.chunks) {
          const counted = new CountedBytes(n === 0 ? chunk.bytes : mutate(random, chunk.bytes, pool));
          const length = counted.bytes.length;
          const bytes = counted.bytes;
          for (let at = 0; at < length; ) {
            const pdu = session.frameLength(bytes, at, length, chunk.fromClient);
            if (pdu <= 0 || at + pdu > length) break;
            Object.assign(view, { bytes, offset: at, end: at + pdu, pduOffset: at, pduEnd: at + pdu, protocol });
            view.fromClient = chunk.fromClient;
            view.reset();
            session.dissect(view, { message: () => {}, part: () => {} });
            at += pdu;
          }
          expect(counted.reads).toBeLessThanOrEqual(READS_A_BYTE_MAX * length + READS_MAX);
        }
      }
    }
  });

  it('does not grow with the messages of a conversation', () => {
    if (samples.length === 0) return;
    const sample = samples[0]!;
    const random = new Random(SEED + 2);
    const play = new Play(protocol, sample).settle();
    play.keep = false;
    const requests = sample.chunks.filter(({ fromClient }) => fromClient);
    // Requests that are never answered, each a little different but in its first octets, which carry the framing.
    const ask = (): void => {
      const chunk = random.pick(requests);
      const bytes = chunk.bytes.slice();
      bytes[random.below(bytes.length)] = random.below(4);
      play.say({ ...chunk, bytes });
      if (play.state.carryA !== null) play.state.carryA.length = 0;
    };
    while (play.work.dissects < GROWTH_MESSAGES / 5) ask();
    const before = held();
    while (play.work.dissects < GROWTH_MESSAGES) ask();
    expect(held() - before).toBeLessThan(GROWTH_BYTES_MAX);
    expect(play.work.messages).toBeGreaterThan(0);
  });

  it('refuses in its own words: a refusal parses back and is paired with its request', () => {
    const refuse = folderOf(protocol)?.refuse;
    if (refuse === undefined || samples.length === 0 || exempt(protocol, 'refusal')) return;
    const refused = samples.flatMap((sample) => refusalsOf(protocol, sample, refuse));
    expect(refused.length).toBeGreaterThan(0);
    for (const { request, answers } of refused) {
      const said = `${request.function.name} in frame ${request.frame.number}`;
      const answer = answers.find(({ pairedWith }) => pairedWith === request.frame.number);
      expect(answer, `answer to ${said}`).toBeDefined();
      expect(answer!.direction, said).toBe('response');
      expect(answer!.status, said).not.toBe('ok');
      expect(answer!.problems, said).toEqual([]);
    }
  });
});

/** Each request of the sample that is refused, and what comes of the refusal when it is said instead of the answer. */
function refusalsOf(protocol: Protocol, sample: Sample, refuse: Refuse): { request: Message; answers: Message[] }[] {
  const found: { request: Message; answers: Message[] }[] = [];
  for (const [turn, chunk] of sample.chunks.entries()) {
    if (!chunk.fromClient) continue;
    const play = new Play(protocol, sample).settle();
    const refusals: { request: Message; bytes: Uint8Array }[] = [];
    // A PDU of several messages is answered once, as in a conduit.
    let answered = -1;
    for (const before of sample.chunks.slice(0, turn)) play.say(before);
    play.onView = (view) => {
      const out = new Uint8Array(16_384).fill(0xa5);
      const end = refuse(view, out, 3);
      expect(out.subarray(0, 3).every((octet) => octet === 0xa5)).toBe(true);
      if (end > 0 && view.pduOffset !== answered) {
        answered = view.pduOffset;
        expect(view.direction).toBe(DIRECTION_REQUEST);
        expect(end).toBeGreaterThan(3);
        refusals.push({ request: view.toMessage(NAMES), bytes: out.slice(3, end) });
      }
      // Without room nothing is said.
      expect(refuse(view, new Uint8Array(2), 0)).toBe(0);
    };
    play.say(chunk);
    play.onView = null;
    for (const { request, bytes } of refusals) {
      const heard = play.records.length;
      play.say({ fromClient: false, bytes });
      found.push({ request, answers: play.records.slice(heard) });
    }
  }
  return found;
}

/** Known small codes, codes with sub-functions, and any number a dissector may make. */
function functionCodes(): number[] {
  const random = new Random(SEED);
  const codes: number[] = [];
  for (let code = 0; code < 0x300; code++) codes.push(code);
  for (let n = 0; n < 500; n++) codes.push(functionKey(random.below(0x100), random.below(0x10000)), random.uint32());
  return codes;
}

function prefixes(bytes: Uint8Array): Uint8Array[] {
  const lengths = new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16, 20, 24, bytes.length - 1, bytes.length]);
  return [...lengths].filter((length) => length >= 0 && length <= bytes.length).map((length) => bytes.slice(0, length));
}

function noise(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256));
}

const everyByte = ({ bytes }: SampleChunk): number[] => Array.from(bytes.subarray(1), (_, i) => i + 1);

/** Turn and place of every cut; of long chunks some. */
function cutPlaces(sample: Sample): [number, number][] {
  return sample.chunks.flatMap(({ bytes: { length } }, turn) =>
    Array.from({ length: length - 1 }, (_, i) => i + 1)
      .filter((cut) => length < 3 * CUTS_MAX || cut < CUTS_MAX || cut > length - CUTS_MAX || cut % 17 === 0)
      .map((cut): [number, number] => [turn, cut]),
  );
}

/** While a protocol is not named yet what is heard waits, so the two directions may come in another order. */
function inOrder(records: readonly Message[]): Message[] {
  return records.toSorted((a, b) => a.frame.number - b.frame.number);
}

/** Numbers too large for JSON as text. */
function plain(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}

/** Bytes held by this thread once garbage is collected. */
function held(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
