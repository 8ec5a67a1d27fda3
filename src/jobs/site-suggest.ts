/**
 * `site suggest`: a first site file from captures. Zones by network, devices that answer, tags with inferred types and how sure they
 * are, and pairs of set-point and measurement that look alike, as comments to accept or strike out.
 */
import { readCaptureFile } from '../sense/capture/reader.ts';
import { DIRECTION_REQUEST } from '../sense/protocols/message-view.ts';
import { Observer } from '../understand/observe/observer.ts';
import { TagMapper } from '../understand/observe/tags.ts';
import { ipv4Number } from '../understand/plant/addresses.ts';
import { EMPTY_SITE, type Site, type Tag } from '../understand/plant/model.ts';

/** What a tag did in the captures. */
export interface SuggestedTag {
  readonly point: string;
  readonly type: Tag['type'];
  /** 0 to 1. */
  readonly confidence: number;
  readonly low: number;
  readonly high: number;
  readonly samples: number;
  readonly changes: number;
  /** Times it was written. */
  readonly writes: number;
}

export interface SuggestedPair {
  readonly setpoint: string;
  readonly measurement: string;
  /** Mean difference over the range of the measurement; small is alike. */
  readonly distance: number;
}

export interface SiteSuggestion {
  readonly networks: readonly { readonly network: string; readonly hosts: number }[];
  readonly devices: readonly { readonly name: string; readonly address: string; readonly unit: string }[];
  readonly tags: readonly SuggestedTag[];
  readonly pairs: readonly SuggestedPair[];
  /** What was skipped because a bound was reached. */
  readonly skipped: number;
}

interface Behaviour {
  samples: number;
  changes: number;
  writes: number;
  low: number;
  high: number;
  sum: number;
  last: number;
}

/** Reads captures and suggests. Throws BAD_INPUT for a file that cannot be read. */
export function suggestSite(files: readonly string[], site: Site = EMPTY_SITE): SiteSuggestion {
  const behaviour: Behaviour[] = [];
  const writes = new Map<number, number>();
  const mapper = new TagMapper(site, {
    onTag: () => undefined,
    onSample: (index, _timeUs, value) => note(behaviour, index, value),
  });
  const observer = new Observer({
    sink: {
      access: (view, access, _point, conversation) => mapper.access(view, access, conversation.ends),
      message: (view, conversation) => {
        if (view.direction !== DIRECTION_REQUEST) return;
        for (let i = 0; i < view.accessCount; i++) {
          if (view.accessWrite[i] !== 1) continue;
          const { server } = conversation.ends;
          const names = { capture: '', client: '', server, device: server };
          for (const { tagIndex } of mapper.decodeWrites(view.toMessage(names))) {
            if (tagIndex >= 0) writes.set(tagIndex, (writes.get(tagIndex) ?? 0) + 1);
          }
          return;
        }
      },
    },
  });
  for (const file of files) {
    observer.nextCapture(file);
    readCaptureFile(file, observer);
  }
  observer.finish();
  const addresses = observer.assets().flatMap((asset) => asset.addresses);
  return suggestionOf(mapper, behaviour, writes, addresses);
}

function note(behaviour: Behaviour[], index: number, value: number): void {
  if (!Number.isFinite(value)) return;
  const known = behaviour[index];
  if (known === undefined) {
    behaviour[index] = { samples: 1, changes: 0, writes: 0, low: value, high: value, sum: value, last: value };
    return;
  }
  known.samples++;
  if (value !== known.last) known.changes++;
  known.low = Math.min(known.low, value);
  known.high = Math.max(known.high, value);
  known.sum += value;
  known.last = value;
}

function suggestionOf(
  mapper: TagMapper,
  behaviour: readonly Behaviour[],
  writes: ReadonlyMap<number, number>,
  addresses: readonly string[],
): SiteSuggestion {
  const undeclared = [...mapper.tags().entries()].filter(
    ([index, tag]) => !tag.declared && behaviour[index] !== undefined,
  );
  const tags = undeclared.map(([index, { point, type, confidence = 1 }]): SuggestedTag => {
    const { samples, changes, low, high } = behaviour[index]!;
    return { point, type, confidence, low, high, samples, changes, writes: writes.get(index) ?? 0 };
  });
  const means = new Map(
    undeclared.map(([index, { point }]) => [point, behaviour[index]!.sum / behaviour[index]!.samples]),
  );
  return {
    networks: networksOf(addresses),
    devices: devicesOf(tags),
    tags,
    pairs: pairsOf(tags, means),
    skipped: mapper.overflow,
  };
}

/** IPv4 networks of 24 bits that hold hosts: what a cell usually is. */
function networksOf(addresses: readonly string[]): SiteSuggestion['networks'] {
  const hosts = new Map<string, Set<string>>();
  for (const address of addresses) {
    if (ipv4Number(address) < 0) continue;
    const network = `${address.split('.').slice(0, 3).join('.')}.0/24`;
    hosts.set(network, (hosts.get(network) ?? new Set()).add(address));
  }
  return [...hosts]
    .map(([network, set]) => ({ network, hosts: set.size }))
    .toSorted((a, b) => a.network.localeCompare(b.network));
}

function devicesOf(tags: readonly SuggestedTag[]): SiteSuggestion['devices'] {
  const devices = new Map<string, { name: string; address: string; unit: string }>();
  for (const { point } of tags) {
    const parts = point.split('/');
    const [address = '', unit = ''] = parts;
    const key = parts.length === 4 ? `${address}/${unit}` : address;
    if (!devices.has(key))
      devices.set(key, { name: `device-${devices.size + 1}`, address, unit: parts.length === 4 ? unit : '' });
  }
  return [...devices.values()];
}

/** A bit that was never 1 is likely nothing: a read of a range brings many. */
function isIdleBit({ type, low, high, writes }: SuggestedTag): boolean {
  return type === 'bool' && low === 0 && high === 0 && writes === 0;
}

/** By area, then by address as a number. */
function byPlace(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** Most pairs suggested for one device. */
const PAIRS_PER_SETPOINT = 1;
const ALIKE = 0.25;

/** A number somebody writes or that hardly moves, and a measurement of the same device that stays near it. */
function pairsOf(tags: readonly SuggestedTag[], means: ReadonlyMap<string, number>): SuggestedPair[] {
  const numbers = tags.filter(({ type }) => type.startsWith('float') || type.startsWith('int'));
  const pairs: SuggestedPair[] = [];
  for (const setpoint of numbers.filter(({ changes, samples, writes }) => writes > 0 || changes < samples / 100)) {
    const device = devicePart(setpoint.point);
    const candidates = numbers
      .filter(
        (tag) =>
          tag !== setpoint && devicePart(tag.point) === device && tag.writes === 0 && tag.changes > tag.samples / 10,
      )
      .map(({ point, low, high }): SuggestedPair => {
        const away = Math.abs((means.get(point) ?? Number.NaN) - (means.get(setpoint.point) ?? Number.NaN));
        return { setpoint: setpoint.point, measurement: point, distance: away / Math.max(high - low, 1e-9) };
      })
      .filter(({ distance }) => distance < ALIKE)
      .toSorted((a, b) => a.distance - b.distance);
    pairs.push(...candidates.slice(0, PAIRS_PER_SETPOINT));
  }
  return pairs;
}

function devicePart(point: string): string {
  return point.split('/').slice(0, -2).join('/');
}

/** The suggestion as a site file: loads as it stands, and grows by taking comments in. */
export function suggestionText(suggestion: SiteSuggestion): string {
  const { networks, devices, tags, pairs } = suggestion;
  const lines = [
    '# A first site file, from what was seen. Change names, add units and limits; strike out what is wrong.',
    'site: my-site',
  ];
  lines.push(
    'zones:',
    ...networks.map(
      ({ network, hosts }, i) => `  - {name: zone-${i + 1}, networks: [${network}]}  # ${hosts} hosts; level?`,
    ),
  );
  lines.push(
    'devices:',
    ...devices.map(
      ({ name, address, unit }) => `  ${name}: {address: ${address}${unit === '' ? '' : `, unit: ${unit}`}}`,
    ),
  );
  if (devices.length > 0) lines.push('units:');
  for (const { name, address, unit } of devices) {
    const prefix = unit === '' ? `${address}/` : `${address}/${unit}/`;
    const all = tags.filter(({ point }) => point.startsWith(prefix));
    const own = all.filter((tag) => !isIdleBit(tag)).toSorted((a, b) => byPlace(a.point, b.point));
    lines.push(`  - name: unit-of-${name}`);
    if (own.length > 0) lines.push('    tags:', ...own.map((tag) => tagLine(tag, name, prefix, pairs)));
    if (all.length > own.length) lines.push(`      # ${all.length - own.length} bits that were always 0 are left out`);
  }
  // Empty lists are left out: a key without a value is nothing.
  return `${lines.filter((line, i) => !/^(zones|devices):$/.test(line) || /^ /.test(lines[i + 1] ?? '')).join('\n')}\n`;
}

function tagLine(tag: SuggestedTag, device: string, prefix: string, pairs: readonly SuggestedPair[]): string {
  const place = tag.point.slice(prefix.length);
  const pair = pairs.find(({ setpoint }) => setpoint === tag.point);
  const role =
    pair !== undefined ? 'setpoint' : tag.writes > 0 ? 'command' : tag.type === 'bool' ? 'status' : 'measurement';
  const of = pair === undefined ? '' : `, of: ${tagName(device, pair.measurement.slice(prefix.length))}`;
  const text = `${tagName(device, place)}: {point: ${device}/${place}, type: ${tag.type}, role: ${role}${of}}`;
  const range = tag.low === tag.high ? `always ${short(tag.low)}` : `${short(tag.low)} to ${short(tag.high)}`;
  const sure = tag.confidence === 1 ? '' : `, ${Math.round(100 * tag.confidence)} % sure`;
  const why = pair === undefined ? '' : ', stays near it: a pair?';
  return `      ${text}  # ${range}${sure}${tag.writes > 0 ? `, written ${tag.writes} times` : ''}${why}`;
}

function tagName(device: string, place: string): string {
  return `${device}.${place.replaceAll('/', '.').replace(/[^\p{L}\p{N}_.:-]/gu, '_')}`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
