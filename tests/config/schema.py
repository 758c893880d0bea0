#!/usr/bin/env python3
"""Holds the campaign schema against campaigns: shipped ones and good pieces pass, bad ones do not.

Usage: schema.py BIMIX FOLDER_OF_CAMPAIGNS     77: a Python library is missing
"""
import copy
import json
import pathlib
import subprocess
import sys

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

program, folder = sys.argv[1:]
schema = json.loads(subprocess.run([program, "validate", "--schema"], capture_output=True, check=True).stdout)
jsonschema.Draft202012Validator.check_schema(schema)
valid = jsonschema.Draft202012Validator(schema).is_valid
failures = []

for path in sorted(pathlib.Path(folder).glob("*.yaml")):
    campaign = yaml.safe_load(path.read_text())
    if not valid(campaign):
        failures.append(f"{path.name} is refused: {jsonschema.Draft202012Validator(schema).iter_errors(campaign)}")
    resolved = subprocess.run([program, "validate", "--resolved", str(path)], capture_output=True, text=True, check=True,
                              cwd=pathlib.Path(folder).parent)
    if not valid(yaml.safe_load(resolved.stdout)):
        failures.append(f"{path.name} is refused once resolved")

good = yaml.safe_load((pathlib.Path(folder) / "smoke.yaml").read_text())


def with_change(path, value):
    changed = copy.deepcopy(good)
    place = changed
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return changed


for path, value in [(["x-note"], {"anything": 1}), (["seed"], "1_000"), (["design", "volumes", "from"], "2K"),
                    (["optimize"], {"tokens": "20M", "cap": {"code": 0.5}}), (["eval_domains"], "same"),
                    (["design", "adaptive"], {"start": 9, "budget": "96 trials", "until": {"gain": 0.01}}),
                    (["domains"], {"web": {"share": 1, "children": {"a": {"share": 0.5}, "b": {"share": 0.5}}}}),
                    (["design", "mixtures"], [{"dirichlet": {"count": 4, "within": "web"}}]),
                    (["source", "proxy", "x-why"], "because"), (["source", "proxy", "reweight"], "linupper"),
                    (["source", "proxy", "reweight"], 1.5), (["source", "proxy", "reweight_temperature"], 0.4)]:
    if not valid(with_change(path, value)):
        failures.append(f"{path} = {value} is refused")
for path, value in [(["name"], None), (["domains"], {}), (["source"], {}), (["sauce"], {}), (["seed"], -1),
                    (["source", "proxy", "widht"], 64), (["source", "proxy", "width"], "wide"),
                    (["source", "proxy", "reweight_temperature"], "hot"),
                    (["source", "replay"], {"files": "a.csv"}), (["design", "volumes", "axis"], "sideways"),
                    (["design", "mixtures", 0], {"preset": ["defualt"]}), (["check", "repeats"], 0), (["design", "adaptive"], {"bacth": 4}),
                    (["domains"], {"web": {"share": 1, "children": {}}}), (["domains"], {"web": {"children": {"a": {}}}}),
                    (["tokens"], "uint8"), (["domains", next(iter(good["domains"])), "by"], ""),
                    (["design", "mixtures"], [{"preset": ["default"], "grid": {}}])]:
    if valid(with_change(path, value)):
        failures.append(f"{path} = {value} passes")

print("\n".join(failures) or "all as it should be")
sys.exit(1 if failures else 0)
