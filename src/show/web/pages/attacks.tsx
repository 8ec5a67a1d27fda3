import { useState } from 'preact/hooks';
import type { AttackInfo } from '../../api/types.ts';
import { api } from '../client.ts';
import { Panel, Sentence, Waiting } from '../parts/basics.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { changes, may, tell } from '../state.ts';
import { useLoad, useTick } from '../use.ts';

function Attack({ attack, onStart }: { attack: AttackInfo; onStart: () => void }) {
  return (
    <Panel title={attack.title} aside={attack.running ? <b>running</b> : null}>
      <p>{attack.story}</p>
      <dl class="lines pairs">
        <div>
          <dt class="soft">after</dt>
          <dd>{attack.cited}</dd>
        </div>
        <div>
          <dt class="soft">expect to see</dt>
          <dd>{attack.expected}</dd>
        </div>
      </dl>
      {may('attacks.start') ? (
        <div class="buttons">
          <button type="button" disabled={attack.running} onClick={onStart}>
            {attack.running ? 'Running' : 'Start…'}
            <span class="unseen"> {attack.title}</span>
          </button>
        </div>
      ) : null}
    </Panel>
  );
}

export function AttacksPage() {
  const loaded = useLoad('attacks', api.attacks, `${changes.attacks.value} ${useTick(5_000)}`);
  const [asking, setAsking] = useState<AttackInfo | null>(null);
  const attacks = loaded.data ?? [];
  const running = attacks.filter((attack) => attack.running).length;
  return (
    <>
      <Sentence>
        {loaded.data && attacks.length === 0
          ? 'No demo plant runs here, so there is nothing to attack.'
          : running === 0
            ? 'Attack the demo plant and watch what Firedoor says.'
            : `${running === 1 ? 'One attack is' : `${running} attacks are`} running on the demo plant.`}
      </Sentence>
      {loaded.data ? null : <Waiting of={loaded} what="attacks" />}
      <div class="cards">
        {attacks.map((attack) => (
          <Attack key={attack.name} attack={attack} onStart={() => setAsking(attack)} />
        ))}
      </div>
      {asking ? (
        <Dialog
          title={`Start “${asking.title}”?`}
          confirm="Start the attack"
          onClose={() => setAsking(null)}
          onConfirm={async () => {
            const outcome = await api.startAttack(asking.name);
            tell(outcome.sentence, !outcome.done);
            loaded.reload();
          }}
        >
          <p>{asking.story}</p>
          <p class="soft">Only the demo plant on this machine is touched.</p>
        </Dialog>
      ) : null}
    </>
  );
}
