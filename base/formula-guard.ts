// Owns keeping text in a CSV from being run by a spreadsheet (CWE-1236). Refuses: quoting; the CSV writer does that.

/** What a spreadsheet could take for a formula: such a start, whatever blanks and apostrophes stand before it. */
const formulaStart = /^[\s']*[=+\-@\t\r\n\0＝＋－＠]/u

/** Puts an apostrophe before what a spreadsheet could run, so that no name of a camera or person is ever executed. */
export function guardFormula(text: string): string {
  return formulaStart.test(text) ? `'${text}` : text
}

/** Takes off exactly the apostrophe that `guardFormula` puts on. */
export function unguardFormula(cell: string): string {
  return cell.startsWith("'") && formulaStart.test(cell.slice(1)) ? cell.slice(1) : cell
}
