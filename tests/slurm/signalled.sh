#!/usr/bin/env bash
# A signal before the end of a job, to ranks and trainers at once or to the ranks alone: no trial is
# recorded as failed, and the job goes on where it was.
# Usage: tests/slurm/signalled.sh BIMIX TRACKING      77: no such cluster can be started
bimix=$(realpath "$1")
tracking=$2
# shellcheck source=tests/slurm/lib.sh
. "$(dirname "$0")/lib.sh"
export BIMIX=$bimix

# A trainer as people write them: it handles no signal and dies of USR1.
cat >"$work/train.sh" <<'END'
#!/usr/bin/env bash
sleep 1.5
awk -v volumes="$2" -v a="$3" -v b="$4" 'BEGIN {
  print "run,tokens,domain,share,loss_nats"
  for (i = split(volumes, tokens, ","); i > 0; --i) {
    printf "x,%d,a,%s,%.9f\n", tokens[i], a, a ^ -0.1 * (20 * tokens[i] ^ -0.25 + 1)
    printf "x,%d,b,%s,%.9f\n", tokens[i], b, b ^ -0.1 * (20 * tokens[i] ^ -0.25 + 1)
  }
}' >"$1/loss.csv"
END
chmod +x "$work/train.sh"
cat >"$work/campaign.yaml" <<END
name: signalled
domains: {a: {share: 0.5}, b: {share: 0.5}}
design:
  mixtures: [{preset: [default]}, {grid: {a: [0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9]}}]
  volumes: {values: [1K, 10K, 100K]}
source:
  command:
    run: ["$work/train.sh", "{dir}", "{volumes}", "{share:a}", "{share:b}"]
fit: {bootstrap: 20}
check: {enabled: false}
END

cd "$work"
run=$work/run
job=$(submit -o "$run.out" "$root/slurm/sweep.sbatch" "$work/campaign.yaml" "$run")
trials() { if [[ -e $run/journal.ndjson ]]; then grep -c '"kind":"trial"' "$run/journal.ndjson" || true; else echo 0; fi; }
# shellcheck disable=SC2317
in_the_middle() { (($(trials) >= 3)); }
until_true 300 "job $job is in the middle" in_the_middle
scancel --signal=USR1 "$job" # to its steps, not to the batch script
let_go "$job"
has "$run.out" "bimix ended with exit code 75"
echo "   interrupted after $(trials) trials, ${SECONDS} s"
completed "$job"
! grep -q '"status":3' "$run/journal.ndjson" || wrong "an interrupted trial is recorded as failed"
[[ $(trials) == 9 ]] || wrong "$(trials) trials are recorded, not 9"
echo "all as it should be: signals to $([[ $tracking == cgroup ]] && echo ranks || echo whole steps), ${SECONDS} s"
