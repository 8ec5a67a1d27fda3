/** Reading policy files, and signing them: two people write their names beside the file's hash. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../base/errors.ts';

/** Text of a file. Throws BAD_INPUT where it cannot be read. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new FiredoorError(ERROR_CODES.BAD_INPUT, `${path} cannot be read: ${sentenceOf(error)}`, { cause: error });
  }
}

/** Version of a policy as the ledger calls it: the beginning of its hash. */
export function policyVersion(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

export interface PolicySignatures {
  readonly version: string;
  readonly signatures: readonly { readonly by: string; readonly time: string }[];
}

/** True where two different people signed this very text. */
export function isSigned({ signatures }: PolicySignatures): boolean {
  return new Set(signatures.map(({ by }) => by)).size >= 2;
}

/** Signatures beside a policy file; those of another text do not count. */
export function signaturesOf(path: string): PolicySignatures {
  const version = policyVersion(readText(path));
  const file = `${path}.signatures.json`;
  if (!existsSync(file)) return { version, signatures: [] };
  try {
    const kept = JSON.parse(readText(file)) as PolicySignatures;
    return kept.version === version ? kept : { version, signatures: [] };
  } catch (error) {
    throw new FiredoorError(ERROR_CODES.BAD_CONFIG, `${file} makes no sense: ${sentenceOf(error)}`, { cause: error });
  }
}

/** Adds a signature. Throws BAD_USAGE for an empty name or one that signed already. */
export function signPolicy(path: string, by: string, time: string): PolicySignatures {
  const name = by.trim();
  const { version, signatures } = signaturesOf(path);
  if (name === '') throw new FiredoorError(ERROR_CODES.BAD_USAGE, 'A signature needs a name: --by "NAME".');
  if (signatures.some((one) => one.by === name)) {
    throw new FiredoorError(
      ERROR_CODES.BAD_USAGE,
      `${name} signed this text already; the second signature is another person's.`,
    );
  }
  const signed = { version, signatures: [...signatures, { by: name, time }] };
  writeFileSync(`${path}.signatures.json`, `${JSON.stringify(signed, null, 2)}\n`);
  return signed;
}
