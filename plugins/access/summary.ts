import type { Explained } from './explain.ts';

const DOING: Readonly<Record<string, string>> = {
  read: 'read',
  insert: 'create',
  update: 'change',
  delete: 'delete',
  restore: 'restore',
};

const list = (words: readonly string[], conjunction = 'and'): string =>
  words.length < 2
    ? (words[0] ?? '')
    : `${words.slice(0, -1).join(', ')} ${conjunction} ${words.at(-1)}`;

function neededOf({ permissions_needed: needed, roles }: Explained): string | undefined {
  if (needed.length === 0) return undefined;
  const held = roles.length > 0 ? ` Roles that have it: ${list(roles)}.` : ' No role has it.';
  return `It takes ${list(needed)}, which you do not have.${held}`;
}

/** Of a row that the caller does not see, or that is not there: which of the two is not said, so neither is why. */
function unseen(type: string, explained: Explained): string {
  const needed = neededOf(explained);
  const start = `There is no ${type} with this id that you may know of.`;
  if (needed) return `${start} ${needed}`;
  const isPrivate = explained.checks.some(
    ({ subject, passed }) => subject === 'restriction' && passed !== true,
  );
  return isPrivate
    ? `${start} If there is one, it is in another organization, or in a workspace that you do not see.`
    : `${start} If there is one, it belongs to somebody else.`;
}

/** The answer in a sentence or three. */
export function summaryOf(type: string, code: string | null, explained: Explained): string {
  const { action, allowed, is_seen: isSeen, checks, message, hint, state } = explained;
  const doing = DOING[action] ?? action;
  if (allowed) {
    const by = checks.find(({ subject, passed }) => subject === 'policy' && passed);
    const permission = by?.permissions.length ? `, which ${list(by.permissions)} allows` : '';
    const archived = state?.['deleted_at'] ? ' It is archived.' : '';
    return `You may ${doing} ${action === 'insert' ? `a ${type}` : `this ${type}`}${permission}.${archived}`;
  }
  if (code === 'UNAUTHENTICATED') return 'You are not signed in: sign in first.';
  if (action !== 'insert' && !isSeen) return unseen(type, explained);
  const grant = checks.find(({ subject }) => subject === 'grant');
  if (grant?.passed === false) {
    return `Nobody can ${doing} a ${type} directly: functions and triggers do. ${explained.rule}`;
  }
  const needed = neededOf(explained);
  const refused = `You may not ${doing} ${action === 'insert' ? `a ${type}` : `this ${type}`}.`;
  if (needed) return `${refused} ${needed}`;
  const failed = checks.find(
    ({ subject, passed }) => subject === 'restriction' && passed === false,
  );
  if (failed) return `${refused} It is in a workspace that you do not see (${failed.name}).`;
  if (code === 'NOT_FOUND_OR_FORBIDDEN' && message) return `${refused} ${message}`;
  if (code && !['FORBIDDEN', 'NOT_FOUND_OR_FORBIDDEN', 'INTERNAL_ERROR'].includes(code) && message)
    return `${refused} A rule says: ${message}${hint ? ` ${hint}` : ''}`;
  return `${refused} ${explained.rule}`;
}
