// Owns the <video> elements: browsers count every one that ever played until it is collected, so they are used again.
// Refuses: what is not out, so that no element is with two tiles; a returned element is emptied first.

export class VideoPool {
  readonly #make: () => HTMLVideoElement
  readonly #out = new Set<HTMLVideoElement>()
  #idle: HTMLVideoElement[] = []

  /** @param make another maker in tests */
  constructor(make = () => document.createElement('video')) {
    this.#make = make
  }

  take(): HTMLVideoElement {
    const video = this.#idle.pop() ?? this.#make()
    this.#out.add(video)
    video.muted = true
    video.playsInline = true
    video.disablePictureInPicture = true
    return video
  }

  give(video: HTMLVideoElement): void {
    if (!this.#out.delete(video)) return
    video.pause()
    video.remove()
    video.removeAttribute('src')
    video.load()
    video.className = ''
    this.#idle.push(video)
  }
}
