/** The conditions of a `RecordQuery` as SQL. Texts are always bound, never written into the statement. */
import { ERROR_CODES, FiredoorError } from '../../base/errors.ts';
import type { RecordQuery } from './store.ts';

const FIELD = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/;

export function whereClauses(query: RecordQuery): { sql: string; values: (string | number)[] } {
  let sql = '';
  const values: (string | number)[] = [];
  const and = (condition: string, ...bound: (string | number)[]): void => {
    sql += ` AND ${condition}`;
    values.push(...bound);
  };
  if (query.fromUs !== undefined) and('timeUs >= ?', query.fromUs);
  if (query.toUs !== undefined) and('timeUs < ?', query.toUs);
  if (query.search !== undefined && query.search !== '') {
    // First the cheap test over the text, then the exact one over the values alone: names of fields are not what people look for.
    const values = "EXISTS (SELECT 1 FROM json_tree(record.json) AS leaf WHERE leaf.atom LIKE ? ESCAPE '\\')";
    const text = likeText(JSON.stringify(query.search).slice(1, -1));
    and(`json LIKE ? ESCAPE '\\' AND ${values}`, text, likeText(query.search));
  }
  for (const [field, value] of Object.entries(query.where ?? {})) {
    if (!FIELD.test(field)) throw new FiredoorError(ERROR_CODES.BAD_USAGE, `"${field}" is no field name.`);
    // json_each gives a plain value as one row and a list as a row each.
    const bound = typeof value === 'boolean' ? Number(value) : value;
    and('EXISTS (SELECT 1 FROM json_each(record.json, ?) AS entry WHERE entry.value = ?)', `$.${field}`, bound);
  }
  return { sql, values };
}

/** A pattern that matches texts containing `text`. */
export function likeText(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
}
