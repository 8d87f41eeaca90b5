/** A small cluster to begin with: a server in one place and workers that use it. */
export const DEFINITION_EXAMPLE = `apiVersion: muster/v1
kind: Cluster
metadata:
  name: analysis
services:
  - name: scheduler
    type: fixed
    placement: singleton
    provides:
      - name: http
        port: 8080
        probe: { type: http, path: /health }
  - name: worker
    type: scalable
    max: 20
    dependsOn: [scheduler]
clouds:
  - agent: home
`
