// Owns the <video> elements: browsers count every one that ever played until it is collected, so they are used again.
// Refuses: more than it made; a returned element is emptied first.

export class VideoPool {
  #idle: HTMLVideoElement[] = []

  take(): HTMLVideoElement {
    const video = this.#idle.pop() ?? document.createElement('video')
    video.muted = true
    video.playsInline = true
    video.disablePictureInPicture = true
    return video
  }

  give(video: HTMLVideoElement): void {
    video.pause()
    video.remove()
    video.removeAttribute('src')
    video.load()
    video.className = ''
    this.#idle.push(video)
  }
}
