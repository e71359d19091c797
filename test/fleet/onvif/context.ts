// Owns what an ONVIF operation gets to see, and the shape of a service: operation name → answer.
// Refuses: HTTP; the server (server.ts) has done it by then.
import type { Clock } from '#base/clock.ts'
import type { CameraState } from '../camera-state.ts'
import type { XmlNode } from './soap.ts'
import type { PtzHead } from './ptz-head.ts'
import type { PullPoints } from './pull-points.ts'

export interface OperationContext {
  state: CameraState
  clock: Clock
  ptz: PtzHead | null
  pullPoints: PullPoints
  operation: XmlNode
  /** The path of the request. */
  path: string
  /** Host by which the client asked, without port. */
  host: string
  /** `http://host:port` by which the client asked. */
  httpBase: string
  /** `rtsp://host:port`. */
  rtspBase: string
  /** Aborts when the client goes away. */
  signal: AbortSignal
}

/** Answers with the XML of the SOAP body. */
export type Operation = (context: OperationContext) => string | Promise<string>
export type Service = Record<string, Operation>
