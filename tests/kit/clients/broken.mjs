// Uploaders over Node's fetch that are wrong in one way each: `node broken.mjs NAME`, told the rest by TIKTOK_*.
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const { TIKTOK_FILE, TIKTOK_API_BASE, TIKTOK_ACCESS_TOKEN, TIKTOK_MB } = process.env;
const CHUNK = 10 * Number(TIKTOK_MB);

async function init(size, chunkSize, count) {
  const info = { source: "FILE_UPLOAD", video_size: size, chunk_size: chunkSize, total_chunk_count: count };
  const answer = await fetch(`${TIKTOK_API_BASE}/v2/post/publish/video/init/`, {
    method: "POST",
    headers: { Authorization: `Bearer ${TIKTOK_ACCESS_TOKEN}`, "Content-Type": "application/json" },
    body: JSON.stringify({ post_info: { privacy_level: "SELF_ONLY" }, source_info: info }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()).data.upload_url;
}

function put(url, bytes, first, last, size) {
  const headers = { "Content-Type": "video/mp4", "Content-Range": `bytes ${first}-${last}/${size}` };
  return fetch(url, { method: "PUT", headers, body: bytes.subarray(first, last + 1) });
}

async function upload(send, round = Math.floor) {
  const bytes = await readFile(TIKTOK_FILE);
  const chunkSize = Math.min(CHUNK, bytes.length);
  const count = round(bytes.length / chunkSize);
  const url = await init(bytes.length, chunkSize, count);
  const spans = Array.from({ length: count }, (_, number) => [
    number * chunkSize,
    number + 1 < count && round === Math.floor ? (number + 1) * chunkSize - 1 : bytes.length - 1,
  ]);
  await send(url, bytes, spans);
}

const CLIENTS = {
  /** The loop of most tutorials. */
  async "fetch-tutorial"(url, bytes, spans) {
    for (const [first, last] of spans) {
      const answer = await put(url, bytes, first, last, bytes.length);
      if (!answer.ok) throw new Error(`chunk: ${answer.status}`);
    }
  },
  /** All chunks at once. */
  async "fetch-promise-all"(url, bytes, spans) {
    const answers = await Promise.all(spans.map(([first, last]) => put(url, bytes, first, last, bytes.length)));
    if (answers.some((answer) => !answer.ok)) throw new Error("a chunk did not go through");
  },
  /** The body of each answer has to be JSON. */
  async "fetch-json"(url, bytes, spans) {
    for (const [first, last] of spans) await (await put(url, bytes, first, last, bytes.length)).json();
  },
  /** Looks at no status. */
  async "fetch-not-ok"(url, bytes, spans) {
    for (const [first, last] of spans) await put(url, bytes, first, last, bytes.length);
  },
  /** Sends again whatever came, and sees a lost answer as a chunk to be sent until it is taken. */
  async "fetch-until-ok"(url, bytes, spans) {
    for (const [first, last] of spans) {
      for (let tries = 0; ; tries++) {
        const answer = await put(url, bytes, first, last, bytes.length).catch(() => null);
        if (answer?.ok) break;
        if (tries === 4) throw new Error(`chunk: ${answer?.status}`);
        await sleep(50 * 2 ** tries);
      }
    }
  },
};

try {
  const name = process.argv[2];
  await upload(CLIENTS[name === "fetch-ceil" ? "fetch-tutorial" : name], name === "fetch-ceil" ? Math.ceil : Math.floor);
} catch (error) {
  console.error(String(error.message).slice(0, 300));
  process.exitCode = 1;
}
