import type { Job, WorkerEvents } from 'graphile-worker';
import { Interrupted } from './failures.ts';

/** How attempts to run the jobs of a task ended. */
export type Outcome = {
  readonly task: string;
  readonly succeeded: number;
  readonly failed: number;
  readonly busy_ms: number;
};

/** An attempt that has ended. */
export type Attempt = {
  readonly task: string;
  readonly outcome: 'succeeded' | 'failed' | 'interrupted';
  readonly seconds: number;
};

/** Tells of each attempt that ends. */
export function watchAttempts(events: WorkerEvents, told: (attempt: Attempt) => void): void {
  const begun = new Map<string, number>();
  events.on('job:start', ({ job }) => begun.set(job.id, performance.now()));
  events.on('job:complete', ({ job, error }: { job: Job; error: unknown }) => {
    const seconds = (performance.now() - (begun.get(job.id) ?? performance.now())) / 1_000;
    begun.delete(job.id);
    const failure = error instanceof Interrupted ? 'interrupted' : 'failed';
    told({ task: job.task_identifier, outcome: error ? failure : 'succeeded', seconds });
  });
}

/** Counts how attempts end, until somebody takes the counts away. */
export class Outcomes {
  readonly #byTask = new Map<string, Outcome>();

  readonly count = ({ task, outcome, seconds }: Attempt): void => {
    if (outcome === 'interrupted') return;
    const isSuccess = outcome === 'succeeded';
    this.#add({
      task,
      succeeded: isSuccess ? 1 : 0,
      failed: isSuccess ? 0 : 1,
      busy_ms: seconds * 1_000,
    });
  };

  take(): readonly Outcome[] {
    const taken = [...this.#byTask.values()];
    this.#byTask.clear();
    return taken;
  }

  putBack(taken: readonly Outcome[]): void {
    for (const outcome of taken) this.#add(outcome);
  }

  #add(more: Outcome): void {
    const known = this.#byTask.get(more.task);
    this.#byTask.set(more.task, {
      task: more.task,
      succeeded: (known?.succeeded ?? 0) + more.succeeded,
      failed: (known?.failed ?? 0) + more.failed,
      busy_ms: (known?.busy_ms ?? 0) + more.busy_ms,
    });
  }
}
