/**
 * Errors a person can act on: a stable code and one sentence. Programs match on `code`, people read `message`.
 * Codes never change meaning; new situations get new codes.
 */
export const ERROR_CODES = {
  /** A command line option, argument or combination that makes no sense: exit 2. */
  BAD_USAGE: 'BAD_USAGE',
  /** Input that cannot be read at all: exit 2. */
  BAD_INPUT: 'BAD_INPUT',
  /** A site, policy or baseline file with a mistake; the sentence names file, line and what was expected: exit 2. */
  BAD_CONFIG: 'BAD_CONFIG',
  /** An address or port already in use: exit 2. */
  PORT_TAKEN: 'PORT_TAKEN',
  /** Something the machine lacks: a program, a right, a newer runtime: exit 2. */
  MISSING_REQUIREMENT: 'MISSING_REQUIREMENT',
  /** The store is damaged, locked or full: exit 1. */
  STORE_FAILED: 'STORE_FAILED',
  /** Nobody is signed in, or the session ended. */
  NOT_SIGNED_IN: 'NOT_SIGNED_IN',
  /** The person's role does not allow it, or the request came from another site. */
  NOT_ALLOWED: 'NOT_ALLOWED',
  /** There is no such thing (any more). */
  NOT_FOUND: 'NOT_FOUND',
  /** More than the API takes at once. */
  TOO_LARGE: 'TOO_LARGE',
  /** Too many attempts or subscribers; later it works again. */
  TOO_MANY: 'TOO_MANY',
  /** This installation cannot do that (yet). */
  NOT_AVAILABLE: 'NOT_AVAILABLE',
  /** A job failed for a reason outside the input: exit 1. */
  FAILED: 'FAILED',
} as const;
export type ErrorCode = (typeof ERROR_CODES)[keyof typeof ERROR_CODES];

const USAGE_CODES: ReadonlySet<ErrorCode> = new Set([
  ERROR_CODES.BAD_USAGE,
  ERROR_CODES.BAD_INPUT,
  ERROR_CODES.BAD_CONFIG,
  ERROR_CODES.PORT_TAKEN,
  ERROR_CODES.MISSING_REQUIREMENT,
]);

/** The one error class Firedoor throws on purpose. `message` is the sentence shown to the person. */
export class FiredoorError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, sentence: string, options?: { cause?: unknown }) {
    super(sentence, options);
    this.name = 'FiredoorError';
    this.code = code;
  }

  /** Exit code of the command line for this error: 2 for bad usage or input, else 1. */
  get exitCode(): 1 | 2 {
    return USAGE_CODES.has(this.code) ? 2 : 1;
  }
}

/** The sentence of anything thrown, for logs and messages. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
