/** Collectors by key of `truth.ot`; one line each. */
import { collectBacnet } from './bacnet.ts';
import { collectCip } from './cip.ts';
import type { FactCollector } from './collector.ts';
import { collectDnp3 } from './dnp3.ts';
import { collectFins } from './fins.ts';
import { collectGoose } from './goose.ts';
import { collectHartIp } from './hart_ip.ts';
import { collectIec104 } from './iec104.ts';
import { collectMms } from './mms.ts';
import { collectModbus } from './modbus.ts';
import { collectMqtt } from './mqtt.ts';
import { collectOpcua } from './opcua.ts';
import { collectProfinet } from './profinet.ts';
import { collectS7comm } from './s7comm.ts';
import { collectS7plus } from './s7comm_plus.ts';
import { collectSv } from './sv.ts';

export const COLLECTORS: Readonly<Record<string, () => FactCollector>> = {
  bacnet: collectBacnet,
  enip_cip: collectCip,
  dnp3: collectDnp3,
  fins: collectFins,
  goose: collectGoose,
  hart_ip: collectHartIp,
  iec104: collectIec104,
  mms: collectMms,
  modbus: collectModbus,
  mqtt: collectMqtt,
  opcua: collectOpcua,
  profinet: collectProfinet,
  s7comm: collectS7comm,
  s7comm_plus: collectS7plus,
  sv: collectSv,
};
