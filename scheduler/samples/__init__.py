"""Sample terms in wx-instance/1, shipped with the package."""

from importlib import resources


def sample_names() -> tuple[str, ...]:
    """The names of the sample terms, in alphabetical order."""
    files = resources.files(__name__).iterdir()
    return tuple(sorted(file.name.removesuffix(".json") for file in files if file.name.endswith(".json")))


def sample_bytes(name: str) -> bytes:
    """The file of one sample term, byte for byte, so that its hash is that of the file.

    Raises:
        KeyError: there is no sample of this name.
    """
    if name not in sample_names():
        raise KeyError(name)
    return resources.files(__name__).joinpath(f"{name}.json").read_bytes()
