// Owns reading a CSV file's bytes as text: UTF-8, or GBK as spreadsheets on Chinese desktops save it.

/** The text without a byte order mark. Bytes that are not UTF-8 are taken as GB18030, which contains GBK. */
export function csvText(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('gb18030').decode(bytes)
  }
}
