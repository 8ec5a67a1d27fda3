import { useState } from 'preact/hooks';
import { api, Failure } from '../client.ts';
import { arrivedByLink, linkRefusal, signIn } from '../session.ts';
import { me, sessionLost, tell } from '../state.ts';

/** What the server asks of a password and a name; said before the person types. */
export const PASSWORD_MIN = 12;
export const NAME_PATTERN = '[a-z][a-z0-9.\\-]{1,40}';

function Refusal({ text }: { text: string }) {
  return text === '' ? null : (
    <p class="refusal" role="alert">
      {text}
    </p>
  );
}

export function SignInPage() {
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    setError('');
    try {
      await signIn(String(form.get('name') ?? ''), String(form.get('password') ?? ''));
    } catch (cause) {
      setError(Failure.from(cause).message);
      setBusy(false);
    }
  };
  return (
    <main class="door">
      <form class="panel" onSubmit={(event) => void submit(event)}>
        <h1>Firedoor</h1>
        {sessionLost.value ? (
          <p role="alert">
            <b>Your session has ended.</b> Sign in again and you are back where you were.
          </p>
        ) : (
          <p class="soft">Sign in to see the plant.</p>
        )}
        <Refusal text={linkRefusal.value} />
        <label>
          Name
          <input name="name" autocomplete="username" required maxLength={100} />
        </label>
        <label>
          Password
          <input name="password" type="password" autocomplete="current-password" required maxLength={128} />
        </label>
        <Refusal text={error} />
        <div class="buttons">
          <button type="submit" class="strong" disabled={busy}>
            Sign in
          </button>
        </div>
        <p class="soft small">No password yet? An administrator can give you a one-time link.</p>
      </form>
    </main>
  );
}

/** After a one-time link: choose name and password, or go on and do it later under Settings. */
export function WelcomePage() {
  return (
    <main class="door">
      <section class="panel" aria-labelledby="welcome">
        <h1 id="welcome">Welcome to Firedoor</h1>
        <p class="soft">
          The link you came with works once. Choose your name and a password to sign in next time, or go on and do it
          later under Settings.
        </p>
        <SetupForm onDone={() => (arrivedByLink.value = false)} />
        <div class="buttons">
          <button type="button" onClick={() => (arrivedByLink.value = false)}>
            Continue without
          </button>
        </div>
      </section>
    </main>
  );
}

export function SetupForm({ onDone }: { onDone: () => void }) {
  const [error, setError] = useState('');
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setError('');
    try {
      await api.setup(String(form.get('name') ?? ''), String(form.get('password') ?? ''));
      me.value = await api.me();
      tell('Name and password are set.');
      onDone();
    } catch (cause) {
      setError(Failure.from(cause).message);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <label>
        Your name
        <input
          name="name"
          autocomplete="username"
          required
          pattern={NAME_PATTERN}
          title="2 to 41 characters: small letters, digits, dot, hyphen; begins with a letter"
          value={me.value?.user.name ?? ''}
        />
      </label>
      <label>
        Password, at least {PASSWORD_MIN} characters
        <input
          name="password"
          type="password"
          autocomplete="new-password"
          required
          minLength={PASSWORD_MIN}
          maxLength={128}
        />
      </label>
      <Refusal text={error} />
      <div class="buttons">
        <button type="submit" class="strong">
          Set name and password
        </button>
      </div>
    </form>
  );
}
