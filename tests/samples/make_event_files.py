#!/usr/bin/env python3
"""Writes the TensorBoard event files of this folder: tensorboard/{half,tilted}/events.out.tfevents.1.

Made by hand from the layout of TFRecord and of the Event, Summary and TensorProto messages, so that
the reader is held against something else than itself. Run it in this folder.
"""
import pathlib
import struct


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def record(data):
    length = struct.pack("<Q", len(data))
    return length + masked(length) + data + masked(data)


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, wire, payload):
    return varint(number << 3 | wire) + payload


def text(number, data):
    return field(number, 2, varint(len(data)) + data)


def event(step, *values):
    body = field(1, 1, struct.pack("<d", 1.7e9))  # wall_time
    if step:
        body += field(2, 0, varint(step))
    return record(body + text(5, b"".join(text(1, value) for value in values)))


def simple(tag, value):
    return text(1, tag.encode()) + field(2, 5, struct.pack("<f", value))


def tensor(tag, value, packed):
    """A scalar as newer writers store it: dtype float, no dimensions, raw or packed."""
    number = struct.pack("<f", value)
    body = field(1, 0, varint(1)) + text(2, b"") + text(5 if packed else 4, number)
    plugin = text(9, text(1, text(1, b"scalars")))
    return text(1, tag.encode()) + text(8, body) + plugin


def histogram(tag):
    return text(1, tag.encode()) + text(5, field(1, 1, struct.pack("<d", 0.0)))


version = record(field(1, 1, struct.pack("<d", 1.7e9)) + text(3, b"brain.Event:2"))
half = version
half += event(100, simple("train/loss", 5.125), simple("eval/prose_loss", 5.5))
half += event(100, tensor("eval/code_loss", 4.5, packed=True), histogram("eval/loss_histogram"))
half += event(200, simple("eval/prose_loss", 5.25))
tilted = version
tilted += event(100, tensor("eval/prose_loss", 5.75, packed=False), simple("eval/code_loss", 4.25))
for name, data in {"half": half, "tilted": tilted}.items():
    folder = pathlib.Path("tensorboard") / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "events.out.tfevents.1").write_bytes(data)
