/**
 * Names of MMS objects (ISO 9506-2, `ObjectName`) and what IEC 61850-8-1, 7.3 puts into them: `domain/LN$FC$DO$DA`. An item of the VMD
 * has no domain; one of the association begins with `@`.
 */
import { SYMBOL_BYTES_MAX } from '../../../limits.ts';
import { Element, UNIVERSAL, unsignedAt } from '../asn1/ber.ts';
import { type MessageView, NO_SYMBOL } from '../message-view.ts';
import { WRITE } from './names.ts';

/** Choices of `ObjectName`. */
export const OBJECT_NAME = { vmd: 0x80, domain: 0xa1, association: 0x82 } as const;
/** Choices of `VariableSpecification`. */
const SPECIFICATION = { name: 0xa0, address: 0xa1 } as const;
/** Choices of `Address`. */
const ADDRESS = { number: 0x80, symbolic: 0x81 } as const;
const ALTERNATE_ACCESS = 0xa5;
const IDENTIFIER = 0x1a;

/** Selections of an alternate access deeper than this are not named (ISO 9506-2, 14.3.4). */
const SELECTIONS_MAX = 8;

const element = new Element();
const scratch = new Uint8Array(SYMBOL_BYTES_MAX);
let length = 0;

function append(bytes: Uint8Array, at: number, end: number): void {
  for (let i = at; i < end && length < scratch.length; i++) scratch[length++] = bytes[i]!;
}

function appendOctet(octet: number): void {
  if (length < scratch.length) scratch[length++] = octet;
}

/** Symbol of the `ObjectName` whose element is `tag`, content `at` … `end`; `NO_SYMBOL` where it is none. */
export function objectName(view: MessageView, tag: number, at: number, end: number): number {
  length = 0;
  return appendObjectName(view, tag, at, end) ? view.symbols.intern(scratch, 0, length) : NO_SYMBOL;
}

function appendObjectName(view: MessageView, tag: number, at: number, end: number): boolean {
  const { bytes } = view;
  if (tag === OBJECT_NAME.vmd || tag === OBJECT_NAME.association) {
    if (tag === OBJECT_NAME.association) appendOctet(0x40);
    append(bytes, at, end);
    return true;
  }
  if (tag !== OBJECT_NAME.domain || !element.read(bytes, at, end) || element.tag !== IDENTIFIER) return false;
  append(bytes, element.at, element.end);
  appendOctet(0x2f);
  if (!element.read(bytes, element.next, end) || element.tag !== IDENTIFIER || element.cut) return false;
  append(bytes, element.at, element.end);
  return true;
}

/** Symbol of one entry of `listOfVariable` (its content): the name or address, with the selected component behind it. */
export function listedVariable(view: MessageView, at: number, end: number): number {
  const { bytes } = view;
  length = 0;
  if (!element.read(bytes, at, end)) return NO_SYMBOL;
  const { tag, at: content, end: contentEnd, next } = element;
  if (tag === SPECIFICATION.name) {
    if (!element.read(bytes, content, contentEnd)) return NO_SYMBOL;
    if (!appendObjectName(view, element.tag, element.at, element.end)) return NO_SYMBOL;
  } else if (tag === SPECIFICATION.address) {
    if (!appendAddress(view, content, contentEnd)) return NO_SYMBOL;
  } else return NO_SYMBOL;
  if (next < end && element.read(bytes, next, end) && element.tag === ALTERNATE_ACCESS) {
    appendSelection(bytes, element.at, element.end);
  }
  return view.symbols.intern(scratch, 0, length);
}

/** `#number`, or the symbolic address. */
function appendAddress(view: MessageView, at: number, end: number): boolean {
  const { bytes } = view;
  if (!element.read(bytes, at, end) || element.cut) return false;
  if (element.tag === ADDRESS.symbolic) append(bytes, element.at, element.end);
  else {
    appendOctet(0x23);
    if (element.tag === ADDRESS.number)
      appendNumber(unsignedAt(bytes, element.at, Math.min(element.end, element.at + 5)));
    else for (let i = element.at; i < element.end; i++) appendHex(bytes[i]!);
  }
  return true;
}

/** First selection of an alternate access: `$component`, `(index)`; lists of several are not told apart. */
function appendSelection(bytes: Uint8Array, from: number, end: number): void {
  let at = from;
  let stop = end;
  for (let depth = 0; depth < SELECTIONS_MAX && at < stop; depth++) {
    if (!element.read(bytes, at, stop)) return;
    const { tag } = element;
    // Component and index by name: [1] and [2] where it is the last selection, [0] and [1] inside one that goes on.
    if (tag === 0x81 || (tag === 0x80 && depth > 0)) {
      appendOctet(0x24);
      append(bytes, element.at, element.end);
      at = element.next;
    } else if (tag === 0x82) {
      appendOctet(0x28);
      appendNumber(unsignedAt(bytes, element.at, Math.min(element.end, element.at + 5)));
      appendOctet(0x29);
      at = element.next;
    } else {
      at = element.at;
      stop = element.end;
    }
  }
}

function appendNumber(value: number): void {
  let divisor = 1;
  while (value / divisor >= 10) divisor *= 10;
  for (; divisor >= 1; divisor /= 10) appendOctet(0x30 + (Math.floor(value / divisor) % 10));
}

function appendHex(octet: number): void {
  for (const nibble of [octet >> 4, octet & 15]) appendOctet(nibble < 10 ? 0x30 + nibble : 0x57 + nibble);
}

/** `FileName`: a SEQUENCE OF GraphicString; its parts are joined. `NO_SYMBOL` where there is none. */
export function fileName(view: MessageView, at: number, end: number): number {
  length = 0;
  for (let next = at; next < end; next = element.next) {
    if (!element.read(view.bytes, next, end) || element.cut) break;
    append(view.bytes, element.at, element.end);
  }
  return length === 0 ? NO_SYMBOL : view.symbols.intern(scratch, 0, length);
}

/** Is this the start of a list (`SEQUENCE`) as entries of `listOfVariable` are? */
export function isSequence(tag: number): boolean {
  return tag === UNIVERSAL.sequence;
}

/** Kind of an item that is read to select (`…$CO$…$SBO`); above the kinds of write. */
export const KIND_SELECT = 100;

const BY_CONSTRAINT: Readonly<Record<string, number>> = {
  CO: WRITE.operate,
  SP: WRITE.setPoint,
  SG: WRITE.settings,
  SE: WRITE.settings,
  RP: WRITE.reportControl,
  BR: WRITE.reportControl,
  GO: WRITE.gooseControl,
  GS: WRITE.gooseControl,
  CF: WRITE.configuration,
  DC: WRITE.configuration,
  BL: WRITE.configuration,
  SV: WRITE.substitution,
  LG: WRITE.logControl,
  MS: WRITE.sampledValueControl,
  US: WRITE.sampledValueControl,
};

/** What writing to an item of this name is (`WRITE`), or `KIND_SELECT`. */
export function kindOfItem(name: string): number {
  const [, constraint = '', object = '', ...rest] = name.slice(name.indexOf('/') + 1).split('$');
  const kind = BY_CONSTRAINT[constraint] ?? WRITE.plain;
  if (kind !== WRITE.operate) return kind;
  // 8-1, 20: the control's own attributes stand below the data object, or below one of its sub-objects.
  if (rest.includes('SBOw')) return WRITE.selectWithValue;
  if (rest.includes('Cancel')) return WRITE.cancel;
  if (rest.at(-1) === 'SBO') return KIND_SELECT;
  return object === 'Mod' ? WRITE.mode : WRITE.operate;
}
