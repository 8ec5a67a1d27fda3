/** The one dialog: asks once, works at once. Native, so focus and Escape behave as the person knows them. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Failure } from '../client.ts';

export interface DialogProps {
  readonly title: string;
  readonly confirm: string;
  /** Heavy consequences: the button that does nothing has the focus at first. */
  readonly heavy?: boolean;
  readonly children?: ComponentChildren;
  /** Throws a `Failure` to keep the dialog open with its sentence. */
  readonly onConfirm: (form: FormData) => Promise<void>;
  readonly onClose: () => void;
}

export function Dialog({ title, confirm, heavy = false, children, onConfirm, onClose }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const cancel = useRef<HTMLButtonElement>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');
  const titleId = useId();

  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    if (heavy) cancel.current?.focus();
    return () => element?.close();
  }, []);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    setError('');
    try {
      await onConfirm(form);
      onClose();
    } catch (cause) {
      setError(Failure.from(cause).message);
      setBusy(false);
    }
  };

  return (
    <dialog ref={dialog} aria-labelledby={titleId} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <h2 id={titleId}>{title}</h2>
        {children}
        {error === '' ? null : (
          <p class="refusal" role="alert">
            {error}
          </p>
        )}
        <div class="buttons">
          <button type="submit" class={heavy ? 'heavy' : 'strong'} disabled={busy}>
            {confirm}
          </button>
          <button type="button" ref={cancel} onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}
