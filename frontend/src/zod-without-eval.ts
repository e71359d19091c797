// Owns telling zod not to compile checks: it would try `new Function`, which the server's CSP refuses and the browser reports.
// Refuses: anything else. It must run before any schema of the contract is made, so main.ts imports it first.
import { z } from 'zod'

z.config({ jitless: true })
