"""The steps of the Dockerfile in a plain folder, where no container engine is at hand: python bench/image.py

Builds the wheel, installs what the lock pins and the wheel into an empty environment, starts the entry point on a free
port and runs the health check. Not tried: the base image, the user, the read-only file system.
"""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCAL = ("useradd", "rm")  # steps that only make sense inside an image


def steps(dockerfile: str) -> list[list[str]]:
    """The commands of all RUN instructions, word by word."""
    runs = re.findall(r"^RUN (.*)$", dockerfile.replace("\\\n", " "), re.M)
    return [shlex.split(command) for run in runs for command in run.split("&&")]


def localized(words: list[str], folder: Path) -> list[str]:
    """A command with the folders of the image replaced by those of this trial, and its globs expanded."""
    moved = [word.replace("/tmp/requirements", f"{ROOT}/requirements") for word in words]
    moved = [re.sub(r"^(/tmp)?/wheels", f"{folder}/wheels", word) for word in moved]
    moved = [str(ROOT) if word == "." else word for word in moved]
    return [
        path for word in moved for path in (map(str, folder.glob(word[len(f"{folder}/") :])) if "*" in word else [word])
    ]


def is_healthy(port: int) -> bool:
    """Whether the health check succeeds within a minute."""
    for _ in range(120):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=4) as answer:
                return answer.status == 200
        except OSError:
            time.sleep(0.5)
    return False


def main() -> None:
    """Try the steps, and print each."""
    dockerfile = (ROOT / "Dockerfile").read_text()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        venv.create(folder / "env", with_pip=True)
        path = f"{folder}/env/bin:{os.environ['PATH']}"
        for words in steps(dockerfile):
            if words[0] not in LOCAL:
                command = localized(words, folder)
                print(shlex.join(command), flush=True)
                subprocess.run(
                    [shutil.which(command[0], path=path) or command[0], *command[1:]], check=True, cwd=folder
                )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        entry = re.findall(r'^ENTRYPOINT \["(.*)"\]$', dockerfile, re.M)[0].split('", "')
        command = [f"{folder}/env/bin/{entry[0]}", *entry[1:], "--port", str(port)]
        print(shlex.join(command), flush=True)
        service = subprocess.Popen(command, cwd=folder, env={**os.environ, "HANDTINT_TOKEN": "x" * 16})
        try:
            print("healthy" if is_healthy(port) else sys.exit("the health check failed"))
        finally:
            service.terminate()
            service.wait()


if __name__ == "__main__":
    main()
