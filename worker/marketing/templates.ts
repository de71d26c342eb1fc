import { CompiledTemplate, type TemplateSource } from './template.ts';

/** Compiled templates that a process keeps. */
const KEPT = 200;

/**
 * Compiled templates by version. A version never changes, so what is here stays right; the least recently used goes when
 * there are too many. What could not be read or compiled is not kept.
 */
export class TemplateCache {
  readonly #compiled = new Map<string, Promise<CompiledTemplate>>();

  /**
   * The compiled version, read when it is not here.
   *
   * @param read gets its source; called once for all that ask meanwhile
   */
  async get(key: string, read: () => Promise<TemplateSource>): Promise<CompiledTemplate> {
    const compiled =
      this.#compiled.get(key) ?? read().then((source) => new CompiledTemplate(source));
    // To the end: the first is the one that has not been asked for longest.
    this.#compiled.delete(key);
    this.#compiled.set(key, compiled);
    for (const oldest of this.#compiled.keys()) {
      if (this.#compiled.size <= KEPT) break;
      this.#compiled.delete(oldest);
    }
    try {
      return await compiled;
    } catch (error) {
      if (this.#compiled.get(key) === compiled) this.#compiled.delete(key);
      throw error;
    }
  }
}
