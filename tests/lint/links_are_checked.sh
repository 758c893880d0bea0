#!/usr/bin/env bash
# A lint check that finds nothing anywhere would pass too: this tree has one mistake of each kind.
set -euo pipefail
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/{src/law,tests/lint}
cp "$(dirname "$0")/check_tree" "$tree/tests/lint/"
echo '# The laws' >"$tree/src/law/NOTES.md"
cat >"$tree/README.md" <<'END'
# Good
[a file](src/law/NOTES.md), [a heading](src/law/NOTES.md#the-laws), [this page](#good), `src/law/NOTES.md`
```
[no link](nowhere.md)
```
END
"$tree/tests/lint/check_tree" links >"$tree/out" || { cat "$tree/out"; exit 1; }

for wrong in '[x](src/mix/NOTES.md)' '[x](src/law/NOTES.md#the-law)' '[x](#bad)' '`src/law/none.cpp`'; do
  printf '# Good\n%s\n' "$wrong" >"$tree/README.md"
  code=0
  "$tree/tests/lint/check_tree" links >"$tree/out" || code=$?
  [[ $code == 1 ]] && grep -q '^links: 1 mistakes' "$tree/out" || { echo "not found: $wrong"; cat "$tree/out"; exit 1; }
done
