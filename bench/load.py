"""The service under load, on this machine's own address: python bench/load.py [--requests N] [--hostile N].

Throughput, p50 and p99 at 1, 8 and 64 clients; the memory of the service and its workers before and after 2,000
requests; then hostile uploads. Every picture that comes back is compared with what the pipeline gives for the same
photo; one that is not the same, or does not come, is a fault. Exit status 1 where there is any.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx
import numpy as np

from hostile import uploads

ROOT = Path(__file__).parents[1]
FIELDS = (  # one network, two, none, none
    {"keep": "all"},
    {"keep": "subject", "format": "png"},
    {"keep": "all", "colors": "original", "background": "sepia"},
    {"keep": "hue:20-50", "colors": "original", "format": "webp"},
)


@dataclass(slots=True)
class Tally:
    """What became of some requests. seconds: of each that was answered with a picture, its waits included."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    wrong: int = 0
    lost: int = 0
    statuses: collections.Counter[str] = field(default_factory=collections.Counter)


@dataclass(frozen=True, slots=True)
class Case:
    """A request and the bytes that must come back."""

    photo: bytes
    fields: dict[str, str]
    answer: bytes


def cases(side: int) -> list[Case]:
    """The sample photographs, shrunk, with what the pipeline makes of them."""
    import handtint
    from handtint.image.arrays import resize

    tinter, made = handtint.open(), []
    for number, path in enumerate(sorted((ROOT / "examples/photos").glob("*.jpg"))[:8]):
        pixels = handtint.Photo.read(path).pixels
        scale = side / max(pixels.shape[:2])
        size = round(pixels.shape[0] * scale), round(pixels.shape[1] * scale)
        photo = handtint.Photo.of(np.ascontiguousarray(resize.shrink(pixels, size))).encode(format="jpeg")
        fields = FIELDS[number % len(FIELDS)]
        made.append(Case(photo, fields, tinter.tint(photo, **fields)))
    return made


class Service:
    """`handtint serve` in a process of its own."""

    def __init__(self, jobs: int, queue: int) -> None:
        call = [sys.executable, "-c", "from handtint.cli import main; main()", "serve", "--port", "0"]
        call += ["--jobs", str(jobs), "--threads", "1", "--queue", str(queue)]
        self.log = (ROOT / "runs" / "serve.log").open("w+")
        self.process = subprocess.Popen(call, stderr=self.log)
        self.address = self._address()

    def _address(self) -> str:
        while True:
            time.sleep(0.1)
            match = re.search(r"serving at (\S+)", Path(self.log.name).read_text())
            if match and httpx.get(f"{match[1]}/healthz").is_success and httpx.get(f"{match[1]}/readyz").is_success:
                return match[1]

    def memory(self) -> dict[str, int]:
        """Resident bytes of the service and of its workers."""
        pages, workers = self._resident(self.process.pid), 0
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and f"PPid:\t{self.process.pid}\n" in (entry / "status").read_text():
                    workers += self._resident(int(entry.name))
            except OSError:
                continue
        return {"service": pages, "workers": workers}

    @staticmethod
    def _resident(pid: int) -> int:
        match = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        return int(match[1]) * 1024 if match else 0

    def stop(self) -> int:
        """End it; its exit status."""
        self.process.terminate()
        status = self.process.wait(60)
        self.log.close()
        return status


async def load(address: str, known: list[Case], clients: int, requests: int) -> Tally:
    """So many requests from so many clients, each coming back when it is told to."""
    tally, numbers = Tally(), count()
    limits = httpx.Limits(max_connections=clients)
    async with httpx.AsyncClient(base_url=address, timeout=300, limits=limits) as client:

        async def one() -> None:
            while (number := next(numbers)) < requests:
                await _ask(client, known[number % len(known)], tally)

        await asyncio.gather(*(one() for _ in range(clients)))
    return tally


async def _ask(client: httpx.AsyncClient, case: Case, tally: Tally) -> None:
    start = time.monotonic()
    while True:
        try:
            answer = await client.post("/v1/tint", files={"photo": ("a.jpg", case.photo)}, data=case.fields)
        except httpx.HTTPError:
            tally.lost += 1
            return
        if answer.status_code != 429:
            break
        tally.refused += 1
        await asyncio.sleep(int(answer.headers["Retry-After"]))
    tally.seconds.append(time.monotonic() - start)
    tally.wrong += answer.content != case.answer


async def attack(address: str, number: int, clients: int = 4) -> Tally:
    """Hostile uploads; a 5xx, a lost one, or one that passes though it must not, is wrong."""
    tally, some = Tally(), uploads(number)
    async with httpx.AsyncClient(base_url=address, timeout=120) as client:

        async def one() -> None:
            for upload in some:
                try:
                    answer = await client.post("/v1/tint", content=upload.body, headers=upload.headers)
                except httpx.HTTPError as error:
                    tally.lost += 1
                    tally.statuses[f"{upload.kind}: {type(error).__name__}"] += 1
                    continue
                refused = 400 <= answer.status_code < 500 or (upload.may_pass and answer.status_code == 200)
                tally.wrong += not refused
                tally.statuses[f"{upload.kind}: {answer.status_code}"] += 1

        await asyncio.gather(*(one() for _ in range(clients)))
    return tally


def figures(tally: Tally, wall: float) -> dict[str, float]:
    """What is told of a load."""
    p50, p99 = np.percentile(tally.seconds or [0.0], [50, 99])
    results = {"per second": len(tally.seconds) / wall, "p50 s": p50, "p99 s": p99}
    shown = {name: round(float(value), 3) for name, value in results.items()}
    return shown | {"done": len(tally.seconds), "refused": tally.refused, "wrong": tally.wrong, "lost": tally.lost}


def measure(service: Service, args: argparse.Namespace) -> tuple[dict[str, object], int]:
    """All of it: (figures, faults)."""
    known, results, faults = cases(args.side), {}, 0

    def run(name: str, clients: int, requests: int) -> None:
        nonlocal faults
        start = time.monotonic()
        tally = asyncio.run(load(service.address, known, clients, requests))
        results[name] = figures(tally, time.monotonic() - start)
        faults += tally.wrong + tally.lost
        print(name, json.dumps(results[name]), flush=True)

    run("warming up, 8 clients", 8, 100)
    for clients in (1, 8, 64):
        run(f"{clients} clients", clients, args.each)
    before = service.memory()
    run("for memory, 8 clients", 8, args.requests)
    after = service.memory()
    growth = {name: round(after[name] / before[name] - 1, 4) for name in before}
    results["memory"] = {"before": before, "after": after, "growth": growth}
    print("memory", json.dumps(results["memory"]), flush=True)
    tally = asyncio.run(attack(service.address, args.hostile))
    results["hostile"] = {**dict(sorted(tally.statuses.items())), "wrong": tally.wrong, "lost": tally.lost}
    faults += tally.wrong + tally.lost
    print("hostile", json.dumps(results["hostile"], indent=1), flush=True)
    run("afterwards", 1, len(known))
    return results, faults


def main() -> None:
    """Measure, and say so."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2, help="worker processes")
    parser.add_argument("--queue", type=int, default=64, help="requests that may wait")
    parser.add_argument("--side", type=int, default=256, help="pixels of the photos' longer side")
    parser.add_argument("--each", type=int, default=200, help="requests at each number of clients")
    parser.add_argument("--requests", type=int, default=2000, help="requests between the two looks at the memory")
    parser.add_argument("--hostile", type=int, default=1000, help="hostile uploads")
    parser.add_argument("-o", "--output", type=Path, help="write the figures as JSON")
    args = parser.parse_args()
    (ROOT / "runs").mkdir(exist_ok=True)
    service = Service(args.jobs, args.queue)
    try:
        results, faults = measure(service, args)
    finally:
        status = service.stop()
    if args.output:
        args.output.write_text(json.dumps(results, indent=2) + "\n")
    print(f"{faults} faults; the service ended with {status}")
    sys.exit(bool(faults or status))


if __name__ == "__main__":
    main()
