/** The capture programs: how each is called, what it says on its error output, and what a person can do about it. */
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ERROR_CODES, FiredoorError } from '../../base/errors.ts';

export interface CaptureProgram {
  readonly name: 'tcpdump' | 'dumpcap';
  readonly path: string;
}

export interface CaptureRequest {
  readonly interface: string;
  /** Capture filter (pcap-filter(7)); empty for all. */
  readonly filter: string;
  /** Kernel buffer. [MiB] */
  readonly bufferMiB: number;
  /** Hand over every packet as it comes out of the kernel, see `argumentsFor`. */
  readonly prompt: boolean;
}

/** Folders looked into besides PATH: capture programs often stand where only root looks. */
const FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/usr/local/sbin', '/usr/local/bin'];
/** Users a capture program started by root becomes after it has opened the interface, the first that exists. */
const LESSER_USERS = ['tcpdump', 'nobody'];

/** tcpdump, or else dumpcap. Throws MISSING_REQUIREMENT where neither is there. */
export function findCaptureProgram(path: string = process.env['PATH'] ?? ''): CaptureProgram {
  const folders = [...path.split(delimiter).filter((folder) => folder !== ''), ...FOLDERS];
  for (const name of ['tcpdump', 'dumpcap'] as const) {
    const found = folders.map((folder) => join(folder, name)).find(isExecutable);
    if (found !== undefined) return { name, path: found };
  }
  const sentence = 'Live capture needs tcpdump or dumpcap, and neither is installed: apt install tcpdump.';
  throw new FiredoorError(ERROR_CODES.MISSING_REQUIREMENT, sentence);
}

/**
 * Arguments for a capture to standard output as classic pcap. tcpdump fills a buffer of 4 KiB before it writes, which on a quiet
 * cell takes minutes; `-U` writes with each block the kernel hands over, at the latest a second after the packet (measured on a
 * loaded 2-core machine: 0.5 s median at 10 packets/s, 17 ms at 20,000/s, nothing dropped). `--immediate-mode` would take each packet out of the
 * kernel alone and dropped two thirds at 20,000/s; SIGUSR2, meant for flushing, broke the stream. dumpcap flushes by itself.
 */
export function argumentsFor(program: CaptureProgram, request: CaptureRequest): string[] {
  const { interface: name, filter, bufferMiB, prompt } = request;
  if (program.name === 'dumpcap') {
    return ['-i', name, '-P', '-w', '-', '-q', '-B', String(bufferMiB), ...(filter === '' ? [] : ['-f', filter])];
  }
  const user = process.getuid?.() === 0 ? lesserUser() : undefined;
  return [
    ...['-i', name, '-n', '-w', '-', '-B', String(bufferMiB * 1024)],
    ...(prompt ? ['-U'] : []),
    ...(user === undefined ? [] : ['-Z', user]),
    ...(filter === '' ? [] : [filter]),
  ];
}

/** True where the program says that it has begun. */
export function saysStarted(text: string): boolean {
  // dumpcap says "Capturing on" before it tries, and names its file once it has succeeded.
  return /listening on|^File: /m.test(text);
}

export interface DropCounts {
  readonly kernel: number;
  readonly interface: number;
}

/** The latest counts in what a program wrote; undefined where there are none. Both count from the start of the program. */
export function dropsIn(text: string): DropCounts | undefined {
  // tcpdump, on SIGUSR1 and at its end: "12 packets dropped by kernel", and where there are any "3 packets dropped by interface".
  const kernel = [...text.matchAll(/(\d+) packets? dropped by kernel(?:\D+(\d+) packets? dropped by interface)?/g)].at(
    -1,
  );
  if (kernel !== undefined) return { kernel: Number(kernel[1]), interface: Number(kernel[2] ?? 0) };
  // dumpcap, at its end: "Packets received/dropped on interface 'lo': 40/2 (pcap:1/dumpcap:0/flushed:0/ps_ifdrop:1) (95.2%)".
  const dumpcap = /received\/dropped on interface .*: \d+\/(\d+) \(.*ps_ifdrop:(\d+)\)/.exec(text);
  if (dumpcap === null) return undefined;
  const atInterface = Number(dumpcap[2]);
  return { kernel: Number(dumpcap[1]) - atInterface, interface: atInterface };
}

/** Why a program ended, for a person. */
export function captureError(program: CaptureProgram, name: string, text: string): FiredoorError {
  if (/permission|not permitted|privileg/i.test(text)) {
    const fix =
      program.name === 'tcpdump'
        ? `run as root, or allow the program: setcap cap_net_raw,cap_net_admin=eip ${program.path}`
        : 'run as root, or join the group wireshark (dpkg-reconfigure wireshark-common, then adduser USER wireshark)';
    return new FiredoorError(ERROR_CODES.MISSING_REQUIREMENT, `This user may not capture on ${name}: ${fix}.`);
  }
  if (/no such device|no device named|doesn't exist|does not exist|no interface/i.test(text)) {
    const sentence = `There is no interface ${name} to capture on. There are: ${interfaces().join(', ') || 'none'}.`;
    return new FiredoorError(ERROR_CODES.BAD_USAGE, sentence);
  }
  if (/not up|is down|went down/i.test(text)) {
    return new FiredoorError(ERROR_CODES.FAILED, `The interface ${name} is down: ip link set ${name} up.`);
  }
  if (/syntax error|parse filter|invalid capture filter/i.test(text)) {
    return new FiredoorError(ERROR_CODES.BAD_USAGE, `The capture filter is not understood: ${lastLine(text)}.`);
  }
  const said = lastLine(text);
  return new FiredoorError(ERROR_CODES.FAILED, `${program.name} ended on ${name}${said === '' ? '' : `: ${said}`}.`);
}

/** Interfaces of this machine, also those that are down; empty where the system does not say. */
export function interfaces(): string[] {
  try {
    return readdirSync('/sys/class/net').sort();
  } catch {
    return [];
  }
}

function lastLine(text: string): string {
  return (text.trim().split('\n').at(-1) ?? '').replace(/[.\s]+$/, '');
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function lesserUser(): string | undefined {
  let users = '';
  try {
    users = readFileSync('/etc/passwd', 'utf8');
  } catch {
    return undefined;
  }
  return LESSER_USERS.find((user) => users.split('\n').some((line) => line.startsWith(`${user}:`)));
}
