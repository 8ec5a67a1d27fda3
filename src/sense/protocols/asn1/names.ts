/** Tags of `Data` (ISO 9506-2, 14.4.2), which MMS and GOOSE share (IEC 61850-8-1, 8.1.3 and annex A). */
export const DATA = {
  array: 0xa1,
  structure: 0xa2,
  boolean: 0x83,
  bitString: 0x84,
  integer: 0x85,
  unsigned: 0x86,
  floatingPoint: 0x87,
  real: 0x88,
  octetString: 0x89,
  visibleString: 0x8a,
  generalizedTime: 0x8b,
  binaryTime: 0x8c,
  bcd: 0x8d,
  booleanArray: 0x8e,
  objectId: 0x8f,
  mmsString: 0x90,
  utcTime: 0x91,
} as const;

/** Quality is the one bit string of 13 bits (IEC 61850-8-1, 8.1.3.5; IEC 61850-7-3, 6.2). */
export const QUALITY_BITS = 13;
/** Validity: the first two bits (IEC 61850-7-3, table 2). */
export const VALIDITY = { good: 0, invalid: 1, reserved: 2, questionable: 3 } as const;

/** Binary time counts days from 1984-01-01 (ISO 9506-2, 14.4.2.7). [ms since 1970] */
export const BINARY_TIME_EPOCH_MS = Date.UTC(1984, 0, 1);
export const DAY_MS = 86_400_000;
