/** What stands in the folders of `src/sense/protocols`: protocols, refusals, samples, notes. For tests, the fuzzer and the documentation. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Sample } from '../../src/sense/protocols/fixtures/sample.ts';
import type { MessageView } from '../../src/sense/protocols/message-view.ts';
import type { Protocol } from '../../src/sense/protocols/protocol.ts';

export const PROTOCOLS_FOLDER = join(import.meta.dirname, '../../src/sense/protocols');

/** Writes the refusal of the request in the view at `at`; returns its end, 0 where there is none. */
export type Refuse = (view: MessageView, out: Uint8Array, at: number) => number;

export interface ProtocolFolder {
  /** Name of the folder; several protocols may stand in one (Modbus/TCP and RTU). */
  readonly folder: string;
  readonly protocols: readonly Protocol[];
  readonly refuse: Refuse | undefined;
  readonly samples: readonly Sample[];
  /** Text of NOTES.md, or null. */
  readonly notes: string | null;
}

/** Every folder that has a protocol, by name. */
export async function protocolFolders(): Promise<ProtocolFolder[]> {
  const found: ProtocolFolder[] = [];
  for (const folder of readdirSync(PROTOCOLS_FOLDER).sort()) {
    const at = join(PROTOCOLS_FOLDER, folder);
    if (!existsSync(join(at, 'index.ts'))) continue;
    const exported = await load(join(at, 'index.ts'));
    // A folder that nobody registered may be half written; one that is registered fails in the registry, with its error.
    if (exported === null) continue;
    const protocols = Object.values(exported).filter(isProtocol);
    if (protocols.length === 0) continue;
    const samplesAt = join(at, 'fixtures/samples.ts');
    const samples = existsSync(samplesAt)
      ? ((await import(pathToFileURL(samplesAt).href)) as Record<string, unknown>)
      : {};
    found.push({
      folder,
      protocols,
      refuse: exported.refuse as Refuse | undefined,
      samples: (samples.SAMPLES ?? []) as readonly Sample[],
      notes: existsSync(join(at, 'NOTES.md')) ? readFileSync(join(at, 'NOTES.md'), 'utf8') : null,
    });
  }
  return found;
}

async function load(path: string): Promise<Record<string, unknown> | null> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch {
    return null;
  }
}

function isProtocol(value: unknown): value is Protocol {
  return typeof value === 'object' && value !== null && 'newSession' in value && 'functionOf' in value;
}
