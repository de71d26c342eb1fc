import { describe, expect, test } from '@jest/globals';
import { printSchema, type GraphQLObjectType } from 'postgraphile/graphql';
import { fieldOf, namingColumns } from '../../plugins/names.ts';
import { testDatabase } from '../helpers/database.ts';
import { testApi } from '../helpers/graphql.ts';

describe('fieldOf', () => {
  test.each([
    ['id', 'rowId'],
    ['row_id', 'rowId'],
    ['starts_on', 'startsOn'],
    ['created_by', 'createdById'],
    ['created_by_id', 'createdById'],
    ['line_2', 'line2'],
    ['lines.0.unit_cost', 'lines.0.unitCost'],
    ['custom_fields.shoe_size', 'customFields.shoe_size'],
  ])('%s is %s', (column, field) => {
    expect(fieldOf(column)).toBe(field);
  });
});

describe('namingColumns', () => {
  test.each([
    [['organization_id', 'project_id'], ['project_id']],
    [['organization_id', 'project_id', 'phase_id'], ['phase_id']],
    [['user_id'], ['user_id']],
    [['organization_id'], []],
  ])('of %j is %j', (columns, own) => {
    expect(namingColumns(columns)).toEqual(own);
  });
});

describe('the names of the API', () => {
  const database = testDatabase();
  const api = testApi(database);
  const typeOf = (name: string) => api.schema().getType(name) as GraphQLObjectType;
  const fieldsOf = (name: string) => Object.keys(typeOf(name).getFields());
  const named = (name: string, type: string) => String(typeOf(name).getFields()[type]?.type);

  test('documentation uses them too, and leaves out what is for those who read SQL', () => {
    const { createApiKey } = typeOf('Mutation').getFields();
    expect(createApiKey?.description).toContain(
      'workspaceIds narrow what it sees; without expiresAt',
    );
    const told = printSchema(api.schema());
    expect(told).not.toContain('Definer:');
    // What is a value, or says where a table comes from, is none of them.
    expect(told).toContain('such as api_keys or single_sign_on');
    expect(told).toContain('(seed dashboard_alerts)');
    expect(told).toContain('A table such as projects.project_tasks');
  });

  test('relations of a task read as if there were one tenant', () => {
    expect(named('ProjectTask', 'project')).toBe('Project');
    expect(named('ProjectTask', 'phase')).toBe('ProjectPhase');
    expect(named('ProjectTask', 'parentTask')).toBe('ProjectTask');
    expect(named('ProjectTask', 'assignee')).toBe('User');
    expect(named('ProjectTask', 'workspace')).toBe('Workspace');
    expect(named('ProjectTask', 'childProjectTasks')).toBe('ProjectTaskConnection!');
    expect(named('Project', 'projectTasks')).toBe('ProjectTaskConnection!');
    expect(named('Budget', 'budgetLineItems')).toBe('BudgetLineItemConnection!');
  });

  test('who created a row is a relation, its id another field', () => {
    expect(named('Project', 'createdBy')).toBe('User');
    expect(named('Project', 'createdById')).toBe('UUID');
  });

  test('where several ways lead to a list, each says what the row is there', () => {
    expect(fieldsOf('ProjectTask').filter((field) => /^taskDependencies/.test(field))).toEqual([
      'taskDependenciesAsPredecessor',
      'taskDependenciesAsSuccessor',
    ]);
    expect(fieldsOf('User').filter((field) => /^projects/.test(field))).toEqual([
      'projectsAsClient',
      'projectsAsManager',
    ]);
    expect(fieldsOf('Lead')).toEqual(expect.arrayContaining(['referrals', 'referralsAsReferrer']));
  });

  test('what rows of one whole say about each other has no way back', () => {
    expect(named('NurturingStep', 'nextStep')).toBe('NurturingStep');
    expect(fieldsOf('NurturingStep').filter((field) => /^nurturingSteps/.test(field))).toEqual([]);
    expect(named('AbTest', 'winnerVariant')).toBe('AbTestVariant');
    expect(fieldsOf('AbTestVariant').filter((field) => /^abTest([A-Z]|$)/.test(field))).toEqual([
      'abTestId',
      'abTest',
      'abTestAssignments',
    ]);
  });

  test('what the API leaves out does not make the names of the rest longer', () => {
    expect(named('SubscriptionPlan', 'billingSubscriptions')).toBe(
      'BillingSubscriptionConnection!',
    );
    const fields = Object.values(api.schema().getTypeMap()).flatMap((type) =>
      !/^(Query$|__)/.test(type.name) && 'getInterfaces' in type ? fieldsOf(type.name) : [],
    );
    // createdById, arrivedById: who, not which way
    expect(
      fields.filter((field) => /By[A-Z]/.test(field) && !/edBy(Id|Name)$/.test(field)),
    ).toEqual([]);
  });

  test('a word that refers to a catalog leads to its entry', () => {
    expect(named('Insight', 'rule')).toBe('InsightRule');
    expect(named('PlanLimit', 'metric')).toBe('UsageMetric');
    expect(named('DashboardWidget', 'source')).toBe('DataSource');
  });

  test('users and workspaces do not list everything that points at them', () => {
    expect(fieldsOf('User').filter((field) => /Created|ReviewedBy/.test(field))).toEqual([]);
    const listed = fieldsOf('Workspace').filter((field) =>
      named('Workspace', field).endsWith('Connection!'),
    );
    expect(listed).toEqual(['workspaceMembers']);
  });

  test('nothing of the tenant shows, in types, inputs or look-ups', () => {
    const everywhere = ['organizationId', 'organization'];
    expect(fieldsOf('Project').filter((field) => everywhere.includes(field))).toEqual([]);
    for (const input of ['ProjectInput', 'ProjectPatch', 'ProjectFilter', 'UpdateProjectInput']) {
      expect(fieldsOf(input).filter((field) => everywhere.includes(field))).toEqual([]);
    }
    const query = api.schema().getQueryType()?.getFields();
    expect(query?.['project']?.args.map(({ name }) => name)).toEqual(['rowId']);
    expect(query?.['projectBySlug']?.args.map(({ name }) => name)).toEqual(['slug']);
    expect(query?.['isSlugTaken']).toBeUndefined();
  });

  test('mutations take and give what they are about', () => {
    expect(fieldsOf('DeleteProjectInput')).toEqual(['rowId']);
    expect(fieldsOf('DeleteProjectPayload')).toEqual(expect.arrayContaining(['project']));
    expect(fieldsOf('UpdateProjectInput')).toEqual(['rowId', 'patch']);
    expect(fieldsOf('CreateProjectPayload')).toContain('project');
    const mutations = Object.keys(api.schema().getMutationType()?.getFields() ?? {});
    expect(mutations.filter((name) => /ById$/.test(name))).toEqual([]);
    expect(mutations).not.toContain('identitySignIn');
  });

  test('columns that the database keeps are in no input', () => {
    const kept = ['createdById', 'createdAt', 'updatedAt', 'deletedAt'];
    for (const input of ['ProjectInput', 'ProjectPatch']) {
      expect(fieldsOf(input).filter((field) => kept.includes(field))).toEqual([]);
    }
  });

  test('filters and orders are on indexed columns only', () => {
    expect(fieldsOf('ProjectFilter')).toContain('status');
    expect(fieldsOf('ProjectFilter')).not.toContain('description');
  });

  test('there is no list of all users', () => {
    const query = Object.keys(api.schema().getQueryType()?.getFields() ?? {});
    expect(query).not.toContain('users');
    expect(query).not.toContain('userByEmail');
    expect(query).toContain('organizationMembers');
  });

  test('aggregates are there only where a table asks for them', () => {
    expect(fieldsOf('ProjectConnection')).toEqual(['nodes', 'edges', 'pageInfo', 'totalCount']);
  });
});
