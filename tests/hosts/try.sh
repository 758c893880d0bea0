#!/usr/bin/env bash
# One campaign over two hosts with a network between them, which is cut, and of which one dies.
# Usage: tests/hosts/try.sh BIMIX SAME_RESULTS      77: such hosts cannot be had here
# shellcheck source=tests/support/script.sh
. "$(dirname "$0")/../support/script.sh"
bimix=$(realpath "$1")
same_results=$(realpath "$2")

needs_root "namespaces need root"
needs ip hosts
ip netns add bimixprobe 2>/dev/null || skip "namespaces may not be made here"
ip netns del bimixprobe

work=$(mktemp -d)
export BIMIX_HOST_LAB=$work/lab
lab=$root/scripts/host_lab
# shellcheck disable=SC2317
clean_up() {
  "$lab" down
  rm -rf "$work"
}
trap clean_up EXIT
"$lab" up 2

wrong() {
  echo "WRONG: $1"
  tail -n 30 "$work"/*.out 2>/dev/null || true
  exit 1
}

# Text that nobody edits while this runs. Two ranks are busy for about eight seconds.
mkdir -p "$work/text"
cat "$root"/src/*/*.cpp >"$work/text/code.cpp"
cat "$root"/README.md "$root"/src/*/NOTES.md >"$work/text/prose.md"
write_campaign() {  # RANKS_PER_TRIAL
  cat >"$work/campaign$1.yaml" <<END
name: hosts
domains:
  code: {train: "$work/text/*.cpp", share: 0.6}
  prose: {train: "$work/text/*.md", share: 0.4}
design:
  mixtures: [{preset: [default]}, {grid: {code: [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.8, 0.9]}}]
  volumes: {from: 8K, to: 64K, count: 4}
  repeats: 2
source: {proxy: {layers: 2, width: 64, heads: 2, context: 64, batch: 8, warmup_steps: 5, ranks_per_trial: $1}}
entropy: {samples: 50, dimension: 16}
fit: {bootstrap: 20}
check: {repeats: 2}
END
}
write_campaign 1
write_campaign 2

# Hosts that hear nothing from each other for eleven seconds take each other for dead.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,tcp OMPI_MCA_btl_tcp_if_include=net0 OMPI_MCA_oob_tcp_if_include=net0
export OMPI_MCA_oob_tcp_keepalive_time=5 OMPI_MCA_oob_tcp_keepalive_intvl=2 OMPI_MCA_oob_tcp_keepalive_probes=3
# Both hosts are this machine: bound, each would take its first core, and that is the same one.
run_over_hosts() {  # NAME [CAMPAIGN]
  "$lab" on bimixhost1 timeout -k 5 300 mpirun --bind-to none -mca plm_rsh_agent "$lab rsh" \
    -host bimixhost1,bimixhost2 -n 2 "$bimix" run "${2:-$work/campaign1.yaml}" -o "$work/$1" \
    >>"$work/$1.out" 2>&1
}
trials() { cat "$work/$1/journal.ndjson" 2>/dev/null | grep -c '"kind":"trial"' || true; }
wait_for_the_middle() {
  local deadline=$((SECONDS + 300))
  until (($(trials "$1") >= 3)); do
    ((SECONDS < deadline)) || wrong "waited in vain until $1 had three trials"
    sleep 0.1
  done
}
as_on_one() {
  "$same_results" "$work/one/results.h5" "$work/$1/results.h5" || wrong "the results of $1 differ"
  "$bimix" verify "$work/$1" >/dev/null 2>&1 || wrong "bimix verify refuses $1"
  echo "   as on one host, after ${SECONDS} s"
}
resumes() {
  run_over_hosts "$1" || wrong "$1 does not resume"
  as_on_one "$1"
}
left_on() { ip netns pids "$1" | wc -l; }

echo "== on one host, by one rank"
"$bimix" run "$work/campaign1.yaml" -o "$work/one" >"$work/one.out" 2>&1 || wrong "it does not run"

echo "== over two hosts"
run_over_hosts two || wrong "it does not run over two hosts"
for host in bimixhost1 bimixhost2; do
  grep -q "\"host\":\"$host\"" "$work/two/journal.ndjson" || wrong "$host ran no trial"
done
as_on_one two

echo "== two hosts share each trial"
run_over_hosts shared "$work/campaign2.yaml" || wrong "hosts cannot share a trial"
"$same_results" "$work/one/results.h5" "$work/shared/results.h5" || wrong "shared trials differ"
echo "   as on one host, after ${SECONDS} s"

echo "== the cable is cut in the middle"
run_over_hosts cut & launcher=$!
wait_for_the_middle cut
"$lab" cut bimixhost2
cut_at=$SECONDS
code=0
wait "$launcher" || code=$?
[[ $code != 0 ]] || wrong "a run whose cable was cut says that it is done"
echo "   ended with $code after $((SECONDS - cut_at)) s; $(trials cut) trials are kept, processes left:" \
  "$(left_on bimixhost1) and $(left_on bimixhost2)"
[[ $code != 124 && $code != 137 ]] || wrong "only the timeout ended the run"
"$lab" crash bimixhost2
"$lab" mend bimixhost2
resumes cut

echo "== a host dies in the middle"
run_over_hosts dead & launcher=$!
wait_for_the_middle dead
"$lab" crash bimixhost2
code=0
wait "$launcher" || code=$?
[[ $code != 0 ]] || wrong "a run one of whose hosts died says that it is done"
echo "   ended with $code; processes left: $(left_on bimixhost1) and $(left_on bimixhost2)"
resumes dead
echo "all as it should be"
