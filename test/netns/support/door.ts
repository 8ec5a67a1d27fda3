/** A conduit on a router, in its own process: `door.ts DEVICE CLIENTS_INTERFACE`; writes are refused. Prints `ready`. */

import { Conduit } from '../../../src/act/enforce/conduit/index.ts';
import { refusalOf } from '../../../src/act/enforce/conduit/refusals.ts';
import { renderRedirect } from '../../../src/act/enforce/nftables/index.ts';
import { applyRules, ClientPorts } from '../../../src/act/enforce/placement/nft.ts';
import { RunningClock } from '../../../src/base/clock.ts';
import { modbus } from '../../../src/sense/protocols/modbus/index.ts';

const [device = '', interfaceName = ''] = process.argv.slice(2);
const conduit = new Conduit({
  ...{
    name: 'door',
    listen: { host: '0.0.0.0', port: 1502 },
    device: { host: device, port: 502 },
    clock: new RunningClock(1),
  },
  ...{ protocols: [modbus], sourcePorts: new ClientPorts() },
  decide: (view) => (view.fromClient && view.functionCode >= 5 ? refusalOf(view) : { forward: true }),
});
await conduit.listen();
const doors = [{ device, port: 502, listenPort: 1502, from: [], interfaceName }];
await applyRules(renderRedirect({ doors, keepsClientAddress: true }));
console.log('ready');
