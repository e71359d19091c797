// Owns the types of hls.js's smaller build (no subtitles, no DRM, no alternate audio), which ships none of its own.
declare module 'hls.js/light' {
  export * from 'hls.js'
  export { default } from 'hls.js'
}
