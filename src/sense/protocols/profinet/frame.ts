/**
 * What a message view has no place for: frame identifier and DCP blocks of the frame just read. One for all sessions, since
 * dissection is synchronous; valid, like the view, until the handler returns.
 */
import { PROFINET_DCP_BLOCKS_MAX } from '../../../limits.ts';

class Frame {
  id = 0;
  /** DCP service and type, -1: no DCP. */
  service = -1;
  serviceType = -1;
  /** Blocks met, and those that a list or an answer names; further ones than the bound are decoded but not listed. */
  blockCount = 0;
  readonly option = new Uint8Array(PROFINET_DCP_BLOCKS_MAX);
  readonly suboption = new Uint8Array(PROFINET_DCP_BLOCKS_MAX);
  /** 1 where the block stands in the frame itself. */
  readonly own = new Uint8Array(PROFINET_DCP_BLOCKS_MAX);
  /** Where the name of station and the IP address stand, -1: nowhere. */
  nameAt = -1;
  nameLength = 0;
  ipAt = -1;

  start(id: number): void {
    this.id = id;
    this.service = -1;
    this.serviceType = -1;
    this.blockCount = 0;
    this.nameAt = -1;
    this.ipAt = -1;
  }

  block(option: number, suboption: number, own: boolean): void {
    const i = this.blockCount;
    if (i >= PROFINET_DCP_BLOCKS_MAX) return;
    this.blockCount = i + 1;
    this.option[i] = option;
    this.suboption[i] = suboption;
    this.own[i] = own ? 1 : 0;
  }
}

/** The frame being handed to the sink. */
export const frame = new Frame();
