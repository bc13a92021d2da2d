"""What a checkpoint's pickle would construct, read without executing it.

`torch.load(weights_only=True)` is meant to construct tensors only, and has been got round before (CVE-2025-32434,
CVE-2026-24747). So the opcodes are read first, by a list of our own that is shorter than PyTorch's.
"""

import pickletools
import zipfile
from pathlib import Path
from typing import IO

from registry.runtime.importing.errors import WeightsTooLarge, WeightsUnreadable, WeightsUnsafe

SIZE_LIMIT_BYTES = 2 * 1024**3
LEGACY_PICKLES = 5  # magic number, protocol, system, the object, the storage keys: torch.save before 1.6
STORAGES = ("Float", "Half", "BFloat16", "Double", "Long", "Int", "Short", "Char", "Byte", "Bool")
ALLOWED = {
    "collections OrderedDict",
    "torch._utils _rebuild_tensor_v2",
    "torch._utils _rebuild_tensor",
    "torch._utils _rebuild_parameter",
    *(f"torch {name}Storage" for name in STORAGES),
}
# Strings that later opcodes turn into imports, objects made by class, and registry extensions: torch.save writes none.
REFUSED_OPCODES = {"STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4", "PERSID"}


def checkpoint_check(path: Path) -> None:
    """Refuse a checkpoint that would construct anything but tensors in dictionaries and lists.

    Raises:
        WeightsTooLarge, WeightsUnreadable, WeightsUnsafe.
    """
    try:
        if path.stat().st_size > SIZE_LIMIT_BYTES:
            raise WeightsTooLarge
        if zipfile.is_zipfile(path):
            _check_zip(path)
        else:
            with path.open("rb") as file:
                if file.read(2) == b"PK":
                    raise WeightsUnreadable("The checkpoint is cut off.")
                file.seek(0)
                for _ in range(LEGACY_PICKLES):
                    _check_pickle(file)
    except (OSError, zipfile.BadZipFile) as error:
        raise WeightsUnreadable from error


def _check_zip(path: Path) -> None:
    """torch.save since 1.6: stored entries, of which one is the pickle."""
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > SIZE_LIMIT_BYTES:
            raise WeightsTooLarge
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise WeightsUnreadable("The checkpoint's entries are compressed, which PyTorch never does.")
        pickles = [entry for entry in entries if entry.filename.endswith(".pkl")]
        if [entry.filename.rpartition("/")[2] for entry in pickles] != ["data.pkl"]:
            raise WeightsUnreadable
        with archive.open(pickles[0]) as file:
            _check_pickle(file)


def _check_pickle(file: IO[bytes]) -> None:
    """One pickle, to its STOP."""
    try:
        for opcode, argument, _ in pickletools.genops(file):
            if opcode.name in REFUSED_OPCODES:
                raise WeightsUnsafe
            if opcode.name == "GLOBAL" and argument not in ALLOWED:
                raise WeightsUnsafe
    except WeightsUnsafe:
        raise
    except Exception as error:  # noqa: BLE001 - pickletools raises whatever a broken stream makes it raise
        raise WeightsUnreadable from error
