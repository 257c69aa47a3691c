// An uploader that knows only the real URL: the fetch of Node.
import { readFileSync } from 'node:fs';

const api = 'https://open.tiktokapis.com/v2/post/publish';
const headers = { Authorization: 'Bearer act.example', 'Content-Type': 'application/json' };
const video = readFileSync(process.argv[2]);

async function call(path, body) {
    const answer = await fetch(`${api}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return (await answer.json()).data;
}

const source_info = { source: 'FILE_UPLOAD', video_size: video.length, chunk_size: 6000, total_chunk_count: 2 };
const made = await call('/inbox/video/init/', { source_info });
for (const [first, last] of [[0, 5999], [6000, video.length - 1]]) {
    const answer = await fetch(made.upload_url, {
        method: 'PUT',
        headers: { 'Content-Type': 'video/mp4', 'Content-Range': `bytes ${first}-${last}/${video.length}` },
        body: video.subarray(first, last + 1),
    });
    if (!answer.ok) throw new Error(`chunk: ${answer.status}`);
}
console.log((await call('/status/fetch/', { publish_id: made.publish_id })).status);
