import pytest

from handtint.train.eta import ADVERSARIAL_COST, Eta
from handtint.train.recipe import Phase

HEAD, GAN = Phase(100, 1, 10), Phase(200, 1, 10, adversarial=True)


def test_time_left_knows_that_phases_differ() -> None:
    clock = Eta([(HEAD, 10), (GAN, 5)])
    assert clock.remaining(0) == 0
    for _ in range(4):
        clock.add(HEAD, 2.0, 0.5)
    assert clock.remaining(4) == pytest.approx(
        6 * 2.0 + 5 * 2.0 * 4 * ADVERSARIAL_COST
    )  # four times the pixels, and a discriminator
    for _ in range(2):
        clock.add(GAN, 10.0, 0.0)
    assert clock.remaining(12) == pytest.approx(3 * 10.0)
    assert clock.remaining(15) == 0


def test_it_follows_a_machine_that_slows_down_and_a_run_that_was_resumed() -> None:
    clock = Eta([(GAN, 1000)])
    for seconds in [1.0] * 100 + [3.0] * 300:
        clock.add(GAN, seconds, 0.3)
    assert clock.remaining(900) == pytest.approx(300, rel=0.02)
    assert clock.loader_share == pytest.approx(0.1, rel=0.02)
