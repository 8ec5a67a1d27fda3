/** Look-up of functions and status names over the layers: encapsulation, CIP by service and class, PCCC, implicit messages. */
import type { FunctionInfo } from '../../../records.ts';
import { functionTable } from '../protocol.ts';
import { classFunction } from './classes.ts';
import {
  COMMANDS,
  CONNECTION_STATUS,
  ENCAPSULATION_STATUS,
  ENCAPSULATION_STATUS_BASE,
  GENERAL_STATUS,
  IO_FUNCTIONS,
  layerOf,
  PCCC_STATUS_BASE,
  SERVICES,
  TAG_STATUS,
} from './names.ts';
import { PCCC_FUNCTIONS, pcccStatusName, unknownPccc } from './pccc.ts';

const plain = functionTable(SERVICES);
const command = functionTable(COMMANDS);
const io = functionTable(IO_FUNCTIONS);
/** Functions by class, made when first met; a class has 16 bits and a service seven, so hostile traffic is bounded by this. */
const FUNCTIONS_MADE_MAX = 4_096;
const made = new Map<number, FunctionInfo>();

/** Function behind `view.functionCode`; never undefined. */
export function functionOf(key: number): FunctionInfo {
  if (key < 0x10000) return plain(key);
  const known = made.get(key);
  if (known !== undefined) return known;
  const info = lookUp(key);
  if (made.size < FUNCTIONS_MADE_MAX) made.set(key, info);
  return info;
}

function lookUp(key: number): FunctionInfo {
  const place = layerOf(key);
  if (place === undefined) return classFunction(key % 0x10000, Math.floor(key / 0x10000) - 1);
  if (place.layer === 'encapsulation') return command(place.code);
  return place.layer === 'io' ? io(place.code) : (PCCC_FUNCTIONS.get(key) ?? unknownPccc(place.code));
}

/** Name of `view.status`: general status, with the reason of the Connection Manager or of a tag service where there is one. */
export function statusName(status: number): string {
  if (status >= PCCC_STATUS_BASE) return pcccStatusName(status - PCCC_STATUS_BASE);
  if (status >= ENCAPSULATION_STATUS_BASE) {
    const code = status - ENCAPSULATION_STATUS_BASE;
    return ENCAPSULATION_STATUS[code] ?? `encapsulation(0x${code.toString(16).padStart(2, '0')})`;
  }
  const general = status % 0x100;
  const extended = Math.floor(status / 0x100);
  const name = GENERAL_STATUS[general];
  if (name === undefined) return `unknown(0x${status.toString(16).padStart(2, '0')})`;
  if (extended === 0) return name;
  const reason = general === 0x01 ? CONNECTION_STATUS[extended] : general === 0xff ? TAG_STATUS[extended] : undefined;
  return `${name}/${reason ?? `0x${extended.toString(16).padStart(4, '0')}`}`;
}
