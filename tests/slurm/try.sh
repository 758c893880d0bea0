#!/usr/bin/env bash
# Tries slurm/sweep.sbatch on a real Slurm cluster of two virtual nodes.
# Usage: tests/slurm/try.sh BIMIX       ends with 77 where such a cluster cannot be started
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
bimix=$(realpath "$1")
PATH=$PATH:/usr/sbin:/sbin

skip() { echo "skipped: $1"; exit 77; }
[[ $(id -u) == 0 ]] || skip "node daemons need root"
for tool in slurmctld slurmd munged sbatch; do
  command -v "$tool" >/dev/null || skip "there is no $tool here (scripts/setup slurm)"
done
unshare --uts --mount true 2>/dev/null || skip "namespaces may not be made here"

work=$(mktemp -d)
export BIMIX_SLURM_LAB=$work/lab BIMIX_SLURM_PORT=${BIMIX_SLURM_PORT:-27817}
# shellcheck disable=SC2317
clean_up() {
  "$root/scripts/slurm_lab" stop
  rm -rf "$work"
}
trap clean_up EXIT
"$root/scripts/slurm_lab" start 2 1
eval "$("$root/scripts/slurm_lab" env)"
# Root and virtual nodes on one machine: what scripts/mpirun sets for mpirun.
export OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader,tcp OMPI_MCA_btl_tcp_if_include=lo
cd "$work"

wrong() {
  echo "WRONG: $1"
  tail -n 30 "$work"/*.out 2>/dev/null || true
  exit 1
}
has() { grep -qF -e "$2" "$1" || wrong "$1 does not say '$2'"; }
# Jobs start in the current folder; the smoke campaign reads files of this project.
submit() { sbatch --parsable --nodes=2 --ntasks-per-node=1 --time=5 "$@"; }
state_of() { squeue -h -j "$1" -t all -o %T; }

# until_state JOB STATE...: waits for one of these.
until_state() {
  local job=$1 deadline=$((SECONDS + 90)) state
  shift
  while state=$(state_of "$job"); [[ " $* " != *" $state "* ]]; do
    ((SECONDS < deadline)) || wrong "job $job is $state and not $*"
    sleep 0.2
  done
}
until_done() { until_state "$1" COMPLETED FAILED CANCELLED TIMEOUT NODE_FAIL; }
completed() { until_done "$1"; [[ $(state_of "$1") == COMPLETED ]] || wrong "job $1 is $(state_of "$1")"; }

echo "== a job that is interrupted is passed the signal, requeues itself and ends complete"
cat >two_goes <<'END'
#!/usr/bin/env bash
# Stands for a campaign that is interrupted once: the signal itself is told to every rank.
echo "rank $PMIX_RANK of go ${SLURM_RESTART_COUNT:-0}: $*"
trap 'echo "rank $PMIX_RANK saved"; exit 75' USR1
[[ ${SLURM_RESTART_COUNT:-0} == 0 ]] || exit 0
touch "ready.$PMIX_RANK"
for ((i = 0; i < 300; ++i)); do sleep 0.1; done
exit 9
END
chmod +x two_goes
job=$(BIMIX=$work/two_goes submit -o requeue.out "$root/slurm/sweep.sbatch" a.yaml runs/a)
for ((i = 0; i < 300; ++i)); do [[ -e ready.0 && -e ready.1 ]] && break; sleep 0.1; done
scancel --batch --signal=USR1 "$job"
until_state "$job" PENDING
# Slurm holds a requeued job for two minutes. A node refuses one that starts again within the
# second in which it was ended.
sleep 2
scontrol update JobId="$job" StartTime=now
completed "$job"
has requeue.out "rank 0 of go 0: run a.yaml -o runs/a"
has requeue.out "rank 0 saved"
has requeue.out "rank 1 saved"
has requeue.out "rank 1 of go 1: run a.yaml -o runs/a"

echo "== a job that may not requeue again ends with 75"
rm -f ready.*
job=$(BIMIX=$work/two_goes BIMIX_MAX_REQUEUES=0 submit -o bounded.out "$root/slurm/sweep.sbatch" a.yaml b)
for ((i = 0; i < 300; ++i)); do [[ -e ready.0 && -e ready.1 ]] && break; sleep 0.1; done
scancel --batch --signal=USR1 "$job"
until_done "$job"
[[ $(scontrol show job "$job") == *ExitCode=75:0* ]] || wrong "job $job did not end with 75"

cd "$root"
echo "== a real campaign runs over two nodes, and submitting it again finds it done"
for go in 1 2; do
  job=$(BIMIX=$bimix submit -o "$work/campaign$go.out" slurm/sweep.sbatch configs/smoke.yaml "$work/run")
  completed "$job"
done
[[ -s $work/run/results.h5 ]] || wrong "there is no run/results.h5"
"$bimix" verify "$work/run" >"$work/verify.out" 2>&1 || wrong "bimix verify refuses the run"
"$bimix" status "$work/run" >"$work/status.out" 2>&1 || wrong "bimix status refuses the run"
tail -n 5 "$work/campaign1.out"

echo "== srun without --mpi=pmix is refused, with the cure in words"
code=0
srun --nodes=2 --ntasks=2 "$bimix" run configs/smoke.yaml -o "$work/alone" \
  >"$work/singletons.out" 2>&1 || code=$?
[[ $code == 3 ]] || wrong "exit code $code instead of 3"
has "$work/singletons.out" "srun --mpi=pmix"
[[ ! -e $work/alone/journal.ndjson ]] || wrong "a refused run left a journal"

echo "== mpirun inside a job does as well"
cat >"$work/mpirun.sbatch" <<END
#!/usr/bin/env bash
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
mpirun -n 2 "$bimix" run configs/smoke.yaml -o "$work/by_mpirun"
END
completed "$(submit -o "$work/mpirun.out" "$work/mpirun.sbatch")"
[[ -s $work/by_mpirun/results.h5 ]] || wrong "there is no by_mpirun/results.h5"
echo "all as it should be"
