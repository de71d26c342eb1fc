import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry, type Registry } from 'prom-client';

/** What processes say to each other; `asked` keeps the answers to one question together. */
type Message = {
  readonly callboard: 'metrics wanted' | 'give metrics' | 'metrics' | 'all metrics';
  readonly asked: string;
  readonly metrics?: MetricsOfProcess;
  readonly text?: string | undefined;
};

type MetricsOfProcess = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** Milliseconds that a process has to answer: one that is busy or about to end is left out. */
const PATIENCE = 5_000;

const isOurs = (message: unknown): message is Message =>
  typeof message === 'object' && message !== null && 'callboard' in message;

let count = 0;
const question = () => `${process.pid}-${(count += 1)}`;

/** Waits for the answer to a question. Undefined when it does not come. */
function answerTo(from: NodeJS.Process | Worker, asked: string): Promise<Message | undefined> {
  const { promise, resolve } = Promise.withResolvers<Message | undefined>();
  const onMessage = (message: unknown) => {
    if (isOurs(message) && message.asked === asked) resolve(message);
  };
  const onEnd = () => resolve(undefined);
  const patience = setTimeout(onEnd, PATIENCE);
  (from as NodeJS.Process).on('message', onMessage);
  from.once('disconnect', onEnd);
  return promise.finally(() => {
    clearTimeout(patience);
    (from as NodeJS.Process).off('message', onMessage);
    from.off('disconnect', onEnd);
  });
}

function askProcess(worker: Worker): Promise<Message | undefined> {
  const asked = question();
  const answer = answerTo(worker, asked);
  worker.send({ callboard: 'give metrics', asked } satisfies Message);
  return answer;
}

/**
 * In the process that started others: answers theirs when they want to know what all of them have to tell. A request for
 * metrics reaches any one of them.
 *
 * @param own what this process has to tell itself
 */
export function gatherMetrics(own: Registry): void {
  const gather = async (): Promise<string> => {
    const workers = Object.values(cluster.workers ?? {}).filter(
      (worker) => worker !== undefined && worker.isConnected(),
    ) as Worker[];
    const answers = await Promise.all(workers.map(askProcess));
    const told = answers.flatMap((answer) => (answer?.metrics ? [answer.metrics] : []));
    return AggregatorRegistry.aggregate([await own.getMetricsAsJSON(), ...told]).metrics();
  };
  cluster.on('message', (worker, message: unknown) => {
    if (!isOurs(message) || message.callboard !== 'metrics wanted') return;
    void gather()
      .catch(() => undefined)
      .then((text) => {
        if (!worker.isConnected()) return;
        worker.send({ callboard: 'all metrics', asked: message.asked, text } satisfies Message);
      });
  });
}

/** In a process that another one started: tells what this one has to tell when it is asked for. */
export function tellMetrics(own: Registry): void {
  process.on('message', (message: unknown) => {
    if (!isOurs(message) || message.callboard !== 'give metrics') return;
    const { asked } = message;
    void own
      .getMetricsAsJSON()
      .then((metrics) =>
        process.send?.({ callboard: 'metrics', asked, metrics } satisfies Message),
      );
  });
}

/**
 * What all processes have to tell, summed up, in a process that another one started.
 *
 * @throws Error when the one that started this one does not answer
 */
export async function metricsOfAll(): Promise<string> {
  const asked = question();
  const answer = answerTo(process, asked);
  process.send?.({ callboard: 'metrics wanted', asked } satisfies Message);
  const text = (await answer)?.text;
  if (text === undefined) throw new Error('The other processes did not tell their metrics.');
  return text;
}
