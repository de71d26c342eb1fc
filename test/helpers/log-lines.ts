import { makeLog, type Log, type LogLevel } from '../../server/log/log.ts';

/** A line of the log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A log that keeps what it is told, as machines read it. */
export class LogLines {
  readonly log: Log;
  #text = '';

  constructor(logLevel: LogLevel = 'info') {
    this.log = makeLog(
      { logLevel, logFormat: 'json' },
      { write: (line) => void (this.#text += line) },
    );
  }

  /** Everything, as it would stand in a file. */
  get text(): string {
    return this.#text;
  }

  get lines(): LogLine[] {
    return this.#text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** The first line that has these values, once it is there. */
  async line(values: LogLine): Promise<LogLine> {
    for (;;) {
      const found = this.lines.find((line) =>
        Object.entries(values).every(([name, value]) => line[name] === value),
      );
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
