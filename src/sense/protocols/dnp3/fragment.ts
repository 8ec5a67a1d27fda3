/**
 * What a message view has no place for: link addresses and object headers of the fragment just read. One for all sessions, since
 * dissection is synchronous; valid, like the view, until the handler returns. Refusals and header counts are made from it.
 */
import { DNP3_HEADERS_MAX } from '../../../limits.ts';

class Fragment {
  /** Link addresses (IEEE 1815-2012, 9.2.4.1.4, 9.2.4.1.5). */
  source = 0;
  destination = 0;
  /** The sender is a master (DIR bit). */
  fromMaster = true;
  /** A whole application fragment stands in the view, not a link frame alone. */
  whole = false;
  /** Object headers met, in order; further ones than the bound are decoded but not listed. */
  headerCount = 0;
  readonly group = new Uint8Array(DNP3_HEADERS_MAX);
  readonly variation = new Uint8Array(DNP3_HEADERS_MAX);
  readonly qualifier = new Uint8Array(DNP3_HEADERS_MAX);
  /** Objects the header says there are; 0 for "all". */
  readonly count = new Float64Array(DNP3_HEADERS_MAX);

  clear(): void {
    this.headerCount = 0;
  }

  header(group: number, variation: number, qualifier: number, count: number): void {
    const i = this.headerCount;
    if (i >= DNP3_HEADERS_MAX) return;
    this.headerCount = i + 1;
    this.group[i] = group;
    this.variation[i] = variation;
    this.qualifier[i] = qualifier;
    this.count[i] = count;
  }
}

/** The fragment (or link frame) being handed to the sink. */
export const fragment = new Fragment();
