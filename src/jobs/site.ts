/** Reading a site file: the I/O that `loadSite` leaves to its caller. */
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../base/errors.ts';
import { SITE_CHARACTERS_MAX } from '../limits.ts';
import { loadSite } from '../understand/plant/load.ts';
import type { Site } from '../understand/plant/model.ts';

/** Reads a site file. Throws BAD_INPUT where it cannot be read, BAD_CONFIG with one line a mistake where it makes no sense. */
export function readSite(path: string): Site {
  return loadSite(siteText(path), basename(path));
}

function siteText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size <= SITE_CHARACTERS_MAX) return readFileSync(path, 'utf8');
  } catch (error) {
    throw new FiredoorError(ERROR_CODES.BAD_INPUT, `The site file ${path} cannot be read: ${sentenceOf(error)}`, {
      cause: error,
    });
  }
  throw new FiredoorError(
    ERROR_CODES.BAD_INPUT,
    `${path} is larger than a site file can be (${SITE_CHARACTERS_MAX} bytes).`,
  );
}
