// Owns proof that many cameras are asked few at a time, and that the whole takes no longer than a person waits.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eachDatabase, type TestDatabase } from '../../support/databases.ts'
import { ExhibitCapture } from '../../../backend/cases/exhibit-capture.ts'
import { ExhibitFiles } from '../../../backend/cases/exhibit-files.ts'
import { silentLogger } from '#base/logger.ts'
import { openRegistryRoom, unitIds } from '../../integration/registry-room.ts'
import { FakeClock } from '../base/fake-clock.ts'
import { sampleCamera } from '../registry/sample-camera.ts'
import { FakeMediaPlane } from '../viewing/fake-media-plane.ts'

eachDatabase('pictures of many cameras', (make) => {
  let database: TestDatabase
  let dataDir: string
  let plane: FakeMediaPlane
  let clock: FakeClock
  let capture: ExhibitCapture

  beforeEach(async () => {
    database = make()
    dataDir = mkdtempSync(join(tmpdir(), 'tianwang-capture-'))
    plane = new FakeMediaPlane()
    clock = new FakeClock()
    const { cameraService } = await openRegistryRoom(database)
    capture = new ExhibitCapture({ clock, random: randomBytes, logger: silentLogger, mediaPlane: plane, cameraService, files: new ExhibitFiles({ dataDir }) })
  })
  afterEach(async () => {
    rmSync(dataDir, { recursive: true, force: true })
    await database.drop()
  })

  const cameras = (number: number) =>
    Array.from({ length: number }, (_, index) => sampleCamera(unitIds.first, index, { streamPaths: [{ stream: 'sub', tls: false, port: 554, path: '/sub' }] }))

  it('are taken four at a time', async () => {
    const { exhibits } = await capture.take(cameras(10), clock.now())
    assert.deepEqual([exhibits.length, plane.mostPicturesAtOnce], [10, 4])
  })

  it('are given up after twenty seconds in all', async () => {
    plane.onPicture = () =>
      new Promise(() => {
        // The last of each four lets six seconds pass; nobody answers.
        if (plane.pictures.length % 4 === 0) setImmediate(() => clock.advance(6_000))
      })
    const { exhibits, missing } = await capture.take(cameras(36), clock.now() - 60_000)
    assert.deepEqual([exhibits.length, missing.length], [0, 36])
    assert.equal(plane.pictures.length, 16)
  })
})
