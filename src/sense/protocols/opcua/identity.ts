/** Who the two ends are: application descriptions, endpoints, certificates, user tokens become facts (OPC 10000-4, 7.2, 7.14, 7.41). */
import { FACT_CHARACTERS_MAX } from '../../../limits.ts';
import type { Fact } from '../../../records.ts';
import type { MessageView } from '../message-view.ts';
import { commonName } from './certificate.ts';
import { POLICY_PREFIX, SECURITY_MODES, STRUCTURE, TOKEN_TYPES } from './names.ts';
import type { UaReader } from './reader.ts';

const decoder = new TextDecoder();

/** The text or bytes read last, as text, cut to the longest fact. */
export function lastText(reader: UaReader): string {
  if (reader.failed) return '';
  return decoder.decode(reader.bytes.subarray(reader.from, Math.min(reader.to, reader.from + FACT_CHARACTERS_MAX)));
}

/** Security policy URI → its name: `None`, `Basic256Sha256` …; others stay whole. */
export function policyName(uri: string): string {
  return uri.startsWith(POLICY_PREFIX) ? uri.slice(POLICY_PREFIX.length) : uri;
}

/** Says whose certificate was read last. */
export function certificateFact(view: MessageView, reader: UaReader, about: Fact['about'], kind = 'certificate'): void {
  if (!reader.failed && reader.to > reader.from) {
    view.fact(about, kind, commonName(reader.bytes, reader.from, reader.to));
  }
}

/** ApplicationDescription (7.2); said of `about`, skipped where that is undefined. */
export function readApplication(view: MessageView, reader: UaReader, about: Fact['about'] | undefined): void {
  const say = (kind: string): void => {
    if (about !== undefined) view.fact(about, kind, lastText(reader));
  };
  reader.text();
  say('application-uri');
  reader.text();
  say('product-uri');
  reader.localizedText();
  say('application-name');
  reader.take(4);
  reader.text();
  reader.text();
  for (let left = reader.count(); left > 0 && !reader.failed; left--) reader.text();
}

/** EndpointDescription[] (7.14): who the server is, and which doors it leaves open. */
export function readEndpoints(view: MessageView, reader: UaReader): void {
  const doors = new Set<string>();
  const tokens = new Set<string>();
  const endpoints = reader.count();
  for (let k = 0; k < endpoints && !reader.failed; k++) {
    reader.text();
    if (k === 0) view.fact('server', 'endpoint', lastText(reader));
    readApplication(view, reader, k === 0 ? 'server' : undefined);
    reader.text();
    if (k === 0) certificateFact(view, reader, 'server');
    const mode = reader.u32();
    reader.text();
    const policy = policyName(lastText(reader));
    for (let left = reader.count(); left > 0 && !reader.failed; left--) {
      reader.text();
      const type = reader.u32();
      for (let skip = 0; skip < 3; skip++) reader.text();
      tokens.add(TOKEN_TYPES[type] ?? `type ${type}`);
    }
    reader.text();
    reader.take(1);
    if (!reader.failed) doors.add(`${policy}/${SECURITY_MODES[mode] ?? mode}`);
  }
  view.fact('server', 'security-offered', [...doors].sort().join(', ').slice(0, FACT_CHARACTERS_MAX));
  view.fact('server', 'user-tokens-offered', [...tokens].sort().join(', ').slice(0, FACT_CHARACTERS_MAX));
}

/** UserIdentityToken (7.41): who logs in. A password is passed over; `clear` says that the channel does not hide it. */
export function readUserToken(view: MessageView, reader: UaReader, clear: boolean): void {
  const kind = reader.extension();
  const { at, end } = reader;
  if (reader.failed || reader.to === reader.from) return;
  // The body is read with the same cursor and left where the extension ended.
  reader.at = reader.from;
  reader.end = reader.to;
  reader.text(); // policy id
  if (kind === STRUCTURE.anonymousToken) view.fact('client', 'user', 'anonymous');
  else if (kind === STRUCTURE.userNameToken) {
    reader.text();
    view.fact('client', 'user', lastText(reader));
    reader.text();
    const hasPassword = reader.to > reader.from;
    reader.text(); // encryption algorithm; empty: the password stands as it is
    if (clear && hasPassword && reader.to === reader.from && !reader.failed) {
      view.fact('client', 'credential-cleartext', 'password ********');
    }
  } else if (kind === STRUCTURE.x509Token) {
    reader.text();
    certificateFact(view, reader, 'client', 'user');
  } else if (kind === STRUCTURE.issuedToken) view.fact('client', 'user', 'issued token');
  reader.at = at;
  reader.end = end;
}
