"""`handtint tint`: photographs in, tinted photographs out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from handtint.cli import film
from handtint.cli.files import FILE
from handtint.cli.settings import edit_flags, explicit_options, run_flags
from handtint.cli.signals import Signals

if TYPE_CHECKING:
    from handtint.batch.run import Run, RunConfig
    from handtint.cli.screen import Screen
    from handtint.options import Options


@click.command(name="tint")
@click.argument("sources", nargs=-1, required=True, type=FILE, metavar="SRC...")
@click.option(
    "-o",
    "--output",
    type=FILE,
    metavar="DST",
    help="File or folder for the results, or - for standard output. Default: NAME.handtint.EXT next to each photo.",
)
@click.option(
    "--mask",
    "mask_file",
    type=FILE,
    metavar="FILE",
    help="Use this picture as the mask: white keeps colour, black does not.",
)
@click.option("--save-mask", is_flag=True, help="Also write the mask, as NAME.mask.png.")
@click.option(
    "--panel",
    "save_panel",
    is_flag=True,
    help="Also write a figure (gray, colourised, mask, blended), as NAME.panel.png.",
)
@click.option(
    "--variants",
    type=click.IntRange(1, 8),
    metavar="N",
    help="Write N plausible versions (NAME.variant-1 and so on), and a contact sheet of them (NAME.variants.jpg).",
)
@edit_flags
@run_flags
@film.film_flags
def command(
    mask_file: str | None,
    recipe: str | None,
    save_recipe: str | None,
    other_models: bool,
    variants: int | None,
    **settings: Any,
) -> None:
    """Colour what matters in photographs and films.

    SRC is a file, a folder (with its subfolders), or - for standard input. The results of a folder keep its subfolders
    and file names. With -o FOLDER, a run that was stopped continues when the same command is given again. Films (.mp4,
    .mkv and others, frames/%05d.png) need the extra `video`, and continue in the same way.

    Exit status: 0 if all photos are done, 1 if some failed (each is reported), 2 for wrong usage.
    """
    with Signals() as signals:
        mask = _mask(mask_file) if mask_file else b""
        options = _options(explicit_options(settings), recipe, mask, other_models)
        if save_recipe:
            from handtint import recipe as recipes

            recipes.write(recipes.of(options, mask=mask), save_recipe)
        film_settings = film.film_settings(settings)
        if variants:
            from handtint.cli import variants as versions

            sys.exit(versions.tint(settings, variants, options, mask))
        if film.are_films(settings["sources"], film_settings):
            status = film.tint(settings, film_settings, options, mask, signals)
        else:
            status = _carry_out(_config(settings, options, mask), signals)
    sys.exit(status)


def _mask(path: str) -> bytes:
    """The bytes of a mask file, after checking that it is a picture. Raises InputError."""
    from handtint.image.io import codec, content
    from handtint.image.photo import Photo

    data = bytes(content.read(path, codec.Limits().bytes))
    Photo.read(data, name=path)
    return data


def _options(settings: dict[str, Any], recipe: str | None, mask: bytes, other_models: bool) -> Options:
    """The options of the recipe, overridden by those on the command line. Raises OptionError."""
    from handtint.options import Options

    if not recipe:
        return Options(**settings)
    from handtint import recipe as recipes

    recorded = recipes.read(recipe)
    options = recipes.with_changes(recorded, settings)
    if not other_models:
        recipes.check(recorded, recipes.of(options, mask=mask))
    return options


def _config(settings: dict[str, Any], options: Options, mask: bytes) -> RunConfig:
    """The configuration of the run from the command's arguments. Raises OptionError."""
    from handtint.batch.run import RunConfig

    settings = {key: value for key, value in settings.items() if value is not None or key == "output"}
    config = RunConfig(options=options, mask=mask, **settings)
    if config.output == "-" and sys.stdout and sys.stdout.isatty():
        raise click.UsageError("standard output is a terminal: give -o FILE")
    return config


def _carry_out(config: RunConfig, signals: Signals) -> int:
    """Run with a progress bar; returns the exit status."""
    from handtint.batch.run import Run
    from handtint.cli.screen import Screen

    with Run(config) as run:
        with Screen(None if config.watch else len(run.jobs)) as screen:
            signals.graceful = not run.in_this_process
            stopped = _show_all(run, screen, signals)
            signals.graceful = False
        if signals.number and not config.watch:
            screen.say(f"stopped at {screen.count} of {len(run.jobs)} photos; run the same command again to continue")
            return signals.status
        if stopped:
            if not run.in_this_process or len(run.jobs) > 1:
                screen.say("stopped; run the same command again to continue")
            return 1
        _sum_up(run, screen)
        if signals.number:
            return 0
        return 2 if screen.failed == screen.usage_error > 0 else min(screen.failed, 1)


def _show_all(run: Run, screen: Screen, signals: Signals) -> bool:
    """Show the outcome of each photo; returns whether the run had to stop."""
    for outcome in run.outcomes(signals.event):
        screen.show(outcome)
        if outcome.state == "halt":
            return True
    return False


def _sum_up(run: Run, screen: Screen) -> None:
    if run.done_before:
        screen.say(f"{run.done_before} of {len(run.jobs)} photos were done by an earlier run")
    if screen.failed and screen.count > 1:
        hint = "; --retry-failed tries them again" if run.out else ""
        screen.say(f"{screen.failed} of {screen.count} photos failed{hint}")
    if run.skipped:
        from handtint.batch.naming import format_counts

        many = sum(run.skipped.values())
        what = "file that is not a photo" if many == 1 else "files that are not photos"
        screen.say(f"skipped {many} {what}: {format_counts(run.skipped)}")
    if page := run.report():
        screen.say(f"report: {page}")
