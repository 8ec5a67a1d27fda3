/**
 * A bounded map that forgets what was not used for longest, roughly: two generations, the older dropped whole when the younger is
 * full. Constant time whatever an attacker inserts; a map that deletes its oldest key one by one slows down by its own tombstones.
 */
export class Recent<V> {
  #young = new Map<string, V>();
  #old = new Map<string, V>();
  readonly #half: number;

  /** Holds at most `bound` entries and never fewer than the last half of that. */
  constructor(bound: number) {
    this.#half = Math.max(1, Math.floor(bound / 2));
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** The value, which counts as used now. */
  get(key: string): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.#old.delete(key);
    this.set(key, old);
    return old;
  }

  set(key: string, value: V): void {
    if (this.#young.size >= this.#half && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#old.delete(key);
    this.#young.set(key, value);
  }

  delete(key: string): boolean {
    const young = this.#young.delete(key);
    return this.#old.delete(key) || young;
  }
}
