/** Sentences about what was only said on the network: nothing was changed, or a view was lost. */

import { KINDS } from '../../detect/kinds.ts';
import { shortName } from '../actor.ts';
import { actorOf } from '../advice.ts';
import { listText, writtenText } from '../words.ts';
import type { Say, Scene } from './scene.ts';

function kindsOf(s: Scene): string[] {
  const telling = s.story.filter((fact) => fact.side === 'network' && fact.role !== 'arrival');
  const facts = telling.length > 0 ? telling : s.story.filter((fact) => fact.side === 'network');
  return [...new Set(facts.map((fact) => fact.finding.seen || KINDS[fact.kind].title))];
}

function targetsOf(s: Scene): string {
  const actors = new Set([...s.story.facts.values()].map((fact) => fact.actor));
  const spoken = s.story.filter((fact) => fact.device !== '' && !actors.has(fact.device));
  const devices = [...new Set(spoken.map((fact) => shortName(s.desk.context, fact.device)))];
  return listText(devices, 3);
}

const firstAt = (s: Scene) => s.desk.time.clock(s.story.openedUs);

export const attempt: Say = (s) => {
  const trail = [...s.story.trails.values()].at(0);
  const what = trail?.tag ?? 'something';
  const to =
    trail !== undefined && Number.isFinite(trail.written)
      ? ` to ${writtenText(trail.written, s.desk.context.tag(trail.tag), trail.tag)}`
      : '';
  const times = trail !== undefined && trail.count > 1 ? `, ${trail.count} times` : '';
  return {
    title: `Write to ${what} refused`,
    sentence: `${s.who} tried to set ${what}${to} at ${s.desk.time.clock(trail?.firstUs ?? s.story.openedUs)}${times}; ${targetsOf(s) || 'the device'} refused. Nothing changed.`,
    ifNobodyActs: 'The next attempt may find a point that does not refuse.',
  };
};

export const entry: Say = (s) => ({
  title: `Someone tries to get into ${targetsOf(s) || 'a device'}`,
  sentence: `${s.who} tries to get into ${targetsOf(s) || 'a device'} since ${firstAt(s)}: ${listText(kindsOf(s), 3)}. Nothing was changed yet.`,
  ifNobodyActs: 'Whoever gets in can change what the controller does.',
});

export const leaving: Say = (s) => ({
  title: 'A device of the plant calls outside',
  sentence: `${s.who} talks to the outside since ${firstAt(s)}: ${listText(kindsOf(s), 3)}. Nothing was changed in the plant.`,
  ifNobodyActs: 'Whatever it sends out or takes orders from goes on.',
});

export const scan: Say = (s) => {
  const targets = targetsOf(s);
  return {
    title: `Someone looks around${targets === '' ? '' : ` on ${targets}`}`,
    sentence: `${s.who} looks around${targets === '' ? '' : ` on ${targets}`} since ${firstAt(s)}: ${listText(kindsOf(s), 3)}. Nothing was written.`,
    ifNobodyActs: 'Nothing happens to the process; it learns what it needs for a write.',
  };
};

export const arrival: Say = (s) => {
  const zone = s.desk.context.zoneOf(s.story.filter((fact) => fact.actor !== '').at(0)?.actor ?? '');
  const targets = targetsOf(s);
  const spoke = targets === '' ? '' : ` and spoke to ${targets}`;
  return {
    title: `New device: ${shortName(s.desk.context, actorOf(s.story))}`,
    sentence: `${s.who} appeared${zone === '' ? '' : ` in ${zone}`} at ${firstAt(s)}${spoke}. It wrote nothing.`,
    ifNobodyActs: 'Nothing happens to the process.',
  };
};

/** Who no longer hears whom. */
function lostText(s: Scene, sources: readonly string[], pollers: readonly string[]): string {
  if (pollers.length === 0) return `Nothing is seen any more of ${listText(sources)}`;
  if (pollers.length === 1) return `${pollers[0]} no longer polls ${listText(sources)} as usual`;
  if (sources.length === 1) return `${sources[0]} is no longer polled by ${listText(pollers)}`;
  const count = s.story.filter((fact) => fact.role === 'blind').length + s.story.more;
  return `${listText(pollers)} no longer poll ${listText(sources)} (${count} polls)`;
}

/** Views lost: who is silent, which tags nobody sees any more. The machine goes on. */
export const blind: Say = (s) => {
  const facts = s.story.filter((fact) => fact.role === 'blind');
  const named = (id: string) => shortName(s.desk.context, id);
  const sources = unique(facts.map((fact) => (fact.device === '' ? fact.tag : named(fact.device))));
  const pollers = unique(facts.filter((f) => f.actor !== '' && f.actor !== f.device).map((fact) => named(fact.actor)));
  const tags = blindTags(s);
  const sinceUs = Math.min(...facts.map((fact) => fact.finding.sinceUs));
  const lost = lostText(s, sources, pollers);
  return {
    title: sources.length > 1 ? `View of ${sources.length} sources lost` : `View of ${sources[0] ?? 'a source'} lost`,
    sentence: `${lost} since ${s.desk.time.clock(sinceUs)}. Nothing says that the machine stopped; the view is lost${tags.length === 0 ? '' : `, of ${listText(tags, 6)}`}.`,
    ifNobodyActs: 'What happens there is not seen, on the screen or here.',
  };
};

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => name !== '');
}

function blindTags(s: Scene): string[] {
  const units = new Set(s.story.filter((fact) => fact.role === 'blind').map((fact) => fact.unit));
  const named = s.story.filter((fact) => fact.role === 'blind' && fact.tag !== '').map((fact) => fact.tag);
  if (named.length > 0) return [...new Set(named)];
  return [...units].flatMap(
    (unit) =>
      s.desk.relations
        .unit(unit)
        ?.tags.filter((tag) => tag.role === 'measurement')
        .map((tag) => tag.name) ?? [],
  );
}

export const group: Say = (s) => {
  const count = s.story.facts.size + s.story.more;
  const places = [...new Set([...s.story.facts.values()].map((fact) => fact.place))].filter((place) => place !== '');
  return {
    title: `Many findings at once (${count})`,
    sentence: `${count} findings since ${firstAt(s)}${places.length === 0 ? '' : `, at ${listText(places, 5)}`}: more than ten incidents in ten minutes, so these stand together. Most likely one cause behind all.`,
    ifNobodyActs: 'What hides among them is not seen: the first and the worst stand in the list.',
  };
};
