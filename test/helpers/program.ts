import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { LogLine } from './log-lines.ts';

const ROOT = path.join(import.meta.dirname, '../..');

/** A program of Callboard in a process of its own, with its log (`LOG_FORMAT=json`). */
export class Program {
  readonly child: ChildProcess;
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<unknown>;
  #text = '';

  constructor(program: string, environment: Record<string, string>) {
    const { PATH = '', HOME = '' } = process.env;
    this.child = spawn(process.execPath, [program], {
      cwd: ROOT,
      env: { PATH, HOME, LOG_FORMAT: 'json', ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child.stdout?.on('data', (data: Buffer) => (this.#text += data.toString()));
    this.ended = once(this.child, 'exit').then(([code]) => code as unknown);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  lines(): LogLine[] {
    const complete = this.#text.slice(0, this.#text.lastIndexOf('\n') + 1);
    return complete
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** Waits until it has logged a message. */
  async says(message: string): Promise<LogLine> {
    for (;;) {
      const line = this.lines().find(({ msg }) => msg === message);
      if (line) return line;
      if (this.child.exitCode !== null) throw new Error(`It ended without saying "${message}".`);
      await pause(20);
    }
  }
}

/** Waits until something holds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(30);
}
