/** The JSON document of an inspection, written piece by piece: millions of points must not become one string. */
import { type InspectResult, isoTime } from './inspect.ts';

const PIECE_CHARACTERS = 256 * 1024;

/** Gives the document to `write` in pieces; it ends with a line feed. Numbers that are none are null. */
export function writeInspectJson(result: InspectResult, write: (text: string) => void): void {
  const { captures, protocols, hosts, conversations, assets, points, pointCount, findings, writes, health } = result;
  const listed = { total: writes.total, list: writes.listed() };
  const before = { captures, protocols, hosts, conversations, assets };
  write(`${JSON.stringify(before).slice(0, -1)},"points":[`);
  let piece = '';
  let first = true;
  for (const { firstUs, lastUs, ...point } of points) {
    piece += `${first ? '' : ','}${JSON.stringify({ ...point, firstSeen: isoTime(firstUs), lastSeen: isoTime(lastUs) })}`;
    first = false;
    if (piece.length < PIECE_CHARACTERS) continue;
    write(piece);
    piece = '';
  }
  write(`${piece}],"pointCount":${pointCount},${JSON.stringify({ findings, writes: listed, health }).slice(1)}\n`);
}
