#!/bin/sh
# `tiktok-mock exec` tells where the mock is and which token it accepts.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TIKTOK_MB=1000

control() { # METHOD PATH [OPTION...]
    method=$1 path=$2
    shift 2
    curl -sSf -X "$method" "$TIKTOK_MOCK_URL/_mock$path" "$@"
}

fail() { # CHUNK WHEN DO
    control POST /faults -o "$work/armed" -d "{\"on\": {\"operation\": \"chunk\", \"chunk\": $1}, \"when\": \"$2\", \"do\": $3}"
}

check() { # WHAT COMMAND...
    what=$1
    shift
    "$@" || {
        echo "not so: $what" >&2
        exit 1
    }
}

seq 10300 | head -c 50003 >"$work/video.mp4" # five chunks, where a MB is 1000 bytes

control POST /reset -o "$work/forgotten"
fail 2 before_body '{"kind": "status", "status": 503}'
fail -1 after_commit '{"kind": "close"}'
publish_id=$(sh upload.sh "$work/video.mp4")
control GET /uploads >"$work/uploads"
check 'nothing was posted twice' [ "$(grep -o '"upload_id"' "$work/uploads" | wc -l)" -eq 1 ]
check 'the upload is complete' grep -q "\"publish_id\": \"$publish_id\".*\"complete\": true" "$work/uploads"
upload_id=$(sed 's/.*"upload_id": "\([0-9]*\)".*/\1/' "$work/uploads")
control POST "/uploads/$upload_id/compare" --data-binary "@$work/video.mp4" >"$work/compared"
check 'what arrived is the video' grep -q '"equal": true' "$work/compared"
control GET /faults >"$work/faults"
check 'every fault struck' [ "$(grep -o '"fired": 1' "$work/faults" | wc -l)" -eq 2 ]
echo 'ok: a 503 and a lost answer do no harm'

control POST /reset -o "$work/forgotten"
fail 3 before_body '{"kind": "expire"}'
! sh upload.sh "$work/video.mp4" 2>"$work/error" || check 'an expired URL is an error' false
check 'the error says where' grep -q 'chunk at byte 20000: 403' "$work/error"
echo 'ok: an expired URL is an error'
