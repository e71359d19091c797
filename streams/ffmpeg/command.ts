// Owns ffmpeg's argument lists, built with fluent-ffmpeg as a pure builder; nothing is started here.
// Refuses: URLs other than the relay's, shells, options taken from users.
import fluentFfmpeg from 'fluent-ffmpeg'
import { deviceOptions, encoderOptions, largestOutput, pictureFilter, type Encoder } from './encoder.ts'
import type { FfmpegTool } from './locate.ts'

declare module 'fluent-ffmpeg' {
  interface FfmpegCommand {
    // Private by name; the package is frozen at 2.1.3, and test/unit/streams holds the argument lists.
    _getArguments(): string[]
  }
}

const QUIET = ['-hide_banner', '-nostdin', '-loglevel', 'warning']
/** What cameras send. A decoder that is not needed is a hole that is not open (old codecs, containers inside containers). */
const CODECS = ['-codec_whitelist', 'h264,hevc,mjpeg']
/** One piece of memory is no larger, whatever size of picture a stream claims; a frame of 8192x8192 fits. */
const MEMORY = ['-max_alloc', String(128 * 1024 * 1024)]
const RELAY_URL = /^rtsp:\/\/127\.0\.0\.1:\d{1,5}\/[A-Za-z0-9_-]{24}$/
/** Without `skip_trailer` the muxer remembers every fragment for a trailer that a stream never has. */
const MP4_OUT = ['-f', 'mp4', '-movflags', '+frag_every_frame+empty_moov+delay_moov+default_base_moof+skip_trailer', '-flush_packets', '1']

/** Otherwise frames are put on a grid of the rate that ffmpeg guesses. */
const TIME_BASE = '1:90000'

export interface PullCommand {
  url: string
  /** How long ffmpeg may look for codec parameters, ms. Small = fast start; cameras without SPS in the SDP need a GOP. */
  analyzeMs: number
  /** Arrival time instead of the camera's RTP time, for cameras whose clock cannot be used. */
  wallClockTimestamps: boolean
}

/** Camera video as it comes, one mp4 fragment per frame on stdout. */
export function pullArguments(command: PullCommand): string[] {
  const builder = fluentFfmpeg(relayUrl(command.url))
    .inputOptions(...QUIET, ...rtspInput(command.analyzeMs))
    .inputOptions('-fflags', '+discardcorrupt', '-max_delay', '0')
  if (command.wallClockTimestamps) builder.inputOptions('-use_wallclock_as_timestamps', '1')
  return builder
    .output('pipe:1')
    .outputOptions('-map', '0:v:0', '-an', '-sn', '-dn', '-c:v', 'copy', ...MP4_OUT)
    ._getArguments()
}

export interface TranscodeCommand {
  encoder: Encoder
  /** Frames a second of the source; key frames are a second apart whatever it is. */
  fps: number
}

/** Fragmented mp4 on stdin as H.264, one fragment per frame on stdout, with the same distances of frames. */
export function transcodeArguments(tool: FfmpegTool, { encoder, fps }: TranscodeCommand): string[] {
  const { width, height } = largestOutput(encoder)
  return mp4Input(['-flags', 'low_delay', '-analyzeduration', '1', '-fpsprobesize', '0'], deviceOptions(encoder))
    .videoFilters(`scale=w=min(${width}\\,iw):h=min(${height}\\,ih):force_original_aspect_ratio=decrease,scale=w=trunc(iw/2)*2:h=trunc(ih/2)*2,${pictureFilter(encoder)}`)
    .outputOptions('-map', '0:v:0', ...keyEachSecond(encoder, fps), tool.syncOption, 'passthrough', '-enc_time_base', TIME_BASE, '-copyts', '-start_at_zero', ...MP4_OUT)
    ._getArguments()
}

/** Raw yuv420p pictures on stdin through an encoder as H.264 on stdout: a trial of what a transcode would ask of it. */
export function encoderTrialArguments(trial: { encoder: Encoder; fps: number; width: number; height: number }): string[] {
  const { encoder, fps, width, height } = trial
  return fluentFfmpeg('pipe:0')
    .inputOptions(...QUIET, ...MEMORY, ...deviceOptions(encoder), '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${width}x${height}`, '-r', String(fps))
    .output('pipe:1')
    .videoFilters(pictureFilter(encoder))
    .outputOptions(...keyEachSecond(encoder, fps), '-f', 'h264')
    ._getArguments()
}

/** H.264 on stdin as raw gray pictures on stdout, decoded in software. */
export function grayFromH264Arguments(tool: FfmpegTool, size: { width: number; height: number }): string[] {
  return fluentFfmpeg('pipe:0')
    .inputOptions(...QUIET, ...MEMORY, ...CODECS, '-f', 'h264', '-threads', '1')
    .output('pipe:1')
    .videoFilters(grayScale(size))
    .outputOptions(tool.syncOption, 'passthrough', '-f', 'rawvideo')
    ._getArguments()
}

function keyEachSecond(encoder: Encoder, fps: number): string[] {
  // -g alone counts frames, and the rate may be wrong; counting seconds from the start would make up for a gap by a burst.
  return [...encoderOptions(encoder), '-g', String(Math.max(1, Math.min(30, Math.round(fps)))), '-force_key_frames', 'expr:isnan(prev_forced_t)+gte(t-prev_forced_t,1)']
}

export interface KeyFramesCommand {
  url: string
  analyzeMs: number
  /** False decodes every frame, for cameras whose key frames are very far apart. */
  keyFramesOnly: boolean
  apartMs: number
  width: number
  height: number
}

/** Two decoded frames at least `apartMs` apart as raw gray pictures on stdout, straight from the camera. */
export function keyFramesArguments(tool: FfmpegTool, command: KeyFramesCommand): string[] {
  return fluentFfmpeg(relayUrl(command.url))
    // "info" lets the showinfo filter tell the picture's size; none of the text leaves this room.
    .inputOptions('-hide_banner', '-nostdin', '-nostats', '-loglevel', 'info', ...rtspInput(command.analyzeMs))
    .inputOptions('-skip_frame', command.keyFramesOnly ? 'nokey' : 'default', '-threads', '1')
    .output('pipe:1')
    .videoFilters(`select='isnan(prev_selected_t)+gte(t-prev_selected_t\\,${command.apartMs / 1000})',showinfo,${grayScale(command)}`)
    .outputOptions('-map', '0:v:0', '-an', tool.syncOption, 'passthrough', '-frames:v', '2', '-f', 'rawvideo', '-flush_packets', '1')
    ._getArguments()
}

/** The first frame and frame number `index` of an mp4 on stdin as raw gray pictures on stdout. */
export function grayFromMp4Arguments(tool: FfmpegTool, command: { index: number; width: number; height: number }): string[] {
  return mp4Input([])
    .videoFilters(`select='eq(n\\,0)+eq(n\\,${Math.trunc(command.index)})',${grayScale(command)}`)
    .outputOptions('-map', '0:v:0', '-an', tool.syncOption, 'passthrough', '-f', 'rawvideo')
    ._getArguments()
}

/** The frame number `index` (in order of showing) of an mp4 on stdin as one JPEG on stdout. */
export function jpegFromMp4Arguments(tool: FfmpegTool, index: number): string[] {
  return mp4Input([])
    .videoFilters(`select='eq(n\\,${Math.trunc(index)})'`)
    .outputOptions('-map', '0:v:0', '-an', tool.syncOption, 'passthrough', '-frames:v', '1', '-c:v', 'mjpeg', '-q:v', '2', '-f', 'mjpeg')
    ._getArguments()
}

/** The first whole picture of a camera as one JPEG on stdout. */
export function jpegFromCameraArguments(tool: FfmpegTool, command: { url: string; analyzeMs: number }): string[] {
  return fluentFfmpeg(relayUrl(command.url))
    .inputOptions(...QUIET, ...rtspInput(command.analyzeMs))
    .inputOptions('-skip_frame', 'nokey', '-threads', '1')
    .output('pipe:1')
    .outputOptions('-map', '0:v:0', '-an', tool.syncOption, 'passthrough', '-frames:v', '1', '-c:v', 'mjpeg', '-q:v', '2', '-f', 'mjpeg')
    ._getArguments()
}

function rtspInput(analyzeMs: number): string[] {
  return [
    ...MEMORY,
    ...CODECS,
    ...['-f', 'rtsp', '-format_whitelist', 'rtsp', '-protocol_whitelist', 'rtsp,rtp,tcp,udp', '-rtsp_transport', 'tcp', '-allowed_media_types', 'video'],
    ...['-analyzeduration', String(Math.trunc(analyzeMs * 1000)), '-probesize', '1000000', '-fpsprobesize', '0', '-max_streams', '4'],
  ]
}

function mp4Input(decoding: readonly string[], device: readonly string[] = []) {
  return fluentFfmpeg('pipe:0')
    .inputOptions('-hide_banner', '-loglevel', 'warning', ...MEMORY, ...device, ...CODECS, '-f', 'mp4', '-format_whitelist', 'mov', '-protocol_whitelist', 'pipe', '-threads', '1', ...decoding)
    .output('pipe:1')
}

function grayScale(size: { width: number; height: number }): string {
  // "area" averages, so that a small clock still changes a pixel and noise does not.
  return `scale=${size.width}:${size.height}:flags=area,format=gray`
}

function relayUrl(url: string): string {
  if (!RELAY_URL.test(url)) throw new TypeError('ffmpeg may only be given the relay’s URL')
  return url
}
