import { gql } from 'postgraphile/utils';

/** The types and the field of explanations. */
export const accessTypes = gql`
  """
  What can be done to a row.
  """
  enum AccessAction {
    READ
    INSERT
    UPDATE
    """
    Archiving, for rows that are archived.
    """
    DELETE
    RESTORE
  }

  """
  Whether the caller may do something, and why.
  """
  type AccessExplanation {
    """
    The GraphQL type that was asked about.
    """
    type: String!
    action: AccessAction!
    rowId: UUID
    allowed: Boolean!
    """
    The answer in words: what decides, what would be needed, who could grant it.
    """
    summary: String!
    """
    The code of the error that the action would end with.
    """
    code: String
    """
    What kind of table it is (tenant, tenant_log, personal, published, catalog, custom) and what that means.
    """
    kind: String!
    rule: String!
    """
    Whether the caller sees the row. Rows that are not there and rows that the caller may not know are answered alike.
    """
    isSeen: Boolean!
    """
    Everything that has to be passed, as it is in force.
    """
    checks: [AccessCheck!]!
    """
    Permissions that would be needed and are not held.
    """
    permissionsNeeded: [String!]!
    """
    The roles of the organization that hold all of them: whoever hands out roles could give one of these.
    """
    rolesThatAllow: [String!]!
    """
    When the row was archived.
    """
    archivedAt: Datetime
    """
    What the status of the row may become.
    """
    nextStatuses: [String!]
    """
    The fields that the caller may set, for INSERT and UPDATE.
    """
    fields: [String!]
  }

  """
  One thing that has to be passed.
  """
  type AccessCheck {
    """
    grant: the right to the table at all; policy: one of these has to pass; restriction: every one has to.
    """
    subject: String!
    """
    The name of the policy, or the database role that has the grant.
    """
    name: String!
    """
    Null when that depends on the row, and the caller does not see it.
    """
    passed: Boolean
    """
    The permissions that it asks for.
    """
    permissions: [String!]!
    """
    Those of them that the caller holds.
    """
    held: [String!]!
    """
    The condition, in SQL.
    """
    expression: String
  }

  extend type Query {
    """
    Whether the caller may do something to a row, and why: it is tried and undone, so that the answer is what would happen.
    For INSERT rowId is what the new row would belong to, or nothing. Errors: INVALID_INPUT for an unknown type.
    """
    explainAccess(
      """
      A GraphQL type, such as ProjectTask.
      """
      type: String!
      rowId: UUID
      action: AccessAction!
    ): AccessExplanation
  }
`;
