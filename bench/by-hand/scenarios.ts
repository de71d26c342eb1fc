/** A request, as it is sent to either side. */
export type Sent = {
  readonly path: string;
  /** Absent: GET. */
  readonly body?: string;
};

/** What is asked of both sides. */
export type Scenario = {
  readonly title: string;
  /** The request to the GraphQL server; `ids` are those of some tasks or projects. */
  readonly graphql: (id: string, number: number) => Sent;
  readonly byHand: (id: string, number: number) => Sent;
};

const graphql = (query: string, variables: object = {}): Sent => ({
  path: '/graphql',
  body: JSON.stringify({ query, variables }),
});

const PAGE = `query Page {
  projectTasks(first: 20) {
    nodes { rowId title status priority dueOn createdAt }
    pageInfo { hasNextPage endCursor }
  }
}`;

const LEVELS = `query Levels {
  projects(first: 10) {
    nodes {
      rowId name status startsOn
      projectTasks(first: 10) { nodes { rowId title status dueOn } }
      budgets {
        nodes {
          rowId name status
          budgetLineItems { nodes { rowId name quantity plannedAmount } }
        }
      }
    }
  }
}`;

const ROW = `query Row($id: UUID!) {
  projectTask(rowId: $id) { rowId title description status priority dueOn createdAt updatedAt }
}`;

const INSERT = `mutation Insert($task: ProjectTaskInput!) {
  createProjectTask(input: { projectTask: $task }) {
    projectTask { rowId title status priority dueOn createdAt }
  }
}`;

const newTask = (projectId: string, number: number) => ({
  projectId,
  title: `New task ${number}`,
  dueOn: '2027-02-28',
});

/** Ids are those of tasks, but of projects for the insert. */
export const SCENARIOS = {
  page: {
    title: 'A page of 20 tasks',
    graphql: () => graphql(PAGE),
    byHand: () => ({ path: '/tasks?first=20' }),
  },
  levels: {
    title: '10 projects → tasks, and budgets → lines',
    graphql: () => graphql(LEVELS),
    byHand: () => ({ path: '/projects' }),
  },
  insert: {
    title: 'One insert',
    graphql: (id, number) => graphql(INSERT, { task: newTask(id, number) }),
    byHand: (id, number) => ({ path: '/tasks', body: JSON.stringify(newTask(id, number)) }),
  },
  row: {
    title: 'One row by its id',
    graphql: (id) => graphql(ROW, { id }),
    byHand: (id) => ({ path: `/tasks/${id}` }),
  },
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;
