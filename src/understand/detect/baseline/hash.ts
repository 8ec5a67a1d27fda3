/** Short stable names for texts. */
import { createHash } from 'node:crypto';

/** First `digits` hexadecimal digits of the SHA-256 of a text. */
export function shortHash(text: string, digits = 8): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}
