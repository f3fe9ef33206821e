// Bundles each function with what it uses of the SDK, as AWS recommends, and packs it as it would be deployed.

import { build } from "esbuild";

export const JOBS = process.argv.slice(2);

await build({
  entryPoints: JOBS.map((job) => `${job}.mjs`),
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
  bundle: true,
  minify: true,
  treeShaking: true,
  platform: "node",
  target: "node20",
  format: "esm",
  mainFields: ["module", "main"],
  // Some of what is bundled is CommonJS, and asks for Node's own modules by `require`.
  banner: { js: 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);' },
  legalComments: "none",
});
