#!/bin/sh
# Uploads by curl that are wrong in one way each: `sh broken.sh NAME UPLOAD_URL`, told the rest by TIKTOK_*.
size=$TIKTOK_VIDEO_SIZE

# put FIRST LENGTH OPTION...: sends a chunk.
put() {
    range="bytes $1-$(($1 + $2 - 1))/$size"
    tail -c "+$(($1 + 1))" "$TIKTOK_FILE" | head -c "$2" >chunk
    shift 2
    curl --silent --show-error --output body --max-time 5 --header 'Content-Type: video/mp4' \
        --header "Content-Range: $range" --header 'Expect:' --request PUT --data-binary @chunk "$@"
}

# each OPTION...: sends all chunks, and stops at the first that curl complains about.
each() {
    number=0
    while [ "$number" -lt "$TIKTOK_TOTAL_CHUNK_COUNT" ]; do
        length=$TIKTOK_CHUNK_SIZE
        start=$((number * length))
        number=$((number + 1))
        [ "$number" -lt "$TIKTOK_TOTAL_CHUNK_COUNT" ] || length=$((size - start))
        put "$start" "$length" "$@" || exit 1
    done
}

case $1 in
curl-blind) each "$2" ;;
curl-fail) each --fail "$2" ;;
curl-retry) each --fail --retry 3 "$2" ;;
curl-location) each --fail --location "$2" ;;
curl-upload-file)
    curl --silent --fail --output body --header 'Content-Type: video/mp4' \
        --header "Content-Range: bytes 0-$((size - 1))/$size" --upload-file "$TIKTOK_FILE" "$2" || exit 1
    ;;
curl-whole-file)
    curl --silent --fail --output body --header 'Content-Type: video/mp4' --header 'Expect:' \
        --request PUT --data-binary "@$TIKTOK_FILE" "$2" || exit 1
    ;;
*) exit 2 ;;
esac
