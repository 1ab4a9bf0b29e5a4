/** A column for each step and the aim as a line: small, drawn by hand, and with its numbers in words for those who do not see it. */
import type { MeasureView } from "../../backend/wire";

const HEIGHT = 56;
const WIDTH = 240;
/** An aim further away than this is not drawn to scale: the columns would be flat. */
const FARTHEST_AIM = 2.2;

interface ChartProps {
  measure: MeasureView;
  /** What it shows, in a sentence. */
  label: string;
  /** What a column is: its day and its value. */
  nameOf: (step: number) => string;
}

export function Chart({ measure, label, nameOf }: ChartProps) {
  const { points, target, more_is_better: more } = measure;
  const most = Math.max(1, ...points.map((point) => point ?? 0));
  const top = target === null ? most : Math.max(most, Math.min(target, most * FARTHEST_AIM));
  const width = WIDTH / points.length;
  const gap = Math.min(3, width * 0.25);
  const isFar = target !== null && target > top;
  const aimAt = target === null ? null : HEIGHT - (Math.min(target, top) / top) * (HEIGHT - 3);
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" className="h-14 w-full overflow-visible">
      <line x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} vectorEffect="non-scaling-stroke" className="stroke-line" />
      {points.map((point, step) => {
        if (point === null) return null;
        const height = Math.max(1.5, (point / top) * (HEIGHT - 3));
        const isMissed = target !== null && (more ? point < target : point > target);
        return (
          <rect key={step} x={step * width + gap / 2} y={HEIGHT - height} width={width - gap} height={height} rx="1" className={isMissed ? "fill-accent-fill/55" : "fill-accent-fill"}>
            <title>{nameOf(step)}</title>
          </rect>
        );
      })}
      {/* Over columns it is seen only with an edge of its own. */}
      {aimAt === null ? null : <line x1="0" x2={WIDTH} y1={aimAt} y2={aimAt} strokeWidth="4" vectorEffect="non-scaling-stroke" className="stroke-surface" />}
      {aimAt === null ? null : <line x1="0" x2={WIDTH} y1={aimAt} y2={aimAt} strokeDasharray={isFar ? "1 4" : "5 4"} strokeWidth="1.5" vectorEffect="non-scaling-stroke" className="stroke-good" />}
    </svg>
  );
}
