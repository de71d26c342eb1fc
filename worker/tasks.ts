import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Task, TaskList } from 'graphile-worker';
import type { Database } from '../db/connect.ts';
import type { Log } from '../server/log/log.ts';
import type { EmbeddingSettings } from '../server/settings/embeddings.ts';
import type { Delivery } from './mail/delivery.ts';
import type { Marketing } from './marketing/marketing.ts';
import { Misfit, type Shape } from './payload.ts';

/** What a process gives its tasks: `taskContextOf` reads it from the settings. What is absent cannot be done here. */
export type GivenContext = {
  /** How mail goes out; absent where it cannot, and mails then wait in the queue. */
  readonly mail?:
    | {
        readonly deliver: Delivery;
        /** Where links in mails lead. */
        readonly appUrl: string;
      }
    | undefined;
  /** How mails to leads go out; absent where they cannot, and then they wait. */
  readonly marketing?: Marketing | undefined;
  /** Who makes embeddings; absent: whoever did before. */
  readonly embeddings?: EmbeddingSettings | undefined;
};

/** What tasks have beside their payload. */
export type TaskContext = GivenContext & {
  /**
   * For what `helpers.query` and `helpers.withPgClient` cannot do; tasks work as `callboard_service`. On the embedded engine
   * a transaction that waits for a query of another client waits in vain.
   */
  readonly database: Database;
  readonly log: Log;
};

/**
 * What a file in `worker/tasks` exports: the shape of its payload, and the task, or a function that makes it. One that makes
 * none leaves its jobs in the queue.
 */
type TaskModule = {
  readonly payload?: Shape<unknown>;
  readonly default?: Task;
  readonly makeTask?: (context: TaskContext) => Task | undefined;
};

const FOLDER = path.join(import.meta.dirname, 'tasks');

/** The task, with its payload looked at first. */
function checked(name: string, shape: Shape<unknown>, task: Task): Task {
  return (payload, helpers) => {
    let fitting: unknown;
    try {
      fitting = shape(payload, '');
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      throw new Misfit(`The payload does not fit ${name}: ${error.message}.`);
    }
    return task(fitting, helpers);
  };
}

/** Every task there is: a file each, named as its jobs. */
export async function loadTasks(context: TaskContext): Promise<TaskList> {
  const tasks: TaskList = {};
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.ts'))) {
    const name = path.basename(file, '.ts');
    const { payload, default: task, makeTask } = (await import(`./tasks/${file}`)) as TaskModule;
    if (!payload) throw new Error(`worker/tasks/${file} does not export the shape of its payload.`);
    const made = makeTask ? makeTask(context) : task;
    if (!made && !makeTask) throw new Error(`worker/tasks/${file} exports no task.`);
    if (made) tasks[name] = checked(name, payload, made);
  }
  return tasks;
}
