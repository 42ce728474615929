"""Imports run one way, and heavy libraries are imported in certain packages only."""

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
IMAGE_ORDER = [
    "arrays",
    "color",
    "metadata",
    "raster",
    "io",
    "photo",
    "masks",
]  # of image/: each imports only from those before it
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
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def module_path(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").as_posix()


@pytest.mark.parametrize("path", MODULES, ids=module_path)
def test_imports_run_one_way(path: Path) -> None:
    own = module_path(path).split("/")[0]
    if own == "__init__":
        return
    assert own in LEVEL, f"{own} has no layer: add it to LAYERS"
    for name in imports(path):
        if name.startswith("handtint.") and not name.startswith("handtint.__"):
            imported = name.split(".")[1]
            assert imported == own or LEVEL[imported] < LEVEL[own], f"{module_path(path)} imports {name}"


def test_the_documented_layers_are_those_tested() -> None:
    section = (ROOT.parents[1] / "docs/architecture.md").read_text(encoding="utf-8").partition("## Layers")[2]
    lines = section.split("```")[1].strip().splitlines()
    assert [{name.strip() for name in line.split("|")} for line in lines] == LAYERS


@pytest.mark.parametrize("package", PACKAGES_WITHOUT_CIRCLES)
def test_packages_have_no_import_cycles(package: str) -> None:
    members = {
        f"handtint.{module_path(path).replace('/', '.')}": path for path in MODULES if path.parent == ROOT / package
    }
    graph = {
        m: {n for n in members if n != m and any(i == n or i.startswith(n + ".") for i in imports(p))}
        for m, p in members.items()
    }
    TopologicalSorter(graph).prepare()  # raises CycleError, which names them


@pytest.mark.parametrize("path", [p for p in MODULES if module_path(p).startswith("image/")], ids=module_path)
def test_subpackages_of_image_import_one_way(path: Path) -> None:
    own = module_path(path).split("/")[1]
    if own == "__init__":
        return
    assert own in IMAGE_ORDER, f"{own} is not in IMAGE_ORDER: add it"
    for name in imports(path):
        if name.startswith("handtint.image."):
            imported = name.split(".")[2]
            assert imported == own or IMAGE_ORDER.index(imported) < IMAGE_ORDER.index(own), (
                f"{module_path(path)} imports {name}"
            )


def test_modules_of_image_have_no_import_cycles() -> None:
    remaining = {
        module_path(path).replace("/", "."): _modules(path)
        for path in MODULES
        if module_path(path).startswith("image/")
    }
    while independent := {name for name, names in remaining.items() if not names & remaining.keys()}:
        remaining = {name: names for name, names in remaining.items() if name not in independent}
    assert not remaining, f"these import one another: {sorted(remaining)}"


def _modules(path: Path) -> set[str]:
    """The modules of the package that a module imports, at its top or within functions."""
    imported_names = {name.removeprefix("handtint.") for name in imports(path) if name.startswith("handtint.")}
    return imported_names | {name.rpartition(".")[0] for name in imported_names}


@pytest.mark.parametrize("path", MODULES, ids=module_path)
def test_libraries_are_imported_in_their_packages_only(path: Path) -> None:
    for name in imports(path):
        allowed = FENCES.get(name.split(".")[0])
        assert allowed is None or module_path(path).startswith(allowed), f"{module_path(path)} imports {name}"


@pytest.mark.parametrize("path", [p for p in MODULES if not module_path(p).startswith("cli")], ids=module_path)
def test_only_the_command_line_prints_and_exits(path: Path) -> None:
    called = {
        n.func.id
        for n in ast.walk(ast.parse(path.read_text()))
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }
    assert not called & {"print", "exit", "quit"}
    assert "sys.exit" not in path.read_text()


def test_help_imports_no_heavy_library() -> None:
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


def test_every_module_is_documented() -> None:
    page = (ROOT.parents[1] / "docs" / "architecture.md").read_text()
    for path in MODULES:
        if path.name != "__init__.py":
            assert f"{path.name} " in page, (
                f"{module_path(path)} is not in docs/architecture.md: run `make architecture`"
            )
