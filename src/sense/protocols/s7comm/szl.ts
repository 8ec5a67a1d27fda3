/**
 * System status list (SZL): who the CPU is and how it is protected. Source: SIMATIC "System Software for S7-300/400 System and
 * Standard Functions, Volume 2", chapter 34 (SZL-IDs 0x11, 0x1C, 0x24, 0x32 and their records).
 */
import { S7_SZL_BYTES_MAX } from '../../../limits.ts';
import type { MessageView } from '../message-view.ts';
import { u16 } from '../values.ts';
import { asciiText } from './message.ts';

/** id 2, index 2, length of a record 2, number of records 2. [bytes] */
const HEAD_BYTES = 8;
/** Partial list: the low octet of the id. */
const IDENTIFICATION = 0x11;
const COMPONENTS = 0x1c;
const MODE_TRANSITION = 0x24;
const COMMUNICATION = 0x32;

/** Kinds of fact of the component identification by index (34.7). */
const COMPONENT_FACTS: Readonly<Record<number, string>> = {
  1: 'station-name',
  2: 'module-name',
  3: 'plant',
  5: 'serial',
  7: 'module',
  8: 'memory-card-serial',
  11: 'location',
};

/** Operating modes (34.10, octet BZU-ID, low half). */
const MODES: Readonly<Record<number, string>> = {
  1: 'stop-update',
  2: 'stop-memory-reset',
  3: 'stop-self-initialisation',
  4: 'stop',
  5: 'startup-cold',
  6: 'startup-warm',
  7: 'startup-hot',
  8: 'run',
  9: 'run-redundant',
  10: 'hold',
  11: 'link-up',
  12: 'update',
  13: 'defective',
  14: 'self-test',
  15: 'no-power',
};

/** Parts of one list until the last has come. */
export class SzlAssembly {
  bytes = new Uint8Array(512);
  length = 0;
  /** Data unit reference of the list under way, 0 for none. */
  reference = 0;

  /** Adds a part; false where it belongs to another list or grows too long. */
  add(view: MessageView, reference: number, from: number, end: number): boolean {
    if (this.reference !== reference) {
      this.length = 0;
      this.reference = reference;
    }
    const needed = this.length + end - from;
    if (needed > S7_SZL_BYTES_MAX) {
      view.problem('s7-szl-too-long', from);
      this.clear();
      return false;
    }
    if (needed > this.bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    for (let i = from; i < end; i++) this.bytes[this.length++] = view.bytes[i]!;
    return true;
  }

  clear(): void {
    this.length = 0;
    this.reference = 0;
  }
}

/** Tells what the list in `bytes` says about the CPU. */
export function readSzl(view: MessageView, bytes: Uint8Array, at: number, end: number): void {
  if (end - at < HEAD_BYTES) return;
  const id = u16(bytes, at);
  const index = u16(bytes, at + 2);
  const size = u16(bytes, at + 4);
  const count = u16(bytes, at + 6);
  if (size === 0) return;
  let record = at + HEAD_BYTES;
  for (let k = 0; k < count && record + size <= end; k++, record += size) {
    switch (id & 0xff) {
      case IDENTIFICATION:
        identification(view, bytes, record, size);
        break;
      case COMPONENTS:
        component(view, bytes, record, size);
        break;
      case MODE_TRANSITION:
        if (size >= 4) view.fact('server', 'operating-mode', MODES[bytes[record + 3]! & 15] ?? 'unknown');
        break;
      case COMMUNICATION:
        if (index === 4) protection(view, bytes, record, size);
        break;
      default:
        return;
    }
  }
}

/** 34.5: index 2, order number 20, type 2, version 4. Index 1 module, 6 hardware, 7 firmware. */
function identification(view: MessageView, bytes: Uint8Array, at: number, size: number): void {
  if (size < 28) return;
  const index = u16(bytes, at);
  if (index === 1) {
    view.fact('server', 'model', asciiText(bytes, at + 2, at + 22).trim());
    view.fact('server', 'hardware', String(u16(bytes, at + 24)));
  }
  // The letter V, then three numbers.
  if (index === 7 && bytes[at + 24] === 0x56) {
    view.fact('server', 'firmware', `V${bytes[at + 25]}.${bytes[at + 26]}.${bytes[at + 27]}`);
  }
}

/** 34.7: index 2, text up to 32 octets, filled with zeros. */
function component(view: MessageView, bytes: Uint8Array, at: number, size: number): void {
  const index = u16(bytes, at);
  const kind = COMPONENT_FACTS[index];
  let end = at + 2;
  while (end < at + Math.min(size, 34) && bytes[end] !== 0) end++;
  const text = asciiText(bytes, at + 2, end).trim();
  if (kind !== undefined) view.fact('server', kind, text);
  if (index === 4 && text.includes('Siemens')) view.fact('server', 'vendor', 'Siemens');
}

/** 34.13, index 4: index, level set by the key switch, set in the program, valid level, position of the switch. */
function protection(view: MessageView, bytes: Uint8Array, at: number, size: number): void {
  if (size >= 8) view.fact('server', 'protection-level', String(u16(bytes, at + 6)));
}
