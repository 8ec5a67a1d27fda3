/**
 * A first policy from a baseline: the smallest that covers what was learned, with the evidence beside each line. Nothing a person has
 * rejected is in it; what still waits for a person says so.
 */
import { DoorMap } from '../act/enforce/safety/doors.ts';
import type { FunctionClass } from '../records.ts';
import type { Baseline, BaselineConversation, BaselineWrite } from '../understand/detect/baseline/model.ts';
import type { Site, Tag } from '../understand/plant/model.ts';

/** Room beside learned values where nothing is declared: so much of what was seen between lowest and highest. */
const MARGIN = 0.25;
/** Classes of functions that are reading or talking, and need no value. */
const HARMLESS: readonly FunctionClass[] = ['read', 'discovery', 'diagnostic', 'auth'];

interface Line {
  readonly text: string;
  readonly evidence: string;
}

export interface PolicyProposal {
  readonly text: string;
  readonly rules: number;
  /** Learned items that stand in it without a person's word. */
  readonly unconfirmed: number;
  /** Conversations that no conduit of the site carries: nothing is proposed for them. */
  readonly outsideConduits: readonly string[];
}

/** Writes a policy for the conduits of `site` from what `baseline` learned. */
export function proposePolicy(baseline: Baseline, site: Site): PolicyProposal {
  return new Proposal(baseline, site).write();
}

class Proposal {
  readonly #baseline: Baseline;
  readonly #site: Site;
  readonly #doors: DoorMap;
  readonly #tags: ReadonlyMap<string, Tag>;
  readonly #names = new Set<string>();
  readonly #lines = new Map<string, Line[]>();
  #unconfirmed = 0;

  constructor(baseline: Baseline, site: Site) {
    this.#baseline = baseline;
    this.#site = site;
    this.#doors = new DoorMap(site);
    this.#tags = new Map(site.units.flatMap(({ tags }) => tags.map((tag) => [tag.name, tag] as const)));
  }

  write(): PolicyProposal {
    const outside: string[] = [];
    for (const conversation of this.#baseline.network.conversations) {
      if (conversation.transport !== 'tcp') continue;
      const [client, server] = [this.#addressOf(conversation.client), this.#addressOf(conversation.server)];
      const door = this.#doors.doorOf(client, server);
      if (door.declared) this.#conversation(door.name, client, server, conversation);
      else outside.push(`${conversation.client} → ${conversation.server} ${conversation.protocol}`);
    }
    const text = this.#text();
    const rules = [...this.#lines.values()].reduce((sum, lines) => sum + lines.length, 0);
    return { text, rules, unconfirmed: this.#unconfirmed, outsideConduits: outside };
  }

  #text(): string {
    const { network, site } = this.#baseline;
    const days = ((network.toUs - network.fromUs) / 86_400e6).toFixed(1);
    const body = this.#site.conduits.flatMap(({ name }) => {
      const lines = [...(this.#lines.get(name) ?? []), this.#strangers(name)];
      return [`  ${name}:`, ...lines.map(({ text, evidence }) => `    - ${text}  # ${evidence}`)];
    });
    const fails = this.#site.conduits.map(({ name, from }) => {
      const zone = this.#site.zones.find((one) => one.name === from);
      return `${name}: ${(zone?.level ?? 0) >= 3 || zone?.outside === true ? 'closed' : 'open'}`;
    });
    return [
      `# Proposed from the baseline of ${site}, learned over ${days} days: the smallest that covers what was seen.`,
      '# Read each line, then: firedoor policy check, firedoor replay, and shadow for 14 days.',
      'conduits:',
      ...body,
      'otherwise: deny',
      `ifFiredoorFails: {${fails.join(', ')}}`,
      '',
    ].join('\n');
  }

  /** What is safe to block in guard already: whoever the site does not name neither writes nor programs. */
  #strangers(conduit: string): Line {
    const text = `{rule: ${this.#name(`strangers-${conduit}`)}, deny: [write, control, program, config], from: strangers, guard: true}`;
    return { text, evidence: 'acts in guard already; what is allowed above passes before it' };
  }

  #conversation(conduit: string, client: string, server: string, conversation: BaselineConversation): void {
    const lines = this.#lines.get(conduit) ?? [];
    this.#lines.set(conduit, lines);
    const from = this.#nameOf(client);
    const to = this.#nameOf(server);
    const ends = `from: ${from}, to: ${to}`;
    const used = conversation.functions.filter(({ status }) => status !== 'rejected');
    for (const kind of HARMLESS) {
      const functions = used.filter((one) => one.class === kind).map(({ name }) => name);
      if (functions.length === 0) continue;
      const text = `{rule: ${this.#name(`${from}-${kind}`)}, allow: ${kind}, functions: [${functions.join(', ')}], ${ends}}`;
      lines.push({ text, evidence: `seen from ${conversation.client}` });
    }
    for (const write of conversation.writes) {
      if (write.status !== 'rejected') lines.push(this.#write(from, server, ends, write, used));
    }
    const rest = used.filter(
      (one) => !HARMLESS.includes(one.class) && one.class !== 'write' && one.class !== 'control',
    );
    for (const { name, class: kind, status } of rest) {
      this.#unconfirmed += status === 'confirmed' ? 0 : 1;
      const unit = this.#site.units.length === 1 ? this.#site.units[0]!.name : '';
      const during = unit === '' ? '' : `, during: work(${unit})`;
      const text = `{rule: ${this.#name(`${from}-${name}`)}, allow: ${kind}, functions: [${name}], ${ends}${during}, guard: true}`;
      lines.push({ text, evidence: `seen${status === 'confirmed' ? ', confirmed' : ', UNCONFIRMED'}` });
    }
  }

  #write(
    from: string,
    server: string,
    ends: string,
    write: BaselineWrite,
    used: BaselineConversation['functions'],
  ): Line {
    const tag = this.#tags.get(write.point);
    const point = tag === undefined ? this.#pointOf(server, write.point) : undefined;
    const kinds = ['write', 'control'].filter((kind) => used.some((one) => one.class === kind));
    const allow = kinds.length === 1 ? kinds[0]! : '[write, control]';
    const bound = write.counter ? '' : this.#bound(write, tag);
    // A calibration and a safety tag are changed at announced work only, whatever was seen while learning.
    const guarded = tag?.role === 'calibration' || tag?.role === 'safety';
    const during = guarded && tag.plantUnit !== '' ? `, during: work(${tag.plantUnit})` : '';
    const what = tag === undefined ? `points: ["${point}"]` : `tags: ["${tag.name}"]`;
    const name = this.#name(`${from}-writes-${write.point}`);
    const count = Object.values(write.states).reduce((sum, { count }) => sum + count, 0);
    const states = Object.keys(write.states).filter((state) => state !== '*');
    this.#unconfirmed += write.status === 'confirmed' ? 0 : 1;
    return {
      text: `{rule: ${name}, allow: ${allow}, ${ends}, ${what}${bound}${during}${guarded ? ', guard: true' : ''}}`,
      evidence: `${count} writes${states.length === 0 ? '' : ` while ${states.join(', ')}`}, ${write.status === 'confirmed' ? 'confirmed' : 'UNCONFIRMED'}`,
    };
  }

  /** Range and step of what was written, widened to what the site declares of the tag it acts on. */
  #bound({ states, role }: BaselineWrite, tag: Tag | undefined): string {
    const seen = Object.values(states);
    if (seen.length === 0 || tag === undefined || tag.type === 'bool' || (role === 'command' && tag.unit === ''))
      return '';
    const low = Math.min(...seen.map((one) => one.low));
    const high = Math.max(...seen.map((one) => one.high));
    const room = Math.max(MARGIN * (high - low), ...seen.map((one) => one.step));
    const limits = Object.values(this.#tags.get(tag.of)?.limits ?? {}).flatMap(({ operating }) => operating ?? []);
    const lowest = Math.min(low - room, ...limits.map((one) => one.low));
    const highest = Math.max(high + room, ...limits.map((one) => one.high));
    const unless = this.#site.units.some(({ effects }) =>
      effects.some(({ of, declared }) => declared && of === tag.name),
    );
    return `, value: ${rounded(lowest)}..${rounded(highest)}${tag.unit === '' ? '' : ` ${quoteless(tag.unit)}`}${unless ? ', unless: leaves(safe)' : ''}`;
  }

  #pointOf(server: string, point: string): string {
    const device = this.#site.devices.find(({ address }) => address === server);
    const unit = device?.unit ?? '';
    // A named device brings its unit along.
    const rest = unit !== '' && point.startsWith(`${unit}/`) ? point.slice(unit.length + 1) : point;
    return unit !== '' && rest !== point ? `${device?.name}/${rest}` : `${server}/${point}`;
  }

  /** Address behind a baseline's key: a device name, an address, an address and a unit. */
  #addressOf(key: string): string {
    const device = this.#site.devices.find(({ name }) => name === key);
    if (device !== undefined) return device.address;
    const asset = this.#baseline.network.assets.find((one) => one.key === key);
    return asset?.addresses[0] ?? key.split('/')[0]!;
  }

  #nameOf(address: string): string {
    return this.#site.devices.find((device) => device.address === address)?.name ?? address;
  }

  /** A rule name that nobody has yet. */
  #name(wanted: string): string {
    const base = wanted.replace(/[^\w.-]+/g, '-');
    let name = base;
    for (let n = 2; this.#names.has(name); n++) name = `${base}-${n}`;
    this.#names.add(name);
    return name;
  }
}

function rounded(value: number): number {
  return Number(value.toPrecision(5));
}

/** In a flow mapping a percent sign alone may stand; quotes would be part of the unit. */
function quoteless(unit: string): string {
  return unit.replaceAll('"', '');
}
