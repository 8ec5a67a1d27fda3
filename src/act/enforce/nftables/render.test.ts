import { expect, test } from 'vitest';
import { renderAllowLists, renderBump, renderClient, renderIsland, renderRedirect, renderRemoval } from './index.ts';

test("redirect of two devices with the client's own address kept", () => {
  const doors = [
    { device: '10.20.1.11', port: 502, listenPort: 1502, from: ['10.20.2.0/24'], interfaceName: 'lan0' },
    { device: '10.20.1.12', port: 102, listenPort: 1102, from: [], interfaceName: '' },
  ];
  expect(renderRedirect({ doors, keepsClientAddress: true })).toBe(`table ip firedoor
delete table ip firedoor
table ip firedoor {
  map clients {
    type inet_service : ipv4_addr
  }
  chain to_doors {
    type nat hook prerouting priority dstnat; policy accept;
    iifname "lan0" ip saddr 10.20.2.0/24 ip daddr 10.20.1.11 tcp dport 502 redirect to :1502
    ip daddr 10.20.1.12 tcp dport 102 redirect to :1102
  }
  chain as_clients {
    type nat hook postrouting priority srcnat; policy accept;
    ip daddr 10.20.1.11 tcp dport 502 snat to tcp sport map @clients
    ip daddr 10.20.1.12 tcp dport 102 snat to tcp sport map @clients
  }
}
`);
  expect(renderRedirect({ doors, keepsClientAddress: false })).not.toContain('clients');
  expect(renderClient(20_001, '10.20.2.5')).toBe('add element ip firedoor clients { 20001 : 10.20.2.5 }\n');
  expect(renderRemoval('ip', 'firedoor')).toBe('table ip firedoor\ndelete table ip firedoor\n');
});

test('allow-lists per zone pair, all else into the inside dropped and counted', () => {
  const rule = {
    conduit: 'operations-to-cell-1',
    from: ['10.20.2.0/24'],
    to: ['10.20.1.0/24'],
    tcpPorts: [102, 502],
    udpPorts: [],
  };
  const any = {
    conduit: 'any',
    from: ['10.20.3.0/24', '10.20.4.0/24'],
    to: ['10.20.1.0/24'],
    tcpPorts: [],
    udpPorts: [],
  };
  expect(renderAllowLists('firedoor_zones', [rule, any])).toBe(`table inet firedoor_zones
delete table inet firedoor_zones
table inet firedoor_zones {
  chain forward {
    type filter hook forward priority filter; policy accept;
    ct state established,related accept
    ip saddr 10.20.2.0/24 ip daddr 10.20.1.0/24 tcp dport { 102, 502 } counter accept comment "operations-to-cell-1"
    ip saddr { 10.20.3.0/24, 10.20.4.0/24 } ip daddr 10.20.1.0/24 counter accept comment "any"
    ip daddr 10.20.1.0/24 counter drop comment "otherwise"
  }
}
`);
});

test('island: both ways, standing connections too; a site without outside gets no rule', () => {
  const text = renderIsland(['10.20.8.0/22'], ['10.20.1.0/24', '10.20.2.0/24']);
  expect(text).toContain('ip saddr 10.20.8.0/22 ip daddr { 10.20.1.0/24, 10.20.2.0/24 } counter drop comment "in"');
  expect(text).toContain('ip saddr { 10.20.1.0/24, 10.20.2.0/24 } ip daddr 10.20.8.0/22 counter drop comment "out"');
  expect(text).not.toContain('established');
  expect(renderIsland([], ['10.20.1.0/24'])).not.toContain('drop');
});

test('bump in the wire: proxy ARP on both sides, a host route to each device', () => {
  const bump = { clientSide: 'lan0', deviceSide: 'lan1', subnet: '10.20.1.0/24', ownAddress: '10.20.1.254' };
  expect(renderBump({ ...bump, devices: ['10.20.1.11'] }).split('\n')).toEqual([
    'sysctl -w net.ipv4.ip_forward=1',
    'sysctl -w net.ipv4.conf.lan0.proxy_arp=1',
    'sysctl -w net.ipv4.neigh.lan0.proxy_delay=0',
    'sysctl -w net.ipv4.conf.lan0.rp_filter=0',
    'ip addr replace 10.20.1.254/32 dev lan0',
    'sysctl -w net.ipv4.conf.lan1.proxy_arp=1',
    'sysctl -w net.ipv4.neigh.lan1.proxy_delay=0',
    'sysctl -w net.ipv4.conf.lan1.rp_filter=0',
    'ip addr replace 10.20.1.254/32 dev lan1',
    'ip route replace 10.20.1.0/24 dev lan0',
    'ip route replace 10.20.1.11/32 dev lan1',
    '',
  ]);
});
