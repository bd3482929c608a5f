"""What pictures cost: to draw one anew; to show it, from the door, from a folder and from an S3 server; and what our
client of S3 takes beside the usual one.

.venv/bin/python bench/pictures.py
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from http.client import HTTPConnection
from pathlib import Path

import installation
import meter
import report
from django.core.files.base import ContentFile
from PIL import Image

from fairgate.files.encoding import encode
from fairgate.files.storage import ObjectStorage
from fairgate.testing.s3 import drawn, s3_server

# As large as is allowed, and a photo as phones take it. Noise, which is the hardest to write.
FILES = {
    "JPEG, 12 million pixels": (4032, 3024, "JPEG", {"quality": 85}),
    "JPEG, 26 million pixels, progressive": (5800, 4400, "JPEG", {"quality": 80, "progressive": True}),
    "PNG, 13 million pixels": (4150, 3130, "PNG", {}),
    "WebP, 13 million pixels": (4150, 3130, "WEBP", {}),
}
ENCODED = ["", "file, MB", "CPU-s", "memory, MB", "made, KB"]
SHOWN = ["CPU-ms of a request", "door", "web", "ms until it is there"]
CLIENTS = ["client", "start, CPU-ms", "memory, MB", "CPU-ms of a read"]
READS = 300
# What a process has when it has read a first object, and what the others cost.
CLIENT = """
import json, sys, time
from pathlib import Path

def memory_kb():
    return int(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0])

memory, began = memory_kb(), time.process_time()
{make}
read()
start_ms, memory = (time.process_time() - began) * 1000, memory_kb() - memory
began = time.process_time()
for _ in range({reads}):
    read()
print(json.dumps([start_ms, memory / 1024, (time.process_time() - began) * 1000 / {reads}]))
"""
MAKE = {
    "obstore": """
from obstore.store import S3Store
store = S3Store("fairgate", endpoint=sys.argv[1], access_key_id="olga", secret_access_key="secret", region="us-east-1",
                client_options={"allow_http": True})
read = lambda: bytes(store.get("one").bytes())
""",
    "boto3": """
import boto3
client = boto3.client("s3", endpoint_url=sys.argv[1], aws_access_key_id="olga", aws_secret_access_key="secret",
                      region_name="us-east-1")
read = lambda: client.get_object(Bucket="fairgate", Key="one")["Body"].read()
""",
}
STORE = """
import io
from fairgate.events.models import Event
from fairgate.events.pictures import show_picture
from fairgate.accounts.models import User
from fairgate.files import actions, encoding
from fairgate.testing.s3 import drawn
encoded = encoding.encode(io.BytesIO(drawn(2400, 1600)))
show_picture(Event.objects.first(), actions.store(encoded), alt="", by=User.objects.first())
print(Event.objects.select_related("shown_picture__stored").filter(shown_picture__isnull=False).get().picture.url)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="What pictures cost.")
    parser.add_argument("--requests", type=int, default=2_000, help="for each way to show one (2,000)")
    parser.add_argument("--markdown", action="store_true", help="tables for the documentation")
    parser.add_argument("--encode", type=Path, help=argparse.SUPPRESS)
    wish = parser.parse_args()
    if wish.encode:
        print(*_encode(wish.encode))
        return
    show = report.markdown if wish.markdown else report.table
    print(f"{report.machine()}; {wish.requests} requests each.\n")
    print(show(ENCODED, _encodings()))
    print()
    print(show(SHOWN, _showings(wish.requests)))
    print()
    print(show(CLIENTS, _clients()))


def _encodings() -> list[Sequence[object]]:
    """Each in a process of its own, whose memory is only for this."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, (width, height, kind, options) in FILES.items():
            file = Path(folder, "picture")
            _noise(width, height).save(file, kind, **options)
            command = [sys.executable, __file__, "--encode", str(file)]
            cpu_s, memory_mb, made_kb = subprocess.run(
                command, check=True, capture_output=True, text=True
            ).stdout.split()
            rows.append((name, file.stat().st_size / 1e6, float(cpu_s), int(memory_mb), int(made_kb)))
    return rows


def _noise(width: int, height: int) -> Image.Image:
    return (
        Image.effect_noise((width // 8, height // 8), 80)
        .resize((width, height), Image.Resampling.BICUBIC)
        .convert("RGB")
    )


def _encode(file: Path) -> tuple[float, int, int]:
    content = file.read_bytes()
    encode(io.BytesIO(drawn(400, 400)))  # What is loaded at the first time belongs to no picture.
    memory_kb, began = _memory_kb(), time.process_time()
    made = encode(io.BytesIO(content))
    spent_s = time.process_time() - began
    return spent_s, (_memory_kb() - memory_kb) // 1024, sum(map(len, made.files.values())) // 1000


def _memory_kb() -> int:
    """The most so far; not by `getrusage`, which begins with what the parent had."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def _showings(requests: int) -> list[Sequence[object]]:
    with installation.own() as target:
        target.up("--demo")
        address = target.run_in_django(STORE).strip()
        rows = [
            ("from the door's cache", *_ask(target, target.port, address, requests)),
            ("from web, out of a folder", *_ask(target, _web_port(target), address, requests)),
        ]
    with s3_server() as server, installation.own() as target:
        target.up("--demo", FAIRGATE_STORAGE_URL=server.url)
        address = target.run_in_django(STORE).strip()
        rows.append(("from web, out of S3", *_ask(target, _web_port(target), address, requests)))
    return rows


def _clients() -> list[Sequence[object]]:
    rows = []
    with s3_server() as server:
        ObjectStorage(server.url).save("one", ContentFile(bytes(100_000)))
        for name, make in MAKE.items():
            code = CLIENT.format(make=make, reads=READS)
            command = [sys.executable, "-c", code, f"http://127.0.0.1:{server.port}"]
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            rows.append((name, *map(float, json.loads(said))))
    return rows


def _web_port(target: installation.Target) -> int:
    return next(int(process["port"]) for process in target.status()["processes"] if process["name"] == "web")


def _ask(target: installation.Target, port: int, address: str, requests: int) -> tuple[float, float, float]:
    """One after the other, so that nobody waits for anybody."""
    connection = HTTPConnection("127.0.0.1", port)
    get = _getter(connection, address, f"127.0.0.1:{target.port}")
    for _ in range(50):
        get()
    pids = target.pids()
    before, began = meter.cpu_ms(pids), time.perf_counter()
    for _ in range(requests):
        get()
    took_ms = (time.perf_counter() - began) * 1000
    spent = meter.between(before, meter.cpu_ms(pids))
    return spent["door"] / requests, spent["web"] / requests, took_ms / requests


def _getter(connection: HTTPConnection, address: str, host: str) -> Callable[[], None]:
    def get() -> None:
        connection.request("GET", address, headers={"Host": host})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"{address}: {answer.status}")

    return get


if __name__ == "__main__":
    main()
