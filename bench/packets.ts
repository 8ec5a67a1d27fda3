/**
 * `npm run bench -- packets FILE [--rounds N] [--json]`: `inspect` as a whole process over a capture, beside whichever of tcpdump,
 * ndpiReader and tshark is installed, in one interleaved run. Start-up is measured apart, on an empty capture. Make a big capture
 * with `node bench/make-big.ts`.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCaptureFile } from '../src/sense/capture/reader.ts';
import { CaptureWriter, MemorySink } from '../src/sense/capture/writer.ts';
import { type Cost, documentOf, type Figure, installed, interleaved, median } from './measure.ts';

/** Packets of the slice the slow peers get: their cost a packet does not depend on the length. */
const SLICE_PACKETS = 200_000;
const FIREDOOR = join(import.meta.dirname, '../bin/firedoor.js');
/** Goals of performance.md: must, for one thread and a whole process. */
const GOAL = { packets: 3e6, messages: 1e6, memoryMb: 250, timesTcpdump: 4 };

interface Row {
  readonly name: string;
  readonly packets: number;
  readonly bytes: number;
  readonly costs: readonly Cost[];
}

export async function run(args: readonly string[]): Promise<void> {
  const file = args.find((arg, i) => !arg.startsWith('--') && args[i - 1] !== '--rounds');
  if (file === undefined || !existsSync(file)) {
    console.error('Usage: npm run bench -- packets FILE [--rounds N] [--json]');
    process.exitCode = 2;
    return;
  }
  const rounds = args.includes('--rounds') ? Number(args[args.indexOf('--rounds') + 1]) : 5;
  const folder = mkdtempSync(join(tmpdir(), 'firedoor-bench-'));
  try {
    const rows = await measureAll(file, folder, rounds, args.includes('--json'));
    const figures = figuresOf(rows);
    if (args.includes('--json')) console.log(JSON.stringify(documentOf('packets', figures)));
    else print(rows, figures);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measureAll(file: string, folder: string, rounds: number, quiet: boolean): Promise<Row[]> {
  const slice = join(folder, 'slice.pcap');
  const empty = join(folder, 'empty.pcap');
  const whole = writeSlice(file, slice, empty);
  const firedoor = (path: string, ...extra: string[]) => [process.execPath, FIREDOOR, 'inspect', path, ...extra];
  const fast: Record<string, string[]> = {
    'start-up': firedoor(empty),
    inspect: firedoor(file),
    'inspect --messages': firedoor(file, '--messages', join(folder, 'messages.jsonl')),
  };
  const slow: Record<string, string[]> = {};
  const peers = {
    tcpdump: () => {
      fast['tcpdump -w /dev/null'] = ['tcpdump', '-r', file, '-w', '/dev/null'];
    },
    ndpiReader: () => {
      fast.ndpiReader = ['ndpiReader', '-q', '-i', file];
    },
    tshark: () => {
      slow['tshark -z io,phs'] = ['tshark', '-n', '-q', '-r', slice, '-z', 'io,phs'];
      slow['tshark -T fields'] = [
        'tshark',
        '-n',
        '-r',
        slice,
        '-Y',
        'modbus',
        '-T',
        'fields',
        '-e',
        'modbus.func_code',
      ];
    },
  };
  for (const [program, add] of Object.entries(peers)) {
    if (installed(program)) add();
    else if (!quiet) console.log(`not installed, left out: ${program}`);
  }
  const costs = { ...(await interleaved(fast, rounds)), ...(await interleaved(slow, Math.min(3, rounds))) };
  return Object.entries(costs).map(([name, each]) => {
    const size = name === 'start-up' ? { packets: 0, bytes: 0 } : name in slow ? whole.slice : whole.all;
    return { name, ...size, costs: each };
  });
}

interface Size {
  readonly packets: number;
  readonly bytes: number;
}

/** Writes the first packets and an empty capture; returns the sizes. */
function writeSlice(file: string, slice: string, empty: string): { all: Size; slice: Size } {
  const sink = new MemorySink();
  const writer = new CaptureWriter(sink, { format: 'pcap' });
  let bytes = 0;
  const summary = readCaptureFile(file, {
    frame(data, offset, captured, original, timeUs, linkType, interfaceId) {
      if (writer.frames >= SLICE_PACKETS) return;
      bytes += captured;
      writer.frame(data, offset, captured, original, timeUs, linkType, interfaceId);
    },
  });
  writer.flush();
  writeFileSync(slice, sink.toBytes());
  writeFileSync(empty, readFileSync(slice).subarray(0, 24));
  return {
    all: { packets: summary.packets, bytes: summary.capturedBytes },
    slice: { packets: writer.frames, bytes },
  };
}

function perSecond(row: Row): number {
  return row.packets / median(row.costs.map(({ wallS }) => wallS));
}

function figuresOf(rows: readonly Row[]): Figure[] {
  const row = (name: string) => rows.find((each) => each.name === name);
  const rates: Record<string, number> = {};
  for (const each of rows)
    if (!each.name.startsWith('inspect') && each.packets > 0) rates[each.name] = Math.round(perSecond(each));
  const cpu = (name: string) => median((row(name)?.costs ?? []).map(({ cpuS }) => cpuS));
  const peakMb = (name: string) =>
    Math.round(Math.max(...(row(name)?.costs ?? []).map(({ peakBytes }) => peakBytes)) / 1e6);
  const inspect = row('inspect')!;
  const messages = row('inspect --messages')!;
  const wall = median(inspect.costs.map(({ wallS }) => wallS));
  const figures: Figure[] = [
    {
      name: 'inspect',
      value: Math.round(perSecond(inspect)),
      unit: 'packets/s',
      better: 'higher',
      goal: GOAL.packets,
      peers: rates,
    },
    {
      name: 'inspect, bytes',
      value: round(inspect.bytes / 1e6 / wall),
      unit: 'MB/s',
      better: 'higher',
      goal: null,
      peers: {},
    },
    { name: 'inspect, CPU time', value: round(cpu('inspect')), unit: 's', better: 'lower', goal: null, peers: {} },
    {
      name: 'inspect, packets per CPU second',
      value: Math.round(inspect.packets / cpu('inspect')),
      unit: 'packets/s',
      better: 'higher',
      goal: GOAL.packets,
      peers: {},
    },
    {
      name: 'inspect, peak memory',
      value: peakMb('inspect'),
      unit: 'MB',
      better: 'lower',
      goal: GOAL.memoryMb,
      peers: {},
    },
    {
      name: 'inspect --messages',
      value: Math.round(perSecond(messages)),
      unit: 'packets/s',
      better: 'higher',
      goal: GOAL.messages,
      peers: {},
    },
    {
      name: 'start-up',
      value: round(median(row('start-up')!.costs.map(({ wallS }) => wallS))),
      unit: 's',
      better: 'lower',
      goal: null,
      peers: {},
    },
  ];
  const tcpdump = cpu('tcpdump -w /dev/null');
  if (!Number.isNaN(tcpdump)) {
    const value = round(cpu('inspect') / tcpdump);
    figures.push({
      name: 'inspect, CPU time ÷ tcpdump -w /dev/null',
      value,
      unit: 'times',
      better: 'lower',
      goal: GOAL.timesTcpdump,
      peers: {},
    });
  }
  return figures;
}

function print(rows: readonly Row[], figures: readonly Figure[]): void {
  console.log(
    `${'process'.padEnd(22)}${'wall s min/med/max'.padStart(22)}${'CPU s'.padStart(8)}${'Mpps wall'.padStart(11)}${'Mpps CPU'.padStart(10)}${'peak MB'.padStart(9)}`,
  );
  for (const { name, packets, costs } of rows) {
    const walls = costs.map(({ wallS }) => wallS);
    const cpu = median(costs.map(({ cpuS }) => cpuS));
    const span = `${Math.min(...walls).toFixed(2)}/${median(walls).toFixed(2)}/${Math.max(...walls).toFixed(2)}`;
    const rate = (seconds: number) => (packets === 0 ? '' : (packets / 1e6 / seconds).toFixed(2));
    const peak = Math.max(...costs.map(({ peakBytes }) => peakBytes)) / 1e6;
    console.log(
      `${name.padEnd(22)}${span.padStart(22)}${cpu.toFixed(2).padStart(8)}${rate(median(walls)).padStart(11)}${rate(cpu).padStart(10)}${peak.toFixed(0).padStart(9)}`,
    );
  }
  console.log('');
  for (const { name, value, unit, goal, better } of figures) {
    const met =
      goal === null
        ? ''
        : (better === 'higher' ? value >= goal : value <= goal)
          ? `  goal ${goal}: met`
          : `  goal ${goal}: not met`;
    console.log(`${name}: ${value} ${unit}${met}`);
  }
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
