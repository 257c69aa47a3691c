// An uploader that knows only the real URL: axios. Where axios lies is in TIKTOK_MOCK_STACKS.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axios = createRequire(`${process.env.TIKTOK_MOCK_STACKS}/`)('axios');
const api = 'https://open.tiktokapis.com/v2/post/publish';
const headers = { Authorization: 'Bearer act.example' };
const video = readFileSync(process.argv[2]);

const call = async (path, body) => (await axios.post(`${api}${path}`, body, { headers })).data.data;

const source_info = { source: 'FILE_UPLOAD', video_size: video.length, chunk_size: 6000, total_chunk_count: 2 };
const made = await call('/inbox/video/init/', { source_info });
for (const [first, last] of [[0, 5999], [6000, video.length - 1]]) {
    await axios.put(made.upload_url, video.subarray(first, last + 1), {
        headers: { 'Content-Type': 'video/mp4', 'Content-Range': `bytes ${first}-${last}/${video.length}` },
    });
}
console.log((await call('/status/fetch/', { publish_id: made.publish_id })).status);
