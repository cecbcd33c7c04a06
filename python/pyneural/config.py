"""Config files: docs/config.md has all sections and keys."""

import os
from ctypes import byref, c_char_p, c_void_p
from typing import Any, List, Optional, Sequence

from ._library import check, int64, lib, quick, real


class Config:
    """What an INI file, or a text, asks for: `Config.load(path)`, `Config.parse(text)`.

    `Config()` is empty: every key has the default that the caller gives.
    """

    _address: Optional[int] = None

    def __init__(self) -> None:
        self.path: Optional[str] = None
        self.overrides: List[str] = []

    def _read(self, source: bytes, path: str, overrides: Sequence[str], load: bool = False) -> None:
        made = c_void_p()
        words = (c_char_p * len(overrides))(*(word.encode() for word in overrides))
        if load:
            check(lib.neural_config_load(source, words, len(words), byref(made)))
        else:
            name = path.encode()
            check(lib.neural_config_parse(source, name, words, len(words), byref(made)))
        if self._address:
            lib.neural_config_destroy(self._address)
        self._address = made.value

    @classmethod
    def load(cls, path: Any, overrides: Sequence[str] = ()) -> "Config":
        """Reads a file, then overrides such as "training.epochs=5".

        Raises:
            FileNotFoundError: there is none.
            InvalidConfigError, ParseError: "run.ini:7:1: unknown key ...".
        """
        made = cls()
        made._read(os.fsencode(path), "", overrides, load=True)
        made.overrides = list(overrides)
        made.path = os.path.abspath(os.fsdecode(path))
        return made

    @classmethod
    def parse(cls, text: str, overrides: Sequence[str] = ()) -> "Config":
        """The same from a text."""
        made = cls()
        made._read(text.encode(), "config", overrides)
        return made

    def __del__(self, destroy: Any = quick.neural_config_destroy) -> None:
        if self._address:
            destroy(self._address)

    def get_int(self, section: str, key: str, default: int = 0) -> int:
        """A key's number, or the default where there is no such key."""
        fallback = int64(default, "default")
        if not self._address:
            return fallback
        return lib.neural_config_get_int(self._address, section.encode(), key.encode(), fallback)

    def get_float(self, section: str, key: str, default: float = 0.0) -> float:
        """A key's number, or the default where there is no such key."""
        fallback = real(default, "default")
        if not self._address:
            return fallback
        return lib.neural_config_get_float(self._address, section.encode(), key.encode(), fallback)

    def get_string(self, section: str, key: str, default: str = "") -> str:
        """A key's text, or the default where there is no such key."""
        if not self._address:
            return default
        words = section.encode(), key.encode(), default.encode()
        value = lib.neural_config_get_string(self._address, *words)
        return default if value is None else value.decode()

    def resolved(self) -> str:
        """Every value that is not the default, as INI text."""
        pointer = c_char_p()
        check(lib.neural_config_resolved(self._address, 0, byref(pointer)))
        try:
            return (pointer.value or b"").decode()
        finally:
            lib.neural_text_free(pointer)

    def __repr__(self) -> str:
        return "Config()"
