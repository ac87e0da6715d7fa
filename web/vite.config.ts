import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const OUT = '../app/page';
const COMPRESSED = ['.css', '.js', '.md', '.svg'];
const READ_BY_PEOPLE = ['api.md', 'live.md', 'domain.md', 'permissions.md'];

/** What the server hands out beside the page: pages of the documentation, as they are. */
function documentation(): Plugin {
  return {
    name: 'documentation',
    generateBundle() {
      for (const name of READ_BY_PEOPLE) {
        const source = readFileSync(join(import.meta.dirname, '../docs', name));
        this.emitFile({ type: 'asset', fileName: `docs/${name}`, source });
      }
    },
  };
}

/** Each file once more, compressed: the server compresses nothing for a stranger. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    writeBundle({ dir }) {
      for (const entry of readdirSync(dir!, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        if (entry.isFile() && COMPRESSED.includes(extname(path))) {
          writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
        }
      }
    },
  };
}

export default defineConfig({
  base: '/graphiql/',
  plugins: [react(), documentation(), compressed()],
  server: { proxy: { '^/graphql$': { target: 'http://127.0.0.1:8000', ws: true } } },
  worker: { format: 'es' },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: 'es2022',
    // The server's policy lets no script be written into a page, and no image or font but files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 8_000,
    reportCompressedSize: false,
  },
});
