"""Settings, as the functions' READMEs have them."""

import os


def required(name: str) -> str:
    return os.environ[name]


def text(name: str, standard: str) -> str:
    return os.environ.get(name) or standard


def number(name: str, standard: int) -> int:
    return int(os.environ.get(name) or standard)
