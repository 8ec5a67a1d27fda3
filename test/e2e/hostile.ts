/** Answers of an engine whose every text was made up by an enemy: names come from packets. */
import type { EngineService } from '../../src/show/api/service.ts';
import type { FakeEngine } from '../fakes/engine-service.ts';

/** Markup, script, attribute ends, a scheme, a path that climbs, direction marks, and length. */
export const HOSTILE = `"'><img src=x onerror=hacked=1><script>hacked=1</script>\u202Eevil\u202C../../javascript:hacked=1//%2F%00`;
const LONG = `${HOSTILE}${'W'.repeat(400)}`;

/** The fake dairy with every text that can come from the wire replaced. */
export function hostile(engine: FakeEngine): Partial<EngineService> {
  const tag = async () => (await engine.tags({ offset: 0, limit: 1, search: 'TT-101' })).items[0];
  return {
    assets: async (query) => {
      const page = await engine.assets({ ...query, search: '' });
      const items = page.items.map((asset, at) => ({
        ...asset,
        id: at === 0 ? HOSTILE : asset.id,
        name: LONG,
        vendor: HOSTILE,
        model: HOSTILE,
        firmware: HOSTILE,
        zone: HOSTILE,
        roles: [HOSTILE],
        addresses: [HOSTILE],
      }));
      return { ...page, items };
    },
    conversations: async (query) => {
      const page = await engine.conversations({ ...query, search: '' });
      const items = page.items.map((each) => ({
        ...each,
        client: HOSTILE,
        protocol: HOSTILE,
        functions: each.functions.map((use) => ({ ...use, name: HOSTILE })),
      }));
      return { ...page, items };
    },
    tags: async (query) => {
      const page = await engine.tags({ ...query, search: '' });
      const items = page.items.map((each, at) => ({
        ...each,
        name: at === 0 ? HOSTILE : each.name,
        title: LONG,
        unit: HOSTILE,
      }));
      return { ...page, items };
    },
    trend: async (query) => {
      const trend = await engine.trend({ ...query, tag: 'TT-101' });
      const known = await tag();
      return trend && known
        ? {
            ...trend,
            tag: { ...known, name: query.tag, title: HOSTILE, unit: HOSTILE, point: HOSTILE, device: HOSTILE },
          }
        : trend;
    },
    incident: async (id) => {
      const view = await engine.incident(id);
      if (!view) return view;
      return {
        ...view,
        incident: {
          ...view.incident,
          sentence: HOSTILE,
          ifNobodyActs: LONG,
          whyOneStory: HOSTILE,
          actor: HOSTILE,
          advice: [{ step: 'check', text: HOSTILE }],
          timeline: view.incident.timeline.map((entry) => ({ ...entry, text: HOSTILE })),
        },
        path: view.path.map((step) => ({ ...step, who: LONG, link: HOSTILE })),
        lanes: view.lanes.map((lane) => ({
          ...lane,
          title: LONG,
          marks: lane.marks.map((mark) => ({ ...mark, text: HOSTILE })),
        })),
        writes: view.writes.map((write) => ({ ...write, text: HOSTILE })),
        techniqueNames: [{ id: HOSTILE, name: HOSTILE }],
      };
    },
    evidence: async (capture, number) => {
      const evidence = await engine.evidence(capture, number);
      return evidence && { ...evidence, summary: HOSTILE, fields: [{ name: HOSTILE, value: HOSTILE, from: 0, to: 4 }] };
    },
    overview: async () => {
      const now = await engine.overview();
      return {
        ...now,
        site: HOSTILE,
        headline: { ...now.headline, text: HOSTILE },
        units: now.units.map((unit) => ({
          ...unit,
          title: LONG,
          note: HOSTILE,
          tags: unit.tags.map((each, at) => ({ ...each, name: `${at}${HOSTILE}`, unit: HOSTILE })),
        })),
        incidents: now.incidents.map((each) => ({ ...each, title: LONG })),
        safety: [{ name: LONG, text: HOSTILE, priority: 'high' }],
      };
    },
  };
}
