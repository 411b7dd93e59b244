import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const output = process.env.PAGE_FOLDER ?? 'dist';

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

/** Adds the runtime's WebAssembly, and the list of all files that the server and the worker read. */
function complete(): Plugin {
  return {
    name: 'complete',
    closeBundle() {
      const wasm = join('node_modules', '@litertjs', 'core', 'wasm');
      mkdirSync(join(output, 'wasm'), { recursive: true });
      for (const variant of ['litert_wasm_internal', 'litert_wasm_compat_internal']) {
        for (const suffix of ['.js', '.wasm']) {
          cpSync(join(wasm, variant + suffix), join(output, 'wasm', variant + suffix));
        }
      }
      const hashes: Record<string, string> = {};
      for (const file of files(output).sort()) {
        const name = relative(output, file).replaceAll('\\', '/');
        if (name !== 'files.json' && name !== 'worker.js') {
          hashes[name] = createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16);
        }
      }
      // Browsers install a worker again only if its own bytes change.
      const worker = join(output, 'worker.js');
      const all = createHash('sha256').update(JSON.stringify(hashes)).digest('hex').slice(0, 16);
      writeFileSync(worker, readFileSync(worker, 'utf8').replace('BUILD_HASH', all));
      hashes['worker.js'] = createHash('sha256').update(readFileSync(worker)).digest('hex').slice(0, 16);
      writeFileSync(join(output, 'files.json'), JSON.stringify({ ...hashes, 'files.json': all }));
    },
  };
}

export default defineConfig({
  plugins: [complete()],
  build: {
    outDir: output,
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { index: 'index.html', worker: 'src/worker.ts' },
      output: {
        entryFileNames: (chunk) => (chunk.name === 'worker' ? 'worker.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
});
