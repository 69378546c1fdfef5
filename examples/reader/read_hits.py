#!/usr/bin/env python3
"""Prints the requests of a hits.bin by outcome, and the p50 and p99 of good answers. docs/record.md has the format."""
import collections, itertools, math, struct, sys

OUTCOMES = "ok http_5xx http_4xx refused reset connect_timeout response_timeout dns tls wrong dropped".split()

def varint(p, at):
    value = shift = 0
    while True:
        value, shift, at = value | (p[at] & 127) << shift, shift + 7, at + 1
        if p[at - 1] < 128:
            return value, at

def column(p, count):
    transform, coding, at, firsts, values = p[0] >> 4, p[0] & 15, 1, [], []
    while len(firsts) < min(transform, count):  # the first value, and the first difference
        first, at = varint(p, at)
        firsts.append(first >> 1 ^ -(first & 1) if firsts else first)
    if coding == 2:  # packed into bits
        least, at = varint(p, at)
        width, bits = p[at], f"{int.from_bytes(p[at + 1:], 'little'):0{8 * len(p)}b}"
        ends = [len(bits) - i * width for i in range(count - len(firsts))]
        values = [least + int(bits[end - width:end] or "0", 2) for end in ends]
    while len(firsts) + len(values) < count:  # varints, or runs of one value
        value, at = varint(p, at)
        times, at = varint(p, at) if coding == 1 else (1, at)
        values += [value] * times
    values = [v >> 1 ^ -(v & 1) for v in values] if transform else values
    for first in reversed(firsts):  # sums undo differences
        values = list(itertools.accumulate([first] + values))
    return [v % 2**64 for v in values]

def hits(data):
    at = 20 + struct.unpack_from("<8sII", data)[2]
    while at + 16 <= len(data):  # a killed run's last frame may be torn
        kind, size = struct.unpack_from("<3xcI", data, at)
        payload, at = data[at + 16:at + 16 + size], at + 16 + size
        if kind == b"H" and len(payload) == size:
            count, p = varint(payload, 0)
            names, p = varint(payload, varint(payload, p)[1])
            for _ in range(names):
                p = sum(varint(payload, p))
            columns = {3: [0] * count, 4: [0] * count}  # latency and outcome; zeros are left out
            while p < size:
                number, (length, p) = payload[p], varint(payload, p + 1)
                if number in columns:
                    columns[number] = column(payload[p:p + length], count)
                p += length
            yield from zip(columns[3], columns[4])

counts, latencies = collections.Counter(), []
for latency, outcome in hits(open(sys.argv[1], "rb").read()):
    counts[outcome] += 1
    latencies += [latency] if outcome == 0 else []
latencies.sort()
for outcome in sorted(counts):
    print(OUTCOMES[outcome], counts[outcome])
for percent in (50, 99) if latencies else ():
    print(f"p{percent} {latencies[math.ceil(percent / 100 * len(latencies)) - 1] / 1e6:.3f} ms")
