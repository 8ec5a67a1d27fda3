/** Exact interval of a Poisson mean from a count (Garwood, Biometrika 1936). */

/** Means for which `count` events lie inside the central `confidence`; the lower end of 0 events is 0, the upper −ln(α/2). */
export function poissonInterval(count: number, confidence = 0.95): [number, number] {
  const tail = (1 - confidence) / 2;
  const low = count === 0 ? 0 : meanWhere((mean) => 1 - poissonAtMost(count - 1, mean) >= tail, count);
  const high = meanWhere((mean) => poissonAtMost(count, mean) <= tail, count + 1);
  return [low, high];
}

/** P(N ≤ count) for a Poisson variable of this mean. */
export function poissonAtMost(count: number, mean: number): number {
  let term = Math.exp(-mean);
  let sum = term;
  for (let n = 1; n <= count; n++) {
    term *= mean / n;
    sum += term;
  }
  return Math.min(1, sum);
}

/** Smallest mean from which `holds` is true; `holds` is monotone. */
function meanWhere(holds: (mean: number) => boolean, guess: number): number {
  let high = Math.max(1, guess);
  while (!holds(high)) high *= 2;
  let low = 0;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
