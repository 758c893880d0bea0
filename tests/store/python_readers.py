#!/usr/bin/env python3
"""results.h5 seen by h5py, netCDF4, xarray and h5ls. Values are those of some_record.hpp.

Usage: python_readers.py BIMIX_SAMPLE_RESULTS READ_RESULTS_SCRIPT
Ends with 77 (skipped) if a reader is not installed.
"""

import math
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

try:
    import h5py
    import netCDF4
    import numpy
    import xarray
except ImportError as missing:
    print(f"SKIPPED: {missing} (Debian: python3-h5py python3-netcdf4 python3-xarray)")
    sys.exit(77)

try:
    import h5netcdf  # noqa: F401
    ENGINES = ["netcdf4", "h5netcdf"]
except ImportError:
    ENGINES = ["netcdf4"]

TRAIN, EVAL = ["prose", "日本"], ["prose", "日本", "other"]


def check_root(path, engine):
    run = xarray.open_dataset(path, engine=engine)
    assert dict(run.sizes) == {"trial": 4, "train_domain": 2, "eval_domain": 3, "tokens": 2}
    assert list(run.train_domain.values) == TRAIN and list(run.eval_domain.values) == EVAL
    assert run.trial.values[3] == "0000000000000003"
    assert list(run.tokens.values) == [64000, 20000000000] and run.tokens.dtype == numpy.int64
    assert run.loss.dims == ("trial", "tokens", "eval_domain")
    assert run.loss.attrs["units"] == "nats/token" and run.loss.attrs["long_name"]
    whole = run.loss.sel(trial="0000000000000000")
    assert float(whole.sel(tokens=64000, eval_domain="日本")) == 1 / 3
    assert list(whole.sel(tokens=20000000000).values) == [2.5, 2.25, 2.0]
    assert run.loss.isel(trial=3).isnull().all()
    assert list(run.status.values) == [0, 0, 2, 1]
    assert list(run.status.attrs["flag_values"]) == [0, 1, 2, 3]
    assert run.status.attrs["flag_meanings"] == "ok missing diverged failed"
    assert run.message.values[2] == "loss is NaN at step 7" and run.message.values[0] == ""
    assert run.steps.values[0, 1] == 20000 and math.isnan(run.steps.values[3, 0])
    assert run.wall_seconds.dtype == numpy.float64  # no reader takes it for a time span
    assert run.started_utc.values[0] == 1795000000.125 and math.isnan(run.started_utc.values[1])
    assert run.seed.values[0] == 2**64 - 1
    assert run.mixture.sel(trial="0000000000000002", train_domain="prose") == 1 / 3
    in_bits = run.loss.values / 4 / math.log(2)
    assert numpy.array_equal(run.loss_bits_per_byte.values, in_bits, equal_nan=True)
    assert run.loss_bits_per_byte.attrs["units"] == "bits/byte"
    assert run.attrs["title"] == "demo" and run.attrs["bimix_format_version"] == "1.10"


def check_groups(path, engine):
    def group(name):
        return xarray.open_dataset(path, group=name, engine=engine)

    law = group("law/bimix")
    assert float(law.coefficient.sel(eval_domain="日本", parameter="alpha")) == 0.125
    assert law.covariance.dims == ("eval_domain", "parameter", "parameter_other")
    assert law.bootstrap.shape == (2, 3, 4)
    assert law.flags.values[2] == "no share; not fitted" and law.flags.values[0] == ""
    assert list(law.profile_low.values[:2]) == [0.0625, 0.125] and law.profile_high.isnull()[2]
    assert law.noise_reading.values[1] == 0.25 and math.isnan(law.noise_seed.values[0])
    assert law.noise_source.values[1] == "2 repeats of 1 mixture"
    assert float(group("law/bimix/held_out").error.sel(eval_domain="prose")) == 0.01
    assert float(group("optimum").share.sel(train_domain="日本")) == 0.7
    assert group("optimum").attrs["certificate_kind"] == "KKT residual"
    assert group("optimum").attrs["doubt"] == "not to be trusted"
    objective = group("objective")
    assert list(objective.counts.values) == [1, 1, 0] and list(objective.is_average.values) == [0, 0, 0]
    assert objective.attrs["kind"] == "mean" and objective.attrs["units"] == "nats/token"
    assert objective.attrs["words"] == "mean loss of prose and 日本"
    trust = group("law/bimix/trust")
    assert int(trust.is_trusted) == 0 and float(trust.error) == 0.25 and math.isnan(trust.r2)
    assert list(trust.is_worse.values) == [0, 1, 0] and trust.attrs["doubt"] == "not to be trusted"
    assert group("entropy").nats.sel(measure="joint", train_domain="prose") == 3.5
    by_volume = group("by_volume").sel(tokens=128000)
    assert float(by_volume.share_high.sel(train_domain="日本")) == 0.8
    assert abs(float(by_volume.total_variation) - 0.05) < 1e-15
    assert group("by_volume").foreseen.sel(tokens=64000).isnull().all()
    assert float(group("check").predicted_nats.sel(label="optimum", eval_domain="prose")) == 2
    assert list(group("check/trials").loss.values.ravel()) == [2.5, 2.0, 1.5]
    curve = group("curve")
    assert list(curve.tokens.values[:4]) == [64000, 1000000, 19998000000, 20000000000]
    assert list(curve.trial_index.values) == [0, 0, 0, 0, 1]
    assert numpy.array_equal(curve.loss_bits_per_byte.values, curve.loss.values / 4 / math.log(2), equal_nan=True)
    provenance = group("provenance")
    assert str(provenance.campaign.values) == "name: demo  # größer\n"
    assert provenance.attrs["commit"] == "0123abc" and len(str(provenance.hosts.values)) == 100000


def promised():
    """Paths of the table of results.h5 in src/store/FORMAT.md, and those of its groups in any order."""
    text = (pathlib.Path(__file__).parents[2] / "src/store/FORMAT.md").read_text()
    table = text[text.index("## results.h5"):].split("\n\nThe file ends")[0]
    paths = set()
    for line in table.splitlines():
        if line.startswith("| `/") and "| group |" not in line:
            for name in re.findall("`([^`]+)`", line.split("|")[1]):
                head, braced, tail = name.partition("{")
                paths |= {head + part for part in tail.rstrip("}").split(",")} if braced else {name}
    return {path.strip("/").replace("<name>", "bimix") for path in paths}


def check_format_page(path):
    """The page lists every dataset but the coordinates of groups, and nothing else."""
    with h5py.File(path) as file:
        seen = set()
        file.visititems(lambda name, item: seen.add(name) if isinstance(item, h5py.Dataset) and not (
            "/" in name and h5py.h5ds.is_scale(item.id)) else None)
    seen = {name for name in seen if not name.startswith("check/trials/") and name != "provenance/hosts"}
    listed = {name for name in promised() if not name.startswith("check/trials")}
    assert seen == listed, f"only in the file: {seen - listed}; only on the page: {listed - seen}"


def all_groups(path):
    with h5py.File(path) as file:
        groups = ["/"]
        file.visititems(lambda name, item: groups.append(name) if isinstance(item, h5py.Group) else None)
    return groups


def check_every_group(path, engine):
    for name in all_groups(path):
        with xarray.open_dataset(path, group=name, engine=engine) as group:
            group.load()


def check_text_type(kind, what):
    if isinstance(kind, h5py.h5t.TypeStringID):
        assert kind.is_variable_str() and kind.get_cset() == h5py.h5t.CSET_UTF8, f"{what} is no text of our kind"


def check_h5py(path):
    def check(name, item):
        for attribute in item.attrs:
            if attribute not in ("CLASS", "NAME"):  # the library's own marks of a dimension scale
                check_text_type(item.attrs.get_id(attribute).get_type(), f"{name}: {attribute}")
        if not isinstance(item, h5py.Dataset):
            return
        assert item.dtype.names is None, f"{name} is of a compound type"
        assert h5py.check_enum_dtype(item.dtype) is None, f"{name} is of an enumeration"
        check_text_type(item.id.get_type(), name)
        assert item.attrs["long_name"] and item.attrs["units"], name
        if item.dtype.kind == "f":
            assert math.isnan(item.attrs["_FillValue"]), name
        if not h5py.h5ds.is_scale(item.id):
            assert all(len(dimension) == 1 for dimension in item.dims), f"{name} lacks a scale"

    with h5py.File(path) as file:
        file.visititems(check)
        assert file["loss"][0, 0, 1] == 1 / 3
        assert file["loss"].dims[2].label == "" and file["loss"].dims[2][0].name == "/eval_domain"


def check_netcdf4(path):
    with netCDF4.Dataset(path) as file:
        assert file["loss"].dimensions == ("trial", "tokens", "eval_domain")
        assert file["law/bimix/coefficient"][1, 2] == 0.125
        assert list(file["train_domain"][:]) == TRAIN
        for name in all_groups(path):
            for variable in file[name].variables.values() if name != "/" else file.variables.values():
                variable[...]


def main():
    sample_results, script = sys.argv[1:]
    if not shutil.which("h5ls"):
        print("SKIPPED: there is no h5ls (Debian: hdf5-tools)")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "results.h5")
        subprocess.run([sample_results, path], check=True)
        for engine in ENGINES:
            check_root(path, engine)
            check_groups(path, engine)
            check_every_group(path, engine)
        check_format_page(path)
        check_h5py(path)
        check_netcdf4(path)
        listed = subprocess.run(["h5ls", "-r", path], check=True, text=True, stdout=subprocess.PIPE).stdout
        assert "/law/bimix/coefficient" in listed and "{4, 2, 3}" in listed, listed
        assert all(f"/{name} " in listed for name in all_groups(path) if name != "/"), listed
        shown = subprocess.run([sys.executable, script, path], check=True, text=True,
                               stdout=subprocess.PIPE).stdout
        assert "0.125" in shown and "demo" in shown, shown
        print(shown)


main()
