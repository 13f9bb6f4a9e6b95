"""Where and in which number format to compute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from imageseg.errors import OutOfMemoryError, SettingsError
from imageseg.settings import Device, Precision

# How torch says it on CPUs and on Apple's GPUs, where it has no class for it.
_MEMORY_SIGNS = ("DefaultCPUAllocator", "MPS backend out of memory")


@dataclass(frozen=True, slots=True)
class Compute:
    """A device and the number format used on it."""

    device: torch.device
    precision: Precision

    @property
    def autocast_dtype(self) -> torch.dtype | None:
        """The reduced format, or None for plain float32."""
        return torch.bfloat16 if self.precision == "bf16" else None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Compute in the chosen format; say what to do when memory runs out."""
        with (
            memory_errors(),
            torch.autocast(
                self.device.type,
                dtype=self.autocast_dtype,
                enabled=self.autocast_dtype is not None,
            ),
        ):
            yield


def choose_compute(device: Device = "auto", precision: Precision = "auto") -> Compute:
    """Resolve ``auto``: a GPU if there is one, bf16 if the hardware is made for it.

    Raises
    ------
    SettingsError
        The device asked for is not there.
    """
    chosen = _best_device() if device == "auto" else device
    if not _available(chosen):
        raise SettingsError(
            "device", device, "auto or cpu: this computer has no such device"
        )
    if precision == "auto":
        precision = "bf16" if _fast_bf16(chosen) else "fp32"
    return Compute(torch.device(chosen), precision)


@contextmanager
def memory_errors() -> Iterator[None]:
    """Turn a device's out-of-memory error into ours, with advice."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise _out_of_memory() from error
    except RuntimeError as error:
        if any(sign in str(error) for sign in _MEMORY_SIGNS):
            raise _out_of_memory() from error
        raise


def _out_of_memory() -> OutOfMemoryError:
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return OutOfMemoryError(
        "The device ran out of memory. Choose a smaller tile, patch or batch, "
        "or the device cpu."
    )


def _best_device() -> Device:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _available(device: Device) -> bool:
    if device == "cuda":
        return torch.cuda.is_available()
    return device == "cpu" or torch.backends.mps.is_available()


def _fast_bf16(device: Device) -> bool:
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device == "cpu":
        return bool(torch.cpu._is_avx512_bf16_supported())  # noqa: SLF001  no public twin
    return False
