#!/usr/bin/env bash
# Called by the scheduled workflows when they failed: open an issue with the title
# $TITLE that links to the run $RUN, or add to the one that is still open.
set -euo pipefail

number=$(gh issue list --state open --limit 500 --json number,title \
  --jq 'map(select(.title == env.TITLE)) | .[0].number // empty')
if [ -n "$number" ]; then
  gh issue comment "$number" --body "It failed again: $RUN"
else
  gh issue create --title "$TITLE" --body "See $RUN for what failed."
fi
