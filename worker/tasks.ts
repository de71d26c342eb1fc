import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Task, TaskList } from 'graphile-worker';
import type { Delivery } from './mail/delivery.ts';

/** What tasks need beside the database. */
export type TaskContext = {
  /** How mail goes out; absent where it cannot, and mails then wait in the queue. */
  readonly mail?:
    | {
        readonly deliver: Delivery;
        /** Where links in mails lead. */
        readonly appUrl: string;
      }
    | undefined;
};

/**
 * What a file in `worker/tasks` exports: the task, or a function that makes it. One that makes none leaves its jobs in the
 * queue.
 */
type TaskModule = {
  readonly default?: Task;
  readonly makeTask?: (context: TaskContext) => Task | undefined;
};

const FOLDER = path.join(import.meta.dirname, 'tasks');

/** Every task there is: a file each, named as its jobs. */
export async function loadTasks(context: TaskContext): Promise<TaskList> {
  const tasks: TaskList = {};
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.ts'))) {
    const name = path.basename(file, '.ts');
    const { default: task, makeTask } = (await import(`./tasks/${file}`)) as TaskModule;
    const made = makeTask ? makeTask(context) : task;
    if (!made && !makeTask) throw new Error(`worker/tasks/${file} exports no task.`);
    if (made) tasks[name] = made;
  }
  return tasks;
}
