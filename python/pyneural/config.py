"""Config files: docs/config.md has all sections and keys."""

import os
from ctypes import byref, c_char_p, c_void_p
from typing import Any, List, Mapping, Optional, Sequence

from ._library import check, int64, lib, quick, real


def _text_of(value: Any) -> str:
    """A value as a config file has it: true, 0.1, 2,8,1, or a text, in quotes if it needs them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(_text_of(item) for item in value)
    text = str(value)
    if "\n" in text:
        raise ValueError("config: a value may not have several lines: %r" % text)
    if text != text.strip() or "#" in text or text.startswith('"'):
        return '"%s"' % text.replace('"', '""')
    return text


def overrides_of(sections: Mapping[str, Mapping[str, Any]]) -> List[str]:
    """{"training": {"epochs": 5}} as ["training.epochs=5"]."""
    return [
        "%s.%s=%s" % (section, key, _text_of(value))
        for section, values in sections.items()
        for key, value in dict(values).items()
    ]


class Config:
    """What an INI file, a text or dicts ask for: `Config.load(path)`, `Config.parse(text)`,
    `Config.of(model={"architecture": "2,8,1"}, training={"epochs": 5})`.

    `Config()` is empty: every key has the default that the caller gives.
    """

    _address: Optional[int] = None

    def __init__(self) -> None:
        self.path: Optional[str] = None
        self.text = ""
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
        made.text, made.overrides = text, list(overrides)
        return made

    @classmethod
    def of(cls, **sections: Mapping[str, Any]) -> "Config":
        """The same from a dict per section; values are numbers, texts, booleans or lists.

        Raises:
            InvalidConfigError: "--set training.epochz=3: unknown key epochz in [training]; ...".
        """
        return cls.parse("", overrides_of(sections))

    def with_overrides(self, overrides: Sequence[str]) -> "Config":
        """This one, and further overrides such as "training.epochs=5"."""
        given = self.overrides + list(overrides)
        return Config.load(self.path, given) if self.path else Config.parse(self.text, given)

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
