#!/usr/bin/env python3
"""results.h5 seen by h5py, netCDF4, xarray and h5ls. Values are those of some_record.hpp.

Usage: python_readers.py BIMIX_SAMPLE_RESULTS READ_RESULTS_SCRIPT
Ends with 77 (skipped) if a reader is not installed.
"""

import math
import pathlib
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
    assert run.attrs["title"] == "demo" and run.attrs["bimix_format_version"] == "1.2"


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
    assert group("entropy").nats.sel(measure="joint", train_domain="prose") == 3.5
    assert float(group("check").predicted_nats.sel(label="optimum", eval_domain="prose")) == 2
    assert list(group("check/trials").loss.values.ravel()) == [2.5, 2.0, 1.5]
    curve = group("curve")
    assert list(curve.tokens.values[:4]) == [64000, 1000000, 19998000000, 20000000000]
    assert list(curve.trial_index.values) == [0, 0, 0, 0, 1]
    provenance = group("provenance")
    assert str(provenance.campaign.values) == "name: demo  # größer\n"
    assert provenance.attrs["commit"] == "0123abc" and len(str(provenance.hosts.values)) == 100000


def check_h5py(path):
    def check(name, item):
        if not isinstance(item, h5py.Dataset):
            return
        assert item.dtype.names is None, f"{name} is of a compound type"
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


def main():
    sample_results, script = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "results.h5")
        subprocess.run([sample_results, path], check=True)
        for engine in ENGINES:
            check_root(path, engine)
            check_groups(path, engine)
        check_h5py(path)
        check_netcdf4(path)
        if shutil.which("h5ls"):
            listed = subprocess.run(["h5ls", "-r", path], check=True, text=True,
                                    stdout=subprocess.PIPE).stdout
            assert "/law/bimix/coefficient" in listed and "{4, 2, 3}" in listed, listed
        shown = subprocess.run([sys.executable, script, path], check=True, text=True,
                               stdout=subprocess.PIPE).stdout
        assert "0.125" in shown and "demo" in shown, shown
        print(shown)


main()
