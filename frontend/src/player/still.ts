// Owns the last frame of a tile as a still above its videos while a player is replaced, so that nothing turns black.
// Refuses: looking live; the tile greys it and says since when.

const WIDTH_MAX = 640

export class Still {
  readonly #host: HTMLElement
  readonly #canvas: HTMLCanvasElement

  constructor(host: HTMLElement) {
    this.#host = host
    this.#canvas = host.ownerDocument.createElement('canvas')
    this.#canvas.className = 'still'
  }

  /** Keeps what the video shows now; without a picture the earlier still stays. */
  keep(video: HTMLVideoElement): void {
    if (video.videoWidth === 0 || video.readyState < video.HAVE_CURRENT_DATA) return
    const width = Math.min(WIDTH_MAX, video.videoWidth)
    this.#canvas.width = width
    this.#canvas.height = Math.round((width * video.videoHeight) / video.videoWidth)
    this.#canvas.getContext('2d')?.drawImage(video, 0, 0, this.#canvas.width, this.#canvas.height)
    if (!this.#canvas.isConnected) this.#host.append(this.#canvas)
  }

  clear(): void {
    if (!this.#canvas.isConnected) return
    this.#canvas.remove()
    // Gives its memory back.
    this.#canvas.width = 0
  }
}
