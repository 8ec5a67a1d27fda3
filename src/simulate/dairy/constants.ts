/** Numbers of the dairy line: what the machines are made of. Temperatures in °C, volumes in litres, time in seconds. */

/** Milk: density [kg/l], heat capacity [kJ/(kg·K)]. */
export const MILK = { kgPerLitre: 1.03, kjPerKgK: 3.9 } as const;
/** Heater of the pasteuriser. `milkKg` is the milk inside, `elementLagS` the inertia of the steam side, `lossKwPerK` what leaks to the room. */
export const HEATER = { powerKw: 150, milkKg: 28, elementLagS: 10, lossKwPerK: 0.012 } as const;
/** Holding tube: 25 s at 6 m³/h and 0.4 K lost on the way from 75 °C to a room of 20 °C. */
export const TUBE = { litres: (6000 / 3600) * 25, cellLitres: 0.1, lossPerS: 0.4 / (25 * 55) } as const;
/** Milk must reach this and stay for `holdS`; less is under-pasteurised (the plant's own definition, ground truth). */
export const PASTEURISED = { minCel: 72, holdS: 15 } as const;
export const RAW_TANK = { litres: 12_000, inflowLitresPerS: 14_000 / 3600 } as const;
export const BUFFER = { litres: 1_200 } as const;
/** The independent thermostat of the heater (normally closed) opens at `tripCel` and closes below `resetCel`. */
export const THERMOSTAT = { tripCel: 92, resetCel: 85 } as const;
export const ROOM_CEL = 20;
/** Step of the physics [s]; scans and polls lie on multiples or between. */
export const STEP_S = 0.1;
export const DAY_S = 86_400;
