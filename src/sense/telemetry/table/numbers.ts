/** Numbers as exports write them: decimal point or comma, grouped thousands, switches as words, and the words for "no value". */

const MISSING: ReadonlySet<string> = new Set([
  '', '-', '--', 'nan', 'na', 'n/a', '#n/a', 'null', 'none', 'nil', 'bad', 'no data', 'i/o timeout', 'bad input', 'not connect',
  'comm fail', 'calc failed', 'pt created', 'shutdown', 'configure', 'inf', '-inf', '?',
]); // biome-ignore format: a table
const WORDS: ReadonlyMap<string, number> = new Map([
  ['true', 1], ['false', 0], ['on', 1], ['off', 0], ['open', 1], ['opened', 1], ['closed', 0], ['close', 0], ['yes', 1], ['no', 0],
  ['running', 1], ['stopped', 0], ['auto', 1], ['manual', 0], ['active', 1], ['inactive', 0],
]); // biome-ignore format: a table

/** What a field holds. */
export type Field = 'number' | 'missing' | 'text';

/** Value of the field last read by `readNumber`. */
export const field = { value: Number.NaN };

/** Reads a field into `field.value` and says what it was. */
export function readNumber(text: string, decimalComma: boolean): Field {
  if (text === '') {
    field.value = Number.NaN;
    return 'missing';
  }
  let value = Number(text);
  if (!Number.isNaN(value) && text.trim() !== '') {
    field.value = value;
    return Number.isFinite(value) ? 'number' : missing();
  }
  const trimmed = text.trim();
  if (decimalComma && /^[+-]?(\d{1,3}(\.\d{3})+|\d*)(,\d*)?([eE][+-]?\d+)?$/.test(trimmed) && trimmed !== '') {
    value = Number(trimmed.replaceAll('.', '').replace(',', '.'));
  } else if (/^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$/.test(trimmed)) value = Number(trimmed.replaceAll(',', ''));
  if (!Number.isNaN(value) && trimmed !== '') {
    field.value = value;
    return 'number';
  }
  const word = trimmed.toLowerCase();
  if (MISSING.has(word)) return missing();
  const known = WORDS.get(word);
  field.value = known ?? Number.NaN;
  return known === undefined ? 'text' : 'number';
}

function missing(): Field {
  field.value = Number.NaN;
  return 'missing';
}

/** True where the fields write decimals with a comma. */
export function usesDecimalComma(fields: readonly string[], separator: string): boolean {
  if (separator === ',') return false;
  let comma = 0;
  let point = 0;
  for (const text of fields) {
    if (/^\s*[+-]?\d+,\d+\s*$/.test(text)) comma += 1;
    else if (/^\s*[+-]?\d+\.\d+\s*$/.test(text)) point += 1;
  }
  return comma > point;
}
