/** What command lines may ask of the running service; see `control.ts`. */
import { durationSeconds } from '../../base/duration.ts';
import type { Store } from '../../keep/store/store.ts';
import type { Api } from '../../show/api/server.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { ControlReply, ControlRequest } from './control.ts';
import type { Engine } from './service/engine.ts';

export interface CommandParts {
  readonly engine: Engine;
  readonly pipeline: Pipeline;
  readonly api: Api;
  readonly store: Store;
}

type Command = (given: Readonly<Record<string, string>>, parts: CommandParts) => Promise<ControlReply> | ControlReply;

const COMMANDS: Readonly<Record<string, Command>> = {
  attack: async ({ name = '' }, { engine }) => {
    const outcome = await engine.startAttack(name);
    if (outcome !== undefined) return outcome;
    const known = engine.attacks().map((attack) => attack.name);
    const sentence =
      known.length === 0
        ? 'No demo plant runs here: there is nothing to attack.'
        : `There is no attack "${name}". Known: ${known.join(', ')}.`;
    return { done: false, sentence };
  },
  'work-open': ({ unit = '', host = '', who = '', what = '', span = '8 h' }, { pipeline, store }) => {
    const seconds = durationSeconds(span);
    if (seconds === undefined) return { done: false, sentence: `"${span}" is no span of time; write it like "4 h".` };
    const id = `work-${pipeline.nowUs}`;
    const untilUs = pipeline.nowUs + seconds * 1e6;
    const order = { id, unit, host, who, what, fromUs: pipeline.nowUs, untilUs };
    if (!pipeline.work.open(order))
      return { done: false, sentence: 'Too many work windows are open: close one first.' };
    pipeline.network.openWork({ ...order, functions: [] });
    store.put('work', id, pipeline.nowUs, order);
    store.appendAudit(Date.now() * 1000, { by: 'command line', action: 'work.open', subject: id, after: order });
    return {
      done: true,
      sentence: `Work window ${id} is open${unit === '' ? '' : ` on ${unit}`} for ${span}.`,
      data: order,
    };
  },
  'work-close': ({ id = '' }, { pipeline, store }) => {
    if (!pipeline.work.close(id, pipeline.nowUs)) return { done: false, sentence: `There is no work window ${id}.` };
    pipeline.network.closeWork(id);
    store.appendAudit(Date.now() * 1000, { by: 'command line', action: 'work.close', subject: id });
    return { done: true, sentence: `Work window ${id} is closed.` };
  },
  link: async ({ user = '' }, { api }) => {
    const link = await api.signInLink(user === '' ? undefined : user);
    return link === undefined
      ? { done: false, sentence: 'Somebody has a password already: name the user who needs a link.' }
      : { done: true, sentence: link };
  },
  status: async (_given, { engine }) => {
    const overview = await engine.overview();
    return { done: true, sentence: overview.headline.text, data: overview };
  },
};

export function controlHandler(parts: CommandParts): (request: ControlRequest) => Promise<ControlReply> {
  return async ({ command, arguments: given }) => {
    const act = COMMANDS[command];
    if (act === undefined) return { done: false, sentence: `The running Firedoor knows no command "${command}".` };
    return act(given, parts);
  };
}
