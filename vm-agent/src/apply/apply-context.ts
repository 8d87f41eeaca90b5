import type { ApplyDeps, ApplyPreview, ApplyReport, ApplyRequest } from './apply-report.ts'

/** Signature of `applyContext`; see there. */
export type ApplyContext = (deps: ApplyDeps, request: ApplyRequest) => Promise<ApplyReport>

/** Signature of `previewContext`; see there. */
export type PreviewContext = (
  deps: ApplyDeps,
  request: Pick<ApplyRequest, 'text' | 'isStrict' | 'signal'>,
) => Promise<ApplyPreview>
