"""The PEP 517 backend of `pip install .`: a wheel of pyneural with libneural.so in it.

It needs Bazel and what Bazel needs, and no network. The environment variable BAZEL names another
command, options included, such as BAZEL="bazel --output_base=/tmp/other".
"""

import base64
import hashlib
import io
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PACKAGE = os.path.join(ROOT, "python", "pyneural")
LIBRARY = "//api:libneural.so"
TAG = "py3-none-linux_x86_64"

_METADATA = """Metadata-Version: 2.1
Name: pyneural
Version: %s
Summary: Neural networks with hand-written x86-64 kernels
License: MIT
Requires-Python: >=3.8
Classifier: Operating System :: POSIX :: Linux
Classifier: Typing :: Typed
Provides-Extra: numpy
Requires-Dist: numpy; extra == "numpy"
"""

_WHEEL = """Wheel-Version: 1.0
Generator: wheel_builder
Root-Is-Purelib: false
Tag: %s
"""


def version():
    """The package's version, without importing it."""
    with open(os.path.join(PACKAGE, "__init__.py"), encoding="utf-8") as stream:
        return re.search(r'^__version__ = "([^"]+)"', stream.read(), re.M)[1]


def library():
    """The bytes of libneural.so, optimized and stripped."""
    bazel = shlex.split(os.environ.get("BAZEL", "bazel"))
    mode = ["--compilation_mode=opt"]
    subprocess.run(bazel + ["build"] + mode + [LIBRARY], cwd=ROOT, check=True)
    place = subprocess.run(
        bazel + ["info"] + mode + ["bazel-bin"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.strip()
    built = os.path.join(place, "api", "libneural.so")
    with tempfile.TemporaryDirectory() as directory:
        copy = os.path.join(directory, "libneural.so")
        shutil.copyfile(built, copy)
        if shutil.which("strip"):
            subprocess.run(["strip", "--strip-unneeded", copy], check=True)
        with open(copy, "rb") as stream:
            return stream.read()


def _information():
    folder = "pyneural-%s.dist-info/" % version()
    with open(os.path.join(ROOT, "LICENSE"), "rb") as stream:
        license_text = stream.read()
    return folder, {
        folder + "METADATA": (_METADATA % version()).encode(),
        folder + "WHEEL": (_WHEEL % TAG).encode(),
        folder + "LICENSE": license_text,
    }


def _sources():
    for name in sorted(os.listdir(PACKAGE)):
        if name.endswith((".py", ".pyi")) or name == "py.typed":
            with open(os.path.join(PACKAGE, name), "rb") as stream:
                yield "pyneural/" + name, stream.read()


def _record_line(name, content):
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return "%s,sha256=%s,%d\n" % (name, digest, len(content))


def _write(directory, files):
    """Writes a wheel of {name: bytes}: equal files give equal wheels. Returns its name."""
    folder, information = _information()
    files = dict(files, **information)
    record = io.StringIO()
    for name, content in files.items():
        record.write(_record_line(name, content))
    record.write(folder + "RECORD,,\n")
    files[folder + "RECORD"] = record.getvalue().encode()
    wheel = "pyneural-%s-%s.whl" % (version(), TAG)
    with zipfile.ZipFile(os.path.join(directory, wheel), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if name.endswith(".so") else 0o644) << 16
            archive.writestr(entry, content)
    return wheel


# --- what pip calls ---


def get_requires_for_build_wheel(config_settings=None):
    return []


get_requires_for_build_editable = get_requires_for_build_wheel


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    """Writes what pip asks first, for which nothing has to be built."""
    folder, information = _information()
    os.mkdir(os.path.join(metadata_directory, folder))
    for name, content in information.items():
        with open(os.path.join(metadata_directory, name), "wb") as stream:
            stream.write(content)
    return folder.rstrip("/")


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Builds the library and packs the wheel; returns the wheel's name."""
    return _write(wheel_directory, dict(_sources(), **{"pyneural/libneural.so": library()}))


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    """A wheel that points here; the library is what Bazel leaves in bazel-bin."""
    library()
    return _write(wheel_directory, {"pyneural.pth": os.path.dirname(PACKAGE).encode() + b"\n"})


def build_sdist(sdist_directory, config_settings=None):
    raise NotImplementedError("a source archive is a checkout: git archive HEAD")
