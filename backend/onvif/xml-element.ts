// Owns reading XML from strangers: bounded depth, elements and attributes; DOCTYPE refused; predefined entities only.
// Refuses: turning names that a device chose into object keys. Names live in strings and Maps, values are picked by path.
import { SaxesParser } from 'saxes'

const MAX_DEPTH = 64
const MAX_ELEMENTS = 20_000
const MAX_ATTRIBUTES = 64
const SLICE_CHARACTERS = 16 * 1024

export class XmlRefused extends Error {}

export class XmlElement {
  /** Local name, without its prefix: devices disagree about prefixes, the schemas' local names are unambiguous here. */
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: XmlElement[] = []
  text = ''

  constructor(name: string, attributes: ReadonlyMap<string, string>) {
    this.name = name
    this.attributes = attributes
  }

  /** The first element along the path of local names. */
  at(...path: string[]): XmlElement | undefined {
    return path.reduce<XmlElement | undefined>((here, name) => here?.children.find((child) => child.name === name), this)
  }

  all(name: string): XmlElement[] {
    return this.children.filter((child) => child.name === name)
  }

  /** Trimmed text of the element at the path; empty when it is not there. Raw: clean it before it is kept. */
  textAt(...path: string[]): string {
    return this.at(...path)?.text.trim() ?? ''
  }
}

/** Parses at once: for datagrams, which are at most 64 KiB. Throws XmlRefused. */
export function readXml(xml: string): XmlElement {
  const reader = new XmlReader()
  reader.write(xml)
  return reader.end()
}

/** Parses in slices and lets other work run between them, so that 1 MiB from one camera delays nobody. Throws XmlRefused. */
export async function readLongXml(xml: string): Promise<XmlElement> {
  const reader = new XmlReader()
  for (let from = 0; from < xml.length; from += SLICE_CHARACTERS) {
    if (from > 0) await new Promise((resolve) => setImmediate(resolve))
    reader.write(xml.slice(from, from + SLICE_CHARACTERS))
  }
  return reader.end()
}

class XmlReader {
  readonly #parser = new SaxesParser({ xmlns: false })
  readonly #open: XmlElement[] = []
  #root: XmlElement | undefined
  #elements = 0

  constructor() {
    this.#parser.on('doctype', () => {
      throw new XmlRefused('a DOCTYPE is not taken')
    })
    this.#parser.on('error', () => {
      throw new XmlRefused('not well-formed XML')
    })
    this.#parser.on('opentag', (tag) => this.#start(tag.name, tag.attributes))
    this.#parser.on('closetag', () => this.#open.pop())
    this.#parser.on('text', (text) => this.#append(text))
    this.#parser.on('cdata', (text) => this.#append(text))
  }

  write(xml: string): void {
    this.#parser.write(xml)
  }

  end(): XmlElement {
    this.#parser.close()
    if (!this.#root) throw new XmlRefused('no element')
    return this.#root
  }

  #append(text: string): void {
    const here = this.#open.at(-1)
    if (here) here.text += text
  }

  #start(name: string, attributes: Record<string, string>): void {
    if (++this.#elements > MAX_ELEMENTS) throw new XmlRefused('too many elements')
    if (this.#open.length >= MAX_DEPTH) throw new XmlRefused('nested too deeply')
    const pairs = Object.entries(attributes)
    if (pairs.length > MAX_ATTRIBUTES) throw new XmlRefused('too many attributes')
    const element = new XmlElement(localName(name), new Map(pairs.map(([key, value]) => [localName(key), value])))
    const parent = this.#open.at(-1)
    if (parent) parent.children.push(element)
    else this.#root ??= element
    this.#open.push(element)
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

/** Text made safe between tags and inside quoted attributes; characters that XML 1.0 cannot carry are dropped. */
export function escapeXml(text: string): string {
  return text
    .replace(/(?![\t\n\r])\p{Cc}|[\ufffe\uffff]/gu, '')
    .replace(/[<>&"'\r]/g, (character) => `&#${character.charCodeAt(0)};`)
}
