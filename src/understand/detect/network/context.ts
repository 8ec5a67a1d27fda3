/** What network detection needs to know of the plant and of the assets. Given as an argument, so that `detect` imports no observer. */
import type { Asset, Message } from '../../../records.ts';
import type { Site, Tag, Zone } from '../../plant/model.ts';

/** One value a message writes, in engineering units where the point is a known tag. */
export interface DecodedWrite {
  /** The tag written, or null where the point is no tag. */
  readonly tag: Tag | null;
  /** Full point `device/unit/area/address` of the first element. */
  readonly point: string;
  /** Scaled value (booleans 0 or 1); NaN where the message carries no number for it. */
  readonly value: number;
  /** Last value known before this write, scaled alike; absent where none is known. */
  readonly before?: number;
}

/** The surroundings of `NetworkWatch`. All calls are synchronous, cheap and free of side effects. */
export interface NetworkContext {
  readonly site: Site;
  /** Name of an asset for people: declared name, else host name, else address. Any text for an unknown id. */
  nameOf(assetId: string): string;
  /** Zone of an asset id or of an address; null where no declared zone holds it. */
  zoneOf(assetOrAddress: string): Zone | null;
  /** The asset of an id, as far as known. Absent method or undefined: the id itself is all there is. */
  assetOf?(assetId: string): Asset | undefined;
  /** Tags whose bytes overlap `count` elements from `point` on, in order of address. */
  tagsOfPoint(point: string, count: number): readonly Tag[];
  /**
   * Every value a request (or unasked event) writes, one entry a tag, else one entry an element. Empty for messages that write no
   * point. A multi-register value is one entry; a partly written tag has value NaN.
   */
  decodeWrites(message: Message): readonly DecodedWrite[];
  /** Present operating state of a plant unit; empty where not known. */
  stateOf(plantUnit: string): string;
}

/** A context that knows nothing: every asset is named by its id, every point is unknown. For tests and for a start without a site. */
export function emptyContext(site: Site): NetworkContext {
  return {
    site,
    nameOf: (assetId) => assetId,
    zoneOf: () => null,
    tagsOfPoint: () => [],
    decodeWrites: (message) =>
      message.accesses
        .filter((access) => access.write)
        .map((access) => ({ tag: null, point: access.point, value: Number(access.values[0] ?? Number.NaN) })),
    stateOf: () => '',
  };
}
