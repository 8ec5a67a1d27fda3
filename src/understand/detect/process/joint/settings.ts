/** One set of constants for every plant; each with its reason. Nothing here is chosen per data set or site. */
export const JOINT = {
  /** Past rows the one-step predictor sees. */
  lags: 2,
  /** Ridge of the regressions; tags are standardised. */
  ridge: 0.01,
  /** Blocks of the blocked cross-validation: every residual that sets a limit comes from a model that never saw its block. */
  blocks: 5,
  /** Innovations are clipped here (held-out standard deviations), so that one odd row cannot alarm. */
  clip: 3,
  /** Static residuals are strongly correlated in time and smoothed less by averaging, so they may count further out. */
  clipStatic: 10,
  /** Squared distance per tag is capped before smoothing. */
  distanceCap: 4,
  /** A tag's scale is at least its range over this, so that rarely switching tags keep a usable scale. */
  rangePerScale: 10,
  /** A tag is coupled when others predict it to this share of its scale on held-out rows. */
  coupledBelow: 0.7,
  couplingRounds: 2,
  /** Covariance shrinkage towards its diagonal. */
  shrink: 0.02,
  /** Smoothing of the charts. */
  lambdaDistanceFast: 0.3,
  lambdaMean: 0.1,
  lambdaVariance: 0.05,
  /** The quiet chart is one over the variance, which is not let below this. */
  varianceFloor: 0.01,
  /** A tag's own tail counts as much as this many peaks of the mean tail of all tags. */
  tailPooledPeaks: 10,
  /** A tag's squared residual is capped here before smoothing. */
  varianceCap: 9,
  /** Time constant of the slow baseline, in training lengths. */
  baselineLengths: 1,
  baselineRowsMin: 100,
  /** While an alarm stands, tags whose mean innovation is beyond this many sd stop adapting … */
  holdDeviation: 0.5,
  /** … for at most this share of a training length. */
  holdLengths: 0.5,
  /** An alarm ends below this share of its limit. */
  hysteresis: 0.9,
  /** A joint model needs this many moving tags. */
  tagsMin: 3,
  /** A spike is beyond this many sd of the innovation … */
  spike: 8,
  /** … and this many times the largest seen while learning. */
  spikeOverLargest: 1.5,
  /** Charts that take a maximum over tags get a limit this many times rarer. */
  maximumRarer: 10,
} as const;

/**
 * The joint charts. D: whitened distance (fast, slow), M: smoothed mean. The others take the largest over tags: T and L: conditional residual
 * (dynamic, static), each tag in units of its own limit; X: variance; Q: quiet, one over the variance.
 */
export const CHARTS = ['D-fast', 'D', 'M', 'T', 'L', 'X', 'Q'] as const;
export const CHART_COUNT = CHARTS.length;
export const CHART = { distanceFast: 0, distance: 1, mean: 2, dynamic: 3, static: 4, variance: 5, quiet: 6 } as const;
/** Charts before this one look at all tags at once, the others at each tag. */
export const FIRST_TAG_CHART = CHART.dynamic;
/** Charts in which each tag has a limit by its own tail; the others are comparable as they are. */
export const OWN_TAIL_CHARTS: readonly number[] = [CHART.dynamic, CHART.static];
/** Smoothing of each chart. */
export const CHART_LAMBDA: readonly number[] = [
  JOINT.lambdaDistanceFast,
  JOINT.lambdaMean,
  JOINT.lambdaMean,
  JOINT.lambdaMean,
  JOINT.lambdaMean,
  JOINT.lambdaVariance,
  JOINT.lambdaVariance,
];
/** How much rarer than the budget each chart's limit is: charts over tags are many charts in one. */
export const CHART_RARER: readonly number[] = CHARTS.map((_, chart) =>
  chart < FIRST_TAG_CHART ? 1 : JOINT.maximumRarer,
);
