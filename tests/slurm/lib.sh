# Sourced by the Slurm tests: a cluster of two virtual nodes of one processor each, in $work, and words
# to speak of its jobs. Expects $bimix, and $tracking where it is not linuxproc. Ends with 77 where such a
# cluster cannot be started.
# shellcheck shell=bash
# shellcheck source=tests/support/script.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/script.sh"
needs_root "node daemons need root"
for tool in slurmctld slurmd munged sbatch; do needs "$tool" slurm; done
unshare --uts --mount true 2>/dev/null || skip "namespaces may not be made here"

work=$(mktemp -d)
export BIMIX_SLURM_LAB=$work/lab BIMIX_SLURM_PORT=${BIMIX_SLURM_PORT:-27817}
# shellcheck disable=SC2317
clean_up() {
  "$root/scripts/slurm_lab" stop
  rm -rf "$work"
}
trap clean_up EXIT
"$root/scripts/slurm_lab" start 2 1 "${tracking:-linuxproc}"
eval "$("$root/scripts/slurm_lab" env)"
# Root and virtual nodes on one machine: what scripts/mpirun sets for mpirun.
export OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader,tcp OMPI_MCA_btl_tcp_if_include=lo

wrong() {
  echo "WRONG: $1"
  tail -n 30 "$work"/*.out "$work"/lab/log/*.log 2>/dev/null || true
  exit 1
}
trap 'wrong "line $LINENO of $0 failed"' ERR
has() { grep -qF -e "$2" "$1" || wrong "$1 does not say '$2'"; }
submit() { sbatch --parsable --nodes=2 --ntasks-per-node=1 --time=30 "$@"; }
state_of() { squeue -h -j "$1" -t all -o %T; }

# until_true SECONDS WHAT COMMAND...: waits until the command succeeds. A deadline is for what never
# happens, not for what takes long on a busy machine.
until_true() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    ((SECONDS < deadline)) || wrong "waited in vain until $what"
    sleep 0.2
  done
}
is_in() { local job=$1; shift; [[ " $* " == *" $(state_of "$job") "* ]]; }
until_state() { until_true 300 "job $1 is ${*:2}" is_in "$@"; }
# Whole campaigns end meanwhile, of which the longest takes most of a minute where nothing else runs.
until_done() { until_true 600 "job $1 has ended" is_in "$1" COMPLETED FAILED CANCELLED TIMEOUT NODE_FAIL PREEMPTED; }
completed() { until_done "$1"; [[ $(state_of "$1") == COMPLETED ]] || wrong "job $1 is $(state_of "$1")"; }

# Slurm holds a requeued job for two minutes. A node refuses one that starts again within the second
# in which it was ended.
let_go() {
  until_state "$1" PENDING
  sleep 2
  scontrol update JobId="$1" StartTime=now
}
