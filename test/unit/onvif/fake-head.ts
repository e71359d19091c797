// Owns a head for tests that writes down what it is told and answers when the test says so.
import type { Fault } from '#contract/faults.ts'
import type { HeadFacts, PtzHead, PtzVelocity } from '../../../backend/onvif/ptz.ts'

export class FakeHead implements PtzHead {
  readonly facts: HeadFacts = { hasHome: true, hasZoom: true, hasFieldOfView: false }
  readonly told: string[] = []
  /** Answers of the coming moves and stops; done at once when there is none. */
  readonly moveAnswers: Promise<Fault | null>[] = []
  readonly stopAnswers: Promise<Fault | null>[] = []
  closed = false

  async move({ pan, tilt, zoom }: PtzVelocity): Promise<Fault | null> {
    this.told.push(`move ${pan} ${tilt} ${zoom}`)
    return this.moveAnswers.shift() ?? null
  }
  async stop(): Promise<Fault | null> {
    this.told.push('stop')
    return this.stopAnswers.shift() ?? null
  }
  async centreOn(x: number, y: number): Promise<Fault | null> {
    this.told.push(`centre ${x} ${y}`)
    return null
  }
  async presets() {
    return { kind: 'presets' as const, presets: [{ token: '1', name: '大门' }] }
  }
  async goTo(token: string): Promise<Fault | null> {
    this.told.push(`go ${token}`)
    return null
  }
  async goHome(): Promise<Fault | null> {
    this.told.push('home')
    return null
  }
  async setPreset(token: string | null, name: string): Promise<Fault | null> {
    this.told.push(`set ${token} ${name}`)
    return null
  }
  async removePreset(token: string): Promise<Fault | null> {
    this.told.push(`remove ${token}`)
    return null
  }
  close(): void {
    this.closed = true
  }
}
