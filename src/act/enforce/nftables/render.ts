/**
 * Rule sets for nftables as text: pure functions, checked and applied elsewhere as one batch. Every set begins by making and deleting
 * its own table, so that applying it twice, or after a crash, gives the same result; nobody else's table is touched.
 */

/** The table of the doors, and that of island mode, which is apart so that each comes and goes alone. */
export const DOORS_TABLE = 'firedoor';
export const ISLAND_TABLE = 'firedoor_island';
/** Map from the local port a conduit binds to the client it speaks for. */
export const CLIENTS_MAP = 'clients';

/** A device behind a listener on this machine. */
export interface RedirectedDoor {
  /** IPv4 address and TCP port of the device. */
  readonly device: string;
  readonly port: number;
  /** Port on this machine where the conduit listens. */
  readonly listenPort: number;
  /** Prefixes whose connections are brought to the listener; empty: all that come in. */
  readonly from: readonly string[];
  /** Interface the clients come in at; empty: any. */
  readonly interfaceName: string;
}

export interface RedirectSet {
  readonly doors: readonly RedirectedDoor[];
  /** The device is to see the client's own address. */
  readonly keepsClientAddress: boolean;
}

/** Connections to the devices brought to the listeners, and out again under the client's address. */
export function renderRedirect({ doors, keepsClientAddress }: RedirectSet): string {
  const redirects = doors.map((door) => `    ${redirectRule(door)}`);
  const sources = doors.map(
    ({ device, port }) => `    ip daddr ${device} tcp dport ${port} snat to tcp sport map @${CLIENTS_MAP}`,
  );
  const lines = [
    ...anew('ip', DOORS_TABLE),
    `table ip ${DOORS_TABLE} {`,
    ...(keepsClientAddress ? [`  map ${CLIENTS_MAP} {`, '    type inet_service : ipv4_addr', '  }'] : []),
    '  chain to_doors {',
    '    type nat hook prerouting priority dstnat; policy accept;',
    ...redirects,
    '  }',
    ...(keepsClientAddress
      ? ['  chain as_clients {', '    type nat hook postrouting priority srcnat; policy accept;', ...sources, '  }']
      : []),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

/** One command for a kept `nft -i`: connections from `localPort` go out under `client`. */
export function renderClient(localPort: number, client: string): string {
  return `add element ip ${DOORS_TABLE} ${CLIENTS_MAP} { ${localPort} : ${client} }\n`;
}

export function renderClientEnd(localPort: number, client: string): string {
  return `delete element ip ${DOORS_TABLE} ${CLIENTS_MAP} { ${localPort} : ${client} }\n`;
}

/** Traffic allowed between two zones on layer 3 and 4. */
export interface ZonePairRule {
  /** Name of the conduit, as a comment. */
  readonly conduit: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** Empty: any port. */
  readonly tcpPorts: readonly number[];
  readonly udpPorts: readonly number[];
}

/** Allow-lists per zone pair, also to carry to another firewall. What is between two listed zones and not allowed is dropped, counted. */
export function renderAllowLists(table: string, rules: readonly ZonePairRule[]): string {
  const inside = [...new Set(rules.flatMap(({ to }) => to))].sort();
  const lines = [
    ...anew('inet', table),
    `table inet ${table} {`,
    '  chain forward {',
    '    type filter hook forward priority filter; policy accept;',
    '    ct state established,related accept',
    ...rules.flatMap(zonePairLines),
    ...(inside.length === 0 ? [] : [`    ip daddr ${setOf(inside)} counter drop comment "otherwise"`]),
    '  }',
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

/** Island mode: nothing passes between the outside and the inside, connections that stand included. */
export function renderIsland(outside: readonly string[], inside: readonly string[]): string {
  const both = outside.length > 0 && inside.length > 0;
  const rules = both
    ? [
        `    ip saddr ${setOf(outside)} ip daddr ${setOf(inside)} counter drop comment "in"`,
        `    ip saddr ${setOf(inside)} ip daddr ${setOf(outside)} counter drop comment "out"`,
      ]
    : [];
  const lines = [
    ...anew('inet', ISLAND_TABLE),
    `table inet ${ISLAND_TABLE} {`,
    '  chain forward {',
    '    type filter hook forward priority -10; policy accept;',
    ...rules,
    '  }',
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

/** Takes a table away, whether or not it is there. */
export function renderRemoval(family: 'ip' | 'inet', table: string): string {
  return `${anew(family, table).join('\n')}\n`;
}

/** Two interfaces inside one flat subnet. */
export interface Bump {
  readonly clientSide: string;
  readonly deviceSide: string;
  /** The subnet that both sides believe to share, and an address in it that is this machine's own. */
  readonly subnet: string;
  readonly ownAddress: string;
  readonly devices: readonly string[];
}

/** Commands that make a bump in the wire: proxy ARP, the subnet on the clients' side, a host route to each device on the other. */
export function renderBump({ clientSide, deviceSide, subnet, ownAddress, devices }: Bump): string {
  const lines = [
    'sysctl -w net.ipv4.ip_forward=1',
    ...[clientSide, deviceSide].flatMap((name) => [
      `sysctl -w net.ipv4.conf.${name}.proxy_arp=1`,
      // Else the first answer waits up to 0.8 s.
      `sysctl -w net.ipv4.neigh.${name}.proxy_delay=0`,
      // The answer of a device to its client comes in at the other interface than the client's address suggests.
      `sysctl -w net.ipv4.conf.${name}.rp_filter=0`,
      // A redirected connection goes to the address of the interface it came in at.
      `ip addr replace ${ownAddress}/32 dev ${name}`,
    ]),
    `ip route replace ${subnet} dev ${clientSide}`,
    ...devices.map((device) => `ip route replace ${device}/32 dev ${deviceSide}`),
  ];
  return `${lines.join('\n')}\n`;
}

function redirectRule({ device, port, listenPort, from, interfaceName }: RedirectedDoor): string {
  const via = interfaceName === '' ? '' : `iifname "${interfaceName}" `;
  const source = from.length === 0 ? '' : `ip saddr ${setOf(from)} `;
  return `${via}${source}ip daddr ${device} tcp dport ${port} redirect to :${listenPort}`;
}

function zonePairLines({ conduit, from, to, tcpPorts, udpPorts }: ZonePairRule): string[] {
  const ends = `ip saddr ${setOf(from)} ip daddr ${setOf(to)}`;
  const comment = `comment "${conduit}"`;
  if (tcpPorts.length === 0 && udpPorts.length === 0) return [`    ${ends} counter accept ${comment}`];
  const lines: string[] = [];
  if (tcpPorts.length > 0) lines.push(`    ${ends} tcp dport ${setOf(tcpPorts.map(String))} counter accept ${comment}`);
  if (udpPorts.length > 0) lines.push(`    ${ends} udp dport ${setOf(udpPorts.map(String))} counter accept ${comment}`);
  return lines;
}

function setOf(values: readonly string[]): string {
  return values.length === 1 ? values[0]! : `{ ${values.join(', ')} }`;
}

/** Makes sure the table is there, then that it is not: no error in either case. */
function anew(family: 'ip' | 'inet', table: string): string[] {
  return [`table ${family} ${table}`, `delete table ${family} ${table}`];
}
