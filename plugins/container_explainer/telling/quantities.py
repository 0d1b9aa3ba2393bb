"""Counts as people read them."""

UNITS = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))


def in_short(count: int | None, *, billion: str = "G") -> str:
    """Three digits and a unit: ``4.65 M``; a dash where it is not known.

    Args:
        count: how many.
        billion: the unit of 10⁹. Operations and bytes are counted in G, parameters in B.
    """
    if count is None:
        return "–"
    for size, unit in UNITS:
        # 999,950 is 1.00 M when rounded, not 1000 k.
        if count >= size * 0.9995:
            return f"{_three_digits(count / size)} {billion if unit == 'G' else unit}"
    return str(count)


def in_full(count: int) -> str:
    """Every digit: ``4,652,008``."""
    return f"{count:,}"


def in_bytes(count: int) -> str:
    """``18.8 MB``, in powers of ten."""
    return f"{in_short(count)}B" if count >= UNITS[-1][0] * 0.9995 else f"{count} B"


def _three_digits(value: float) -> str:
    decimals = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:.{decimals}f}"
