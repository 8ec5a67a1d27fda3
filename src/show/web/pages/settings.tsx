import { useState } from 'preact/hooks';
import type { Role, UserInfo } from '../../api/types.ts';
import { ROLES } from '../../api/types.ts';
import { api, Failure } from '../client.ts';
import { Choice, Panel, Sentence, Waiting } from '../parts/basics.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { type Column, Rows } from '../parts/table.tsx';
import { signOut } from '../session.ts';
import { may, me, tell } from '../state.ts';
import { setTheme, THEMES, theme } from '../theme.ts';
import { useLoad } from '../use.ts';
import { NAME_PATTERN, PASSWORD_MIN, SetupForm } from './sign-in.tsx';

const THEME_WORDS = { system: 'As the system', light: 'Light', dark: 'Dark' } as const;

const complain = (cause: unknown) => tell(Failure.from(cause).message, true);

function Account() {
  const [error, setError] = useState('');
  const change = async (event: SubmitEvent) => {
    event.preventDefault();
    const element = event.currentTarget as HTMLFormElement;
    const form = new FormData(element);
    setError('');
    try {
      await api.setPassword(String(form.get('password') ?? ''), String(form.get('current') ?? ''));
      element.reset();
      tell('The password is changed. Other sessions of yours have ended.');
    } catch (cause) {
      setError(Failure.from(cause).message);
    }
  };
  return (
    <Panel title="My account">
      <p>
        {me.value?.user.name}, {me.value?.user.role}
      </p>
      {me.value?.hasPassword ? (
        <form onSubmit={(event) => void change(event)}>
          <input
            class="unseen"
            type="text"
            name="name"
            autocomplete="username"
            value={me.value.user.name}
            readOnly
            tabIndex={-1}
            aria-label="Name"
          />
          <label>
            Present password
            <input name="current" type="password" autocomplete="current-password" required maxLength={128} />
          </label>
          <label>
            New password, at least {PASSWORD_MIN} characters
            <input
              name="password"
              type="password"
              autocomplete="new-password"
              required
              minLength={PASSWORD_MIN}
              maxLength={128}
            />
          </label>
          {error === '' ? null : (
            <p class="refusal" role="alert">
              {error}
            </p>
          )}
          <div class="buttons">
            <button type="submit">Change password</button>
          </div>
        </form>
      ) : (
        <>
          <p class="soft">You came by a one-time link and have no password yet.</p>
          <SetupForm onDone={() => undefined} />
        </>
      )}
      <div class="buttons">
        <button type="button" onClick={() => void signOut().catch(complain)}>
          Sign out
        </button>
      </div>
    </Panel>
  );
}

/** A link is shown once: whoever has it can sign in. */
function LinkShown({ name, token, onClose }: { name: string; token: string; onClose: () => void }) {
  const address = `${location.origin}/signin#token=${token}`;
  return (
    <Dialog
      title={`One-time link for ${name}`}
      confirm="Copy"
      onClose={onClose}
      onConfirm={async () => {
        await navigator.clipboard.writeText(address);
        tell('Copied. The link works once, within a day.');
      }}
    >
      <p>Whoever opens it is signed in as {name}. It works once, within a day, and is not shown again.</p>
      <p class="token">{address}</p>
    </Dialog>
  );
}

function NewUser({ onClose, onDone }: { onClose: () => void; onDone: (user: UserInfo) => Promise<void> }) {
  return (
    <Dialog
      title="New user"
      confirm="Add"
      onClose={onClose}
      onConfirm={async (form) => {
        const role = ROLES.find((known) => known === form.get('role')) ?? 'viewer';
        await onDone(await api.addUser(String(form.get('name') ?? ''), role));
      }}
    >
      <label>
        Name
        <input
          name="name"
          required
          pattern={NAME_PATTERN}
          title="2 to 41 characters: small letters, digits, dot, hyphen; begins with a letter"
        />
      </label>
      <label>
        Role
        <select name="role">
          {ROLES.map((role) => (
            <option key={role}>{role}</option>
          ))}
        </select>
      </label>
      <p class="soft">A one-time link is made for the new user to come in by.</p>
    </Dialog>
  );
}

/** What is shown of a user, and what an administrator changes there. */
function userColumns(
  change: (user: UserInfo, to: { role?: Role; disabled?: boolean }) => void,
  makeLink: (user: UserInfo) => void,
): readonly Column<UserInfo>[] {
  return [
    { title: 'name', cell: (row) => <b>{row.name}</b> },
    {
      title: 'role',
      cell: (row) => (
        <select
          aria-label={`Role of ${row.name}`}
          value={row.role}
          onChange={(event) => {
            const role = ROLES.find((known) => known === event.currentTarget.value);
            if (role) change(row, { role });
          }}
        >
          {ROLES.map((role) => (
            <option key={role} value={role}>
              {role}
            </option>
          ))}
        </select>
      ),
    },
    { title: 'since', cell: (row) => new Date(row.createdMs).toLocaleDateString('en-GB') },
    { title: 'state', cell: (row) => (row.disabled ? 'disabled' : 'enabled') },
    {
      title: 'change',
      kind: 'nowrap',
      cell: (row) => (
        <div class="buttons tight">
          <button type="button" onClick={() => makeLink(row)}>
            One-time link<span class="unseen"> for {row.name}</span>
          </button>
          <button type="button" onClick={() => change(row, { disabled: !row.disabled })}>
            {row.disabled ? 'Enable' : 'Disable'}
            <span class="unseen"> {row.name}</span>
          </button>
        </div>
      ),
    },
  ];
}

function Users() {
  const loaded = useLoad('users', api.users);
  const [adding, setAdding] = useState(false);
  const [link, setLink] = useState<{ name: string; token: string } | null>(null);

  const change = async (user: UserInfo, to: { role?: Role; disabled?: boolean }) => {
    try {
      await api.changeUser(user.id, to);
      tell(`${user.name} is changed.`);
    } catch (cause) {
      complain(cause);
    }
    loaded.reload();
  };
  const makeLink = async (user: UserInfo) => {
    const made = await api.userLink(user.id);
    setLink({ name: user.name, token: made.token });
  };

  const columns = userColumns(
    (user, to) => void change(user, to),
    (user) => void makeLink(user).catch(complain),
  );

  return (
    <Panel
      title="Users"
      aside={
        <button type="button" onClick={() => setAdding(true)}>
          New user…
        </button>
      }
    >
      {loaded.data ? (
        <Rows columns={columns} rows={loaded.data} rowKey={(row) => row.id} caption="Users" />
      ) : (
        <Waiting of={loaded} what="users" />
      )}
      {adding ? (
        <NewUser
          onClose={() => setAdding(false)}
          onDone={async (user) => {
            loaded.reload();
            await makeLink(user);
          }}
        />
      ) : null}
      {link ? <LinkShown {...link} onClose={() => setLink(null)} /> : null}
    </Panel>
  );
}

function Appearance() {
  return (
    <Panel title="Appearance">
      <Choice
        label="Colours"
        options={THEMES.map((each) => ({ value: each, text: THEME_WORDS[each] }))}
        value={theme.value}
        onChange={setTheme}
      />
    </Panel>
  );
}

export function SettingsPage() {
  const person = me.value?.user;
  return (
    <>
      <Sentence>
        You are {person?.name}, signed in as {person?.role}.
      </Sentence>
      {may('users.read') ? (
        <div class="with-side reversed">
          <Users />
          <div class="side">
            <Account />
            <Appearance />
          </div>
        </div>
      ) : (
        <div class="thirds">
          <Account />
          <Appearance />
        </div>
      )}
    </>
  );
}
