/** The two switches that stand on every page: each asks once, works at once. */
import { useState } from 'preact/hooks';
import type { SwitchName, SwitchState } from '../../api/types.ts';
import { api } from '../client.ts';
import { when } from '../format.ts';
import { may, overview, tell } from '../state.ts';
import { Dialog } from './dialog.tsx';
import { Shape } from './priority.tsx';

interface Words {
  readonly open: string;
  readonly title: string;
  readonly confirm: string;
  readonly openBack: string;
  readonly titleBack: string;
  readonly confirmBack: string;
  readonly active: string;
}

const WORDS: Readonly<Record<SwitchName, Words>> = {
  'stop-blocking': {
    open: 'Stop blocking…',
    title: 'Stop all blocking inside the plant?',
    confirm: 'Stop blocking now',
    openBack: 'Block again…',
    titleBack: 'Let the doors block again?',
    confirmBack: 'Block again now',
    active: 'Blocking is stopped inside the plant',
  },
  island: {
    open: 'Island…',
    title: 'Close every way to office, remote and suppliers?',
    confirm: 'Close the ways out now',
    openBack: 'End island…',
    titleBack: 'Open the ways to office, remote and suppliers again?',
    confirmBack: 'Open the ways now',
    active: 'Island: the ways to office and remote are closed',
  },
};

function Asking({ state, onClose }: { state: SwitchState; onClose: () => void }) {
  const words = WORDS[state.name];
  return (
    <Dialog
      heavy
      title={state.active ? words.titleBack : words.title}
      confirm={state.active ? words.confirmBack : words.confirm}
      onClose={onClose}
      onConfirm={async () => {
        const outcome = await api.setSwitch(state.name, !state.active);
        tell(outcome.sentence, !outcome.done);
      }}
    >
      <p>{state.explanation}</p>
    </Dialog>
  );
}

export function Switches() {
  const [asking, setAsking] = useState<SwitchName | null>(null);
  const states = overview.value?.switches ?? [];
  const asked = states.find((state) => state.name === asking);
  return (
    <div class="switches">
      {states
        .filter((state) => may(`switches.${state.name}`))
        .map((state) => (
          <button
            key={state.name}
            type="button"
            class={`switch ${state.active ? 'active' : ''}`}
            aria-disabled={state.available ? undefined : 'true'}
            title={state.explanation}
            onClick={() => (state.available ? setAsking(state.name) : tell(state.explanation, true))}
          >
            {state.active ? WORDS[state.name].openBack : WORDS[state.name].open}
          </button>
        ))}
      {asked ? <Asking state={asked} onClose={() => setAsking(null)} /> : null}
    </div>
  );
}

/** Says on every page that a switch is on, since when and by whom. */
export function ActiveSwitches() {
  const active = (overview.value?.switches ?? []).filter((state) => state.active);
  return (
    <>
      {active.map((state) => (
        <div key={state.name} class="banner switched" role="status">
          <Shape level="high" quiet /> {WORDS[state.name].active}
          {state.sinceUs === null ? '' : ` since ${when(state.sinceUs)}`}
          {state.by === '' ? '' : `, by ${state.by}`}.
        </div>
      ))}
    </>
  );
}
