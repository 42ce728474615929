"""A network of the package as files for other programs: ONNX, safetensors, OpenVINO, with a record and a model card."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from handtint.errors import OptionError, WeightsError
from handtint.weights import Weights, digest


def convert(name: str, task: str, weights: Weights, format: str, folder: Path) -> Path:
    """Write a network in a format into a folder, with manifest.json and README.md; return the path of its weights.

    onnx: a copy of the file. safetensors: its tensors by their names in the torch network, with their stored precision.
    openvino: NAME.xml and NAME.bin, weights in float16. Raises OptionError if the extra is missing, WeightsError.
    """
    source = weights.verified()
    folder.mkdir(parents=True, exist_ok=True)
    extension = {"onnx": "onnx", "safetensors": "safetensors", "openvino": "xml"}[format]
    path = folder / f"{name}.{extension}"
    try:
        _WRITERS[format](source, path)
    except ImportError as error:
        raise OptionError(f"export: {format} needs {error.name}: `pip install {error.name}`") from error
    except OSError as error:
        raise WeightsError(f"{path}: {error.strerror or error}") from error
    written = replace(weights, file=path.name, sha256=digest(path), size=path.stat().st_size, source="file")
    record = {name: asdict(written)}
    (folder / "manifest.json").write_text(json.dumps(record, indent=2, sort_keys=True) + "\n")
    (folder / "README.md").write_text(card(name, task, written))
    return path


def card(name: str, task: str, weights: Weights) -> str:
    """The model card of a file, made from its record: a header for the Hub, how to use the file, and the facts."""
    licence, tag = weights.licence.lower(), "image-to-image" if task == "color" else "image-segmentation"
    header = f"---\nlicense: {licence}\nlibrary_name: handtint\npipeline_tag: {tag}\n---\n\n# {name}\n\n"
    usage = _usage(task, weights.file)
    facts = {
        "Trained on": weights.data,
        "Started from": weights.start,
        "Recipe": f"{weights.recipe}, {weights.steps} steps",
        f"sha256 of {weights.file}": weights.sha256,
        "Licence": weights.licence,
    }
    listing = "".join(f"- {label}: {value}\n" for label, value in facts.items() if value)
    scores = "".join(f"| {score} | {value:g} |\n" for score, value in weights.scores.items())
    table = f"\n`{weights.measured}` gave\n\n| | |\n| --- | --- |\n{scores}" if scores else ""
    limits = "\nColours are predicted, not found: they are no evidence of what something looked like.\n"
    return f"{header}{usage}{listing}{table}{limits if task == 'color' else ''}"


def _usage(task: str, file: str) -> str:
    """How the file is used, as Markdown."""
    flag = "model" if task == "color" else "mask-model"
    if file.endswith(".onnx"):
        return f"`handtint tint PHOTO --{flag} hub:OWNER/NAME/{file}`\n\n"
    if file.endswith(".safetensors"):
        return f"`handtint tint PHOTO --{flag} {file}`, after a download, with `pip install 'handtint[export]'`\n\n"
    return "For OpenVINO's runtime; handtint itself runs the ONNX file.\n\n"


def _copy(source: Path, path: Path) -> None:
    shutil.copyfile(source, path)


def _safetensors(source: Path, path: Path) -> None:
    import onnx
    from onnx import numpy_helper
    from safetensors.numpy import save_file

    model = onnx.load(str(source))
    stored = {t.name.removesuffix(".half"): numpy_helper.to_array(t) for t in model.graph.initializer}
    save_file({name: values.copy() for name, values in stored.items()}, str(path))


def _openvino(source: Path, path: Path) -> None:
    import openvino

    openvino.save_model(openvino.convert_model(str(source)), str(path), compress_to_fp16=True)


_WRITERS: Mapping[str, Callable[[Path, Path], None]] = {
    "onnx": _copy,
    "safetensors": _safetensors,
    "openvino": _openvino,
}
