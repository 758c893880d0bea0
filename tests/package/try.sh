#!/usr/bin/env bash
# Makes the Debian package, installs it with apt on a Debian that has nothing else, and runs the program
# there: one rank and two, the same results as here.
# Usage: tests/package/try.sh BUILD_FOLDER BIMIX SAME_RESULTS      77: such a Debian cannot be had here
# shellcheck source=tests/support/script.sh
. "$(dirname "$0")/../support/script.sh"
build=$(realpath "$1")
bimix=$(realpath "$2")
same_results=$(realpath "$3")

needs_root "another root folder needs root"
needs debootstrap package
needs cpack build
# shellcheck source=/dev/null
codename=$(. /etc/os-release && [[ $ID == debian ]] && echo "$VERSION_CODENAME") || skip "this is no Debian"
mirror=$(grep -rhoE 'https?://[^ ]*/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -n 1 || true)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
clean=$work/clean
inside() { chroot "$clean" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive "$@"; }
quietly() { "$@" >"$work/log" 2>&1 || { tail -n 40 "$work/log"; echo "WRONG: $*"; exit 1; }; }

echo "== the package"
quietly env -C "$build" cpack -G DEB -B "$work"
package=$(find "$work" -maxdepth 1 -name '*.deb')
dpkg-deb --info "$package" | grep -E '^ (Package|Version|Depends)'

echo "== an empty Debian $codename"
debootstrap --variant=minbase "$codename" "$clean" ${mirror:+"${mirror%% *}"} >"$work/log" 2>&1 ||
  { tail -n 5 "$work/log"; skip "debootstrap gets no Debian here"; }
cp "$package" "$clean/root/bimix.deb"

echo "== apt install"
quietly inside apt-get install -y --no-install-recommends /root/bimix.deb openmpi-bin
inside bimix --version | head -n 1
for file in share/man/man1/bimix-run.1 share/bash-completion/completions/bimix \
  share/zsh/site-functions/_bimix share/fish/vendor_completions.d/bimix.fish share/bimix/campaign.schema.json \
  share/bimix/configs/smoke.yaml share/bimix/slurm/sweep.sbatch; do
  [[ -e $clean/usr/$file ]] || { echo "WRONG: there is no /usr/$file"; exit 1; }
done

echo "== runs"
quietly env -C "$root" "$bimix" run configs/smoke.yaml -o "$work/here"
cp -r "$root"/{configs,src,include,README.md,LICENSE} "$clean/root/" # the texts that smoke.yaml trains on
quietly inside env -C /root bimix run configs/smoke.yaml -o /root/one
quietly inside env -C /root OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
  mpirun --oversubscribe -n 2 bimix run configs/smoke.yaml -o /root/two
for run in one two; do
  "$same_results" "$work/here/results.h5" "$clean/root/$run/results.h5"
done
quietly inside bimix report /root/two
echo "all as it should be"
