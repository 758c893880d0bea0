#!/usr/bin/env bash
# Tries slurm/sweep.sbatch on a real Slurm cluster of two virtual nodes.
# Usage: tests/slurm/try.sh BIMIX       ends with 77 where such a cluster cannot be started
bimix=$(realpath "$1")
# shellcheck source=tests/slurm/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work"
# shellcheck disable=SC2317
both_are_ready() { [[ -e ready.0 && -e ready.1 ]]; }

echo "== a job that is interrupted is passed the signal, requeues itself and ends complete"
cat >two_goes <<'END'
#!/usr/bin/env bash
# Stands for a campaign that is interrupted once: the signal itself is told to every rank.
echo "rank $PMIX_RANK of go ${SLURM_RESTART_COUNT:-0}: $*"
trap 'echo "rank $PMIX_RANK saved"; exit 75' USR1
[[ ${SLURM_RESTART_COUNT:-0} == 0 ]] || exit 0
touch "ready.$PMIX_RANK"
for ((i = 0; i < 3000; ++i)); do sleep 0.1; done
echo "waited in vain for USR1"
exit 9
END
chmod +x two_goes
job=$(BIMIX=$work/two_goes submit -o requeue.out "$root/slurm/sweep.sbatch" a.yaml runs/a)
until_true 300 "both ranks of job $job are at work" both_are_ready
scancel --batch --signal=USR1 "$job"
let_go "$job"
completed "$job"
has requeue.out "rank 0 of go 0: run a.yaml -o runs/a"
has requeue.out "rank 0 saved"
has requeue.out "rank 1 saved"
has requeue.out "rank 1 of go 1: run a.yaml -o runs/a"

echo "== a script of README's four lines does the same"
rm -f ready.*
{
  echo '#!/usr/bin/env bash'
  sed -n '/^trap .kill -USR1/,/^```/p' "$root/README.md" | grep -v '^```' | sed "s| bimix run| $work/two_goes run|"
} >four_lines.sbatch
[[ $(wc -l <four_lines.sbatch) == 5 ]] || wrong "README has no four lines"
job=$(submit -o four.out --requeue --open-mode=append --signal=B:USR1@300 four_lines.sbatch)
until_true 300 "both ranks of job $job are at work" both_are_ready
scancel --batch --signal=USR1 "$job"
let_go "$job"
completed "$job"
has four.out "rank 1 saved"
has four.out "rank 1 of go 1: run my.yaml -o runs/mine"

echo "== a job that may not requeue again ends with 75"
rm -f ready.*
job=$(BIMIX=$work/two_goes BIMIX_MAX_REQUEUES=0 submit -o bounded.out "$root/slurm/sweep.sbatch" a.yaml b)
until_true 300 "both ranks of job $job are at work" both_are_ready
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
