/** The RPC PDU being handed to the sink: what refusals and counts need and a view has no place for. */
class Call {
  /** The datagram itself, also where the view shows arguments put together from fragments. */
  bytes: Uint8Array = new Uint8Array(0);
  offset = 0;
  type = -1;
  operation = -1;
  /** For the endpoint mapper, not for PROFINET. */
  mapper = false;
  /** All of the arguments are there. */
  whole = false;

  clear(): void {
    this.type = -1;
    this.operation = -1;
    this.mapper = false;
    this.whole = false;
  }
}

export const call = new Call();
