# An uploader that knows only the real URL: curl.
set -eu
api=https://open.tiktokapis.com/v2/post/publish
token='Authorization: Bearer act.example'
size=$(($(wc -c <"$1")))
source="\"source\": \"FILE_UPLOAD\", \"video_size\": $size, \"chunk_size\": 6000, \"total_chunk_count\": 2"
made=$(curl -fsS "$api/inbox/video/init/" -H "$token" -H 'Content-Type: application/json' -d "{\"source_info\": {$source}}")
url=$(printf %s "$made" | sed 's/.*"upload_url":"\([^"]*\)".*/\1/')
id=$(printf %s "$made" | sed 's/.*"publish_id":"\([^"]*\)".*/\1/')
put() {
    tail -c "+$(($1 + 1))" "$3" | head -c "$(($2 - $1 + 1))" | curl -fsS -o /dev/null -X PUT --data-binary @- \
        -H 'Content-Type: video/mp4' -H "Content-Range: bytes $1-$2/$size" "$url"
}
put 0 5999 "$1"
put 6000 $((size - 1)) "$1"
curl -fsS "$api/status/fetch/" -H "$token" -H 'Content-Type: application/json' -d "{\"publish_id\": \"$id\"}" |
    sed 's/.*"status":"\([^"]*\)".*/\1/'
echo
