/** What happens when something of Firedoor or around it fails: the table of `docs/enforce.md`, as data. */

export interface FailureRow {
  readonly failure: string;
  /** How it is noticed. */
  readonly noticedBy: string;
  readonly failOpen: string;
  readonly failClosed: string;
  /** Counter or message that shows it. */
  readonly counter: string;
  /** Until the HMI polls again on a fail-open conduit. [s] */
  readonly pollsAgainS: number;
}

export const FAILURES: readonly FailureRow[] = [
  row(
    'enforcer crashes',
    'exit of the process',
    'plain relay on the same port, or redirect removed',
    'port closed',
    'supervisor: relaying',
    1,
  ),
  row(
    'enforcer hangs',
    'no word for 0.5 s',
    'redirect removed, killed, then as a crash',
    'killed, port closed',
    'supervisor: relaying',
    1,
  ),
  row(
    'enforcer out of memory',
    'exit of the process (heap cap 256 MB)',
    'as a crash',
    'port closed',
    'supervisor: relaying',
    1,
  ),
  row(
    'enforcer cannot start again',
    'several exits in a row',
    'relay stays; next try after up to 30 s',
    'port closed',
    'supervisor: relaying',
    0,
  ),
  row(
    'disk full',
    'write of the ledger fails',
    'decisions go on; records wait in memory',
    'the same',
    'ledger.trouble, ledger.waiting, ledger.lost',
    0,
  ),
  row(
    'engine or store down',
    'channel closed',
    'decisions go on by the last policy; ledger on disk',
    'the same',
    'frames dropped',
    0,
  ),
  row(
    'message not understood',
    'framing',
    'passes in observe to guard (known stations); ends the connection in enforce',
    'ends the connection',
    'conduit.disconnected, ledger: undecoded',
    1,
  ),
  row(
    'decision throws',
    'exception',
    'message passes',
    'message refused',
    'conduit.decisionErrors, ledger: decision-failed',
    0,
  ),
  row(
    'message larger than the cap',
    'carry over its bound',
    'as not understood',
    'ends the connection',
    'conduit.disconnected',
    1,
  ),
  row(
    'clock jumps',
    'values seem too old',
    'conditions on values are not evaluated; the rest is judged',
    'the same',
    'decisions.notEvaluated',
    0,
  ),
  row(
    'queue to the engine over its limit',
    'counter',
    'frames for the engine dropped; traffic unaffected',
    'the same',
    'health.dropped',
    0,
  ),
  row(
    'connection table of the kernel full',
    'new connections fail',
    'standing connections go on',
    'the same',
    'conduit.deviceRefusals',
    0,
  ),
  row(
    'link to the device down',
    'connect fails or is reset',
    'client is reset, tries again',
    'the same',
    'conduit.deviceRefusals',
    0,
  ),
  row(
    'power lost, machine off',
    '-',
    'by address or router: no way; bump with a bypass switch: straight',
    'no way',
    '-',
    0,
  ),
  row(
    'machine boots',
    'start of the service',
    'doors come up with the kept policy and modes',
    'the same',
    'ledger: start',
    0,
  ),
  row(
    'device has no connection left',
    'connect refused',
    'client is reset, tries again',
    'the same',
    'conduit.deviceRefusals',
    0,
  ),
  row(
    'too many connections to one listener',
    'counter',
    'further ones refused',
    'the same',
    'conduit.connectionsRefused',
    0,
  ),
];

function row(
  failure: string,
  noticedBy: string,
  failOpen: string,
  failClosed: string,
  counter: string,
  pollsAgainS: number,
): FailureRow {
  return { failure, noticedBy, failOpen, failClosed, counter, pollsAgainS };
}
