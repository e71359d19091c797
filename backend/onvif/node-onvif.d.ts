// Owns the types of the part of node-onvif 0.1.7 that we use; the package has none. Results come from strangers: unknown.
declare module 'node-onvif' {
  const onvif: {
    /** Probes from the default interface for 3 s. A second call while one runs never settles. */
    startProbe(): Promise<unknown>
  }
  export default onvif
}
