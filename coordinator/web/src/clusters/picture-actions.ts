import { createContext, type KeyboardEvent, useContext } from 'react'

/** What boxes need to know and to do, apart from what they show. */
export interface PictureActions {
  /** Box that Tab leads to; arrow keys lead on from there. */
  readonly currentId: string | undefined
  readonly chosenId: string | undefined
  readonly onFocus: (id: string) => void
  readonly onKeyDown: (event: KeyboardEvent, id: string) => void
  /** Opens the panel of a member. */
  readonly onOpen: (peer: string) => void
  /** Opens or folds a group. */
  readonly onToggle: (groupId: string) => void
}

export const PictureActionsContext = createContext<PictureActions | undefined>(undefined)

/** The actions of the picture around. */
export function usePictureActions(): PictureActions {
  const actions = useContext(PictureActionsContext)
  if (actions === undefined) throw new Error('a box is drawn outside of a picture')
  return actions
}
