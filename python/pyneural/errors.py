"""Status codes of the library, and one exception class for each."""

from typing import Dict, Optional, Type


class NeuralError:
    """The status codes, as ints: 0 is success, the others name what went wrong."""

    OK = 0
    NULL_POINTER = 1
    OUT_OF_MEMORY = 2
    INVALID_ARGUMENT = 3
    SHAPE_MISMATCH = 4
    DTYPE_MISMATCH = 5
    FILE_NOT_FOUND = 6
    FILE_READ = 7
    FILE_WRITE = 8
    PARSE_ERROR = 9
    INVALID_CONFIG = 10
    TENSOR_TOO_LARGE = 11
    INVALID_DTYPE = 12
    DIM_MISMATCH = 13
    NOT_IMPLEMENTED = 14
    INTERNAL = 15
    GRAD_CHECK = 16
    NAN_DETECTED = 17
    INF_DETECTED = 18
    INTERRUPTED = 19
    DATA = 20


class NeuralException(Exception):
    """A call of the library failed.

    Args:
        error_code: one of `NeuralError`; any int is accepted.
        message: what was expected and what was found; None stands for the library's sentence.

    `str()` is "NeuralError(<code>): <message>".
    """

    error_code: int

    def __init__(self, error_code: int, message: Optional[str] = None) -> None:
        if message is None:
            from ._library import status_message

            message = status_message(error_code)
        super().__init__(error_code, message)
        self.error_code = error_code
        self.message = message

    def __str__(self) -> str:
        return "NeuralError(%s): %s" % (self.error_code, self.message)


class NullPointerError(NeuralException, ValueError):
    """An object that is needed is missing, or was freed."""


class OutOfMemoryError(NeuralException, MemoryError):
    """The memory that a call needs could not be had; nothing has changed."""


class InvalidArgumentError(NeuralException, ValueError):
    """A number, an axis or an option is out of range."""


class ShapeMismatchError(NeuralException, ValueError):
    """Shapes do not fit; the text names both."""


class DtypeMismatchError(NeuralException, TypeError):
    """Element types differ; the text names both."""


class FileMissingError(NeuralException, FileNotFoundError):
    """There is no such file."""


class FileReadError(NeuralException, OSError):
    """A file cannot be read."""


class FileWriteError(NeuralException, OSError):
    """A file cannot be written; what was there before is unharmed."""


class ParseError(NeuralException, ValueError):
    """Text does not follow its grammar; the message begins with path:line:column."""


class InvalidConfigError(NeuralException, ValueError):
    """A key or a value of a config is refused."""


class TensorTooLargeError(NeuralException, MemoryError, ValueError):
    """The elements' bytes do not fit an address space."""


class InvalidDtypeError(NeuralException, TypeError):
    """An operation does not take elements of this type."""


class DimMismatchError(NeuralException, ValueError):
    """The number of dimensions does not fit."""


class UnsupportedError(NeuralException, NotImplementedError):
    """The library cannot do this."""


class InternalError(NeuralException, RuntimeError):
    """A mistake of the library's own, or a failed callback."""


class GradCheckError(NeuralException, ArithmeticError):
    """An analytic gradient differs from the numeric one."""


class NaNDetectedError(NeuralException, ArithmeticError):
    """A NaN where numbers are wanted; the text names the tensor and the element."""


class InfDetectedError(NeuralException, ArithmeticError):
    """An infinity where numbers are wanted."""


class InterruptedRunError(NeuralException):
    """A stop was asked for; nothing is broken."""


class DataError(NeuralException, ValueError):
    """A data file is readable and its content is refused."""


EXCEPTIONS: Dict[int, Type[NeuralException]] = {
    NeuralError.NULL_POINTER: NullPointerError,
    NeuralError.OUT_OF_MEMORY: OutOfMemoryError,
    NeuralError.INVALID_ARGUMENT: InvalidArgumentError,
    NeuralError.SHAPE_MISMATCH: ShapeMismatchError,
    NeuralError.DTYPE_MISMATCH: DtypeMismatchError,
    NeuralError.FILE_NOT_FOUND: FileMissingError,
    NeuralError.FILE_READ: FileReadError,
    NeuralError.FILE_WRITE: FileWriteError,
    NeuralError.PARSE_ERROR: ParseError,
    NeuralError.INVALID_CONFIG: InvalidConfigError,
    NeuralError.TENSOR_TOO_LARGE: TensorTooLargeError,
    NeuralError.INVALID_DTYPE: InvalidDtypeError,
    NeuralError.DIM_MISMATCH: DimMismatchError,
    NeuralError.NOT_IMPLEMENTED: UnsupportedError,
    NeuralError.INTERNAL: InternalError,
    NeuralError.GRAD_CHECK: GradCheckError,
    NeuralError.NAN_DETECTED: NaNDetectedError,
    NeuralError.INF_DETECTED: InfDetectedError,
    NeuralError.INTERRUPTED: InterruptedRunError,
    NeuralError.DATA: DataError,
}


def exception_of(code: int, message: Optional[str] = None) -> NeuralException:
    """The exception for a status code, with the library's text unless `message` is given."""
    return EXCEPTIONS.get(code, NeuralException)(code, message)
