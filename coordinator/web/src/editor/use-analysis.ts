import { useDebouncedValue } from '@mantine/hooks'
import { useMemo } from 'react'
import { analyzeContext, type ContextAnalysis } from './analyze-context.ts'

/** Pause in typing after which the text is looked at again. */
const PAUSE_MS = 200

/** Analysis of a text, following it at the pace of typing. */
export function useAnalysis(text: string): ContextAnalysis {
  const [settled] = useDebouncedValue(text, PAUSE_MS)
  return useMemo(() => analyzeContext(settled), [settled])
}
