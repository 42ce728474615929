"""See that a wheel holds what an installed handtint needs: python bench/wheel.py dist/handtint-*.whl

Every file under src/handtint must be in it: py.typed, recipes, networks, the page and its samples too.
"""

import sys
import zipfile
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"


def missing(wheel: Path) -> list[str]:
    """The package's files that are not in the wheel, sorted."""
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    files = (path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*") if path.is_file())
    return sorted(name for name in files if name not in inside and "__pycache__" not in name)


def main() -> None:
    """Say what is missing, and fail where anything is."""
    wheel = Path(sys.argv[1])
    lost = missing(wheel)
    for name in lost:
        print(f"{wheel}: {name} is missing")
    if lost:
        sys.exit(1)
    with zipfile.ZipFile(wheel) as archive:
        print(f"{wheel}: {len(archive.namelist())} files, {wheel.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
