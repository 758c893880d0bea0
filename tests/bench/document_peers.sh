#!/usr/bin/env bash
# How fast other programs take the texts out of a file of JSON Lines, beside bimix on the same file in
# the same run: MB of text a second, medians of three passes.
#
# Usage: tests/bench/document_peers.sh FILE.jsonl[.gz|.zst] [BIMIX]
set -euo pipefail
file=${1:?Usage: tests/bench/document_peers.sh FILE.jsonl[.gz|.zst] [BIMIX]}
bimix=${2:-bimix}

case $file in
  *.zst) unpack=(zstd -dc) ;;
  *.gz) unpack=(gzip -dc) ;;
  *) unpack=(cat) ;;
esac

# Seconds of a command whose output goes nowhere.
seconds() {
  local begin end
  begin=$(date +%s%N)
  "$@" > /dev/null
  end=$(date +%s%N)
  echo $(((end - begin) / 1000))
}
median() { for _ in 1 2 3; do seconds "$@"; done | sort -n | sed -n 2p; }
by_jq() { "${unpack[@]}" "$file" | jq -r .text; }
by_python() {
  python3 - "$file" <<'PYTHON'
import io, json, sys
path = sys.argv[1]
if path.endswith(".zst"):
    import zstandard
    stream = io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(open(path, "rb")), 1 << 20)
elif path.endswith(".gz"):
    import gzip
    stream = gzip.open(path)
else:
    stream = open(path, "rb")
for line in stream:
    sys.stdout.write(json.loads(line)["text"])
PYTHON
}

bytes=$(by_jq | wc -c)
show() { awk -v b="$bytes" -v us="$2" -v n="$1" 'BEGIN { printf "%8.0f MB/s of text by %s\n", b / us, n }'; }
show "${unpack[*]} | jq -r .text" "$(median by_jq)"
if by_python > /dev/null 2>&1; then
  show "Python's json" "$(median by_python)"
else
  echo "         Python's json: skipped, python3-zstandard is not here"
fi
"$bimix" bench corpus "$file" --seconds 3
