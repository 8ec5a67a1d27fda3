/**
 * `node scripts/protocols-doc.ts [--check]`: writes docs/protocols.md from the registry, the function tables and each folder's NOTES.md;
 * with `--check` it only says whether the file is as it should be.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FunctionInfo } from '../src/records.ts';
import type { Protocol } from '../src/sense/protocols/protocol.ts';
import { PROTOCOLS } from '../src/sense/protocols/registry.ts';
import { PROTOCOLS_FOLDER, type ProtocolFolder, protocolFolders } from '../test/support/protocol-folders.ts';

export const PROTOCOLS_DOCUMENT = join(import.meta.dirname, '../docs/protocols.md');
/** Files of a protocol's folder that may export a table of functions. */
const TABLE_FILES = ['names.ts', 'functions.ts', 'types.ts'];
/** Areas named in the table; S7 has one for each data block. */
const AREAS_LISTED = 12;

const HEAD = `# Protocols

Made by \`node scripts/protocols-doc.ts\` from \`src/sense/protocols/\`; do not edit. How to add one: [add-a-protocol.md](add-a-protocol.md).

A protocol is recognised by its content; its port is only a hint. Functions that are not listed keep their number as \`unknown(0x…)\`, class config,
risk 3. Class, effect and risk (0 none, 4 can stop, reprogram or touch safety) are Firedoor's judgement; techniques are the ATT&CK for ICS
techniques that a function can serve when abused, which is no evidence by itself.
`;

/** The whole document. */
export async function protocolsDocument(): Promise<string> {
  const place = new Map(PROTOCOLS.map(({ name }, index) => [name, index]));
  const folders = (await protocolFolders())
    .map((folder) => ({ ...folder, protocols: PROTOCOLS.filter(({ name }) => holds(folder, name)) }))
    .filter(({ protocols }) => protocols.length > 0)
    .sort((a, b) => place.get(a.protocols[0]!.name)! - place.get(b.protocols[0]!.name)!);
  const parts = [HEAD, overview(folders)];
  for (const folder of folders) parts.push(await chapter(folder));
  return `${parts.join('\n').trimEnd()}\n`;
}

function holds({ protocols }: ProtocolFolder, name: string): boolean {
  return protocols.some((protocol) => protocol.name === name);
}

function overview(folders: readonly ProtocolFolder[]): string {
  const rows = folders.flatMap(({ folder, protocols, refuse }) =>
    protocols.map((protocol) => [
      `[${protocol.title}](#${anchor(folder)})`,
      `\`${protocol.name}\``,
      transports(protocol),
      hints(protocol),
      refuse === undefined ? 'no' : 'yes',
    ]),
  );
  return table(['protocol', 'name', 'runs over', 'hints', 'can be refused'], rows);
}

async function chapter({ folder, protocols, notes }: ProtocolFolder): Promise<string> {
  const titles = protocols.map(({ title }) => title).join(', ');
  const parts = [`<a id="${anchor(folder)}"></a>`, '', `## ${titles}`, ''];
  parts.push(notes === null ? 'There are no notes yet.\n' : lowered(notes));
  const areas = protocols[0]!.areas;
  const listed = areas.slice(0, AREAS_LISTED).map((area) => `\`${area}\``);
  const rest = areas.length > AREAS_LISTED ? ` and ${areas.length - AREAS_LISTED} more` : '';
  if (areas.length > 0) parts.push(`Areas in point names: ${listed.join(', ')}${rest}.`, '');
  const functions = await functionsOf(folder);
  if (functions.length > 0) parts.push(functionTable(functions));
  return parts.join('\n');
}

/** Every function of the tables that the folder exports, by code. */
async function functionsOf(folder: string): Promise<FunctionInfo[]> {
  const found = new Map<string, FunctionInfo>();
  for (const file of TABLE_FILES) {
    const path = join(PROTOCOLS_FOLDER, folder, file);
    if (!existsSync(path)) continue;
    const exported = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
    for (const value of Object.values(exported)) {
      if (!Array.isArray(value)) continue;
      for (const info of value.filter(isFunction)) found.set(`${info.code}/${info.subCode ?? ''}/${info.name}`, info);
    }
  }
  return [...found.values()].sort(
    (a, b) => a.code - b.code || (a.subCode ?? -1) - (b.subCode ?? -1) || (a.name < b.name ? -1 : 1),
  );
}

function isFunction(value: unknown): value is FunctionInfo {
  return typeof value === 'object' && value !== null && 'code' in value && 'techniques' in value && 'risk' in value;
}

function functionTable(functions: readonly FunctionInfo[]): string {
  const rows = functions.map(({ code, subCode, name, class: kind, effect, risk, techniques }) => [
    `${hexadecimal(code)}${subCode === undefined ? '' : ` / ${hexadecimal(subCode)}`}`,
    name,
    kind,
    effect,
    String(risk),
    techniques.join(' '),
  ]);
  return table(['code', 'function', 'class', 'effect', 'risk', 'techniques'], rows);
}

function hexadecimal(code: number): string {
  return `0x${code.toString(16).padStart(2, '0')}`;
}

function transports({ overStream, overDatagram, overLink }: Protocol): string {
  return [overStream ? 'TCP' : '', overDatagram ? 'UDP' : '', overLink ? 'Ethernet' : ''].filter(Boolean).join(', ');
}

function hints({ hints: { tcp = [], udp = [], etherTypes = [] } }: Protocol): string {
  const types = etherTypes.map((type) => `EtherType ${hexadecimal(type)}`);
  return [...tcp.map((port) => `TCP ${port}`), ...udp.map((port) => `UDP ${port}`), ...types].join(', ') || 'none';
}

function anchor(folder: string): string {
  return `protocol-${folder}`;
}

/** Notes one level lower and without their title, which the chapter has. */
function lowered(notes: string): string {
  const [first = '', ...rest] = notes.trimEnd().split('\n');
  const body = first.startsWith('# ') ? rest : [first, ...rest];
  return `${body
    .map((line) => (/^#+ /.test(line) ? `#${line}` : line))
    .join('\n')
    .trim()}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return `${[line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')}\n`;
}

if (process.argv[1] === import.meta.filename) {
  const made = await protocolsDocument();
  const before = existsSync(PROTOCOLS_DOCUMENT) ? readFileSync(PROTOCOLS_DOCUMENT, 'utf8') : '';
  if (!process.argv.includes('--check')) writeFileSync(PROTOCOLS_DOCUMENT, made);
  else if (made !== before) {
    console.error('docs/protocols.md is stale: run node scripts/protocols-doc.ts');
    process.exitCode = 1;
  }
}
