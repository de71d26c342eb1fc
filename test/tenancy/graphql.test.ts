import { beforeAll, describe, expect, test } from '@jest/globals';
import { makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { dataOf, errorOf, testApi, type Within } from '../helpers/graphql.ts';
import { idsOf } from './calling.ts';

const database = testDatabase();
const api = testApi(database);

let cast: Cast;
let other: Cast;
let ids: Awaited<ReturnType<typeof idsOf>>;
let newcomer: Caller;
beforeAll(async () => {
  cast = await makeCast(database, 'troupe');
  other = await makeCast(database, 'rivals');
  ids = await idsOf(database, cast);
  const { rows } = await database
    .pool()
    .query<{ id: string }>(
      "insert into identity.users (email, name) values ('new@troupe.test', 'Newcomer') returning id",
    );
  newcomer = { userId: rows[0]!.id };
});

const INVITE = `mutation ($input: InviteMemberInput!) {
  inviteMember(input: $input) {
    invitation { rowId email status workspaceIds role { key } invitedBy { name } }
  }
}`;
const ACCEPT = `mutation ($token: String!) {
  acceptInvitation(input: { token: $token }) { organization { rowId name slug } }
}`;

async function invite({ ask, client }: Within): Promise<{ rowId: string; token: string }> {
  const { invitation } = dataOf(
    await ask(cast.admin, INVITE, {
      input: {
        email: 'new@troupe.test',
        roleId: ids.role('guest'),
        workspaceIds: [cast.privateWorkspaceId],
      },
    }),
  ).inviteMember;
  expect(invitation).toEqual({
    rowId: expect.any(String),
    email: 'new@troupe.test',
    status: 'pending',
    workspaceIds: [cast.privateWorkspaceId],
    role: { key: 'guest' },
    invitedBy: { name: 'Admin of Troupe' },
  });
  const { rows } = await client.query<{ token: string }>(
    'select token from tenancy.issue_invitation_token($1, $2)',
    [cast.organizationId, invitation.rowId],
  );
  return { rowId: invitation.rowId, token: rows[0]!.token };
}

describe('an invitation', () => {
  test('is looked at without a session, accepted, and leads into the organization', () =>
    api.within(async (within) => {
      const { token } = await invite(within);
      const { ask } = within;
      const preview = `query ($token: String!) {
        previewInvitation(token: $token) { email status organizationName roleName invitedByName hasAccount }
      }`;
      expect(dataOf(await ask({}, preview, { token })).previewInvitation).toEqual({
        email: 'new@troupe.test',
        status: 'pending',
        organizationName: 'Troupe',
        roleName: 'Guest',
        invitedByName: 'Admin of Troupe',
        hasAccount: true,
      });
      expect(dataOf(await ask({}, preview, { token: 'f'.repeat(96) }))).toEqual({
        previewInvitation: null,
      });
      const { organization } = dataOf(await ask(newcomer, ACCEPT, { token })).acceptInvitation;
      expect(organization).toEqual({ rowId: cast.organizationId, name: 'Troupe', slug: 'troupe' });
      const there = { ...newcomer, organizationId: organization.rowId };
      expect(dataOf(await ask(there, '{ me { role } workspaces { nodes { name } } }'))).toEqual({
        me: { role: 'guest' },
        workspaces: { nodes: [{ name: 'Client room' }] },
      });
      expect(errorOf(await ask(newcomer, ACCEPT, { token }))).toEqual({
        code: 'INVITATION_INVALID',
        field: 'token',
      });
    }));

  test('makes an account that is in the organization at once', () =>
    api.within(async (within) => {
      await within.client.query(
        "update identity.users set email = 'older@troupe.test' where id = $1",
        [newcomer.userId],
      );
      const { token } = await invite(within);
      const signUp = `mutation ($input: SignUpInput!) {
        signUp(input: $input) { session { organizationId } me { role emailVerified organization { name } } }
      }`;
      const input = {
        email: 'new@troupe.test',
        name: 'New',
        password: 'correct horse battery',
        invitationToken: token,
      };
      expect(
        errorOf(await within.ask({}, signUp, { input: { ...input, email: 'x@troupe.test' } })),
      ).toEqual({
        code: 'FORBIDDEN',
        field: 'email',
      });
      expect(dataOf(await within.ask({}, signUp, { input })).signUp).toEqual({
        session: { organizationId: cast.organizationId },
        me: { role: 'guest', emailVerified: true, organization: { name: 'Troupe' } },
      });
      expect(errorOf(await within.ask({}, signUp, { input }))).toEqual({
        code: 'INVITATION_INVALID',
        field: 'invitationToken',
      });
    }));

  test('is for nobody else, and not for who is not signed in', () =>
    api.within(async (within) => {
      const { token } = await invite(within);
      expect(errorOf(await within.ask(other.owner, ACCEPT, { token }))).toEqual({
        code: 'FORBIDDEN',
        field: 'token',
      });
    }));

  test('is listed for who manages members, with what came of it', () =>
    api.within(async (within) => {
      const { rowId } = await invite(within);
      const { ask } = within;
      const list = '{ invitations { nodes { email status } } }';
      expect(dataOf(await ask(cast.owner, list)).invitations.nodes).toEqual([
        { email: 'new@troupe.test', status: 'pending' },
      ]);
      for (const who of [cast.member, other.owner]) {
        expect(dataOf(await ask(who, list)).invitations.nodes).toEqual([]);
      }
      const revoke = `mutation ($rowId: UUID!) {
        revokeInvitation(input: { rowId: $rowId }) { invitation { status } }
      }`;
      expect(errorOf(await ask(other.owner, revoke, { rowId }))).toEqual({
        code: 'NOT_FOUND_OR_FORBIDDEN',
        field: 'rowId',
      });
      expect(dataOf(await ask(cast.owner, revoke, { rowId })).revokeInvitation).toEqual({
        invitation: { status: 'revoked' },
      });
      expect(errorOf(await ask(cast.owner, revoke, { rowId }))).toEqual({
        code: 'INVALID_TRANSITION',
        field: 'rowId',
      });
    }));
});

describe('members', () => {
  test('get roles, grants and titles', () =>
    api.within(async ({ ask }) => {
      const rowId = ids.member(cast.guest);
      const answer = await ask(
        cast.owner,
        `mutation ($rowId: UUID!, $roleId: UUID!) {
          changeMemberRole(input: { rowId: $rowId, roleId: $roleId }) { organizationMember { roleKey } }
          setMemberPermission(input: { memberId: $rowId, permission: "finance.read", reason: "Audit" }) {
            memberPermission { permission effect member { title } }
          }
          updateOrganizationMember(input: { rowId: $rowId, patch: { title: "Dramaturge" } }) {
            organizationMember { title }
          }
        }`,
        { rowId, roleId: ids.role('member') },
      );
      expect(dataOf(answer)).toEqual({
        changeMemberRole: { organizationMember: { roleKey: 'member' } },
        setMemberPermission: {
          memberPermission: {
            permission: 'finance.read',
            effect: 'grant',
            member: { title: null },
          },
        },
        updateOrganizationMember: { organizationMember: { title: 'Dramaturge' } },
      });
      const { effectivePermissions, memberPermissions } = dataOf(
        await ask(
          cast.owner,
          'query ($rowId: UUID!) { organizationMember(rowId: $rowId) { effectivePermissions memberPermissions { nodes { reason } } } }',
          { rowId },
        ),
      ).organizationMember;
      expect(effectivePermissions).toEqual(
        expect.arrayContaining(['finance.read', 'projects.write']),
      );
      expect(memberPermissions.nodes).toEqual([{ reason: 'Audit' }]);
    }));

  test('the last owner cannot leave, and learns so in the same call', () =>
    api.within(async ({ ask }) => {
      const leave = 'mutation { leaveOrganization(input: {}) { organizationMember { status } } }';
      expect(errorOf(await ask(cast.owner, leave))).toEqual({ code: 'LAST_OWNER' });
      const transfer = `mutation ($rowId: UUID!) {
        transferOwnership(input: { rowId: $rowId }) { organizationMember { roleKey userId } }
      }`;
      expect(
        dataOf(await ask(cast.owner, transfer, { rowId: ids.member(cast.admin) }))
          .transferOwnership,
      ).toEqual({ organizationMember: { roleKey: 'owner', userId: cast.admin.userId } });
      expect(dataOf(await ask(cast.owner, leave)).leaveOrganization).toEqual({
        organizationMember: { status: 'left' },
      });
    }));

  test('nobody is suspended, removed or promoted from another organization', () =>
    api.within(async ({ ask }) => {
      for (const name of [
        'suspendMember',
        'removeMember',
        'reactivateMember',
        'transferOwnership',
      ]) {
        const answer = await ask(
          other.owner,
          `mutation ($rowId: UUID!) { ${name}(input: { rowId: $rowId }) { organizationMember { rowId } } }`,
          { rowId: ids.member(cast.member) },
        );
        expect([name, errorOf(answer)]).toEqual([
          name,
          { code: 'NOT_FOUND_OR_FORBIDDEN', field: 'rowId' },
        ]);
      }
    }));
});

test('roles are made, changed and deleted', () =>
  api.within(async ({ ask }) => {
    const { role } = dataOf(
      await ask(
        cast.owner,
        `mutation {
          createRole(input: { name: "Line producer", permissions: ["projects.read", "finance.read"] }) {
            role { rowId key isSystem permissions }
          }
        }`,
      ),
    ).createRole;
    expect(role).toMatchObject({ key: 'line_producer', isSystem: false });
    const update = `mutation ($rowId: UUID!, $permissions: [String!]) {
      updateRole(input: { rowId: $rowId, permissions: $permissions }) { role { permissions } }
    }`;
    expect(
      errorOf(await ask(cast.owner, update, { rowId: role.rowId, permissions: ['finance.fly'] })),
    ).toEqual({ code: 'INVALID_INPUT', field: 'permissions' });
    expect(
      dataOf(await ask(cast.owner, update, { rowId: role.rowId, permissions: ['projects.read'] }))
        .updateRole.role,
    ).toEqual({ permissions: ['projects.read'] });
    const remove = `mutation ($rowId: UUID!) { deleteRole(input: { rowId: $rowId }) { role { key } } }`;
    expect(errorOf(await ask(cast.admin, remove, { rowId: role.rowId }))).toEqual({
      code: 'FORBIDDEN',
    });
    expect(dataOf(await ask(cast.owner, remove, { rowId: role.rowId })).deleteRole.role).toEqual({
      key: 'line_producer',
    });
    const { nodes } = dataOf(
      await ask(cast.admin, '{ permissions { nodes { key isGrantable } } }'),
    ).permissions;
    expect(nodes).toContainEqual({ key: 'tenancy.manage_roles', isGrantable: false });
  }));

test('teams come, fill and go', () =>
  api.within(async ({ ask }) => {
    const { team } = dataOf(
      await ask(
        cast.admin,
        'mutation { createTeam(input: { team: { name: "Electrics", color: "#ffcc00" } }) { team { rowId } } }',
      ),
    ).createTeam;
    const join = `mutation ($teamId: UUID!, $userId: UUID!) {
      createTeamMember(input: { teamMember: { teamId: $teamId, userId: $userId, role: "lead" } }) {
        teamMember { role user { name } team { name } }
      }
    }`;
    expect(
      dataOf(await ask(cast.admin, join, { teamId: team.rowId, userId: cast.member.userId }))
        .createTeamMember.teamMember,
    ).toEqual({ role: 'lead', user: { name: 'Member of Troupe' }, team: { name: 'Electrics' } });
    for (const [userId, error] of [
      [cast.member.userId, { code: 'NOT_UNIQUE', field: 'userId' }],
      [cast.left.userId, { code: 'INVALID_INPUT', field: 'userId' }],
      [other.member.userId, { code: 'UNKNOWN_REFERENCE', field: 'userId' }],
    ]) {
      await ask(cast.admin, '{ me { name } }');
      expect(errorOf(await ask(cast.admin, join, { teamId: team.rowId, userId }))).toEqual(error);
    }
    expect(
      errorOf(
        await ask(
          cast.admin,
          'mutation { createTeam(input: { team: { name: "ELECTRICS" } }) { team { rowId } } }',
        ),
      ),
    ).toMatchObject({ code: 'NOT_UNIQUE' });
    const remove = `mutation ($rowId: UUID!) { deleteTeam(input: { rowId: $rowId }) { team { deletedAt } } }`;
    expect(errorOf(await ask(cast.member, remove, { rowId: team.rowId }))).toEqual({
      code: 'NOT_FOUND_OR_FORBIDDEN',
      field: 'rowId',
    });
    dataOf(await ask(cast.admin, remove, { rowId: team.rowId }));
    expect(
      dataOf(await ask(cast.admin, '{ teams { nodes { name } } teamMembers { nodes { role } } }')),
    ).toEqual({ teams: { nodes: [] }, teamMembers: { nodes: [] } });
  }));

test('settings are read with their schema and changed by a patch', () =>
  api.within(async ({ ask, client }) => {
    const change = `mutation ($section: String!, $patch: JSON!, $ifVersion: Int) {
      updateOrganizationSettings(input: { section: $section, patch: $patch, ifVersion: $ifVersion }) {
        settings { value version }
      }
    }`;
    expect(
      dataOf(await ask(cast.admin, change, { section: 'general', patch: { weekStartsOn: 7 } }))
        .updateOrganizationSettings.settings,
    ).toEqual({ version: 1, value: expect.objectContaining({ weekStartsOn: 7, locale: 'en-US' }) });
    expect(
      errorOf(
        await ask(cast.admin, change, {
          section: 'notifications',
          patch: { quietHours: { from: '22:00', to: 'late' } },
        }),
      ),
    ).toEqual({ code: 'INVALID_INPUT', field: 'patch.quietHours.to' });
    expect(
      errorOf(await ask(cast.admin, change, { section: 'general', patch: {}, ifVersion: 0 })),
    ).toEqual({ code: 'CONFLICT', field: 'ifVersion' });
    const { nodes } = dataOf(
      await ask(
        cast.guest,
        '{ getOrganizationSettings { nodes { section title value schema version } } }',
      ),
    ).getOrganizationSettings;
    const { rows: sections } = await client.query(
      "select from tenancy.settings_sections where audience = 'organization'",
    );
    expect(nodes).toHaveLength(sections.length);
    expect(nodes[0]).toMatchObject({ section: 'general', value: { weekStartsOn: 7 }, version: 1 });
  }));

test("a user's settings are theirs", () =>
  api.within(async ({ ask }) => {
    const { userSetting } = dataOf(
      await ask(
        cast.guest,
        'mutation { updateUserSettings(input: { patch: { theme: "dark" } }) { userSetting { value inForce version } } }',
      ),
    ).updateUserSettings;
    expect(userSetting).toEqual({
      value: { theme: 'dark' },
      version: 2,
      inForce: expect.objectContaining({ theme: 'dark', density: 'comfortable' }),
    });
    expect(
      dataOf(await ask(cast.owner, '{ userSettings { nodes { value } } }')).userSettings.nodes,
    ).toEqual([{ value: {} }]);
  }));

test('an organization is started', () =>
  api.within(async ({ ask }) => {
    const create = `mutation ($subdomain: String!) {
      createTenant(input: { name: "Night Shift", subdomain: $subdomain }) { organization { name slug } }
    }`;
    expect(
      dataOf(await ask(newcomer, create, { subdomain: 'night-shift' })).createTenant.organization,
    ).toEqual({ name: 'Night Shift', slug: 'night-shift' });
    expect(errorOf(await ask(newcomer, create, { subdomain: 'troupe' }))).toEqual({
      code: 'CONFLICT',
      field: 'subdomain',
    });
    const about = `query ($tenantId: UUID!, $userId: UUID) {
      isTenantMember(tenantId: $tenantId, userId: $userId)
      getTenantMemberRole(tenantId: $tenantId)
      isAdmin
    }`;
    expect(dataOf(await ask(cast.guest, about, { tenantId: cast.organizationId }))).toEqual({
      isTenantMember: true,
      getTenantMemberRole: 'guest',
      isAdmin: false,
    });
    expect(
      errorOf(
        await ask(other.owner, about, {
          tenantId: cast.organizationId,
          userId: cast.owner.userId,
        }),
      ),
    ).toEqual({ code: 'FORBIDDEN', field: 'tenantId' });
  }));

test('the onboarding tells what is left', () =>
  api.within(async ({ ask }) => {
    const { onboardingStep } = dataOf(
      await ask(
        cast.owner,
        'mutation { skipOnboardingStep(input: { key: "build_team" }) { onboardingStep { title status } } }',
      ),
    ).skipOnboardingStep;
    expect(onboardingStep).toEqual({ title: 'Build a team', status: 'skipped' });
    const { nodes } = dataOf(
      await ask(cast.owner, '{ getOnboarding { nodes { key audience status } } }'),
    ).getOnboarding;
    expect(nodes).toContainEqual({ key: 'confirm_email', audience: 'user', status: 'open' });
  }));

test('nothing went wrong that nobody foresaw', () => {
  expect(api.unexpected).toEqual([]);
});
