/** Root of machines that are looked at while nobody owns them, or at what is root's. */
export const ROOT = { name: 'root', password: 'looksAround' } as const

/** The least that cloud-init does: it gives root that password. */
export const ROOT_CLOUD_CONFIG = `#cloud-config
locale: C.UTF-8
chpasswd:
  expire: false
  list: |
    ${ROOT.name}:${ROOT.password}
`
