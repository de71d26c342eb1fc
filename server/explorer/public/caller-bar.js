import { SESSION_KEY } from './session.js';
import { SignIn } from './sign-in.js';

const $ = (id) => document.getElementById(id);

/** Shows in the bar who is signed in and where; null: nobody. */
export function showInBar(me) {
  $('sign-in').hidden = me !== null;
  $('sign-out').hidden = me === null;
  $('organization-label').hidden = me === null || me.organizations.length === 0;
  $('who').textContent = me === null ? 'Nobody is signed in' : me.name;
  $('who').title = me?.email ?? '';
  if (me === null) return;
  if (me.role) {
    const role = document.createElement('small');
    role.textContent = me.role;
    $('who').append(role);
  }
  $('organization').replaceChildren(
    ...me.organizations.map(({ rowId, name }) => new Option(name, rowId)),
  );
  $('organization').value = me.organization?.rowId ?? '';
}

/** Makes the bar work. `changed` is called when it is somebody else who is signed in, or elsewhere; returns the sign-in. */
export function wireBar(session, changed) {
  const signIn = new SignIn(session, changed);
  const change = async (what) => {
    try {
      await what();
    } finally {
      await changed();
    }
  };
  $('organization').addEventListener('change', (event) =>
    change(() => session.switchOrganization(event.target.value)),
  );
  $('sign-out').addEventListener('click', () => change(() => session.signOut()));
  $('sign-in').addEventListener('click', () => signIn.open());
  // A session that begins or ends in another tab does so here too; what else is stored there is no concern of ours.
  window.addEventListener('storage', ({ key }) => {
    if (key === null || key === SESSION_KEY) void changed();
  });
  return signIn;
}
