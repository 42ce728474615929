"""Imports run one way, heavy libraries stay behind their fences."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "src" / "handtint"
LAYERS = [
    {"types", "errors"},
    {"settings", "files"},
    {"keep"},
    {"options"},
    {"image", "nets", "weights", "workers"},
    {"engines", "interfaces", "hub"},
    {"model"},
    {"zoo", "checkpoints", "pixels"},
    {"colorizer", "faces", "segmenter", "recipe"},
    {"closer_look", "color_transfer", "hints", "palette", "parts", "variants"},
    {"networks", "result"},
    {"stages"},
    {"cached_stages", "pipeline"},
    {"session"},
    {"data", "figures", "video"},
    {"evaluate", "comparison"},
    {"train", "batch"},
    {"service"},
    {"web"},
    {"cli"},
    {"__main__"},
]
ROOMS = ["arrays", "color", "metadata", "raster", "io", "photo", "masks"]  # of image/: each imports from those before
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
FENCES = {
    "torch": ("nets", "engines/torch", "checkpoints", "data", "train"),
    "lightning_fabric": ("train",),
    "onnxruntime": ("engines/onnx",),
    "onnx": ("checkpoints", "engines/safetensors"),
    "fastapi": ("service", "web"),
    "starlette": ("service", "web"),
    "uvicorn": ("service", "web"),
    "prometheus_client": ("service",),
    "python_multipart": ("service",),
    "av": ("video",),
    "ray": ("batch/ray",),
    "torchvision": ("nets", "checkpoints/published"),
    "transformers": ("checkpoints/published",),
    "rembg": ("engines/rembg",),
    "skimage": ("evaluate/metrics",),
    "matplotlib": ("evaluate/chart",),
    "pymatting": ("image/masks/matting",),
    "fsspec": ("batch/storage",),
    "huggingface_hub": ("hub",),
    "click": ("cli",),
    "rich": ("cli",),
    "pyvips": ("image/arrays/vips", "image/io", "image/metadata"),
}
MODULES = sorted(ROOT.rglob("*.py"))
PACKAGES_WITHOUT_CIRCLES = ("batch", "service", "workers")


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def place(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").as_posix()


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_imports_run_one_way(path: Path) -> None:
    here = place(path).split("/")[0]
    if here == "__init__":
        return
    assert here in LEVEL, f"{here} has no layer: give it one"
    for name in imports(path):
        if name.startswith("handtint.") and not name.startswith("handtint.__"):
            there = name.split(".")[1]
            assert there == here or LEVEL[there] < LEVEL[here], f"{place(path)} imports {name}"


def test_the_layers_are_described_as_they_are() -> None:
    section = (ROOT.parents[1] / "docs/architecture.md").read_text(encoding="utf-8").partition("## Layers")[2]
    lines = section.split("```")[1].strip().splitlines()
    assert [{name.strip() for name in line.split("|")} for line in lines] == LAYERS


@pytest.mark.parametrize("package", PACKAGES_WITHOUT_CIRCLES)
def test_modules_of_a_package_do_not_import_one_another_in_circles(package: str) -> None:
    inside = {f"handtint.{place(path).replace('/', '.')}": path for path in MODULES if path.parent == ROOT / package}
    graph = {
        m: {n for n in inside if n != m and any(i == n or i.startswith(n + ".") for i in imports(p))}
        for m, p in inside.items()
    }
    TopologicalSorter(graph).prepare()  # raises CycleError, which names them


@pytest.mark.parametrize("path", [p for p in MODULES if place(p).startswith("image/")], ids=place)
def test_the_rooms_of_image_stand_one_above_the_other(path: Path) -> None:
    here = place(path).split("/")[1]
    if here == "__init__":
        return
    assert here in ROOMS, f"{here} has no place among the rooms: give it one"
    for name in imports(path):
        if name.startswith("handtint.image."):
            there = name.split(".")[2]
            assert there == here or ROOMS.index(there) < ROOMS.index(here), f"{place(path)} imports {name}"


def test_no_modules_import_one_another_in_a_circle() -> None:
    below = {place(path).replace("/", "."): _modules(path) for path in MODULES if place(path).startswith("image/")}
    while free := {name for name, names in below.items() if not names & below.keys()}:
        below = {name: names for name, names in below.items() if name not in free}
    assert not below, f"these import one another: {sorted(below)}"


def _modules(path: Path) -> set[str]:
    """The modules of the package that a module imports, at its top or within functions."""
    named = {name.removeprefix("handtint.") for name in imports(path) if name.startswith("handtint.")}
    return named | {name.rpartition(".")[0] for name in named}


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_libraries_stay_behind_their_fences(path: Path) -> None:
    for name in imports(path):
        allowed = FENCES.get(name.split(".")[0])
        assert allowed is None or place(path).startswith(allowed), f"{place(path)} imports {name}"


@pytest.mark.parametrize("path", [p for p in MODULES if not place(p).startswith("cli")], ids=place)
def test_only_the_command_line_prints_and_exits(path: Path) -> None:
    called = {
        n.func.id
        for n in ast.walk(ast.parse(path.read_text()))
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }
    assert not called & {"print", "exit", "quit"}
    assert "sys.exit" not in path.read_text()


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, handtint.cli as c\n"
        "try: c.main(['tint', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'onnxruntime', 'cv2', 'pyvips', 'PIL', 'fastapi', 'starlette', 'uvicorn'}\n"
        "heavy &= set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_tinting_imports_no_torch(sample: Path, tmp_path: Path) -> None:
    code = (
        "import sys, handtint.cli as c\n"
        f"try: c.main(['tint', {str(sample)!r}, '-o', {str(tmp_path / 'out.png')!r}])\n"
        "except SystemExit as e: assert not e.code, e.code\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert (tmp_path / "out.png").exists()


def test_the_list_of_modules_is_made_from_the_docstrings() -> None:
    page = (ROOT.parents[1] / "docs" / "architecture.md").read_text()
    for path in MODULES:
        if path.name != "__init__.py":
            assert f"{path.name} " in page, f"{place(path)} is not in docs/architecture.md: run `make architecture`"
