/** The memory of a controller: four Modbus areas, and the tags that lie in them. */
import { ERROR_CODES, FiredoorError } from '../base/errors.ts';
import type { PlantTag, RegisterArea } from './plant.ts';

/** Number of addresses each area has; reading past it is an illegal data address. */
export type AreaSizes = Readonly<Record<RegisterArea, number>>;

const scratch = new DataView(new ArrayBuffer(4));

/** Four areas (bits as 0 or 1, registers as 16-bit words) and typed access by tag. */
export class RegisterMap {
  readonly coil: Uint8Array;
  readonly discrete: Uint8Array;
  readonly input: Uint16Array;
  readonly holding: Uint16Array;
  readonly tags: readonly PlantTag[];
  readonly #byName: ReadonlyMap<string, PlantTag>;

  constructor(sizes: AreaSizes, tags: readonly PlantTag[]) {
    this.coil = new Uint8Array(sizes.coil);
    this.discrete = new Uint8Array(sizes.discrete);
    this.input = new Uint16Array(sizes.input);
    this.holding = new Uint16Array(sizes.holding);
    this.tags = tags;
    this.#byName = new Map(tags.map((tag) => [tag.name, tag]));
  }

  /** The tag of that name; throws BAD_INPUT where the controller has none. */
  tag(name: string): PlantTag {
    const tag = this.#byName.get(name);
    if (tag === undefined)
      throw new FiredoorError(ERROR_CODES.BAD_INPUT, `The simulated controller has no tag ${name}.`);
    return tag;
  }

  /** Engineering value of a tag. */
  read(tag: PlantTag): number {
    const memory = this[tag.area];
    const { address, scale = 1 } = tag;
    const first = memory[address] ?? 0;
    switch (tag.type) {
      case 'bool':
        return first;
      case 'uint16':
        return first * scale;
      case 'int16':
        return ((first << 16) >> 16) * scale;
      case 'uint32-swapped':
        return ((memory[address + 1] ?? 0) * 0x10000 + first) * scale;
      case 'float32-swapped':
        scratch.setUint16(0, memory[address + 1] ?? 0);
        scratch.setUint16(2, first);
        return scratch.getFloat32(0);
    }
  }

  /** Puts an engineering value into the tag's registers, rounded and limited to what they can hold. */
  write(tag: PlantTag, value: number): void {
    const words = toWords(tag, value);
    this[tag.area].set(words, tag.address);
  }
}

/** Register words (or the bit) that carry an engineering value of `tag`, in the order they travel. */
export function toWords(tag: PlantTag, value: number): number[] {
  const raw = Math.round(value / (tag.scale ?? 1));
  switch (tag.type) {
    case 'bool':
      return [value !== 0 ? 1 : 0];
    case 'uint16':
      return [Math.min(Math.max(raw, 0), 0xffff)];
    case 'int16':
      return [Math.min(Math.max(raw, -0x8000), 0x7fff) & 0xffff];
    case 'uint32-swapped': {
      const counter = raw % 0x100000000; // a counter rolls over
      return [counter % 0x10000, Math.floor(counter / 0x10000)];
    }
    case 'float32-swapped':
      scratch.setFloat32(0, value);
      return [scratch.getUint16(2), scratch.getUint16(0)];
  }
}
