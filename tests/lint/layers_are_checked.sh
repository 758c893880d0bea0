#!/usr/bin/env bash
# The checker finds each mistake of the fixture tree, no other, and says so by its exit code.
here=$(cd "$(dirname "$0")" && pwd)
found=$("$here/../../scripts/check_layers" "$here/fixtures/layers")
status=$?
diff "$here/fixtures/layers.expected" - <<<"$found" || exit 1
[[ $status == 1 ]] || { echo "exit code $status instead of 1"; exit 1; }
