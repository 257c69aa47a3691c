#!/bin/sh
# Post a video to TikTok with curl: sh upload.sh VIDEO
# curl itself tries again after 429, 5xx and lost connections, the waits growing, and heeds Retry-After.
set -eu
video=$1
api=${TIKTOK_API_BASE:-https://open.tiktokapis.com}/v2/post/publish
mb=${TIKTOK_MB:-1000000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

die() {
    echo "$*" >&2
    exit 1
}

send() { # METHOD URL [OPTION...]: the status; the answer is in $work
    method=$1 url=$2
    shift 2
    : >"$work/headers"
    curl -sS -X "$method" "$url" -o "$work/body" -D "$work/headers" -w '%{http_code}' \
        --retry 5 --retry-all-errors --connect-timeout 10 --speed-limit 1 --speed-time 30 "$@" ||
        die "$method does not come through"
}

call() { # PATH JSON
    status=$(send POST "$api$1" -H "Authorization: Bearer $TIKTOK_ACCESS_TOKEN" -H 'Content-Type: application/json' -d "$2")
    [ "$status" = 200 ] || die "$1: $status $(cat "$work/body")"
}

field() { # NAME: the last answer's
    sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p" "$work/body"
}

end_of() { # PLACE: where the chunk that begins there ends
    if [ "$1" -ge $((chunk * (count - 1))) ]; then echo "$size"; else echo $(($1 + chunk)); fi
}

begins() { # PLACE: does a chunk, or nothing more?
    [ "$1" = "$size" ] || { [ $(($1 % chunk)) = 0 ] && [ $(($1 / chunk)) -lt "$count" ]; }
}

size=$(($(wc -c <"$video")))
count=$((size / (10 * mb)))
[ "$count" -ge 1 ] || count=1
[ "$count" -le 1000 ] || count=1000
chunk=$((size / count)) # the last one takes what is left over

source='"source": "FILE_UPLOAD", "video_size": '$size', "chunk_size": '$chunk', "total_chunk_count": '$count
call /video/init/ "{\"post_info\": {\"title\": \"\", \"privacy_level\": \"SELF_ONLY\"}, \"source_info\": {$source}}"
upload_url=$(field upload_url)
publish_id=$(field publish_id)

place=0
tries=$((2 * count + 10))
while [ "$place" -lt "$size" ]; do
    [ "$tries" -gt 0 ] || die 'the server does not say twice the same about what it wants'
    tries=$((tries - 1))
    end=$(end_of "$place")
    tail -c "+$((place + 1))" "$video" | head -c "$((end - place))" >"$work/chunk"
    status=$(send PUT "$upload_url" --data-binary "@$work/chunk" \
        -H 'Content-Type: video/mp4' -H "Content-Range: bytes $place-$((end - 1))/$size")
    case $status in
    200 | 201 | 206) place=$end ;;
    416) # An answer was lost: the server is elsewhere, and says where.
        number=$(tr -d '\r' <"$work/headers" | sed -n 's/^[Cc]ontent-[Rr]ange: bytes 0-\([0-9]*\)\/.*/\1/p' | tail -n 1)
        if [ -z "$number" ]; then
            call /status/fetch/ "{\"publish_id\": \"$publish_id\"}"
            number=$(field uploaded_bytes)
        fi
        place=$number # a count of bytes, or the last one's index
        begins "$place" || place=$((number + 1))
        begins "$place" || die "the server is at byte $number, where no chunk begins"
        ;;
    *) die "chunk at byte $place: $status $(cat "$work/body")" ;;
    esac
done

polls=120
while [ "$polls" -gt 0 ]; do
    call /status/fetch/ "{\"publish_id\": \"$publish_id\"}"
    case $(field status) in
    PUBLISH_COMPLETE | SEND_TO_USER_INBOX)
        echo "$publish_id"
        exit
        ;;
    FAILED) die "the post failed: $(field fail_reason)" ;;
    esac
    polls=$((polls - 1))
    sleep 2.5
done
die "$publish_id is uploaded and still being processed"
