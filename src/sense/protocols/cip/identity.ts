/**
 * Who a device is: the Identity Object (The CIP Networks Library, Volume 1, 5A-2) as read by Get_Attributes_All, and as the identity
 * item of ListIdentity carries it (Volume 2, 2-4.3.3). Vendor numbers and device types as registered with ODVA (public list).
 */
import type { Fact } from '../../../records.ts';
import type { MessageView } from '../message-view.ts';
import { u16le, u32le } from '../values.ts';

/** Vendors met in plants; a number not here is told as `vendor 1234`. */
const VENDORS: Readonly<Record<number, string>> = {
  1: 'Rockwell Automation/Allen-Bradley',
  3: 'Honeywell',
  4: 'Parker Hannifin',
  5: 'Rockwell Automation/Reliance Electric',
  7: 'SMC',
  8: 'Molex',
  12: 'Banner Engineering',
  13: 'Belden',
  26: 'Festo',
  40: 'WAGO',
  43: 'Balluff',
  44: 'Yaskawa',
  46: 'ABB Industrial Systems',
  47: 'Omron',
  48: 'Turck',
  50: 'Real Time Automation',
  56: 'Softing',
  57: 'Pepperl+Fuchs',
  58: 'Spectrum Controls',
  68: 'Eaton',
  75: 'ABB Robotics',
  77: 'Rockwell Software',
  82: 'Mitsubishi Electric Automation',
  86: 'Horner Electric',
  90: 'HMS Industrial Networks',
  97: 'Danfoss',
  100: 'Bosch Rexroth Pneumatics',
  108: 'Beckhoff Automation',
  121: 'KUKA',
  161: 'Mitsubishi Electric',
  176: 'Red Lion Controls',
  181: 'Pilz',
  243: 'Schneider Automation',
  255: 'Bosch Rexroth',
  256: 'Turck',
  283: 'Hilscher',
  309: 'ProSoft Technology',
  315: 'SEW-Eurodrive',
  322: 'ifm',
  326: 'GE Fanuc Automation',
  345: 'Endress+Hauser',
  356: 'Fanuc Robotics America',
  367: 'Keyence',
  445: 'Lenze',
  511: 'SICK Stegmann',
  562: 'Phoenix Contact',
  591: 'FANUC',
  634: 'Hirschmann',
  640: 'Murrelektronik',
  666: 'Mettler-Toledo',
  678: 'Cognex',
  680: 'Weidmueller',
  808: 'SICK',
  939: 'Cisco',
  991: 'Moxa',
  1015: 'Weidmueller Interface',
  1059: 'Delta Electronics',
  1182: 'Endress+Hauser',
};

/** Device types (Volume 1, chapter 6). */
const DEVICE_TYPES: Readonly<Record<number, string>> = {
  0x00: 'generic device',
  0x02: 'AC drive',
  0x03: 'motor overload',
  0x04: 'limit switch',
  0x05: 'inductive proximity switch',
  0x06: 'photoelectric sensor',
  0x07: 'general-purpose discrete I/O',
  0x09: 'resolver',
  0x0c: 'communications adapter',
  0x0e: 'programmable logic controller',
  0x10: 'position controller',
  0x13: 'DC drive',
  0x15: 'contactor',
  0x16: 'motor starter',
  0x17: 'soft starter',
  0x18: 'human-machine interface',
  0x1a: 'mass flow controller',
  0x1b: 'pneumatic valve',
  0x1c: 'vacuum pressure gauge',
  0x1d: 'process control value',
  0x22: 'encoder',
  0x23: 'safety discrete I/O',
  0x24: 'fluid flow controller',
  0x25: 'CIP motion drive',
  0x27: 'mass flow controller, enhanced',
  0x28: 'CIP Modbus device',
  0x29: 'CIP Modbus translator',
  0x2a: 'safety analog I/O',
  0x2b: 'generic device, keyable',
  0x2c: 'managed Ethernet switch',
  0x2d: 'CIP motion safety drive',
  0x2e: 'safety drive',
  0x2f: 'CIP motion encoder',
};

/** States of the identity item (Volume 2, table 2-4.4). */
const STATES: Readonly<Record<number, string>> = {
  0: 'nonexistent',
  1: 'self-testing',
  2: 'standby',
  3: 'operational',
  4: 'major recoverable fault',
  5: 'major unrecoverable fault',
};

/** Vendor, device type, product code, revision, status, serial number. [bytes] */
const FIXED_BYTES = 14;

export function vendorName(vendor: number): string {
  return VENDORS[vendor] ?? `vendor ${vendor}`;
}

/** One identity attribute (1 to 7) as a fact; `at` … `end` is its value. */
export function identityFact(
  view: MessageView,
  about: Fact['about'],
  attribute: number,
  at: number,
  end: number,
): void {
  const { bytes } = view;
  const size = end - at;
  if (attribute === 1 && size >= 2) view.fact(about, 'vendor', vendorName(u16le(bytes, at)));
  else if (attribute === 2 && size >= 2) {
    const type = u16le(bytes, at);
    view.fact(about, 'device-type', DEVICE_TYPES[type] ?? `device type ${type}`);
  } else if (attribute === 3 && size >= 2) view.fact(about, 'product-code', String(u16le(bytes, at)));
  else if (attribute === 4 && size >= 2) {
    view.fact(about, 'firmware', `${bytes[at]! & 0x7f}.${String(bytes[at + 1]!).padStart(3, '0')}`);
  } else if (attribute === 6 && size >= 4) {
    view.fact(about, 'serial', u32le(bytes, at).toString(16).padStart(8, '0'));
  } else if (attribute === 7 && size >= 1) {
    view.fact(about, 'model', printable(bytes, at + 1, Math.min(end, at + 1 + bytes[at]!)));
  }
}

/** The identity structure at `at`; with `withState` the state of the device stands behind the name. False where it is cut short. */
export function identityFacts(
  view: MessageView,
  about: Fact['about'],
  at: number,
  end: number,
  withState: boolean,
): boolean {
  const { bytes } = view;
  if (at + FIXED_BYTES + 1 > end) return false;
  identityFact(view, about, 1, at, end);
  identityFact(view, about, 2, at + 2, end);
  identityFact(view, about, 3, at + 4, end);
  identityFact(view, about, 4, at + 6, end);
  identityFact(view, about, 6, at + 10, end);
  identityFact(view, about, 7, at + FIXED_BYTES, end);
  const stateAt = at + FIXED_BYTES + 1 + bytes[at + FIXED_BYTES]!;
  if (stateAt > end) return false;
  if (withState && stateAt < end) {
    const state = bytes[stateAt]!;
    if (state !== 0xff) view.fact(about, 'state', STATES[state] ?? `state ${state}`);
  }
  return true;
}

/** Printable ASCII of a byte range; other bytes become a dot. */
export function printable(bytes: Uint8Array, offset: number, end: number): string {
  let text = '';
  for (let i = offset; i < end; i++) {
    const byte = bytes[i]!;
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
  }
  return text.trim();
}
