// Owns how the console is built and served while developing.
// Refuses: anything from outside the network; every asset is bundled and served from our own origin.
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const server = process.env['CONSOLE_SERVER'] ?? 'http://127.0.0.1:8080'

export default defineConfig({
  root: here('.'),
  plugins: [vue()],
  define: {
    __VUE_OPTIONS_API__: true, // Element Plus still needs it
    __VUE_I18N_FULL_INSTALL__: true,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  build: {
    outDir: here('../dist/frontend'),
    emptyOutDir: true,
    target: 'es2022',
    // Inlined assets would be data: URLs, which the server's CSP allows for pictures only.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // One chunk, so that zod is told about the CSP before the first schema is made.
            { name: 'contract', test: /[\\/]contract[\\/]|zod-without-eval|node_modules[\\/]zod/ },
            { name: 'element-plus', test: /node_modules[\\/](element-plus|@element-plus)/ },
            { name: 'vue', test: /node_modules[\\/](@vue|vue|vue-router|vue-i18n|@intlify|pinia|@vueuse)[\\/]/ },
          ],
        },
      },
    },
  },
  server: {
    proxy: {
      '/api': { target: server },
      '/media': { target: server },
      '/socket.io': { target: server, ws: true },
    },
  },
})
