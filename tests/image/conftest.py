"""Fixtures of the tests of masks."""

import pytest
import scenes


@pytest.fixture(scope="session")
def scene() -> scenes.Scene:
    """Three people and a dog."""
    return scenes.draw()
