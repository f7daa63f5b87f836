"""Imported by a measured program: at its end, writes its peak memory as bench/peak-memory.cjs does."""
import atexit
import os
import re
import resource
import sys


def peak():
    if sys.platform == "linux":
        with open("/proc/self/status") as status:
            return int(re.search(r"VmHWM:\s*(\d+)", status.read())[1])
    peak_rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak_rss // 1024 if sys.platform == "darwin" else peak_rss


def write():
    with open(os.environ["BENCH_PEAK_FILE"], "w") as file:
        file.write(str(peak()))


if "BENCH_PEAK_FILE" in os.environ:
    atexit.register(write)
