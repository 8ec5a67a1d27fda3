/** Who may import whom: the rooms of ARCHITECTURE.md. Everything may use base, records and limits. */
const COMMON = '^src/(base/|records\\.ts$|limits\\.ts$)';
const TESTS = '(\\.test\\.ts$|/fixtures/|^test/|^bench/|^scripts/)';

/** `from` may reach `to` inside src, besides the common ground and itself. */
const room = (name, from, to) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: TESTS },
  to: { path: '^src/', pathNot: [COMMON, from, ...to] },
});

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: { pathNot: TESTS },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    room('base', '^src/base/', []),
    room('capture', '^src/sense/capture/', []),
    room('net', '^src/sense/net/', []),
    {
      name: 'one-protocol-never-another',
      severity: 'error',
      from: { path: '^src/sense/protocols/([^/]+)/', pathNot: TESTS },
      to: {
        path: '^src/',
        pathNot: [
          COMMON,
          '^src/sense/protocols/$1/',
          '^src/sense/protocols/[^/]+\\.ts$',
          '^src/sense/protocols/(tpkt|asn1)/',
        ],
      },
    },
    room('protocols', '^src/sense/protocols/', []),
    room('telemetry', '^src/sense/telemetry/', ['^src/sense/protocols/']),
    room('plant', '^src/understand/plant/', []),
    room('observe', '^src/understand/observe/', ['^src/sense/net/', '^src/sense/protocols/', '^src/understand/plant/']),
    room('detect', '^src/understand/detect/', ['^src/understand/plant/']),
    room('incidents', '^src/understand/incidents/', ['^src/understand/plant/', '^src/understand/detect/kinds\\.ts$']),
    room('policy', '^src/act/enforce/policy/', ['^src/understand/plant/', '^src/sense/protocols/']),
    room('conduit', '^src/act/enforce/conduit/', [
      '^src/sense/(protocols|net)/',
      '^src/sense/capture/tcp-frames\\.ts$',
      '^src/act/enforce/(policy|safety)/',
    ]),
    room('nftables', '^src/act/enforce/nftables/', ['^src/understand/plant/']),
    room('notify', '^src/act/notify/', []),
    room('store', '^src/keep/store/', []),
    room('bus', '^src/keep/bus/', []),
    room('api', '^src/show/api/', ['^src/jobs/', '^src/keep/']),
    room('web', '^src/show/web/', ['^src/show/api/types\\.ts$']),
    room('simulate', '^src/simulate/', ['^src/sense/(capture|net|protocols)/']),
    room('jobs', '^src/jobs/', ['^src/(sense|understand|act|keep|simulate|show/api)/']),
    {
      name: 'pure-middle',
      comment: 'No I/O and no clock in the middle: records in, records out.',
      severity: 'error',
      from: {
        path: '^src/(sense/(net|protocols)|understand|act/enforce/policy)/',
        pathNot: [TESTS, '^src/understand/plant/load'],
      },
      to: { path: '^(node:)?(fs|net|http|https|dgram|child_process|timers|worker_threads|os)(/|$)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
    },
  },
};
