"""`handtint tint`: photographs in, tinted photographs out."""

from __future__ import annotations

import sys
from typing import Any

import click

from handtint.cli.settings import edit_flags
from handtint.options import Options


@click.command(name="tint")
@click.argument("sources", nargs=-1, required=True, metavar="SRC...")
@click.option(
    "-o",
    "--output",
    metavar="DST",
    help="File or folder for the results, - for standard output. Default: NAME.handtint.EXT beside each photo.",
)
@click.option("--mask", "mask_file", metavar="FILE", help="Use this mask, white for colour, instead of finding one.")
@click.option("--save-mask", is_flag=True, help="Write the mask too, as NAME.mask.png.")
@click.option(
    "--panel",
    "save_panel",
    is_flag=True,
    help="Write a figure too: gray, colourised, mask, blended, as NAME.panel.png.",
)
@edit_flags
def command(
    sources: tuple[str, ...],
    output: str | None,
    mask_file: str | None,
    save_mask: bool,
    save_panel: bool,
    **settings: Any,
) -> None:
    """Colour what matters in photographs.

    SRC are files, folders (with everything below them), or - for standard input. A folder's results keep its tree
    and names. Exit status: 0 all done, 1 some photos failed (each is named), 2 wrong usage.
    """
    options = Options(**settings)

    from handtint.batch import plan
    from handtint.pipeline import Tinter

    tinter = Tinter(options.model)
    jobs = plan.plan(sources, output, format=options.format)
    if any(job.target == plan.STREAM for job in jobs):
        if save_mask or save_panel:
            raise click.UsageError("--save-mask and --panel need an output file or folder")
        if sys.stdout.isatty():
            raise click.UsageError("standard output is a terminal: give -o FILE")
    if _all_failed(jobs, tinter, options, mask_file, save_mask, save_panel):
        sys.exit(1)


def _all_failed(
    jobs: list[Any], tinter: Any, options: Options, mask_file: str | None, save_mask: bool, save_panel: bool
) -> int:
    """Do the jobs under a progress bar; how many failed."""
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    from handtint.batch import local
    from handtint.image.photo import Photo

    mask = Photo.read(mask_file) if mask_file else None
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    failed = 0
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=len(jobs) < 2) as progress:
        task = progress.add_task("tinting", total=len(jobs))
        for outcome in local.run(jobs, tinter, options, mask=mask, save_mask=save_mask, save_panel=save_panel):
            failed += bool(outcome.error)
            if outcome.error:
                console.print(f"handtint: {outcome.error}", style="red", markup=False)
            elif outcome.note:
                console.print(f"handtint: {outcome.job.source}: {outcome.note}", markup=False)
            progress.advance(task)
    if failed and len(jobs) > 1:
        console.print(f"handtint: {failed} of {len(jobs)} photos failed", markup=False)
    return failed
