import { useSearch } from '@tanstack/react-router'
import { ApplyProgress } from '../pairing/apply-progress.tsx'
import { ContextChoiceForm } from '../pairing/context-choice-form.tsx'
import { forgetLinkedPin, linkedPin } from '../pairing/linked-pin.ts'
import { MachineCard } from '../pairing/machine-card.tsx'
import { MachinePlanCard } from '../pairing/machine-plan-card.tsx'
import { PairResult } from '../pairing/pair-result.tsx'
import { PairSteps } from '../pairing/pair-steps.tsx'
import { PairStopped } from '../pairing/pair-stopped.tsx'
import { PinForm } from '../pairing/pin-form.tsx'
import { usePairing } from '../pairing/use-pairing.ts'
import { Page } from '../shell/page.tsx'

/** `/pair`: from the PIN on a console to a machine that is as its context says. */
export function PairPage() {
  const { context } = useSearch({ from: '/signed-in/pair' })
  const [state, actions] = usePairing()

  return (
    <Page
      title="Pair a machine"
      lead="Boot a VM with the Muster agent; its console shows a PIN."
      width={760}
      hasOwnFocus
    >
      <PairSteps step={state.step} />
      {(state.step === 'pin' || state.step === 'claiming') && (
        <PinForm
          initialPin={linkedPin()}
          isPending={state.step === 'claiming'}
          error={state.step === 'pin' ? state.error : undefined}
          onSubmit={(pin) => {
            forgetLinkedPin()
            actions.enterPin(pin)
          }}
        />
      )}
      {(state.step === 'machine' || state.step === 'connecting') && (
        <MachineCard
          claim={state.claim}
          isPending={state.step === 'connecting'}
          onConfirm={actions.confirm}
          onCancel={actions.restart}
        />
      )}
      {(state.step === 'context' || state.step === 'planning') && (
        <ContextChoiceForm
          wanted={context}
          refusal={state.step === 'context' ? state.refusal : undefined}
          isPending={state.step === 'planning'}
          onPropose={actions.propose}
        />
      )}
      {state.step === 'plan' && <MachinePlanCard state={state} onApprove={actions.approve} onBack={actions.withdraw} />}
      {state.step === 'applying' && <ApplyProgress state={state} />}
      {state.step === 'finished' && <PairResult state={state} onAnother={actions.restart} />}
      {state.step === 'stopped' && <PairStopped error={state.error} onRestart={actions.restart} />}
    </Page>
  )
}
