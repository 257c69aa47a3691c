#!/usr/bin/env bash
# Start `tiktok-mock serve` in the background, wait until it can be used, and tell the steps that follow.
# Reads MOCK_PORT, MOCK_PROFILE, MOCK_MB, MOCK_SCENARIO, MOCK_ARGS, RUNNER_TEMP; writes GITHUB_ENV and GITHUB_OUTPUT.
set -euo pipefail
work="$RUNNER_TEMP/tiktok-mock"
mkdir -p "$work/report"
ready="$work/ready.json"
log="$work/report/requests.log"

if [ -s "$ready" ]; then
    echo "::error::a tiktok-mock of this job runs already; more options go into one step, or into tiktok-mock exec"
    exit 1
fi

options=(--port "${MOCK_PORT:-0}" --ready-file "$ready")
[ -z "${MOCK_PROFILE:-}" ] || options+=(--profile "$MOCK_PROFILE")
[ -z "${MOCK_MB:-}" ] || options+=(--mb "$MOCK_MB")
[ -z "${MOCK_SCENARIO:-}" ] || options+=(--scenario "$MOCK_SCENARIO")
if [ -n "${MOCK_ARGS:-}" ]; then # words as in a shell, but nothing is expanded
    words=$(xargs -n 1 printf '%s\n' <<<"$MOCK_ARGS") || {
        echo "::error::args cannot be split into words: $MOCK_ARGS"
        exit 1
    }
    while read -r word; do options+=("$word"); done <<<"$words"
fi

nohup tiktok-mock serve "${options[@]}" >"$log" 2>&1 </dev/null &
server=$!
for _ in {1..300}; do
    [ ! -s "$ready" ] || break
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
done
if [ ! -s "$ready" ]; then
    cat "$log"
    kill "$server" 2>/dev/null || true
    echo "::error::tiktok-mock did not start: $(grep . "$log" | tail -n 1)"
    exit 1
fi

exports=$(tiktok-mock env --ready-file "$ready")
(
    eval "$exports"
    while read -r name; do
        value=${!name}
        if [ -f "$value" ]; then # the CAs to trust: the mock's file is gone when it is, this one stays for the job
            cp "$value" "$work/trust.pem"
            value="$work/trust.pem"
        fi
        printf '%s=%s\n' "$name" "$value"
    done < <(sed -n 's/^export \([A-Z0-9_]*\)=.*/\1/p' <<<"$exports") >>"$GITHUB_ENV"
    {
        echo "url=$TIKTOK_MOCK_URL"
        echo "token=$TIKTOK_ACCESS_TOKEN"
        echo "journal=$work/report/journal.jsonl"
    } >>"$GITHUB_OUTPUT"
    echo "tiktok-mock ready at $TIKTOK_MOCK_URL"
)
