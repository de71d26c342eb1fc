import type { Link } from './fixtures.ts';

/** A task of a graph: its duration and the working day, counted from 0, before which it does not start. */
export type GraphTask = { readonly duration: number; readonly notBefore: number };
/** Tasks by number, named `T0`, `T1`, … in links. */
export type Graph = { readonly tasks: readonly GraphTask[]; readonly links: readonly Link[] };

/** Deterministic pseudo-random numbers in [0, 1) (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A graph without circles: every link leads from an earlier to a later place in a shuffled order. */
export function randomGraph(seed: number, size: number, linkCount: number): Graph {
  const next = random(seed);
  const below = (limit: number) => Math.floor(next() * limit);
  const places = Array.from({ length: size }, (_, index) => index);
  for (let index = size - 1; index > 0; index -= 1) {
    const other = below(index + 1);
    [places[index], places[other]] = [places[other] ?? 0, places[index] ?? 0];
  }
  const links = new Map<string, Link>();
  for (let count = 0; size > 1 && count < linkCount; count += 1) {
    const from = below(size - 1);
    const to = from + 1 + below(size - 1 - from);
    const kind = (['FS', 'SS', 'FF', 'SF'] as const)[below(4)];
    links.set(`${from} ${to}`, [`T${places[from]}`, `T${places[to]}`, kind, below(9) - 4]);
  }
  return {
    tasks: places.map(() => ({ duration: below(6), notBefore: next() < 0.2 ? below(15) : 0 })),
    links: [...links.values()],
  };
}

/** By how many days the successor's start lies behind the predecessor's at least. */
function distances({ tasks, links }: Graph): { from: number; to: number; days: number }[] {
  return links.map(([fromName, toName, kind = 'FS', lag = 0]) => {
    const from = Number(fromName.slice(1));
    const to = Number(toName.slice(1));
    const ofFrom = tasks[from]?.duration ?? 0;
    const ofTo = tasks[to]?.duration ?? 0;
    return { from, to, days: { FS: ofFrom, SS: 0, FF: ofFrom - ofTo, SF: -ofTo }[kind] + lag };
  });
}

/** The earliest starts: every link is pulled tight, again and again, until nothing moves (Bellman and Ford). */
function earliestStarts(graph: Graph): number[] {
  const starts = graph.tasks.map((task) => task.notBefore);
  const links = distances(graph);
  for (let moved = true; moved;) {
    moved = false;
    for (const { from, to, days } of links) {
      const bound = (starts[from] ?? 0) + days;
      if (bound > (starts[to] ?? 0)) {
        starts[to] = bound;
        moved = true;
      }
    }
  }
  return starts;
}

const finishOf = (graph: Graph, starts: readonly number[]) =>
  Math.max(0, ...graph.tasks.map((task, index) => task.duration + (starts[index] ?? 0)));

/**
 * The first day on which an instant may be shown, if it is held to the beginning of a day: by its own first day, by the
 * start of work that it starts with, or by an instant that is held itself. Otherwise it belongs to the end of a day.
 */
function floorsOf({ tasks, links }: Graph, earliest: readonly number[]): number[] {
  const floors = tasks.map((task) => task.notBefore);
  for (let moved = true; moved;) {
    moved = false;
    for (const [fromName, toName, kind, lag = 0] of links) {
      const from = Number(fromName.slice(1));
      const to = Number(toName.slice(1));
      const instant = tasks[from]?.duration === 0;
      if (!instant && kind !== 'SS') continue;
      const bound = ((instant ? floors[from] : earliest[from]) ?? 0) + lag;
      if (bound > (floors[to] ?? 0)) {
        floors[to] = bound;
        moved = true;
      }
    }
  }
  return floors;
}

/** When each task starts at the earliest and at the latest, in working days from 0, and when all is done. */
export type Solution = { earliest: number[]; latest: number[]; finish: number; floors: number[] };

/** The same by another way than the database's: no order of the tasks, only links that are pulled tight. */
export function solve(graph: Graph): Solution {
  const earliest = earliestStarts(graph);
  const finish = finishOf(graph, earliest);
  const latest = graph.tasks.map((task) => finish - task.duration);
  const links = distances(graph);
  for (let moved = true; moved;) {
    moved = false;
    for (const { from, to, days } of links) {
      const bound = (latest[to] ?? 0) - days;
      if (bound < (latest[from] ?? 0)) {
        latest[from] = bound;
        moved = true;
      }
    }
  }
  return { earliest, latest, finish, floors: floorsOf(graph, earliest) };
}

/** Slack as it is defined: hold a task back day by day until the whole finishes later. For small graphs. */
export function slackByTrial(graph: Graph): number[] {
  const earliest = earliestStarts(graph);
  const finish = finishOf(graph, earliest);
  return graph.tasks.map((_, index) => {
    let slack = -1;
    let later = finish;
    while (later === finish) {
      slack += 1;
      const tasks = [...graph.tasks];
      const held = {
        ...(tasks[index] ?? { duration: 0 }),
        notBefore: (earliest[index] ?? 0) + slack + 1,
      };
      tasks[index] = held;
      const delayed = { ...graph, tasks };
      later = finishOf(delayed, earliestStarts(delayed));
    }
    return slack;
  });
}
