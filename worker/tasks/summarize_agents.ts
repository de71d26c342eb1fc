import type { Task } from 'graphile-worker';
import { nothing } from '../payload.ts';

export const payload = nothing;

/** Works out the days of agents that something was told of, and what stands out in them. Doing it twice changes nothing. */
const summarizeAgents: Task = async (_payload, helpers) => {
  const { rows } = await helpers.query<{ days: number }>('select ai.summarize_agents() as days');
  const { rows: told } = await helpers.query<{ insights: number }>(
    'select ai.find_insights() as insights',
  );
  const [days, insights] = [rows[0]?.days ?? 0, told[0]?.insights ?? 0];
  if (days > 0) helpers.logger.info(`days of agents: ${days}, insights: ${insights}`);
};

export default summarizeAgents;
