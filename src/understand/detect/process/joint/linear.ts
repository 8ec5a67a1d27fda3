/**
 * The little linear algebra the joint model needs, on row-major `Float64Array`s. Sizes are tags (at most a few hundred),
 * so plain loops over typed arrays beat any library.
 */

/** Cholesky factor L (lower, row-major) of the symmetric positive definite `matrix` (n × n); tiny pivots are raised to `floor`. */
export function cholesky(matrix: Float64Array, n: number, floor = 1e-12): Float64Array {
  const factor = new Float64Array(n * n);
  for (let row = 0; row < n; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let sum = matrix[row * n + column]!;
      for (let k = 0; k < column; k += 1) sum -= factor[row * n + k]! * factor[column * n + k]!;
      factor[row * n + column] = row === column ? Math.sqrt(Math.max(sum, floor)) : sum / factor[column * n + column]!;
    }
  }
  return factor;
}

/** Solves `matrix · X = right` for symmetric positive definite `matrix` (n × n) and `right` (n × m); returns X (n × m). */
export function solvePositive(matrix: Float64Array, right: Float64Array, n: number, m: number): Float64Array {
  const factor = cholesky(matrix, n);
  const solution = Float64Array.from(right);
  for (let row = 0; row < n; row += 1) {
    for (let k = 0; k < row; k += 1) {
      const weight = factor[row * n + k]!;
      if (weight !== 0) for (let c = 0; c < m; c += 1) solution[row * m + c]! -= weight * solution[k * m + c]!;
    }
    const pivot = factor[row * n + row]!;
    for (let c = 0; c < m; c += 1) solution[row * m + c]! /= pivot;
  }
  for (let row = n - 1; row >= 0; row -= 1) {
    for (let k = row + 1; k < n; k += 1) {
      const weight = factor[k * n + row]!;
      if (weight !== 0) for (let c = 0; c < m; c += 1) solution[row * m + c]! -= weight * solution[k * m + c]!;
    }
    const pivot = factor[row * n + row]!;
    for (let c = 0; c < m; c += 1) solution[row * m + c]! /= pivot;
  }
  return solution;
}

/** Inverse of a symmetric positive definite matrix (n × n). */
export function inversePositive(matrix: Float64Array, n: number): Float64Array {
  const identity = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) identity[i * n + i] = 1;
  return solvePositive(matrix, identity, n, n);
}

/** Eigenvalues and eigenvectors (columns of `vectors`) of a symmetric matrix by cyclic Jacobi rotations. */
export function eigenSymmetric(matrix: Float64Array, n: number): { values: Float64Array; vectors: Float64Array } {
  const work = Float64Array.from(matrix);
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) vectors[i * n + i] = 1;
  let scale = 0;
  for (let i = 0; i < n; i += 1) scale += work[i * n + i]! ** 2;
  for (let sweep = 0; sweep < 60; sweep += 1) {
    let off = 0;
    for (let row = 0; row < n; row += 1) for (let c = row + 1; c < n; c += 1) off += work[row * n + c]! ** 2;
    if (off <= 1e-22 * (scale + off)) break;
    for (let p = 0; p < n - 1; p += 1) for (let q = p + 1; q < n; q += 1) rotate(work, vectors, n, p, q);
  }
  const values = new Float64Array(n);
  for (let i = 0; i < n; i += 1) values[i] = work[i * n + i]!;
  return { values, vectors };
}

function rotate(work: Float64Array, vectors: Float64Array, n: number, p: number, q: number): void {
  const apq = work[p * n + q]!;
  if (apq === 0) return;
  const theta = (work[q * n + q]! - work[p * n + p]!) / (2 * apq);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < n; k += 1) {
    const akp = work[k * n + p]!;
    const akq = work[k * n + q]!;
    work[k * n + p] = c * akp - s * akq;
    work[k * n + q] = s * akp + c * akq;
  }
  for (let k = 0; k < n; k += 1) {
    const apk = work[p * n + k]!;
    const aqk = work[q * n + k]!;
    work[p * n + k] = c * apk - s * aqk;
    work[q * n + k] = s * apk + c * aqk;
    const vkp = vectors[k * n + p]!;
    const vkq = vectors[k * n + q]!;
    vectors[k * n + p] = c * vkp - s * vkq;
    vectors[k * n + q] = s * vkp + c * vkq;
  }
}

/** Symmetric inverse square root of a symmetric positive definite matrix; eigenvalues are floored. */
export function inverseSquareRoot(matrix: Float64Array, n: number, floor = 1e-9): Float64Array {
  const { values, vectors } = eigenSymmetric(matrix, n);
  const result = new Float64Array(n * n);
  for (let k = 0; k < n; k += 1) {
    const weight = 1 / Math.sqrt(Math.max(values[k]!, floor));
    for (let row = 0; row < n; row += 1) {
      const left = vectors[row * n + k]! * weight;
      for (let column = 0; column < n; column += 1) result[row * n + column]! += left * vectors[column * n + k]!;
    }
  }
  return result;
}

/** out = vector (n) · matrix (n × m). */
export function rowTimes(vector: Float64Array, matrix: Float64Array, n: number, m: number, out: Float64Array): void {
  out.fill(0, 0, m);
  for (let k = 0; k < n; k += 1) {
    const weight = vector[k]!;
    if (weight === 0) continue;
    const base = k * m;
    for (let column = 0; column < m; column += 1) out[column]! += weight * matrix[base + column]!;
  }
}

/** Inverse of a symmetric positive definite matrix with each column j divided by √(inverse jj): the conditional residuals. */
export function conditional(inverse: Float64Array, n: number): Float64Array {
  const result = Float64Array.from(inverse);
  for (let column = 0; column < n; column += 1) {
    const root = Math.sqrt(Math.max(inverse[column * n + column]!, 1e-12));
    for (let row = 0; row < n; row += 1) result[row * n + column]! /= root;
  }
  return result;
}
