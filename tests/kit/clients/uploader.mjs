// An uploader as it should be, over Node's fetch: `node uploader.mjs`, told everything by TIKTOK_*.
import { open, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const { TIKTOK_FILE, TIKTOK_API_BASE, TIKTOK_ACCESS_TOKEN, TIKTOK_MB } = process.env;
const WAITS = [100, 200, 400, 800];
const PATIENCE = 5000;
const POLL_EVERY = 2500;

class UploadError extends Error {}

/** An answer, or null where none came, or none that is whole. */
async function ask(url, options) {
  try {
    const answer = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(PATIENCE), ...options });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  } catch {
    return null;
  }
}

async function call(path, told) {
  const headers = { Authorization: `Bearer ${TIKTOK_ACCESS_TOKEN}`, "Content-Type": "application/json; charset=UTF-8" };
  for (const wait of [...WAITS, null]) {
    const answer = await ask(TIKTOK_API_BASE + path, { method: "POST", headers, body: JSON.stringify(told) });
    if (answer && answer.status < 500) {
      if (answer.status !== 200) throw new UploadError(`${path}: ${answer.status} ${answer.text}`);
      return JSON.parse(answer.text).data;
    }
    if (wait === null) throw new UploadError(`${path} does not come through`);
    await sleep(wait);
  }
}

const status = (publishId) => call("/v2/post/publish/status/fetch/", { publish_id: publishId });

/** The chunk that begins where the server is, "sent again" included, after a 416. */
async function placeAfter416(answer, upload, first, next) {
  const said = /^bytes 0-(\d+)\//.exec(answer.headers.get("content-range") ?? "");
  const number = said ? Number(said[1]) : (await status(upload.publishId)).uploaded_bytes;
  for (const place of [number, number + 1]) {
    if (place === upload.size || upload.starts.includes(place)) return place; // a count, or the last index
  }
  throw new UploadError(`416 to the chunk from ${first} to ${next}, and none begins at ${number}`);
}

/** Where to go on once the chunk from `first` is in, or is seen not to be the one wanted. */
async function deliver(file, upload, first) {
  const next = upload.starts.find((start) => start > first) ?? upload.size;
  const body = Buffer.alloc(next - first);
  await file.read(body, 0, body.length, first);
  const headers = { "Content-Type": "video/mp4", "Content-Range": `bytes ${first}-${next - 1}/${upload.size}` };
  for (let failures = 0, resyncs = 0; ; ) {
    const answer = await ask(upload.url, { method: "PUT", headers, body });
    if (answer?.status === (next < upload.size ? 206 : 201)) return next;
    if (answer?.status === 416) {
      const place = await placeAfter416(answer, upload, first, next);
      if (place !== first) return place;
      if (++resyncs > 5) throw new UploadError("the server does not know what it wants");
      continue;
    }
    if (answer && answer.status !== 429 && answer.status < 500) throw new UploadError(`chunk: ${answer.status}`);
    if (failures === WAITS.length) throw new UploadError("the chunk does not come through");
    await sleep(Math.max(WAITS[failures++], Number(answer?.headers.get("retry-after") ?? 0) * 1000));
  }
}

async function main() {
  const { size } = await stat(TIKTOK_FILE);
  const count = Math.max(Math.floor(size / (10 * Number(TIKTOK_MB))), 1);
  const chunkSize = Math.floor(size / count);
  const data = await call("/v2/post/publish/video/init/", {
    post_info: { title: "", privacy_level: "SELF_ONLY" },
    source_info: { source: "FILE_UPLOAD", video_size: size, chunk_size: chunkSize, total_chunk_count: count },
  });
  const starts = Array.from({ length: count }, (_, number) => number * chunkSize);
  const upload = { url: data.upload_url, publishId: data.publish_id, size, starts };
  const file = await open(TIKTOK_FILE);
  for (let place = 0; place < size; ) place = await deliver(file, upload, place);
  await file.close();
  for (;;) {
    const { status: said } = await status(upload.publishId);
    if (said === "FAILED") throw new UploadError("the post failed");
    if (said === "PUBLISH_COMPLETE" || said === "SEND_TO_USER_INBOX") return;
    await sleep(POLL_EVERY);
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UploadError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
