import type { PoolClient } from 'pg';
import { addPlan, one, type Plan } from './fixtures.ts';

/** One task as `projects.get_production_timeline` gives it. */
export type TimelineTask = {
  readonly task_id: string;
  readonly title: string;
  readonly status: string;
  readonly duration_days: number;
  readonly earliest_start: string;
  readonly earliest_finish: string;
  readonly latest_start: string;
  readonly latest_finish: string;
  readonly slack_days: number;
  readonly is_critical: boolean;
};

/** What `projects.get_production_timeline` answers. */
export type Timeline = {
  readonly project_id: string;
  readonly starts_on: string;
  readonly finishes_on: string | null;
  readonly working_days: number;
  readonly ends_on: string | null;
  readonly days_late: number | null;
  readonly critical_path: readonly string[];
  readonly tasks: readonly TimelineTask[];
};

export const timelineOf = (client: PoolClient, projectId: string) =>
  one<Timeline>(client, 'projects.get_production_timeline($1)', [projectId]);

/** A timeline in short: each task as `[earliest start, earliest finish, slack]`, and the critical titles in order. */
export type Summary = {
  readonly tasks: Readonly<Record<string, readonly [string, string, number]>>;
  readonly critical: readonly string[];
  readonly finishes_on: string | null;
};

/** Makes the plan and gives its timeline, whole and in short. */
export async function schedule(
  client: PoolClient,
  plan: Plan,
): Promise<{ timeline: Timeline; summary: Summary }> {
  const { projectId } = await addPlan(client, plan);
  const timeline = await timelineOf(client, projectId);
  const titles = new Map(timeline.tasks.map((task) => [task.task_id, task.title]));
  return {
    timeline,
    summary: {
      tasks: Object.fromEntries(
        timeline.tasks.map((task) => [
          task.title,
          [task.earliest_start, task.earliest_finish, task.slack_days],
        ]),
      ),
      critical: timeline.critical_path.map((id) => titles.get(id) ?? id),
      finishes_on: timeline.finishes_on,
    },
  };
}
