// Post a video to TikTok with fetch: `node uploader.mjs VIDEO`.
import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const WAITS = [200, 400, 800, 1600, 3200];
const PATIENCE = 30_000; // and the time that the body takes at 100 kB a second
const POLL_EVERY = 2500;
const POLLS = 120;

export class UploadError extends Error {}

/** Post it and wait until it is out: its publish_id. `mb` is what a megabyte is; a test makes it small. */
export async function upload(video, { token, apiBase = "https://open.tiktokapis.com", mb = 1_000_000 }) {
    const call = async (path, body) => {
        const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json; charset=UTF-8" };
        const answer = await send(apiBase + path, { method: "POST", headers, body: JSON.stringify(body) });
        if (answer.status !== 200) throw new UploadError(`${path}: ${answer.status} ${answer.text}`);
        return JSON.parse(answer.text).data;
    };
    const file = await open(video);
    try {
        const { size } = await file.stat();
        const count = Math.min(Math.max(Math.floor(size / (10 * mb)), 1), 1000);
        const chunk = Math.floor(size / count); // the last one takes what is left over
        const ends = Array.from({ length: count }, (_, n) => (n + 1 < count ? (n + 1) * chunk : size));
        const { upload_url: url, publish_id } = await call("/v2/post/publish/video/init/", {
            post_info: { title: "", privacy_level: "SELF_ONLY" },
            source_info: { source: "FILE_UPLOAD", video_size: size, chunk_size: chunk, total_chunk_count: count },
        });
        const status = () => call("/v2/post/publish/status/fetch/", { publish_id });
        await transfer(file, { url, size, ends, status });
        return await published(publish_id, status);
    } finally {
        await file.close();
    }
}

async function transfer(file, { url, size, ends, status }) {
    let place = 0;
    for (let tries = 2 * ends.length + 10; place < size; tries -= 1) {
        if (tries === 0) throw new UploadError("the server does not say twice the same about what it wants");
        const end = ends.find((one) => one > place);
        const body = Buffer.alloc(end - place);
        await file.read(body, 0, body.length, place);
        const headers = { "Content-Type": "video/mp4", "Content-Range": `bytes ${place}-${end - 1}/${size}` };
        const answer = await send(url, { method: "PUT", headers, body });
        if ([200, 201, 206].includes(answer.status)) {
            place = end;
        } else if (answer.status === 416) { // an answer was lost: the server is elsewhere, and says where
            const said = /^bytes 0-(\d+)\//.exec(answer.headers.get("content-range") ?? "");
            const number = said ? Number(said[1]) : (await status()).uploaded_bytes;
            place = [number, number + 1].find((one) => one === 0 || ends.includes(one)); // a count, or the last index
            if (place === undefined) throw new UploadError(`the server is at byte ${number}, where no chunk begins`);
        } else {
            throw new UploadError(`chunk at byte ${place}: ${answer.status} ${answer.text}`);
        }
    }
}

async function published(publish_id, status) {
    for (let poll = 0; poll < POLLS; poll += 1) {
        const now = await status();
        if (["PUBLISH_COMPLETE", "SEND_TO_USER_INBOX"].includes(now.status)) return publish_id;
        if (now.status === "FAILED") throw new UploadError(`the post failed: ${now.fail_reason}`);
        await sleep(POLL_EVERY);
    }
    throw new UploadError(`${publish_id} is uploaded and still being processed`);
}

/** An answer that is worth reading: 429, 5xx and none at all are tried again, the waits growing. */
async function send(url, request) {
    const patience = PATIENCE + Math.ceil(request.body.length / 100);
    let problem;
    for (const wait of [...WAITS, null]) {
        let after = 0;
        try {
            const answer = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(patience), ...request });
            const { status, headers } = answer;
            const text = await answer.text();
            if (status !== 429 && status < 500) return { status, headers, text };
            problem = status;
            after = Number(headers.get("retry-after")) * 1000 || 0;
        } catch (error) {
            problem = error.cause?.message ?? error.message;
        }
        if (wait !== null) await sleep(Math.max(wait, after));
    }
    throw new UploadError(`${request.method} does not come through: ${problem}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const { TIKTOK_ACCESS_TOKEN: token, TIKTOK_API_BASE: apiBase, TIKTOK_MB: mb = "1000000" } = process.env;
    try {
        await upload(process.argv[2], { token, apiBase, mb: Number(mb) });
    } catch (error) {
        if (!(error instanceof UploadError)) throw error;
        console.error(error.message);
        process.exitCode = 1;
    }
}
