// Owns the types of Element Plus's directives in templates, which `element-plus/global` leaves out.
import type { vLoading } from 'element-plus'

declare module 'vue' {
  interface GlobalDirectives {
    vLoading: typeof vLoading
  }
}
