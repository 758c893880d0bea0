#!/usr/bin/env python3
"""Holds every exported mixture against the rules by which its trainer reads it.

Usage: grammars.py BIMIX     77: a Python library is missing

The rules are the trainers' own, told in a few lines each; so that the rules themselves are right, each must take
a small sample in the form of the trainer's documentation and refuse one with a mistake in it.
"""

import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile

try:
    import yaml
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

ROOT = pathlib.Path(__file__).parents[2]


def adds_up(weights):
    weights = [float(weight) for weight in weights]
    assert weights and all(weight > 0 for weight in weights), f"weights {weights}"
    assert math.isclose(sum(weights), 1, abs_tol=1e-6), f"weights add up to {sum(weights)}"


def pairs(parts):
    """Megatron-LM, get_blend_from_list: weights and prefixes by turns."""
    assert len(parts) % 2 == 0, "an odd number of words"
    assert all(isinstance(prefix, str) and prefix for prefix in parts[1::2]), "a prefix is no text"
    adds_up(parts[::2])
    return parts[1::2]


def megatron(text):  # --data-args-path: split at white space; --data-path by the shell
    return pairs(text.split())


def megatron_blend(text):  # --per-split-data-args-path: one such list of texts a split
    splits = json.loads(text)
    assert set(splits) == {"train", "valid", "test"}, f"splits {set(splits)}"
    assert all(isinstance(part, str) for part in splits["train"]), "a weight is no text"
    return pairs(splits["train"])


def nemo(text):
    return pairs(yaml.safe_load(text)["model"]["data"]["data_prefix"])


def mosaic(text):  # streaming.Stream: all streams with proportion, or none
    streams = yaml.safe_load(text)["streams"]
    for name, stream in streams.items():
        unknown = set(stream) - {"remote", "local", "split", "proportion", "repeat", "choose", "download_retry"}
        assert not unknown, f"{name}: {unknown}"
        assert "remote" in stream or "local" in stream, f"{name} lies nowhere"
    adds_up(stream["proportion"] for stream in streams.values())
    return [stream.get("remote", stream.get("local")) for stream in streams.values()]


def olmo(text):  # SourceMixtureConfig and SourceMixtureList, with what their validate() asks
    sources = yaml.safe_load(text)["sources"]
    for source in sources:
        unknown = set(source) - {"source_name", "target_ratio", "paths", "max_repetition_ratio", "max_source_fraction"}
        assert not unknown and isinstance(source["source_name"], str), f"{source}"
        assert isinstance(source["paths"], list) and source["paths"], f"{source}"
        assert source.get("max_repetition_ratio", 1.0) >= 1, f"{source}"
    adds_up(source["target_ratio"] for source in sources)
    return [source["paths"][0] for source in sources]


def regmix(text):
    train = yaml.safe_load(text)["train"]
    assert all(isinstance(name, str) for name in train), f"{list(train)}"
    adds_up(train.values())
    return list(train)


def doremi(text):
    weights = json.loads(text)
    assert set(weights) == {"train_domain_weights", "eval_domain_weights"}, f"{set(weights)}"
    assert list(weights["train_domain_weights"]) == list(weights["eval_domain_weights"])
    adds_up(weights["train_domain_weights"].values())
    return list(weights["train_domain_weights"])


# Grammar, a sample of it, and the same with a mistake.
GRAMMARS = {
    "megatron": (megatron, "0.3 data/a_text_document 0.7 data/b_text_document", "0.3 data/a_text_document 0.7"),
    "megatron-blend": (megatron_blend, '{"train": ["0.3", "a", "0.7", "b"], "valid": ["1.0", "v"], "test": null}',
                       '{"train": [0.3, "a", 0.7, "b"], "valid": null, "test": null}'),
    "nemo": (nemo, "model: {data: {data_prefix: [0.3, /data/a, 0.7, /data/b]}}",
             "model: {data: {data_prefix: [0.3, /data/a, /data/b]}}"),
    "mosaic": (mosaic, "streams: {a: {remote: s3://a, local: /tmp/a, proportion: 0.25}, b: {local: /b, proportion: 0.75}}",
               "streams: {a: {path: /a, proportion: 1}}"),
    "olmo": (olmo, "sources: [{source_name: a, target_ratio: 1.0, max_repetition_ratio: 2.0, paths: ['s3://a/*.npy']}]",
             "sources: [{source_name: a, target_ratio: 1.0, max_repetitions: 2.0, paths: ['s3://a/*.npy']}]"),
    "regmix": (regmix, "train: {train_the_pile_arxiv: 0.4, train_the_pile_github: 0.6}\nvalid: {valid_the_pile_pile_cc: 1.0}",
               "train: {train_the_pile_arxiv: 0.4}"),
    "doremi": (doremi, '{"train_domain_weights": {"c4": 0.5, "book": 0.5}, "eval_domain_weights": {"c4": 0.5, "book": 0.5}}',
               '{"domain_weights": {"c4": 0.5, "book": 0.5}}'),
}


def takes(grammar, text):
    try:
        grammar(text)
    except (AssertionError, KeyError, ValueError, TypeError, AttributeError):
        return False
    return True


def main():
    def bimix(*arguments):
        return subprocess.run([sys.argv[1], *arguments], cwd=ROOT, check=True, text=True, capture_output=True).stdout

    formats = set(re.findall(r"^ {20,}([a-z-]+) {2,}", bimix("export", "--help"), re.MULTILINE))
    wrong = [f"{name}: there is no grammar of it here"
             for name in sorted(formats - set(GRAMMARS) - {"csv", "csv-wide", "utilities", "json", "ro-crate"})]
    with tempfile.TemporaryDirectory() as folder:
        bimix("run", "configs/replay.yaml", "-o", folder)
        listed = json.loads(bimix("export", folder, "--to", "json"))["domains"]["train"]
        # Names that YAML would take for something else, an address, and one that is only a path.
        homes = ["s3://bucket/yes", "/data/1e3: no # comment", "/data/null", *(f"/data/{n}" for n in range(9))]
        for name, (grammar, sample, mistake) in GRAMMARS.items():
            homes_of = [home.replace(" ", "_") for home in homes] if name == "megatron" else homes
            paths = dict(zip(listed, homes_of))
            text = bimix("-q", "export", folder, "--to", name, "--tokens", "20B", "--unique-tokens",
                         ",".join(f"{domain}=3B" for domain in listed),
                         *(word for domain, path in paths.items() for word in ("--path", f"{domain}={path}")))
            if not takes(grammar, sample):
                wrong.append(f"{name}: the grammar refuses its own sample")
            if takes(grammar, mistake):
                wrong.append(f"{name}: the grammar takes a mistake")
            try:
                if grammar(text) != list(paths.values()):
                    wrong.append(f"{name}: names {grammar(text)}, not {list(paths.values())}")
            except (AssertionError, KeyError, ValueError, TypeError, AttributeError) as error:
                wrong.append(f"{name}: {type(error).__name__} {error}\n{text}")
    print("\n".join(wrong) or f"{len(GRAMMARS)} grammars, all as it should be")
    return 1 if wrong else 0


sys.exit(main())
