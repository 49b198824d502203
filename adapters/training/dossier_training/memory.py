"""How the C library keeps memory that tensors leave."""

import ctypes

# malloc.h of glibc.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_GREATEST_MMAP_THRESHOLD, _GREATEST_INT = 1 << 30, (1 << 31) - 1


def keep_freed() -> None:
    """Lets the process keep what it frees: glibc would map and unmap large tensors, and the kernel clears them each time, a tenth of a step.

    Other C libraries are left as they are.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "gnu_get_libc_version"):
        library.mallopt(_M_MMAP_THRESHOLD, _GREATEST_MMAP_THRESHOLD)
        library.mallopt(_M_TRIM_THRESHOLD, _GREATEST_INT)
