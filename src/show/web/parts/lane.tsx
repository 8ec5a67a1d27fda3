/** One conversation on the clock: its messages as marks, the telling ones in words. */
import type { NetworkLane, NetworkMark, TimeUs } from '../../api/types.ts';
import { clockTime } from '../format.ts';
import type { Scale } from './clock-scale.ts';
import { nearest } from './scale.ts';

const LANE_HEIGHT = 30;

/** A write that is no part of the story is drawn strong, but in no colour. */
const ORDINARY_WRITE = 'mark-ordinary';
const MARK_CLASS: Readonly<Record<NetworkMark['kind'], string>> = {
  message: 'mark-message',
  new: 'mark-new',
  write: 'mark-write',
  refused: 'mark-refused',
};

interface Placed {
  readonly text: string;
  readonly mark: NetworkMark;
  readonly x: number;
  readonly anchor: 'start' | 'end';
}

/** About the width of a letter in a lane; only to keep words from lying on each other. */
const LETTER_WIDTH = 6.3;
const LANE_TEXTS_MAX = 6;

/** Where the words of marks stand: a write to its right, what is new to its left; what finds no room is left to the screen reader. */
function placeTexts(marks: readonly NetworkMark[], scale: Scale): Placed[] {
  const rank = { write: 0, refused: 1, new: 2, message: 3 } as const;
  const named = marks.filter(({ kind, text }) => kind !== 'message' && text !== '');
  const placed: (Placed & { readonly from: number; readonly to: number })[] = [];
  for (const mark of named.toSorted((a, b) => rank[a.kind] - rank[b.kind] || a.timeUs - b.timeUs)) {
    const text = mark.text.slice(0, 80);
    const width = text.length * LETTER_WIDTH;
    const at = scale.x(mark.timeUs);
    const leftFirst = mark.kind === 'new' ? at > width + 10 : at + width > scale.width;
    const anchor = leftFirst ? 'end' : 'start';
    const x = leftFirst ? at - 6 : at + 6;
    const from = leftFirst ? x - width : x;
    const to = leftFirst ? x : x + width;
    if (placed.some((other) => from < other.to && to > other.from)) continue;
    placed.push({ text, mark, x, anchor, from, to });
    if (placed.length >= LANE_TEXTS_MAX) break;
  }
  return placed;
}

/** How near the reading line must be to a mark to read it, as part of the clock. */
const READ_REACH = 0.01;

/** What was said where the reading line stands, or empty. */
function saidAt(marks: readonly NetworkMark[], hoverUs: TimeUs | null, scale: Scale): string {
  if (hoverUs === null) return '';
  const mark =
    marks[
      nearest(
        marks.map(({ timeUs }) => timeUs),
        hoverUs,
      )
    ];
  const near = mark && Math.abs(mark.timeUs - hoverUs) <= (scale.toUs - scale.fromUs) * READ_REACH;
  return near ? `${clockTime(mark.timeUs)} ${mark.text}` : '';
}

interface LaneProps {
  readonly lane: NetworkLane;
  readonly scale: Scale;
  readonly writes: readonly NetworkMark[];
  readonly hoverUs: TimeUs | null;
}

export function Lane({ lane, scale, writes, hoverUs }: LaneProps) {
  const classOf = ({ kind, timeUs, frame }: NetworkMark) =>
    kind === 'write' && !writes.some((write) => write.timeUs === timeUs && write.frame === frame)
      ? ORDINARY_WRITE
      : MARK_CLASS[kind];
  const inView = lane.marks.filter((mark) => mark.timeUs >= scale.fromUs && mark.timeUs <= scale.toUs);
  const named = inView.filter((mark) => mark.kind !== 'message' && mark.text !== '');
  return (
    <div class="clock-row lane">
      <div class="clock-label">
        <span title={lane.title}>{lane.title}</span>
        <span class="soft" title={lane.detail}>
          {saidAt(inView, hoverUs, scale) || lane.detail}
        </span>
      </div>
      <svg
        width={scale.width}
        height={LANE_HEIGHT}
        role="img"
        aria-label={`${lane.title}: ${inView.length} messages. ${named.map((m) => `${clockTime(m.timeUs)} ${m.text}`).join('. ')}`}
      >
        <path class="hairline" d={`M0 ${LANE_HEIGHT / 2}H${scale.width}`} />
        {inView.map((mark, index) => (
          <path
            key={index}
            class={`mark ${classOf(mark)}`}
            d={
              mark.kind === 'write'
                ? `M${scale.x(mark.timeUs).toFixed(1)} 4v22`
                : `M${scale.x(mark.timeUs).toFixed(1)} 11v9`
            }
          />
        ))}
        {placeTexts(inView, scale).map((placed) => (
          <text
            key={`${placed.x} ${placed.text}`}
            class={classOf(placed.mark)}
            x={placed.x.toFixed(1)}
            y="10"
            text-anchor={placed.anchor}
          >
            {placed.text}
          </text>
        ))}
      </svg>
    </div>
  );
}
