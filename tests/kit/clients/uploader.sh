#!/bin/sh
# An uploader as it should be, over curl: `sh uploader.sh UPLOAD_URL`, told the rest by TIKTOK_*.
url=$1
size=$TIKTOK_VIDEO_SIZE
chunk=$TIKTOK_CHUNK_SIZE
count=$TIKTOK_TOTAL_CHUNK_COUNT

fail() {
    echo "$1" >&2
    exit 1
}

# put FIRST LENGTH: sends a chunk once, and sets `status` (000: no answer), `progress` and `wait`.
put() {
    tail -c "+$(($1 + 1))" "$TIKTOK_FILE" | head -c "$2" >chunk
    : >head
    status=$(curl --silent --max-time 5 --output body --dump-header head --write-out '%{http_code}' \
        --header 'Content-Type: video/mp4' --header "Content-Range: bytes $1-$(($1 + $2 - 1))/$size" \
        --header 'Expect:' --request PUT --data-binary @chunk "$url") || status=000
    progress=$(sed -n 's/^[Cc]ontent-[Rr]ange: bytes 0-\([0-9]*\).*/\1/p' head)
    wait=$(sed -n 's/^[Rr]etry-[Aa]fter: \([0-9]*\).*/\1/p' head)
}

# at PLACE: whether a chunk begins there, or the file ends.
at() {
    [ "$1" -eq "$size" ] || { [ $(($1 % chunk)) -eq 0 ] && [ $(($1 / chunk)) -lt "$count" ]; }
}

# deliver FIRST: sends the chunk from there until it is in, and sets `place` to where to go on.
deliver() {
    length=$chunk
    next=$(($1 + length))
    [ $(($1 / chunk + 1)) -lt "$count" ] || { length=$((size - $1)) && next=$size; }
    again=0
    for pause in 0.1 0.2 0.4 0.8 last; do
        put "$1" "$length"
        case $status in
        206 | 201)
            place=$next
            return
            ;;
        416)
            for place in "${progress:-$next}" $((${progress:-$next} + 1)); do
                if at "$place"; then
                    again=$((again + 1))
                    [ "$again" -lt 4 ] || fail "the server does not know what it wants"
                    return
                fi
            done
            fail "416, and no chunk begins at $progress"
            ;;
        000 | 429 | 5??) ;;
        *) fail "$status to a chunk" ;;
        esac
        [ "$pause" != last ] || fail "a chunk does not come through"
        sleep "${wait:-$pause}"
    done
}

place=0
while [ "$place" -lt "$size" ]; do
    deliver "$place"
done
