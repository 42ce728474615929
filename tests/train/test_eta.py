import pytest

from handtint.train.eta import ADVERSARIAL_COST, Eta
from handtint.train.recipe import Phase

HEAD, GAN = Phase(100, 1, 10), Phase(200, 1, 10, adversarial=True)


def test_remaining_time_depends_on_size_and_kind_of_the_phases() -> None:
    eta = Eta([(HEAD, 10), (GAN, 5)])
    assert eta.remaining(0) == 0
    for _ in range(4):
        eta.add(HEAD, 2.0, 0.5)
    assert eta.remaining(4) == pytest.approx(
        6 * 2.0 + 5 * 2.0 * 4 * ADVERSARIAL_COST
    )  # four times the pixels, and a discriminator
    for _ in range(2):
        eta.add(GAN, 10.0, 0.0)
    assert eta.remaining(12) == pytest.approx(3 * 10.0)
    assert eta.remaining(15) == 0


def test_remaining_time_follows_the_latest_steps_and_resumed_runs() -> None:
    eta = Eta([(GAN, 1000)])
    for seconds in [1.0] * 100 + [3.0] * 300:
        eta.add(GAN, seconds, 0.3)
    assert eta.remaining(900) == pytest.approx(300, rel=0.02)
    assert eta.loader_share == pytest.approx(0.1, rel=0.02)
