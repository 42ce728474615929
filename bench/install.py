"""Does an installed handtint work? Wheel and sdist into empty environments, away from the repository.

python bench/install.py [PYTHON...]   each an interpreter; default: the one that runs this
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PHOTO = ROOT / "examples" / "photos" / "astronaut.jpg"
IMPORTED = "import handtint, sys; print(handtint.__file__)"


def call(*command: str | Path, cwd: Path) -> str:
    """Run a command; what it printed. Ends with its output where it fails."""
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def check(python: str, package: Path, folder: Path) -> None:
    """Install the package into an empty environment and tint a photo with it, in a folder that has nothing else."""
    folder.mkdir()
    call(python, "-m", "venv", folder / "venv", cwd=folder)
    own, command = folder / "venv" / "bin" / "python", folder / "venv" / "bin" / "handtint"
    pip = (own, "-I", "-m", "pip", "--quiet", "--disable-pip-version-check")
    call(*pip, "install", "--constraint", ROOT / "constraints.txt", package, cwd=folder)
    call(*pip, "check", cwd=folder)
    (folder / "photo.jpg").write_bytes(PHOTO.read_bytes())
    place = call(own, "-I", "-c", IMPORTED, cwd=folder)
    if not Path(place).is_relative_to(folder):
        sys.exit(f"{place}: not the installed package")
    call(command, "tint", "photo.jpg", "--save-mask", cwd=folder)
    version = call(command, "--version", cwd=folder)
    made = sorted(path.name for path in folder.glob("photo.*"))
    print(f"{version}, {call(own, '--version', cwd=folder)}, from {package.name}: {', '.join(made)}")
    if "photo.handtint.jpg" not in made:
        sys.exit("no photo was tinted")


def main() -> None:
    """Build both packages and check each with each interpreter."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        call(sys.executable, "-m", "build", "--outdir", folder / "dist", ROOT, cwd=folder)
        packages = sorted((folder / "dist").iterdir(), reverse=True)
        for i, python in enumerate(sys.argv[1:] or [sys.executable]):
            for j, package in enumerate(packages):
                check(python, package, folder / f"{i}-{j}")


if __name__ == "__main__":
    main()
