/** `node test/fakes/serve.ts [--port N]`: the API with the fake dairy and the built page on loopback, for looking and browser tests. */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createApi } from '../../src/show/api/server.ts';
import { fakeEngine } from './engine-service.ts';

const { values } = parseArgs({
  options: { port: { type: 'string', default: '8080' }, quiet: { type: 'boolean', default: false } },
});
const api = await createApi({
  service: fakeEngine({ incident: !values.quiet }),
  accountsFile: ':memory:',
  webRoot: fileURLToPath(new URL('../../dist/web', import.meta.url)),
  onProblem: (what, cause) => console.error(what, cause),
});
await api.listen('127.0.0.1', Number(values.port));
console.log(await api.signInLink());
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void api.close());
