/** Who polls the dairy line: the HMI once a second, the historian every ten. */
import { Random } from '../../base/random.ts';
import type { TimeUs } from '../../records.ts';
import { FC } from '../../sense/protocols/modbus/names.ts';
import { u16 } from '../../sense/protocols/values.ts';
import { type Poll, Poller, readPdu } from '../client-script.ts';
import { DAIRY_ADDRESSES } from './addresses.ts';

/** Told when a controller's start number was read: proof of which simulation answers. */
export type StartNumberSeen = (controller: string, startNumber: number) => void;

function polls(controller: string, everyCycles: number, seen: StartNumberSeen): Poll[] {
  const holding: readonly (readonly [number, number])[] =
    controller === 'P1'
      ? [
          [98, 14],
          [120, 4],
          [140, 1],
          [160, 4],
        ]
      : [
          [100, 12],
          [120, 2],
        ];
  return [
    ...holding.map(([address, quantity]) => ({
      pdu: readPdu(FC.readHoldingRegisters, address, quantity),
      everyCycles,
    })),
    { pdu: readPdu(FC.readCoils, 0, 48), everyCycles },
    { pdu: readPdu(FC.readDiscreteInputs, 0, 8), everyCycles },
    {
      pdu: readPdu(FC.readInputRegisters, 0, 10),
      everyCycles: 5 * everyCycles,
      seen: (pdu) => seen(controller, u16(pdu, 20) * 0x10000 + u16(pdu, 18)),
    },
  ];
}

/** One HMI connection to a controller. */
export function hmiPoller(controller: string, seed: number, startUs: TimeUs, seen: StartNumberSeen): Poller {
  const options = { name: `hmi-${controller}`, address: DAIRY_ADDRESSES.hmi, controller, periodS: 1, startUs };
  return new Poller({ ...options, polls: polls(controller, 1, seen) }, new Random(seed));
}

/** One historian connection to a controller: measurements only. */
export function historianPoller(controller: string, seed: number, startUs: TimeUs): Poller {
  const pdu =
    controller === 'P1' ? readPdu(FC.readHoldingRegisters, 98, 14) : readPdu(FC.readHoldingRegisters, 100, 12);
  const options = {
    name: `historian-${controller}`,
    address: DAIRY_ADDRESSES.historian,
    controller,
    periodS: 10,
    startUs,
  };
  return new Poller({ ...options, polls: [{ pdu, everyCycles: 1 }] }, new Random(seed));
}
