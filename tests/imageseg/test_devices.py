"""The device asked for is the device used, or the message says what to do."""

from __future__ import annotations

import pytest
import torch

from imageseg import devices
from imageseg.devices import choose_compute, memory_errors
from imageseg.errors import OutOfMemoryError, SettingsError
from imageseg.settings import Device, Precision


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Pretend to be a computer without any GPU and with a plain CPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return monkeypatch


def test_a_plain_computer_takes_its_cpu_in_full_precision(
    machine: pytest.MonkeyPatch,
) -> None:
    compute = choose_compute()

    assert compute == choose_compute("cpu", "fp32")
    assert compute.device == torch.device("cpu")
    assert compute.autocast_dtype is None


@pytest.mark.parametrize("fast", [True, False])
def test_auto_precision_follows_the_cpu(
    machine: pytest.MonkeyPatch, *, fast: bool
) -> None:
    machine.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: fast)

    assert choose_compute("cpu").precision == ("bf16" if fast else "fp32")


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_precision_that_is_asked_for_is_taken(precision: Precision) -> None:
    assert choose_compute("cpu", precision).precision == precision


@pytest.mark.parametrize("fast", [True, False])
def test_auto_takes_a_gpu_first(machine: pytest.MonkeyPatch, *, fast: bool) -> None:
    machine.setattr(torch.cuda, "is_available", lambda: True)
    machine.setattr(torch.cuda, "is_bf16_supported", lambda **_: fast)

    compute = choose_compute()

    assert compute.device.type == "cuda"
    assert compute.precision == ("bf16" if fast else "fp32")


def test_auto_takes_the_gpu_of_a_mac_in_full_precision(
    machine: pytest.MonkeyPatch,
) -> None:
    machine.setattr(torch.backends.mps, "is_available", lambda: True)

    compute = choose_compute()

    assert (compute.device.type, compute.precision) == ("mps", "fp32")
    assert choose_compute("mps") == compute


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_refused(
    machine: pytest.MonkeyPatch, device: Device
) -> None:
    with pytest.raises(SettingsError, match=f"device is '{device}'.*cpu"):
        choose_compute(device)


@pytest.mark.parametrize(
    ("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)]
)
def test_matrices_are_multiplied_in_the_format_chosen(
    precision: Precision, dtype: torch.dtype
) -> None:
    compute = choose_compute("cpu", precision)

    with compute.running():
        product = torch.ones(2, 2) @ torch.ones(2, 2)

    assert product.dtype == dtype
    assert not torch.is_autocast_enabled("cpu")


def test_asking_for_too_much_memory_gives_advice() -> None:
    with (
        pytest.raises(OutOfMemoryError, match="smaller tile"),
        choose_compute("cpu", "fp32").running(),
    ):
        torch.empty(10**15)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate"),
        RuntimeError("MPS backend out of memory (MPS allocated: 7.64 GiB)"),
    ],
)
def test_every_way_to_run_out_of_memory_is_known(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    emptied = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: emptied.append(1))

    with pytest.raises(OutOfMemoryError) as caught, memory_errors():
        raise error

    assert caught.value.__cause__ is error
    assert emptied == [1]


@pytest.mark.parametrize("error", [RuntimeError("shapes differ"), ValueError("x")])
def test_other_errors_pass_unchanged(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, memory_errors():
        raise error

    assert caught.value is error


def test_work_without_errors_passes_through() -> None:
    with devices.memory_errors():
        result = 1

    assert result == 1
