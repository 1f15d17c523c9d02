// Serve a folder on loopback, open one page in headless Chromium, print its answer.
import { createServer } from "node:http";
import { copyFile, readFile } from "node:fs/promises";
import { mkdtempSync, rmSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import { tmpdir } from "node:os";
import { pathToFileURL } from "node:url";

const order = JSON.parse(process.argv[2]);
const { default: playwright } = await import(pathToFileURL(order.playwright).href);
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm",
  ".json": "application/json", ".png": "image/png", ".css": "text/css", ".gif": "image/gif",
  ".webp": "image/webp", ".apng": "image/apng" };

function file(path) {
  if (path === "/__page.html") return order.page;
  if (path.startsWith("/lib/")) return order.scripts[path.slice(5)];
  return join(order.folder, normalize(path));
}

const server = createServer(async (request, response) => {
  const path = decodeURIComponent(new URL(request.url, "http://x").pathname);
  try {
    const body = await readFile(file(path));
    response.writeHead(200, {
      "content-type": types[extname(path)] ?? "application/octet-stream",
      // Threads of WebAssembly want a page that is by itself.
      ...(order.isolated ? { "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp" } : {}),
    });
    response.end(body);
  } catch {
    response.writeHead(404);
    response.end();
  }
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));

const profile = mkdtempSync(join(tmpdir(), "pixelpipe-chromium-"));
const context = await playwright.chromium.launchPersistentContext(profile, {
  executablePath: order.chromium,
  headless: true,
  viewport: { width: 1280, height: 720 },
  args: ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--enable-unsafe-swiftshader"],
});
let failed = true;
try {
  const page = await context.newPage();
  const said = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  await page.addInitScript((query) => { window.__query = query; }, order.query);
  await page.addInitScript(() => { sessionStorage.loads = Number(sessionStorage.loads ?? 0) + 1; });
  await page.goto(order.url ?? `http://127.0.0.1:${server.address().port}/__page.html`);
  try {
    await page.waitForFunction(order.ready, null, { timeout: 40000 });
  } catch (error) {
    console.error(said.join("\n"));
    throw error;
  }
  if (order.then) { // a file changes while the page is open
    await copyFile(...order.then.copy);
    await page.waitForFunction(order.then.ready, null, { timeout: 60000 });
  }
  if (order.screenshot) {
    await page.waitForTimeout(700);
    await page.screenshot({ path: order.screenshot, fullPage: true });
    for (let number = 0; number < (order.shots ?? 0); number++) {
      await page.waitForTimeout(130);
      await page.screenshot({ path: order.screenshot.replace(".png", `-${number}.png`) });
    }
  }
  const result = await page.evaluate(order.answer);
  console.log(JSON.stringify({ ...result, said }));
  failed = false;
} finally {
  await context.close();
  server.close();
  rmSync(profile, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
