#!/usr/bin/env bash
# Whatever Slurm does to a campaign under way, it ends complete and with the results of one that was
# not interrupted.
# Usage: tests/slurm/interrupted.sh BIMIX SAME_RESULTS     77: no such cluster can be started
bimix=$(realpath "$1")
same_results=$(realpath "$2")
# shellcheck source=tests/slurm/lib.sh
. "$(dirname "$0")/lib.sh"
export BIMIX=$bimix

# Text that nobody edits while this runs. Two ranks are busy for about ten seconds.
mkdir -p "$work/text"
cat "$root"/src/*/*.cpp >"$work/text/code.cpp"
cat "$root"/README.md "$root"/src/*/NOTES.md >"$work/text/prose.md"
campaign=$work/campaign.yaml
cat >"$campaign" <<END
name: interrupted
domains:
  code: {train: "$work/text/*.cpp", share: 0.6}
  prose: {train: "$work/text/*.md", share: 0.4}
design:
  mixtures: [{preset: [default]}, {grid: {code: [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.8, 0.9]}}]
  volumes: {from: 8K, to: 64K, count: 4}
  repeats: 2
source: {proxy: {layers: 2, width: 64, heads: 2, context: 64, batch: 8, warmup_steps: 5}}
entropy: {samples: 50, dimension: 16}
fit: {bootstrap: 20}
check: {repeats: 2}
END

# Slurm looks at time limits twice a minute: this one takes nearly one.
long_campaign=$work/long.yaml
sed 's/to: 64K/to: 512K/; s/check: .*/check: {enabled: false}/; s/name: .*/name: long/' "$campaign" >"$long_campaign"

run=
hand_in() {  # NAME SBATCH_OPTION...: submits the batch script
  run=$work/$1
  job=$(submit -o "$run.out" "${@:2}" "$root/slurm/sweep.sbatch" "$campaign" "$run")
}
begin() {  # the same, and waits until it is in the middle
  hand_in "$@"
  until_true 300 "job $job is in the middle" in_the_middle
}
# shellcheck disable=SC2317
in_the_middle() {
  [[ -e $run/journal.ndjson ]] && (($(grep -c '"kind":"trial"' "$run/journal.ndjson") >= 3))
}
again() { hand_in "$(basename "$run")"; }
as_in_peace() {  # [NAME]: of the run that was not interrupted
  completed "$job"
  "$same_results" "$work/${1:-peace}/results.h5" "$run/results.h5" || wrong "the results of $run differ"
  "$bimix" verify "$run" >/dev/null 2>&1 || wrong "bimix verify refuses $run"
  echo "   as in peace, after $(grep -c '"kind":"session"' "$run/journal.ndjson") sessions, ${SECONDS} s"
}

cd "$work"
echo "== in peace"
hand_in peace
as_in_peace

echo "== preempted by a job that is more urgent"
begin preempted
urgent=$(sbatch --parsable --partition=urgent --nodes=2 -o "$work/urgent.out" --wrap "sleep 1")
completed "$urgent"
let_go "$job"
as_in_peace

echo "== requeued"
begin requeued
scontrol requeue "$job"
let_go "$job"
as_in_peace

echo "== cancelled, and submitted again"
begin cancelled
scancel "$job"
until_done "$job"
again
as_in_peace

echo "== a node crashes"
begin crashed
"$root/scripts/slurm_lab" crash lab2
until_state "$job" PENDING COMPLETING FAILED NODE_FAIL CANCELLED
"$root/scripts/slurm_lab" revive lab2
until_state "$job" PENDING FAILED NODE_FAIL CANCELLED
if is_in "$job" PENDING; then let_go "$job"; else again; fi
as_in_peace

echo "== one rank is killed, the others and their nodes live on"
pid_of_rank() {  # RANK: of the run under way
  local id
  for id in $(pgrep -x bimix); do
    if tr '\0' '\n' <"/proc/$id/environ" 2>/dev/null | grep -qx "PMIX_RANK=$1" &&
      tr '\0' ' ' <"/proc/$id/cmdline" | grep -qF -e "-o $run"; then echo "$id"; fi
  done
}
for rank in 1 0; do
  begin "killed_$rank"
  kill -9 "$(pid_of_rank "$rank")"
  killed=$SECONDS
  until_state "$job" PENDING COMPLETING FAILED CANCELLED
  echo "   rank $rank: the job ended after $((SECONDS - killed)) s"
  let_go "$job"
  as_in_peace
  has "$run.out" "bimix ended with exit code 137"
done

echo "== one rank hangs"
quick=$work/quick
printf '#!/usr/bin/env bash\nexec "%s" "$@" --lost-after 5s\n' "$bimix" >"$quick"
chmod +x "$quick"
BIMIX=$quick begin hanging
kill -STOP "$(pid_of_rank 1)"
let_go "$job"
as_in_peace
has "$run.out" "rank 1 fell silent"

echo "== the time is over before the work is"
campaign=$long_campaign
hand_in long_peace
completed "$job"
hand_in short --time=1 --signal=B:USR1@50
until_state "$job" RUNNING
let_go "$job"
until_state "$job" RUNNING COMPLETED
scontrol update JobId="$job" TimeLimit=30
as_in_peace long_peace
has "$work/short.out" "bimix ended with exit code 75"
campaign=$work/campaign.yaml

echo "== stopped, and the job may not be queued again"
begin followed --no-requeue
scancel --batch --signal=USR1 "$job"
completed "$job"
job=$(squeue -h -o %A | sort -n | tail -n 1)
[[ -n $job ]] || wrong "no job goes on"
as_in_peace

echo "== in an array of shards that are merged"
run=$work/shards
array=$(sbatch --parsable --array=0-1 --nodes=1 --ntasks-per-node=1 --time=30 -o "$work/shard-%a.out" \
  "$root/slurm/array.sbatch" "$campaign" "$run" 2)
job=$(submit --dependency=afterany:"$array" -o "$work/merged.out" "$root/slurm/array.sbatch" \
  "$campaign" "$run")
as_in_peace
has "$work/merged.out" "18 of 18 trials have ended well"

echo "== with the script that plan --slurm writes"
run=$work/planned
"$bimix" plan "$campaign" --ranks 2 --slurm -o "$run" >"$work/planned.sbatch" 2>/dev/null
job=$(sbatch --parsable -o "$work/planned.out" "$work/planned.sbatch")
as_in_peace
echo "all as it should be"
