import { describe, expect, it } from 'vitest';
import { KINDS, kindNameOf, kindOf } from './kinds.ts';

const DETECTION_NAMES =
  'NEW-DEV NEW-PAIR NEW-MASTER NEW-FUNC NEW-POINT SCAN ENUM LOGIN-BF DEF-CRED REMOTE IT2OT PROG-UL PROG-DL MODE RESTART FW WRITE-RANGE WRITE-RATE WRITE-CTX SEQ CMD-NOEFFECT EFFECT-NOCMD RESID REPLAY FLAT ALARM-SUP STALE DOS MITM SIS C2 EXFIL TIME HASH'.split(
    ' ',
  );

describe('the table of kinds', () => {
  it.each(DETECTION_NAMES)('covers %s', (name) => expect(kindOf(name)).toBeDefined());

  it('covers the process faults F01 to F26', () => {
    for (let fault = 1; fault <= 26; fault += 1)
      expect(kindOf(`F${String(fault).padStart(2, '0')}`)?.side).toBe('process');
  });

  it('gives every kind a code of its own, well-formed techniques and a title', () => {
    const kinds = Object.values(KINDS);
    expect(new Set(kinds.map((kind) => kind.code)).size).toBe(kinds.length);
    for (const kind of kinds) {
      expect(kind.title).not.toBe('');
      for (const technique of kind.techniques) expect(technique).toMatch(/^T\d{4}(\.\d{3})?$/);
    }
  });

  it('finds by name, code and alias, and says so when there is none', () => {
    expect(kindNameOf('f01')).toBe('offset');
    expect(kindNameOf('offset')).toBe('offset');
    expect(kindNameOf('FLAT')).toBe('stuck');
    expect(kindOf('no-such-kind')).toBeUndefined();
  });
});
