/** A dairy in virtual time for stories of incidents: what people and devices are called, what tags show, findings as detectors give them. */
import { readFileSync } from 'node:fs';
import type { Finding, Incident } from '../../src/records.ts';
import { KINDS, type KindName } from '../../src/understand/detect/kinds.ts';
import type {
  AssetView,
  IncidentChange,
  IncidentContext,
  SimilarIncident,
  WorkView,
} from '../../src/understand/incidents/context.ts';
import { IncidentEngine } from '../../src/understand/incidents/engine.ts';
import { loadSite } from '../../src/understand/plant/load.ts';
import { EMPTY_SITE, type Site, type Tag } from '../../src/understand/plant/model.ts';

const DAIRY_FILE = new URL('../../examples/dairy-north.yaml', import.meta.url);

/** The demo plant; with `titles` as an engineer would complete it, which makes the sentences speak of milk. */
export function dairySite(titles = false): Site {
  const site = loadSite(readFileSync(DAIRY_FILE, 'utf8'), 'dairy-north.yaml');
  if (!titles) return site;
  const units = site.units.map((unit) => ({
    ...unit,
    title: unit.name === 'P1' ? 'Milk pasteuriser P1' : 'Filler and conveyor F1',
    tags: unit.tags.map((tag) => (tag.name === 'FDV' ? { ...tag, title: 'diversion valve' } : tag)),
  }));
  return { ...site, units };
}

const asset = (address: string, name: string, zone: string, more: Partial<AssetView> = {}): AssetView => ({
  name,
  vendor: '',
  addresses: [address],
  macs: [],
  unit: '',
  zone,
  firstSeenUs: 0,
  ...more,
});

export const STRANGER = 'A-17';
export const PLC1 = 'A-3';
export const PLC2 = 'A-4';
export const HMI = 'A-5';
export const HISTORIAN = 'A-6';
export const ENGINEER = 'A-9';

const ASSETS: Readonly<Record<string, AssetView>> = {
  [STRANGER]: asset('127.20.3.44', 'ENG-LT-7', 'engineering', { vendor: 'Dell' }),
  [PLC1]: asset('127.20.1.11', 'plc-1', 'cell-1', { unit: '1' }),
  [PLC2]: asset('127.20.1.12', 'plc-2', 'cell-1', { unit: '1' }),
  [HMI]: asset('127.20.2.5', 'hmi-1', 'operations'),
  [HISTORIAN]: asset('127.20.2.7', 'historian-1', 'operations'),
  [ENGINEER]: asset('127.20.3.10', 'ENG-1', 'engineering'),
};

/** What the plant shows in the middle of production. */
const RUNNING: Readonly<Record<string, number>> = {
  'TT-100': 63,
  'TT-101': 75,
  'TT-102': 74.6,
  flow: 6,
  'SP-101': 75,
  'SP-104': 6,
  heater: 52,
  FDV: 0,
  'TT-101.offset': 0,
  'TT-102.offset': 0,
  'FQ-104': 48_000,
  'ST-201': 100,
  'LT-201': 25,
  bottles: 12_400,
  'line.run': 1,
  'GUARD-1': 1,
  'GUARD-1.lamp': 0,
};

/** `10:02:07.312` on the day of all stories, in microseconds. The demo site counts in UTC. */
export function at(clock: string): number {
  return Date.parse(`2026-05-04T${clock.length === 5 ? `${clock}:00` : clock}Z`) * 1000;
}

type More = Partial<Omit<Finding, 'subject' | 'kind' | 'timeUs'>> & { readonly since?: string };

export class World {
  readonly values: Record<string, number> = { ...RUNNING };
  readonly states: Record<string, string> = { P1: 'running', F1: 'running' };
  readonly told: { readonly incident: Incident; readonly change: IncidentChange }[] = [];
  readonly findings: Finding[] = [];
  readonly engine: IncidentEngine;
  readonly site: Site;
  work: (WorkView & { readonly unit: string; readonly actor: string; readonly fromUs: number }) | undefined;
  download = false;
  similar: SimilarIncident[] = [];
  sessions: string[] = [];
  #number = 0;

  constructor(site: Site | 'none' = dairySite()) {
    this.site = site === 'none' ? EMPTY_SITE : site;
    this.engine = new IncidentEngine(this.context(), {
      onIncident: (incident, change) => this.told.push({ incident, change }),
    });
  }

  context(): IncidentContext {
    const tags = new Map<string, Tag>();
    for (const unit of this.site.units) {
      for (const tag of unit.tags) tags.set(tag.name, tag).set(tag.point, tag);
    }
    return {
      site: this.site,
      nameOf: (id) => ASSETS[id]?.name ?? id,
      describe: (id) => ASSETS[id],
      zoneOf: (id) => ASSETS[id]?.zone ?? '',
      tag: (name) => tags.get(name),
      valueOf: (tag) => this.values[tag] ?? Number.NaN,
      stateOf: (unit) => this.states[unit] ?? '',
      openWork: (unit, actor, timeUs) => {
        const { work } = this;
        const covers = work !== undefined && work.unit === unit && work.actor === actor;
        return covers && timeUs >= work.fromUs && timeUs <= work.untilUs ? work : undefined;
      },
      downloadOpen: () => this.download,
      similar: () => this.similar,
      sessionsInto: () => this.sessions,
    };
  }

  /** A finding as a detector gives it. */
  make(
    clock: string,
    kind: KindName,
    subject: Partial<Finding['subject']>,
    sentence: string,
    more: More = {},
  ): Finding {
    const { since, ...rest } = more;
    this.#number += 1;
    return {
      id: `f-${this.#number}`,
      timeUs: at(clock),
      sinceUs: at(since ?? clock),
      kind,
      subject: { actor: '', device: '', tag: '', unit: '', conversation: '', ...subject },
      confidence: 0.9,
      score: 2,
      expected: '',
      seen: '',
      sentence,
      numbers: {},
      techniques: KINDS[kind].techniques,
      evidence: { frames: [], text: '' },
      informative: false,
      ...rest,
    };
  }

  add(finding: Finding): Finding {
    this.findings.push(finding);
    this.engine.add(finding);
    return finding;
  }

  find(
    clock: string,
    kind: KindName,
    subject: Partial<Finding['subject']>,
    sentence: string,
    more: More = {},
  ): Finding {
    return this.add(this.make(clock, kind, subject, sentence, more));
  }

  /** One write as the network detectors tell it: one or more findings of the same message. */
  write(
    clock: string,
    actor: string,
    tag: string,
    before: number,
    written: number,
    kinds: readonly KindName[] = ['new-write-point'],
  ): void {
    const plc = this.context().tag(tag)?.point.startsWith('127.20.1.12') === true ? PLC2 : PLC1;
    const name = this.context().nameOf(actor);
    for (const kind of kinds) {
      this.find(clock, kind, { actor, device: plc, tag }, `${name} wrote ${tag}: ${before} to ${written}.`, {
        numbers: { written, before, change: written - before },
      });
    }
    this.values[tag] = written;
  }

  /** The stranger comes: a new device, and from where it never came. */
  arrive(clock: string, device = PLC1): void {
    this.find(clock, 'new-device', { actor: STRANGER, device: STRANGER }, 'ENG-LT-7 was never seen before.', {
      seen: '127.20.3.44',
    });
    this.find(clock, 'new-crossing', { actor: STRANGER, device }, 'ENG-LT-7 reaches into cell-1.', {
      seen: 'engineering → cell-1, modbus',
    });
    this.find(clock, 'identity-read', { actor: STRANGER, device }, 'ENG-LT-7 asks who it is.', {
      informative: true,
      seen: 'read-device-identification',
    });
  }

  /** Time passes; `values` are what the plant shows then. */
  tick(clock: string, values: Readonly<Record<string, number>> = {}): void {
    Object.assign(this.values, values);
    this.engine.tick(at(clock));
  }

  /** The one open incident; fails where there is none or more. */
  only(): Incident {
    const open = this.engine.open();
    if (open.length !== 1) {
      throw new Error(`${open.length} incidents are open: ${open.map((i) => `${i.id} ${i.title}`).join(' | ')}`);
    }
    return open[0]!;
  }
}
