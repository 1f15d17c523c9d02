// A client as others write them: it insists on https, and knows nothing of the built-in engine.
const base = process.env.PIXEL_ENGINE_BASE;
const key = process.env.PIXEL_ENGINE_API_KEY;
const image = process.env.SPRITE;

function https(address) {
  const url = new URL(address);
  if (url.protocol !== "https:") throw new Error(`refusing ${url.protocol} in ${url.origin}`);
  return url;
}

async function api(path, body) {
  const answer = await fetch(https(base + path), {
    method: body ? "POST" : "GET",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const content = await answer.json();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${JSON.stringify(content)}`);
  return content;
}

async function until(ask, isOver) {
  for (let tries = 0; tries < 400; tries++) {
    const found = await ask();
    if (isOver(found)) return found;
    await new Promise((wake) => setTimeout(wake, 50));
  }
  throw new Error("it does not end");
}

const job = (id) =>
  until(() => api(`/jobs?id=${encodeURIComponent(id)}`), (found) => !["queued", "pending"].includes(found.status));

async function download(output) {
  if (Date.parse(output.expires_at) <= Date.now()) throw new Error("the link has expired already");
  const answer = await fetch(https(output.url));
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return { status: answer.status, type: answer.headers.get("content-type"), size: bytes.length, first: bytes[0] };
}

const asked = { image, prompt: "breathing calmly", output_format: "spritesheet", output_frames: 4 };
const said = {};
said.before = await api("/balance");
said.animate = await job((await api("/animate", asked)).api_job_id);
said.file = await download(said.animate.output);
const { batch_id } = await api("/animate-batch", { jobs: [asked, { ...asked, prompt: "hopping" }] });
said.batch = await until(
  () => api(`/batch-jobs?batch_id=${batch_id}`),
  (found) => found.summary.queued + found.summary.pending === 0,
);
said.batchFiles = await Promise.all(said.batch.sub_jobs.map((one) => download(one.output)));
const frames = [{ index: 0, image }, { index: 3, image }];
said.keyframes = await job(
  (await api("/keyframes", { prompt: "swing", render_mode: "pixel", total_frames: 4, frames, output_format: "webp" })).api_job_id,
);
said.keyframesFile = await download(said.keyframes.output);
const doomed = (await api("/animate", { ...asked, prompt: "walking" })).api_job_id;
await api("/cancel", { api_job_id: doomed });
said.cancelled = await job(doomed);
said.after = await api("/balance");
console.log(JSON.stringify(said));
