/**
 * `site.yaml` → `Site`. The text is checked in two steps: its shape (`site-schema.ts`), then what names and units mean
 * (`resolve.ts`). All mistakes are told at once, each with file, line and column.
 */

import { YamlFile } from './issues.ts';
import type { Site } from './model.ts';
import { resolveSite } from './resolve.ts';
import { KEY_SEPARATOR, SITE_SCHEMA, type SiteText } from './site-schema.ts';

/** Reads a site file's text. Throws BAD_CONFIG, one line a mistake: `site.yaml:7:11 zones.0.networks.0: expected …`. */
export function loadSite(text: string, fileName: string): Site {
  const file = new YamlFile(text, fileName);
  // After a syntax error or a key given twice the rest may be read wrongly.
  file.throwIfAny();
  const shaped = checkShape(file);
  if (shaped === null) file.throwIfAny();
  const site = resolveSite(shaped ?? {}, file);
  file.throwIfAny();
  return site;
}

/** Checks the shape and notes mistakes; null where there are any. */
function checkShape(file: YamlFile): SiteText | null {
  const result = SITE_SCHEMA.safeParse(file.data());
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
    if (issue.code === 'unrecognized_keys') {
      const sentences = issue.message.split(KEY_SEPARATOR);
      for (const [i, key] of issue.keys.entries()) file.atKey([...path, key], sentences[i] ?? 'unknown key');
    } else if (issue.code === 'invalid_key') {
      file.atKey(path, issue.issues[0]?.message ?? issue.message);
    } else file.at(path, issue.message);
  }
  return null;
}
