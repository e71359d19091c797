// Owns the stable error codes of the API; docs/operations.md lists them and a test holds the two together.
// Refuses: camera faults (faults.ts); those describe a device's state, not a refused request.

export const errorCodes = {
  invalid_request: 'The request does not have the declared shape.',
  invalid_json: 'The body is not JSON.',
  forbidden_key: 'The body has a key that no object of ours may have.',
  body_too_large: 'The body is larger than this route takes.',
  unsupported_type: 'The body is not of a content type that this route takes.',
  bad_path: 'The path has characters that no address of ours has.',
  not_found: 'There is nothing here by that name, or not for you.',
  not_signed_in: 'Sign in first.',
  sign_in_refused: 'User name or password is wrong, or the account is locked.',
  too_many_tries: 'Too many tries; wait and try again.',
  origin_refused: 'The request came from a page that is not ours.',
  tls_required: 'This server is reached by HTTPS only.',
  csrf_refused: 'The request lacks the session’s CSRF token.',
  no_permission: 'Your roles do not include this.',
  conflict: 'Somebody changed this meanwhile; load it again.',
  already_exists: 'There is one of these already.',
  camera_address_refused: 'The address is not inside the allowed camera networks.',
  camera_url_refused: 'The stream address is not one that a camera may have.',
  camera_offline: 'The camera does not answer.',
  stream_refused: 'The stream cannot be opened.',
  stream_starting: 'The stream has no picture yet.',
  stream_ticket_refused: 'The stream ticket is not valid for this.',
  transcode_limit: 'All transcoding places are taken.',
  transcoder_missing: 'ffmpeg was not found on the server.',
  no_picture: 'There is no picture of that moment.',
  csv_broken: 'The file is not a CSV that can be read.',
  case_number_refused: 'The case number has no accepted form.',
  set_up_done: 'The first-run set-up has been done.',
  set_up_code_refused: 'The set-up code is wrong.',
  unavailable: 'A part of the server is not available.',
  internal: 'The server failed; the record has an id.',
} as const

export type ErrorCode = keyof typeof errorCodes
