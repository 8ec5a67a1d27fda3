/** What a person can do with an incident: shown only what the role may do and what makes sense in its state. */
import { useState } from 'preact/hooks';
import type { IncidentAction, IncidentActionName, IncidentView } from '../../api/types.ts';
import { JUDGEMENTS } from '../../api/types.ts';
import { api, Failure } from '../client.ts';
import { may, me, tell } from '../state.ts';
import { Dialog } from './dialog.tsx';

interface Kind {
  readonly name: IncidentActionName;
  readonly text: string;
  readonly title: string;
  readonly confirm: string;
}

const KINDS: readonly Kind[] = [
  { name: 'planned-work', text: 'Planned work…', title: 'This is planned work', confirm: 'It is planned work' },
  { name: 'shelve', text: 'Shelve…', title: 'Shelve for a while', confirm: 'Shelve' },
  { name: 'assign', text: 'Assign…', title: 'Give it to somebody', confirm: 'Assign' },
  { name: 'comment', text: 'Comment…', title: 'Add a comment', confirm: 'Add' },
  { name: 'close', text: 'Close…', title: 'Close with a judgement', confirm: 'Close the incident' },
];

const DONE: Readonly<Record<IncidentActionName, string>> = {
  acknowledge: 'Acknowledged.',
  'planned-work': 'Marked as planned work.',
  shelve: 'Shelved.',
  assign: 'Assigned.',
  comment: 'Comment added.',
  close: 'Closed.',
};

const SHELVE_MINUTES = [
  { minutes: 60, text: '1 hour' },
  { minutes: 8 * 60, text: '1 shift, 8 hours' },
  { minutes: 24 * 60, text: '1 day' },
  { minutes: 7 * 24 * 60, text: '1 week' },
] as const;

/** Reasons that are given most often: one tap fills the field. */
const REASONS = ['Calibration', 'Maintenance', 'Engineering change', 'Test'] as const;

function actionOf(name: IncidentActionName, form: FormData): IncidentAction {
  const field = (key: string) => String(form.get(key) ?? '').trim();
  switch (name) {
    case 'planned-work':
      return { action: name, because: field('because') };
    case 'shelve':
      return { action: name, minutes: Number(field('minutes')), because: field('because') };
    case 'assign':
      return { action: name, to: field('to') };
    case 'comment':
      return { action: name, text: field('text') };
    case 'close':
      return {
        action: name,
        judgement: JUDGEMENTS.find((known) => known === field('judgement')) ?? 'right',
        because: field('because'),
      };
    default:
      return { action: 'acknowledge' };
  }
}

function Because({ label, reasons = false }: { label: string; reasons?: boolean }) {
  const [text, setText] = useState('');
  return (
    <>
      {reasons ? (
        <div class="reasons">
          {REASONS.map((reason) => (
            <button key={reason} type="button" onClick={() => setText(reason)}>
              {reason}
            </button>
          ))}
        </div>
      ) : null}
      <label>
        {label}
        <textarea
          name="because"
          required
          rows={3}
          maxLength={2000}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
    </>
  );
}

function Fields({ name }: { name: IncidentActionName }) {
  switch (name) {
    case 'planned-work':
      return (
        <>
          <p>The reason is kept with the incident. What was different afterwards is still shown.</p>
          <Because label="Which work?" reasons />
        </>
      );
    case 'shelve':
      return (
        <>
          <label>
            For
            <select name="minutes">
              {SHELVE_MINUTES.map(({ minutes, text }) => (
                <option key={minutes} value={minutes}>
                  {text}
                </option>
              ))}
            </select>
          </label>
          <Because label="Because" />
        </>
      );
    case 'assign':
      return (
        <label>
          To
          <input name="to" required maxLength={200} value={me.value?.user.name ?? ''} />
        </label>
      );
    case 'comment':
      return (
        <label>
          Comment
          <textarea name="text" required rows={4} maxLength={2000} />
        </label>
      );
    default:
      return <CloseFields />;
  }
}

const JUDGEMENT_WORDS: Readonly<Record<(typeof JUDGEMENTS)[number], string>> = {
  right: 'Right: it was as Firedoor said',
  wrong: 'Wrong: there was no cause in reality',
  'planned work': 'Planned work',
  'bad data': 'Bad data: sensor, network or recording',
};

function CloseFields() {
  return (
    <>
      <fieldset class="judgements">
        <legend>The incident was</legend>
        {JUDGEMENTS.map((judgement, index) => (
          <label key={judgement}>
            <input type="radio" name="judgement" value={judgement} required defaultChecked={index === 0} />{' '}
            {JUDGEMENT_WORDS[judgement]}
          </label>
        ))}
      </fieldset>
      <Because label="Because" />
    </>
  );
}

export function IncidentActions({ view, onChange }: { view: IncidentView; onChange: (view: IncidentView) => void }) {
  const [asking, setAsking] = useState<Kind | null>(null);
  const { incident } = view;
  const open = incident.state !== 'closed';

  const act = async (action: IncidentAction) => {
    onChange(await api.act(incident.id, action));
    tell(`${incident.id}: ${DONE[action.action]}`);
  };
  const acknowledge = () => {
    act({ action: 'acknowledge' }).catch((cause: unknown) => tell(Failure.from(cause).message, true));
  };
  const shown = KINDS.filter(({ name }) => may(`incident.${name}`) && (open || name === 'comment'));

  return (
    <div class="buttons">
      {shown.map((kind) => (
        <button key={kind.name} type="button" onClick={() => setAsking(kind)}>
          {kind.text}
        </button>
      ))}
      {incident.state === 'unacknowledged' && may('incident.acknowledge') ? (
        <button type="button" class="strong" onClick={acknowledge}>
          Acknowledge
        </button>
      ) : null}
      {asking ? <Asking kind={asking} onClose={() => setAsking(null)} act={act} /> : null}
    </div>
  );
}

function Asking({
  kind,
  onClose,
  act,
}: {
  kind: Kind;
  onClose: () => void;
  act: (action: IncidentAction) => Promise<void>;
}) {
  return (
    <Dialog
      title={kind.title}
      confirm={kind.confirm}
      onClose={onClose}
      onConfirm={(form) => act(actionOf(kind.name, form))}
    >
      <Fields name={kind.name} />
    </Dialog>
  );
}
