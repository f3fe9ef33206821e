"""How much memory `archive-recording` takes, and how fast it is beside `curl` and boto3.

Everything runs on this machine: the carrier, S3 and DynamoDB (`ringback serve`) and the contenders share its processors.
Ends with 1 where a limit is not kept.
"""

import argparse
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import source
from contenders import Boto3, Curl, Function
from stack import Stack

ROOT = pathlib.Path(__file__).resolve().parents[2]
MB = 1_000_000
# The most that may be resident, by the size of the recording.
MEMORY = {2 * MB: 40 * MB, 2000 * MB: 96 * MB}
AGAINST_CURL, AGAINST_BOTO3 = 0.8, 1.0
# The largest recording twice, as `ringback serve` puts parts together, and some.
ROOM = 6000 * MB
# With less of the processors free than this, whoever does more work looks slower than it is.
QUIET = 0.9


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-build", action="store_true", help="measure the binaries that are there")
    parser.add_argument("--binaries", type=pathlib.Path, default=ROOT / "target/release", help="where they are")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each contender (5)")
    parser.add_argument("--megabytes", type=int, default=1000, help="size of a recording for throughput (1000)")
    parser.add_argument("--work", type=pathlib.Path, help="where objects and logs lie (memory, if it has room)")
    parser.add_argument(
        "--s3",
        choices=["store", "serve"],
        default="store",
        help="what plays S3: object_store.py, or that of `ringback serve`, which is slow at putting parts together (store)",
    )
    parser.add_argument("--only", choices=["memory", "throughput"], help="one of the two")
    return parser.parse_args()


def checked(contender, size: int, digest: str) -> tuple[float, str]:
    seconds, told, key = contender.bring(size)
    if told not in (None, digest):
        raise RuntimeError(f"{contender.name} brought other bytes")
    return seconds, key


def memory(stack: Stack, function, carrier: str, work: pathlib.Path) -> bool:
    print("\nPeak memory (VmHWM), a fresh process each, one recording\n")
    print(f"{'recording':>12}  {'idle':>9}  {'peak':>9}  {'limit':>9}  {'seconds':>8}")
    kept = True
    for size, limit in MEMORY.items():
        contender = Function(stack, function, carrier, work / f"function-{size}.log")
        try:
            idle = contender.peak()
            seconds, key = checked(contender, size, source.sha256(size))
            peak = contender.peak()
        finally:
            contender.close()
        stack.delete(key)
        good = peak <= limit
        kept = kept and good
        row = f"{size // MB:>9} MB  {idle / MB:>6.1f} MB  {peak / MB:>6.1f} MB  {limit // MB:>6} MB  {seconds:>8.2f}"
        print(row + ("" if good else "  TOO MUCH"), flush=True)
    return kept


def throughput(stack: Stack, function, carrier: str, work: pathlib.Path, size: int, rounds: int) -> bool:
    digest = source.sha256(size)
    contenders = [
        Function(stack, function, carrier, work / "function.log"),
        Curl(stack, carrier),
        Boto3(stack, carrier),
    ]
    speeds = {contender.name: [] for contender in contenders}
    print(f"\nThroughput, {size // MB} MB from one loopback server to another, {rounds} rounds after one to warm up\n")
    try:
        for number in range(rounds + 1):
            # Each goes first in turn, and nobody pays for the writing of another.
            at = number % len(contenders)
            for contender in contenders[at:] + contenders[:at]:
                seconds, key = checked(contender, size, digest)
                stack.delete(key)
                os.sync()
                if number > 0:
                    speeds[contender.name].append(size / MB / seconds)
    finally:
        for contender in contenders:
            contender.close()
    medians = {name: statistics.median(of) for name, of in speeds.items()}
    print(f"{'':<22}{'median':>12}{'least':>12}{'most':>12}")
    for name, of in speeds.items():
        print(f"{name:<22}{medians[name]:>7.0f} MB/s{min(of):>7.0f} MB/s{max(of):>7.0f} MB/s")
    ours = medians[Function.name]
    kept = True
    print()
    for other, least in ((Curl.name, AGAINST_CURL), (Boto3.name, AGAINST_BOTO3)):
        ratio = ours / medians[other]
        good = ratio >= least
        kept = kept and good
        print(f"{Function.name} / {other}: {ratio:.2f} (at least {least:.1f})" + ("" if good else "  TOO SLOW"))
    return kept


def memory_or_disk() -> pathlib.Path:
    """Not the disk, where that can be had: how fast it writes is none of the contenders' business."""
    memory = pathlib.Path("/dev/shm")
    if memory.is_dir() and shutil.disk_usage(memory).free > ROOM:
        return memory
    return pathlib.Path(__file__).parent / "work"


def idle() -> float:
    """The share of the processors' time that nobody wanted, in the next two seconds."""

    def times() -> list[int]:
        return [int(word) for word in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:]]

    before = times()
    time.sleep(2)
    passed = [after - then for then, after in zip(before, times())]
    return passed[3] / sum(passed)


def main() -> int:
    asked = arguments()
    function, ringback = asked.binaries / "archive-recording", asked.binaries / "ringback"
    for needed in (function, ringback):
        if not needed.exists():
            sys.exit(f"{needed} is not there: cargo build --release -p archive-recording -p ringback-local")
    if not shutil.which("curl"):
        sys.exit("curl is not there")
    place = asked.work or memory_or_disk()
    place.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="ringback-bench-", dir=place.resolve()))
    print(f"{platform.machine()}, {os.cpu_count()} processors, {platform.system()} {platform.release()}")
    print(f"function: {function.stat().st_size / MB:.1f} MB; S3: {asked.s3}; objects and logs: {work}")
    if (share := idle()) < QUIET:
        print(f"The machine is at work on something else ({share:.0%} idle): throughput says little now.")
    carrier = subprocess.Popen([sys.executable, source.__file__], stdout=subprocess.PIPE, text=True)
    kept, stack = True, None
    try:
        address = f"http://127.0.0.1:{int(carrier.stdout.readline())}"
        stack = Stack(ringback, work, asked.s3)
        if asked.only != "throughput":
            kept = memory(stack, function, address, work) and kept
        if asked.only != "memory":
            size = asked.megabytes * MB
            kept = throughput(stack, function, address, work, size, asked.rounds) and kept
    finally:
        if stack:
            stack.close()
        carrier.terminate()
        carrier.wait()
        shutil.rmtree(work / "objects", ignore_errors=True)
    print("\nAll limits are kept." if kept else "\nNot all limits are kept.")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
