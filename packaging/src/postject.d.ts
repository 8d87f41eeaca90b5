/** The package brings no types. */
declare module 'postject' {
  interface Postject {
    inject(file: string, resource: string, data: Buffer, options: { readonly sentinelFuse: string }): Promise<void>
  }
  const postject: Postject
  export = postject
}
