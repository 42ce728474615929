"""The catalogue of networks: a table, name -> Model (architecture, input, weights), and names of other files."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import replace
from pathlib import Path

from handtint import hub, keep
from handtint.errors import OptionError, WeightsError
from handtint.image.masks import matting
from handtint.interfaces import INTERFACES
from handtint.model import REMBG, SHIPPED, Kind, Model, Task
from handtint.options import Options
from handtint.weights import MANIFEST, Weights, of_file, read

_REQUIREMENTS = {  # runner: packages, extra
    "safetensors": (("safetensors", "onnx"), "export"),
    "deeplab": (("torchvision",), "deeplab"),
    "rembg": (("rembg",), "rembg"),
}
SAFETENSORS = ".safetensors"
ISNET = "isnet:"

_DEEPLAB = Weights(
    file="deeplabv3_resnet101_coco-586e9e4e.pth",
    sha256="586e9e4e",
    size=244_545_766,
    licence="BSD-3-Clause",
    source="torchvision",
    start="backbone: ResNet-101, ImageNet",
    data="COCO train2017, the photographs with VOC's classes",
    recipe="torchvision references/segmentation",
    steps=0,
    measured="torchvision: COCO val2017, VOC's classes",
    scores={"voc miou": 0.674},
)


def _report(name: str, network: str) -> Model:
    """A colour network of the 2022 report, which has code and a recipe, but no weights."""
    use = "comparing with the 2022 report, once you have trained it"
    return Model(name, "color", network, side=224, square=True, recipe=f"{name}.toml", use=use)


CATALOGUE = {
    model.name: model
    for model in (
        Model(
            "handtint",
            "color",
            "hybrid ViT on EfficientNet-Lite0",
            side=320,
            use="the default: the one colour network that comes with weights",
        ),
        Model(
            "handtint-mask",
            "mask",
            "EfficientNet-Lite2, atrous pyramid: classes; hybrid ViT on EfficientNet-Lite0: edges",
            side=288,
            use="the default: the subject and VOC's classes, nothing to download",
        ),
        Model(
            "handtint-faces",
            "faces",
            "CenterNet on a small pyramid of convolutions",
            side=576,
            use="runs automatically: finds the faces for the closer look",
        ),
        Model(
            "handtint-parts",
            "parts",
            "EfficientNet-Lite0, atrous pyramid, U-Net decoder",
            side=256,
            use="runs automatically: separates skin, hair and clothes for person.skin and the like",
        ),
        Model(
            "deeplabv3-resnet101",
            "mask",
            "DeepLabv3 on ResNet-101",
            side=640,
            kind="color",
            runner="deeplab",
            record=_DEEPLAB,
            use="VOC's classes by a larger network, which is downloaded once (extra `deeplab`)",
        ),
        _report("resnet18-unet-gan", "ResNet18 U-Net, patch discriminator, cross entropy"),
        _report("vit-discriminator-gan", "ResNet18 U-Net, ViT discriminator, cross entropy"),
        _report("vit-gan", "ViT-B/16 and convolutions, patch discriminator, cross entropy"),
        _report("vit-gan-naive", "ViT-B/16 of one channel, patch discriminator, cross entropy"),
        _report("vit-lsgan", "ViT-B/16 and convolutions, patch discriminator, least squares"),
    )
}


def find(name: str, task: Task) -> Model:
    """The model of that name, for a task.

    name: in the catalogue; FOLDER/NAME for weights written by `handtint export`; FILE.safetensors for other weights of
    the package's network; hub:OWNER/NAME/FILE. For colour also KIND:FILE.onnx with one of INTERFACES, such as
    ddcolor:FILE; for masks FILE.onnx, isnet:FILE.onnx or rembg:NAME. Raises OptionError, which lists the names or the
    missing extra; WeightsError for an unreadable file.
    """
    model = CATALOGUE.get(name) or _from_folder(name) or _from_safetensors(name, task)
    if model is None:
        hub_model = _from_hub(name, task)
        model = hub_model or (_mask_file(name) if task == "mask" else _color_file(name))
    if model is None or model.task != task:
        names = [model.name for model in CATALOGUE.values() if model.task == task]
        names += [f"{kind}:FILE.onnx" for kind in INTERFACES] if task == "color" else []
        names += ["FILE.onnx", "isnet:FILE.onnx", "rembg:NAME"] if task == "mask" else []
        names += ["FOLDER/NAME", "hub:OWNER/NAME/FILE"]
        kind = "colour" if task == "color" else task
        raise OptionError(f"model: unknown {kind} model {name!r}; there are: {', '.join(names)}")
    packages, extra = _REQUIREMENTS.get(model.runner, ((), ""))
    if missing := [package for package in packages if importlib.util.find_spec(package) is None]:
        option = "model" if task == "color" else "mask-model"
        raise OptionError(f"{option}: {name} needs {missing[0]}: pip install 'handtint[{extra}]'")
    return model


def _from_folder(path: str) -> Model | None:
    """A model of the catalogue with weights from a folder with a manifest. Raises WeightsError."""
    folder, name = Path(path).parent, Path(path).name
    if name not in CATALOGUE or not (folder / MANIFEST.name).is_file():
        return None
    record = read(folder / MANIFEST.name).get(name)
    if record is None:
        raise WeightsError(f"{folder / MANIFEST.name}: no record of {name}")
    located = replace(record, file=str((folder / record.file).absolute()))
    model = replace(CATALOGUE[name], record=located, side=record.side or CATALOGUE[name].side)
    extension = Path(record.file).suffix.lower()
    if extension not in (".onnx", SAFETENSORS):
        raise WeightsError(
            f"{located.file}: handtint runs .onnx and {SAFETENSORS} files; {extension} files are for other programs"
        )
    return replace(model, runner="safetensors") if extension == SAFETENSORS else model


def _from_safetensors(name: str, task: Task) -> Model | None:
    """The package's network of a task with the weights of a safetensors file. Raises WeightsError."""
    if not name.lower().endswith(SAFETENSORS) or hub.HUB in name:
        return None
    record = of_file(Path(os.path.abspath(name)))
    return replace(CATALOGUE[SHIPPED[task]], name=name, runner="safetensors", record=record)


def absolute(name: str) -> str:
    """The name with an absolute path, if it contains one, so that it is valid in any working folder."""
    if (
        name in CATALOGUE
        or hub.HUB in name
        or not (name.lower().endswith((".onnx", SAFETENSORS)) or _from_folder(name))
    ):
        return name
    kind = next((f"{prefix}:" for prefix in (*INTERFACES, ISNET[:-1]) if name.startswith(f"{prefix}:")), "")
    return kind + os.path.abspath(name.removeprefix(kind))


def _mask_file(name: str) -> Model | None:
    """A mask model outside of the catalogue; None for any other name."""
    if name.startswith(REMBG):
        record = Weights(name, "", 0, "its own", "rembg", "", "", "", 0)
        return Model(name, "mask", "one of rembg's", side=1024, kind="plain", runner="rembg", record=record)
    if name.lower().endswith(".onnx"):
        path = Path(os.path.abspath(name.removeprefix(ISNET)))
        if name.startswith(ISNET) or path.name.lower().startswith("isnet"):
            return Model(name, "mask", "an ONNX file of IS-Net", side=1024, kind="isnet", record=of_file(path))
        return Model(name, "mask", "an ONNX file of the u2net family", side=320, kind="alpha", record=of_file(path))
    return None


def _from_hub(name: str, task: Task) -> Model | None:
    """A model on the Hub; None for any other name.

    Its kind is that in KIND:hub:OWNER/NAME/FILE, that of a known file, or one that occurs in the file's name. Raises
    OptionError if the kind is unknown, and as `hub.weights` does.
    """
    kind, separator, location = name.rpartition(hub.HUB)
    if not separator:
        return None
    file, entry = hub.parse(hub.HUB + location)[1].rpartition("/")[2].lower(), hub.known(hub.HUB + location)
    catalogued = CATALOGUE.get(file.removesuffix(".onnx"))
    kinds = (*INTERFACES, "isnet", "alpha") if task == "color" else ("isnet", "alpha")
    kind_name = kind.rstrip(":") or (entry.kind if entry else next((k for k in kinds if k in file), ""))
    kind_name = "alpha" if not kind_name and "u2net" in file else kind_name
    if not catalogued and kind_name not in (*INTERFACES, "isnet", "alpha"):
        raise OptionError(
            f"model: the kind of {name} is not known: name it, for example ddcolor:{name}, rgb:{name} or isnet:{name}"
        )
    record = hub.weights(hub.HUB + location)
    if catalogued:
        return replace(catalogued, name=name, record=record)
    if kind_name in INTERFACES:
        interface = INTERFACES[kind_name]
        return Model(name, "color", interface.network, interface.side, record=record, square=True, interface=kind_name)
    mask_kind: Kind = "isnet" if kind_name == "isnet" else "alpha"
    return Model(
        name, "mask", "an ONNX file of the Hub", 1024 if kind_name == "isnet" else 320, kind=mask_kind, record=record
    )


def _color_file(name: str) -> Model | None:
    """A third-party colour network, KIND:FILE.onnx with one of INTERFACES; None for any other name."""
    kind, _, file = name.partition(":")
    if kind not in INTERFACES or not file:
        return None
    interface = INTERFACES[kind]
    record = of_file(Path(os.path.abspath(file)))
    return Model(name, "color", interface.network, interface.side, record=record, square=True, interface=kind)


def of(options: Options) -> tuple[Model, Model]:
    """The colour model and the mask model of an edit.

    Raises OptionError for an unknown model, a missing extra, and for classes if the mask model has none.
    """
    color, mask = find(options.model, "color"), find(options.mask_model, "mask")
    classes = [step.term for step in options.named if isinstance(step.term, keep.Class)]
    if classes and not mask.classes:
        raise OptionError(
            f"keep: '{classes[0]}' is a class, but {mask.name} knows no classes; "
            "use subject, points, boxes or a mask file"
        )
    if options.matting:
        matting.require()
    return color, mask
