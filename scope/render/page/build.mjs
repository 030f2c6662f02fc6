// Builds graph_page.html: `node build.mjs`, or `node build.mjs --check` to see whether it is what it would be now.
// One file: the script with its libraries and their licences, the style, and a policy that lets only these two do anything.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

process.chdir(import.meta.dirname);
const BUILT = "graph_page.html";
const LIBRARIES = ["cytoscape", "@dagrejs/dagre", "@dagrejs/graphlib"];

const read = (path) => readFileSync(path, "utf8").replaceAll("\r\n", "\n");
const notices = LIBRARIES.map((name) => {
  const { version } = JSON.parse(read(`node_modules/${name}/package.json`));
  return `${name} ${version}\n\n${read(`node_modules/${name}/LICENSE`).trim()}`;
});
const made = (options) => build({ bundle: true, minify: true, write: false, charset: "ascii", legalComments: "none", ...options });
const text = async (options) => (await made(options)).outputFiles[0].text.trim();

const script = await text({
  entryPoints: ["src/main.ts"],
  format: "iife",
  target: "es2022",
  banner: { js: `/*!\n${notices.join("\n\n")}\n*/` },
});
const style = await text({ entryPoints: ["page.css"], target: ["chrome123", "firefox120", "safari17.5"] });
if (/<\/script|<!--/i.test(script) || /<\/style/i.test(style)) throw new Error("The script or the style ends its own element.");

const hash = (content) => `'sha256-${createHash("sha256").update(content).digest("base64")}'`;
const policy = `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; base-uri 'none'; form-action 'none'`;
const values = { policy, style, script, graph: "{{graph}}" };
const page = read("page.html").replace(/\{\{(\w+)\}\}/g, (_, name) => values[name]);

if (!process.argv.includes("--check")) {
  writeFileSync(BUILT, page);
} else if (read(BUILT) !== page) {
  console.error(`scope/render/page/${BUILT} isn't what its sources give. Run: just build-graph-page`);
  process.exit(1);
}
