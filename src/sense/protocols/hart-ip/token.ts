/** A token passing PDU of the HART data link layer (HCF_SPEC-081), without preamble: delimiter, address, command, data, check octet. */
import type { MessageView } from '../message-view.ts';
import { DELIMITER, FRAME } from './framing.ts';

/** A unique address has 38 bits: the upper two of its first octet are the master and the burst mode. */
const LONG_ADDRESS_BYTES = 5;
const LONG_ADDRESS_MASK = 0x3f;
const SHORT_ADDRESS_MASK = 0x3f;

const scratch = new Uint8Array(2 * LONG_ADDRESS_BYTES);

export class Token {
  kind = 0;
  long = false;
  addressAt = 0;
  command = 0;
  /** Data, without the check octet behind it. */
  data = 0;
  end = 0;

  /** Reads the PDU at `at`; false where it does not fit. The data may be shorter than stated where the PDU is cut. */
  read(bytes: Uint8Array, at: number, end: number): boolean {
    if (end - at < 5) return false;
    const delimiter = bytes[at]!;
    this.kind = delimiter & DELIMITER.kind;
    this.long = (delimiter & DELIMITER.long) !== 0;
    if (this.kind !== FRAME.request && this.kind !== FRAME.response && this.kind !== FRAME.burst) return false;
    this.addressAt = at + 1;
    const command = at + 1 + (this.long ? LONG_ADDRESS_BYTES : 1) + ((delimiter & DELIMITER.expansion) >> 5);
    if (end - command < 2) return false;
    this.command = bytes[command]!;
    this.data = command + 2;
    this.end = this.data + bytes[command + 1]!;
    return this.end <= end;
  }

  /** Says in the view which device is meant: ten hexadecimal digits, or the polling address. */
  unit(view: MessageView): void {
    const { bytes } = view;
    if (!this.long) {
      view.unit = bytes[this.addressAt]! & SHORT_ADDRESS_MASK;
      return;
    }
    for (let i = 0; i < LONG_ADDRESS_BYTES; i++) {
      const octet = bytes[this.addressAt + i]! & (i === 0 ? LONG_ADDRESS_MASK : 0xff);
      scratch[2 * i] = digit(octet >> 4);
      scratch[2 * i + 1] = digit(octet & 15);
    }
    view.unitSymbol = view.symbols.intern(scratch, 0, scratch.length);
  }
}

function digit(nibble: number): number {
  return nibble < 10 ? 0x30 + nibble : 0x57 + nibble;
}
