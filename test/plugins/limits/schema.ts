import { buildSchema, parse } from 'graphql';
import { analyse, type DocumentAnalysis } from '../../../plugins/limits/analyse.ts';
import { DEFAULT_LIMITS } from '../../../plugins/limits/limits.ts';
import { pageSizes } from '../../../plugins/limits/rows.ts';

/** A schema in the shapes of the real one, so small that every cost can be reckoned by hand. */
export const schema = buildSchema(`
  interface Node { id: ID! }
  type Project implements Node {
    id: ID!
    name: String!
    manager: User
    health: Health
    tasks(first: Int, last: Int, filter: TaskFilter, orderBy: [TaskOrderBy!]): TaskConnection!
  }
  type Task implements Node { id: ID! title: String! parent: Task project: Project! }
  type User implements Node { id: ID! name: String! }
  type Health { score: Float! parts: [HealthPart!]! }
  type HealthPart { part: String! task: Task detail: HealthDetail }
  type HealthDetail { text: String }
  type ProjectConnection {
    nodes: [Project]! edges: [ProjectEdge]! pageInfo: PageInfo! totalCount: Int! aggregates: ProjectAggregates
  }
  type ProjectEdge { cursor: String node: Project }
  type ProjectAggregates { sum: ProjectSum }
  type ProjectSum { budget: Float }
  type TaskConnection { nodes: [Task]! edges: [TaskEdge]! pageInfo: PageInfo! totalCount: Int! }
  type TaskEdge { cursor: String node: Task }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  input TaskFilter { and: [TaskFilter!] or: [TaskFilter!] not: TaskFilter title: StringFilter }
  input StringFilter { equalTo: String in: [String!] }
  enum TaskOrderBy { TITLE_ASC TITLE_DESC }
  type Query {
    projects(first: Int, last: Int): ProjectConnection!
    tasks(first: Int, last: Int, filter: TaskFilter, orderBy: [TaskOrderBy!]): TaskConnection!
    project(id: ID!): Project
    search(text: String!): SearchResult
    count: Int
  }
  type SearchResult { hits: [Node]! }
  input ProjectInput { name: String! }
  type CreateProjectPayload { project: Project }
  type Mutation { createProject(input: ProjectInput!): CreateProjectPayload }
`);

/** What a document asks for. */
export const analysed = (text: string): DocumentAnalysis =>
  analyse(schema, parse(text), pageSizes(DEFAULT_LIMITS));

/** A chain of fragments, each of which is spread twice by the one before: so many levels, and twice as many fields for each. */
export function doubling(levels: number, spread: (next: string) => string, last = 'title'): string {
  const fragments = Array.from({ length: levels }, (_, level) => {
    const content = level < levels - 1 ? spread(`...F${level + 1}`) : last;
    return `fragment F${level} on Task { ${content} }`;
  });
  return `{ tasks { nodes { ...F0 } } } ${fragments.join(' ')}`;
}
