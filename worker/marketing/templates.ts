import { CompiledTemplate, type TemplateSource } from './template.ts';

/** Compiled templates that a process keeps. */
const KEPT = 200;

/**
 * Compiled templates by version. A version never changes, so what is here stays right; the least recently used goes when
 * there are too many.
 */
export class TemplateCache {
  readonly #compiled = new Map<string, CompiledTemplate>();

  /**
   * The compiled version, read when it is not here.
   *
   * @param read gets its source; called once
   */
  async get(key: string, read: () => Promise<TemplateSource>): Promise<CompiledTemplate> {
    const known = this.#compiled.get(key);
    if (known) {
      // To the end: the first is the one that has not been asked for longest.
      this.#compiled.delete(key);
      this.#compiled.set(key, known);
      return known;
    }
    const compiled = new CompiledTemplate(await read());
    this.#compiled.set(key, compiled);
    for (const oldest of this.#compiled.keys()) {
      if (this.#compiled.size <= KEPT) break;
      this.#compiled.delete(oldest);
    }
    return compiled;
  }
}
