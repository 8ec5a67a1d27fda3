/** Two-person approval (IEC 62443-3-3 SR 2.1 RE4): who asked, who agreed, until when it counts. Pure. */
import type { TimeUs } from '../../../records.ts';

/** An approval that nobody used in a day is forgotten: the plant may be another by then. [µs] */
export const APPROVAL_VALID_US = 24 * 3_600e6;

/** What two people agreed on. Times are wall time in µs. */
export interface Approval {
  /** What it is for: `policy:v9`, `mode:operations-to-cell-1:guard`, `switch:bypass:off`. */
  readonly subject: string;
  readonly by: string;
  readonly approvedBy: string;
  readonly timeUs: TimeUs;
}

/** Why an approval does not count; undefined where it does. */
export function approvalFault(approval: Approval | undefined, subject: string, nowUs: TimeUs): string | undefined {
  if (approval === undefined) return `${subject} needs the approval of two people.`;
  if (approval.subject !== subject) return `The approval is for ${approval.subject}, not for ${subject}.`;
  if (approval.by.trim() === '' || approval.approvedBy.trim() === '') return 'An approval names two people.';
  if (approval.by.trim() === approval.approvedBy.trim()) {
    return `${approval.by} cannot approve what ${approval.by} asked for: another person must.`;
  }
  const ageUs = nowUs - approval.timeUs;
  return ageUs > APPROVAL_VALID_US || ageUs < -60e6 ? 'The approval has expired: ask again.' : undefined;
}
