#!/usr/bin/env bash
# Write what the mock saw into the job's summary and a folder, and stop it. Reads MOCK_FAIL_ON_REFUSED, RUNNER_TEMP;
# writes GITHUB_STEP_SUMMARY and GITHUB_OUTPUT (folder: what to keep as an artifact).
set -euo pipefail
work="$RUNNER_TEMP/tiktok-mock"
report="$work/report"
python="$work/venv/bin/python"
[ -x "$python" ] || python=python3
if [ ! -d "$report" ]; then
    echo "::error::no tiktok-mock was started in this job: take the action tiktok-upload-mock before this one"
    exit 1
fi
echo "folder=$report" >>"$GITHUB_OUTPUT"
code=0
"$python" "$(dirname "$0")/report.py" "$work/ready.json" "$report" >"$report/summary.md" 2>"$work/problem.txt" || code=$?
cat "$report/summary.md" >>"$GITHUB_STEP_SUMMARY"
case $code in
0) ;;
2) echo "::error::$(tail -n 1 "$work/problem.txt")" ;;
*)
    tail -n 20 "$report/requests.log"
    echo "::error::$(tail -n 1 "$work/problem.txt")"
    ;;
esac
exit "$code"
