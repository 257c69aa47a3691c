// `tiktok-mock exec` tells where the mock is and which token it accepts.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";

import { UploadError, upload } from "./uploader.mjs";

const { TIKTOK_MOCK_URL: mock, TIKTOK_API_BASE: apiBase, TIKTOK_ACCESS_TOKEN: token } = process.env;
const settings = { apiBase, token, mb: 1000 };
let folder, video;

async function control(method, path, body) {
    const answer = await fetch(`${mock}/_mock${path}`, { method, body });
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return answer.json();
}

const fail = (chunk, when, kind, more = {}) =>
    control("POST", "/faults", JSON.stringify({ on: { operation: "chunk", chunk }, when, do: { kind, ...more } }));

before(async () => {
    folder = await mkdtemp(join(tmpdir(), "uploader-"));
    video = join(folder, "video.mp4");
    await writeFile(video, Uint8Array.from({ length: 50_003 }, (_, n) => n % 251)); // five chunks, where a MB is 1000 bytes
});
after(() => rm(folder, { recursive: true }));
beforeEach(() => control("POST", "/reset"));

test("a 503 and lost answers do no harm", async () => {
    await fail(2, "before_body", "status", { status: 503 });
    await fail(4, "after_commit", "close");
    await fail(-1, "after_commit", "close");
    const publishId = await upload(video, settings);
    const { uploads } = await control("GET", "/uploads");
    assert.deepEqual(uploads.map((one) => [one.publish_id, one.complete]), [[publishId, true]]); // nothing was posted twice
    const { equal } = await control("POST", `/uploads/${uploads[0].upload_id}/compare`, await readFile(video));
    assert.ok(equal);
    const { faults } = await control("GET", "/faults");
    assert.deepEqual(faults.map((one) => one.fired), [1, 1, 1]); // one that does not strike tests nothing
});

test("an expired URL is an error", async () => {
    await fail(3, "before_body", "expire");
    await assert.rejects(upload(video, settings), (error) => {
        assert.ok(error instanceof UploadError);
        assert.match(error.message, /chunk at byte 20000: 403/);
        return true;
    });
});
