/** Fields of the HART-IP message being handed to the sink that a view has no place for: for refusals and counts. */
class Header {
  type = 0;
  id = 0;
  /** Command number as it stands in the PDU (31 for extended ones), -1: none. */
  command = -1;
  /** First status octet of an answer, -1: none. */
  responseCode = -1;
  /** The first message of a PDU that may hold several. */
  first = true;
}

export const header = new Header();
