/** Records as JSON text. */

/** JSON of a value at this moment. A bigint that a double holds exactly becomes a number, another one text. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value, plain) ?? 'null';
}

/** The same with the fields of every object in order of their names, so that equal values give equal text and hash. */
export function canonicalJsonOf(value: unknown): string {
  return (
    JSON.stringify(value, (_key, field: unknown) => {
      if (typeof field !== 'object' || field === null || Array.isArray(field)) return plain(_key, field);
      const sorted = Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1));
      return Object.fromEntries(sorted);
    }) ?? 'null'
  );
}

function plain(_key: string, field: unknown): unknown {
  if (typeof field !== 'bigint') return field;
  const number = Number(field);
  return Number.isSafeInteger(number) ? number : field.toString();
}
