/**
 * What changes a controller itself: program, firmware, mode, restart, files, forces, credentials, addresses. Never learned as normal:
 * said while learning too, and after it unless a person confirmed exactly this function for this client.
 */
import type { KindName } from '../../kinds.ts';
import type { Act } from '../acts.ts';
import type { NetworkDetector } from '../detector.ts';

interface Meaning {
  readonly kind: KindName;
  /** Fits "X … Y". */
  readonly words: (client: string, server: string) => string;
}

const MEANINGS: Partial<Readonly<Record<Act, Meaning>>> = {
  upload: { kind: 'program-upload', words: (client, server) => `${client} reads the program of ${server}` },
  download: { kind: 'program-download', words: (client, server) => `${client} writes a program to ${server}` },
  mode: { kind: 'mode-change', words: (client, server) => `${client} changes the mode of ${server}` },
  restart: { kind: 'restart', words: (client, server) => `${client} restarts ${server}` },
  firmware: { kind: 'firmware', words: (client, server) => `${client} transfers firmware or files to ${server}` },
  delete: { kind: 'file-delete', words: (client, server) => `${client} deletes files or programs on ${server}` },
  force: { kind: 'force', words: (client, server) => `${client} forces inputs or outputs of ${server}` },
  credential: {
    kind: 'credential-change',
    words: (client, server) => `${client} changes passwords or users on ${server}`,
  },
  'network-settings': {
    kind: 'network-settings',
    words: (client, server) => `${client} changes name or address of ${server}`,
  },
  'alarm-off': {
    kind: 'alarm-suppressed',
    words: (client, server) => `${client} switches alarms or reports of ${server} off`,
  },
  clock: { kind: 'clock-change', words: (client, server) => `${client} sets the clock of ${server}` },
};

/** Learned like any write: masters set clocks and manage subscriptions every day. */
const LEARNABLE: ReadonlySet<Act> = new Set<Act>(['clock', 'alarm-off']);

const CONFIDENCE = 0.9;

export const controllers: NetworkDetector = {
  name: 'controllers',
  finds: [
    'program-upload',
    'program-download',
    'mode-change',
    'restart',
    'firmware',
    'file-delete',
    'force',
    'credential-change',
    'network-settings',
    'alarm-suppressed',
    'clock-change',
  ],
  judge(observation, bench) {
    const { operation } = bench;
    if (operation === null || observation.kind !== 'operation') return;
    const { act, message, pair } = operation;
    const meaning = MEANINGS[act] ?? safetyMeaning(message.function.name, act);
    if (meaning === undefined) return;
    const status = pair.known?.functions.get(message.function.name)?.status;
    const learned = pair.known?.functions.has(message.function.name) === true && status !== 'rejected';
    if (LEARNABLE.has(act) && (bench.learning || learned)) return;
    const confirmed = status === 'confirmed';
    const { client, server } = observation;
    const words = meaning.words(bench.nameOf(client), bench.nameOf(server));
    const tags = operation.writes.map((write) => write.subject);
    bench.say(observation, {
      kind: meaning.kind,
      tag: tags.length === 1 ? tags[0] : '',
      unit: operation.writes[0]?.unit || undefined,
      // Steps of one download are one thing; so is its score.
      score: message.function.risk,
      confidence: CONFIDENCE,
      expected: confirmed ? 'confirmed by a person' : 'nothing without a person',
      seen: message.function.name,
      sentence: `${words} (${message.function.name}).`,
      numbers: { code: message.function.code, risk: message.function.risk },
      informative: confirmed,
      functions: [message.function.class, act, message.function.name],
    });
  },
};

/** Safety controllers have the same acts under class `safety`: the name tells which. */
function safetyMeaning(name: string, act: Act): Meaning | undefined {
  if (act !== 'safety') return undefined;
  if (/download|allocate|load/.test(name)) return MEANINGS.download;
  if (/upload/.test(name)) return MEANINGS.upload;
  if (/halt|run-|pause|mode|scan/.test(name)) return MEANINGS.mode;
  return /password/.test(name) ? MEANINGS.credential : undefined;
}
