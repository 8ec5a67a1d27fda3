/**
 * Unit atoms and prefixes of UCUM (The Unified Code for Units of Measure, version 2.1, tables 1 to 18), those a plant uses,
 * as factors to SI base units. Dimensions in the order metre, kilogram, second, ampere, kelvin, mole, candela.
 */

/** Exponents of metre, kilogram, second, ampere, kelvin, mole, candela. */
export type Dimensions = readonly [number, number, number, number, number, number, number];

export interface UnitAtom {
  /** SI base units per one of this. */
  readonly factor: number;
  readonly dimensions: Dimensions;
  /** Takes prefixes. */
  readonly metric: boolean;
  /** For temperatures with another zero: degrees Celsius = value × factor + offset. */
  readonly offsetCelsius?: number;
}

export const DIMENSIONLESS: Dimensions = [0, 0, 0, 0, 0, 0, 0];
const LENGTH: Dimensions = [1, 0, 0, 0, 0, 0, 0];
const MASS: Dimensions = [0, 1, 0, 0, 0, 0, 0];
const TIME: Dimensions = [0, 0, 1, 0, 0, 0, 0];
const VOLUME: Dimensions = [3, 0, 0, 0, 0, 0, 0];
const PRESSURE: Dimensions = [-1, 1, -2, 0, 0, 0, 0];
const ENERGY: Dimensions = [2, 1, -2, 0, 0, 0, 0];
const FORCE: Dimensions = [1, 1, -2, 0, 0, 0, 0];
const POWER: Dimensions = [2, 1, -3, 0, 0, 0, 0];
const KELVIN: Dimensions = [0, 0, 0, 0, 1, 0, 0];

const metric = (factor: number, dimensions: Dimensions): UnitAtom => ({ factor, dimensions, metric: true });
const plain = (factor: number, dimensions: Dimensions): UnitAtom => ({ factor, dimensions, metric: false });

export const UNIT_ATOMS: ReadonlyMap<string, UnitAtom> = new Map(
  Object.entries({
    // Base units and their kin
    m: metric(1, LENGTH),
    g: metric(1e-3, MASS),
    t: metric(1e3, MASS),
    s: metric(1, TIME),
    min: plain(60, TIME),
    h: plain(3_600, TIME),
    d: plain(86_400, TIME),
    wk: plain(604_800, TIME),
    mo: plain(2_629_800, TIME),
    a: plain(31_557_600, TIME),
    A: metric(1, [0, 0, 0, 1, 0, 0, 0]),
    K: metric(1, KELVIN),
    mol: metric(1, [0, 0, 0, 0, 0, 1, 0]),
    cd: metric(1, [0, 0, 0, 0, 0, 0, 1]),
    rad: metric(1, DIMENSIONLESS),
    deg: plain(Math.PI / 180, DIMENSIONLESS),
    // Temperatures with a zero of their own
    Cel: { ...plain(1, KELVIN), offsetCelsius: 0 },
    '[degF]': { ...plain(5 / 9, KELVIN), offsetCelsius: -160 / 9 },
    // Derived units
    Hz: metric(1, [0, 0, -1, 0, 0, 0, 0]),
    N: metric(1, FORCE),
    Pa: metric(1, PRESSURE),
    bar: metric(1e5, PRESSURE),
    atm: plain(101_325, PRESSURE),
    J: metric(1, ENERGY),
    cal: metric(4.184, ENERGY),
    W: metric(1, POWER),
    VA: metric(1, POWER),
    C: metric(1, [0, 0, 1, 1, 0, 0, 0]),
    V: metric(1, [2, 1, -3, -1, 0, 0, 0]),
    F: metric(1, [-2, -1, 4, 2, 0, 0, 0]),
    Ohm: metric(1, [2, 1, -3, -2, 0, 0, 0]),
    S: metric(1, [-2, -1, 3, 2, 0, 0, 0]),
    Wb: metric(1, [2, 1, -2, -1, 0, 0, 0]),
    T: metric(1, [0, 1, -2, -1, 0, 0, 0]),
    H: metric(1, [2, 1, -2, -2, 0, 0, 0]),
    lm: metric(1, [0, 0, 0, 0, 0, 0, 1]),
    lx: metric(1, [-2, 0, 0, 0, 0, 0, 1]),
    L: metric(1e-3, VOLUME),
    l: metric(1e-3, VOLUME),
    P: metric(0.1, [-1, 1, -1, 0, 0, 0, 0]),
    St: metric(1e-4, [2, 0, -1, 0, 0, 0, 0]),
    ar: metric(100, [2, 0, 0, 0, 0, 0, 0]),
    eq: metric(1, [0, 0, 0, 0, 0, 1, 0]),
    // Counts. Here % counts 0 to 100 (UCUM: 10*-2), as plant tags and gains per % do.
    '1': plain(1, DIMENSIONLESS),
    '%': plain(1, DIMENSIONLESS),
    '[ppm]': plain(1e-4, DIMENSIONLESS),
    '[ppb]': plain(1e-7, DIMENSIONLESS),
    '[pH]': plain(1, DIMENSIONLESS),
    // Customary units
    '[in_i]': plain(0.0254, LENGTH),
    '[ft_i]': plain(0.3048, LENGTH),
    '[lb_av]': plain(0.453_592_37, MASS),
    '[psi]': plain(6_894.757_293_168, PRESSURE),
    'm[H2O]': plain(9_806.65, PRESSURE),
    '[gal_us]': plain(3.785_411_784e-3, VOLUME),
    '[HP]': plain(745.699_871_582_27, POWER),
    '[Btu]': plain(1_055.055_852_62, ENERGY),
  } satisfies Record<string, UnitAtom>),
);

export const UNIT_PREFIXES: readonly (readonly [string, number])[] = [
  ['da', 10],
  ['k', 1e3],
  ['m', 1e-3],
  ['c', 1e-2],
  ['d', 0.1],
  ['h', 100],
  ['u', 1e-6],
  ['n', 1e-9],
  ['p', 1e-12],
  ['M', 1e6],
  ['G', 1e9],
  ['T', 1e12],
];

/** What people write instead of the UCUM code. */
export const UNIT_HABITS: ReadonlyMap<string, string> = new Map([
  ['°C', 'Cel'],
  ['degC', 'Cel'],
  ['C°', 'Cel'],
  ['°F', '[degF]'],
  ['°', 'deg'],
  ['m³/h', 'm3/h'],
  ['m³', 'm3'],
  ['m²', 'm2'],
  ['rpm', '/min'],
  ['1/min', '/min'],
  ['µm', 'um'],
  ['µs', 'us'],
  ['psi', '[psi]'],
  ['ppm', '[ppm]'],
  ['hr', 'h'],
  ['sec', 's'],
  ['kw', 'kW'],
  ['KW', 'kW'],
  ['Kg', 'kg'],
  ['ltr', 'L'],
  ['percent', '%'],
  ['pct', '%'],
  ['mbar/s', 'mbar/s'],
]);
