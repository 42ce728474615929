"""`handtint study`: evaluations of several models on the same photographs, as one page."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="study")
@click.argument("evaluations", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="JSON...")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("docs/study.md"),
    show_default=True,
    help="The page to write; its figure is written next to it.",
)
def command(evaluations: tuple[Path, ...], out: Path) -> None:
    """Make one page from the evaluations of several models.

    JSON is a file colour.json that `handtint evaluate colour --out DIR` wrote.
    """
    from handtint.evaluate import study
    from handtint.image.photo import Photo

    entries = study.read(evaluations)
    picture = out.with_suffix(".jpg")
    Photo(study.figure(entries)).write(picture, quality=85)
    command_line = f"handtint study {' '.join(map(_short, evaluations))} --out {_short(out)}"
    out.write_text(study.markdown(entries, command=command_line, figure=picture.name), encoding="utf-8")
    click.echo(f"{out}: {len(entries)} models; {picture}")


def _short(path: Path) -> str:
    """The path as given, or only its name if it is absolute, to reveal nothing about this machine."""
    return path.name if path.is_absolute() else path.as_posix()
