/**
 * What is risky in a capture, without any baseline: acts that change controllers, stop them, force points or touch safety; functions
 * their protocol does not know; credentials in clear text. One finding a conversation and function, with its count.
 */
import type { FunctionInfo } from '../records.ts';
import { KINDS, type KindName } from '../understand/detect/kinds.ts';
import { type Act, actOf } from '../understand/detect/network/acts.ts';
import type { ConversationState, UseState } from '../understand/observe/conversations.ts';
import type { Observer } from '../understand/observe/observer.ts';

export interface InspectFinding {
  /** Kind of the one table of kinds. */
  readonly kind: KindName;
  /** 1 (worth knowing) to 4 (can stop, reprogram, touch safety). */
  readonly risk: number;
  readonly sentence: string;
  readonly client: string;
  readonly server: string;
  readonly protocol: string;
  readonly function: string;
  readonly count: number;
  /** Of these, refused by the device. */
  readonly refused: number;
  readonly techniques: readonly string[];
}

const KIND_OF_ACT: Partial<Readonly<Record<Act, KindName>>> = {
  upload: 'program-upload',
  download: 'program-download',
  firmware: 'firmware',
  mode: 'mode-change',
  restart: 'restart',
  force: 'force',
  safety: 'safety-touched',
  delete: 'file-delete',
  credential: 'credential-change',
  'network-settings': 'network-settings',
  'alarm-off': 'alarm-suppressed',
  clock: 'clock-change',
  unknown: 'malformed',
};
/** Facts that are secrets in clear text. */
const CREDENTIAL_FACTS: ReadonlySet<string> = new Set([
  'password',
  'community',
  'credential',
  'credential-cleartext',
  'secret',
]);
/** Findings listed; a capture full of nonsense must not bury the rest. */
const FINDINGS_MAX = 1_000;

/** Risky findings of everything the observer saw, the gravest first. */
export function riskyFindings(observer: Observer): InspectFinding[] {
  const findings: InspectFinding[] = [];
  for (const conversation of observer.conversationTable.list) {
    for (const use of conversation.uses.values()) {
      // The answer says nothing that the request did not; events are acts of their own.
      if (use.direction === 1 && use.key !== -1 && asked(conversation, use)) continue;
      const finding = findingOf(conversation, use);
      if (finding !== null && findings.length < FINDINGS_MAX) findings.push(finding);
    }
  }
  findings.push(...credentials(observer).slice(0, FINDINGS_MAX));
  return findings.sort((a, b) => b.risk - a.risk || b.count - a.count);
}

/** True where the request of an answered function was seen too. */
function asked(conversation: ConversationState, use: UseState): boolean {
  return conversation.uses.has(use.key - 1);
}

function findingOf(conversation: ConversationState, use: UseState): InspectFinding | null {
  const { info, count } = use;
  const kind = KIND_OF_ACT[actOf(info)];
  if (kind === undefined) return null;
  const refused = use.direction === 1 ? use.exceptions : (conversation.uses.get(use.key + 1)?.exceptions ?? 0);
  const { clientId: client, serverId: server, protocolName: protocol } = conversation;
  return {
    kind,
    risk: Math.max(1, info.risk),
    sentence: sentenceFor(kind, info, client, server, protocol, count, refused),
    client,
    server,
    protocol,
    function: info.name,
    count,
    refused,
    techniques: info.techniques.length > 0 ? info.techniques : KINDS[kind].techniques,
  };
}

function sentenceFor(
  kind: KindName,
  info: FunctionInfo,
  client: string,
  server: string,
  protocol: string,
  count: number,
  refused: number,
): string {
  const times = count === 1 ? 'once' : `${count} times`;
  const outcome = refused === 0 ? '' : refused >= count ? '; refused every time' : `; refused ${refused} times`;
  const what = kind === 'malformed' ? 'a function its protocol does not know' : KINDS[kind].title;
  return `${client} → ${server} (${protocol}): ${info.name}, ${times}${outcome}: ${what}.`;
}

function credentials(observer: Observer): InspectFinding[] {
  const findings: InspectFinding[] = [];
  for (const entry of observer.assetTable.entries) {
    for (const facts of [entry.facts, ...[...entry.units.values()].map((unit) => unit.facts)]) {
      for (const kind of facts.keys()) {
        if (!CREDENTIAL_FACTS.has(kind)) continue;
        findings.push({
          kind: 'default-credential',
          risk: 3,
          // The secret itself is not repeated: reports travel.
          sentence: `${entry.id}: a ${kind === 'credential-cleartext' ? 'password' : kind} travels in clear text.`,
          client: '',
          server: entry.id,
          protocol: [...entry.protocols][0] ?? '',
          function: '',
          count: 1,
          refused: 0,
          techniques: KINDS['default-credential'].techniques,
        });
      }
    }
  }
  return findings;
}
