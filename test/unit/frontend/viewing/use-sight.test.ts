// Proves when a place on the page counts as looked at, of a page that is hidden, shown again, or was never seen.
// That the element itself is in sight is the browser's to say; it is seen there.
import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { effectScope, shallowRef, type EffectScope } from 'vue'
import { HIDDEN_MS, useSight } from '../../../../frontend/src/features/viewing/use-sight.ts'

describe('a place on the page', () => {
  let page: EventTarget & { hidden: boolean }
  let scope: EffectScope
  let told: string[]
  let seen: () => boolean
  const hide = (hidden: boolean): void => {
    page.hidden = hidden
    page.dispatchEvent(new Event('visibilitychange'))
  }
  const open = (hidden: boolean): void => {
    page.hidden = hidden
    seen = scope.run(() => useSight(shallowRef(null), { lost: () => void told.push('lost'), seen: () => void told.push('seen') })) ?? assert.fail()
  }
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] })
    page = Object.assign(new EventTarget(), { hidden: false })
    Object.assign(globalThis, { document: page })
    scope = effectScope()
    told = []
  })
  afterEach(() => {
    scope.stop()
    mock.timers.reset()
    Reflect.deleteProperty(globalThis, 'document')
  })

  it('is lost some seconds after the page was hidden, and seen at once when it is shown', () => {
    open(false)
    hide(true)
    mock.timers.tick(HIDDEN_MS - 1)
    assert.deepEqual([told, seen()], [[], false])
    mock.timers.tick(1)
    hide(false)
    assert.deepEqual([told, seen()], [['lost', 'seen'], true])
  })
  it('is not lost when the page was hidden for a moment only', () => {
    open(false)
    hide(true)
    mock.timers.tick(HIDDEN_MS - 1)
    hide(false)
    mock.timers.tick(HIDDEN_MS)
    assert.deepEqual(told, ['seen'])
  })
  it('is not seen on a page that was opened in the background, until somebody comes', () => {
    open(true)
    assert.deepEqual([told, seen()], [[], false])
    hide(false)
    assert.deepEqual([told, seen()], [['seen'], true])
  })
  it('tells nobody any more once it is gone', () => {
    open(false)
    hide(true)
    scope.stop()
    mock.timers.tick(HIDDEN_MS)
    hide(false)
    assert.deepEqual(told, [])
  })
})
